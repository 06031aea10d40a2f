//! Notes of any tool, read as drafts.

#![allow(clippy::unwrap_used)]

use chrono::NaiveDate;
use retropress_summary::{
    Action, HealthCheck, Kind, Priority, Retrospective, Summary,
    import::{
        DateOrder, HeadingRole, ImportOptions, ImportPreview, NotText, RoleChoice, decode, drafts,
        preview,
    },
    retrospective::Entry,
};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn read(text: &str) -> ImportPreview {
    preview(text, &ImportOptions::default())
}

fn retrospective(text: &str) -> Retrospective {
    match &read(text).sections[..] {
        [only] => match &only.summary {
            Summary::Retrospective(it) => it.clone(),
            other => panic!("{other:?}"),
        },
        other => panic!("{} sections", other.len()),
    }
}

fn health_check(text: &str) -> HealthCheck {
    match &read(text).sections[..] {
        [only] => match &only.summary {
            Summary::HealthCheck(it) => it.clone(),
            other => panic!("{other:?}"),
        },
        other => panic!("{} sections", other.len()),
    }
}

/// The columns with their entries: "text +votes {comments}", groups as "title [ideas]".
fn board(it: &Retrospective) -> Vec<(String, Vec<String>)> {
    let idea = |it: &retropress_summary::retrospective::Idea| {
        let mut text = it.text.clone();
        if it.votes > 0 {
            text.push_str(&format!(" +{}", it.votes));
        }
        for comment in &it.comments {
            text.push_str(&format!(" {{{}}}", comment.text));
        }
        text
    };
    it.columns
        .iter()
        .map(|column| {
            let entries = column.entries.iter().map(|entry| match entry {
                Entry::Idea(it) => idea(it),
                Entry::Group(group) => {
                    let ideas: Vec<String> = group.ideas.iter().map(idea).collect();
                    format!("{} [{}]", group.title, ideas.join("; "))
                }
            });
            (column.title.clone(), entries.collect())
        })
        .collect()
}

fn columns(text: &str) -> Vec<(String, Vec<String>)> {
    board(&retrospective(text))
}

fn column(title: &str, entries: &[&str]) -> (String, Vec<String>) {
    (
        title.to_owned(),
        entries.iter().map(|it| (*it).to_owned()).collect(),
    )
}

/// The action of one line below a dated heading.
fn action(line: &str) -> Action {
    let it = retrospective(&format!("## Actions - 2026-04-20\n{line}\n"));
    assert_eq!(it.actions.len(), 1, "{line}: {it:?}");
    it.actions[0].clone()
}

#[test]
fn each_dated_section_becomes_a_draft() {
    let notes = "\
# Retros of the web team

## Retro Action Items - 13/04/2023
1. Book a room (Ann)
2) Order stickers (Ann/Bob)
2.5 Ask for a budget **completed**

## Retro Action Items - 04/04/2023
1. One
1. Two

## Leads Meeting - 1/3/2023
- Three
";
    let read = read(notes);
    let found: Vec<_> = read
        .sections
        .iter()
        .map(|it| {
            (
                it.line,
                it.summary.title(),
                it.summary.date().unwrap().to_string(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            (
                3,
                "Retro Action Items, 13 Apr 2023",
                "2023-04-13".to_owned()
            ),
            (8, "Retro Action Items, 4 Apr 2023", "2023-04-04".to_owned()),
            (12, "Leads Meeting", "2023-03-01".to_owned()),
        ]
    );
    let first = read.sections[0].summary.actions();
    let told: Vec<_> = first
        .iter()
        .map(|it| (&*it.text, it.owners.join("|"), it.done))
        .collect();
    assert_eq!(
        told,
        [
            ("Book a room", "Ann".to_owned(), false),
            ("Order stickers", "Ann|Bob".to_owned(), false),
            ("Ask for a budget", String::new(), true),
        ]
    );
    assert_eq!(read.sections[1].summary.actions().len(), 2);
    assert_eq!(read.sections[0].unplaced[0].text, "Retros of the web team");
    assert_eq!(
        read.sections[0].headings[0].heading_id,
        read.sections[1].headings[0].heading_id
    );
    assert_eq!(
        (read.date_order, read.date_order_in_doubt),
        (DateOrder::DayMonthYear, false)
    );
    assert_eq!(drafts(notes, &ImportOptions::default()).len(), 3);
    let without = ImportOptions {
        left_out: vec![1],
        ..ImportOptions::default()
    };
    assert_eq!(drafts(notes, &without).len(), 2);
    assert!(preview(notes, &without).sections[1].left_out);
}

#[test]
fn dates_are_read_as_people_write_them() {
    for written in [
        "2021-04-05",
        "2021-04-05T10:00",
        "2021-04-05T10:00:00Z",
        "2021/4/5",
        "20210405",
        "5 April 2021",
        "5th April 2021",
        "5th of april, 2021",
        "April 5th, 2021",
        "APR 5 2021",
        "Apr. 5, 2021",
        "5-Apr-2021",
        "5. April 2021",
        "5.4.2021",
        "05.04.2021",
        "05.04.21",
        "(5 Apr 2021)",
        "Monday, 5 April 2021",
    ] {
        let it = retrospective(&format!("# Retro {written}\n- x\n"));
        assert_eq!(it.date, Some(day("2021-04-05")), "{written}");
        assert!(
            it.title == "Retro" || it.title == "Retro Monday",
            "{written}: {}",
            it.title
        );
    }
    for none in [
        "Release 4.0.0",
        "10.20.30.40",
        "Sprint 2021",
        "35/35/2021",
        "April",
        "1.2.21",
        "2021-13-01",
        "1/2/3/2021",
    ] {
        assert_eq!(
            retrospective(&format!("# {none}\n- x\n")).date,
            None,
            "{none}"
        );
    }
}

#[test]
fn the_order_of_dates_is_proved_by_the_notes_or_chosen() {
    let us = read("## Retro 04/03/2023\n- a\n## Retro 01/24/2023\n- b\n");
    assert_eq!(
        (us.date_order, us.date_order_in_doubt),
        (DateOrder::MonthDayYear, false)
    );
    assert_eq!(us.sections[0].summary.date(), Some(day("2023-04-03")));
    let example = us.date_example.unwrap();
    assert_eq!(
        (&*example.text, example.read_as),
        ("04/03/2023", day("2023-04-03"))
    );

    let doubt = read("## Retro 04/03/2023\n- a\n");
    assert!(doubt.date_order_in_doubt);
    // 4 March, 3 April, 2 May run one way only if the month comes last.
    let run = read(
        "## R 02/05/2023\n- a\n## R 03/04/2023\n- a\n## R 04/03/2023\n- a\n## R 01/03/2023\n- a\n",
    );
    assert_eq!(
        (run.date_order, run.date_order_in_doubt),
        (DateOrder::DayMonthYear, true)
    );

    let chosen = ImportOptions {
        date_order: Some(DateOrder::DayMonthYear),
        ..Default::default()
    };
    let chosen = preview("## Retro 04/03/2023\n- a\n", &chosen);
    assert_eq!(chosen.sections[0].summary.date(), Some(day("2023-03-04")));
    assert!(!chosen.date_order_in_doubt);
    assert_eq!(
        read("## Retro 2023-04-03\n- a\n").date_order,
        DateOrder::YearMonthDay
    );
}

#[test]
fn owners_are_names_and_nothing_else() {
    for (line, text, owners) in [
        ("1. Fix it (Tif/Bill)", "Fix it", &["Tif", "Bill"][..]),
        ("1. Fix it (Jo + Dev Team)", "Fix it", &["Jo", "Dev Team"]),
        ("1. Fix it (Ana, Bo and Cy)", "Fix it", &["Ana", "Bo", "Cy"]),
        (
            "1. Fix it (Ana van der Berg)",
            "Fix it (Ana van der Berg)",
            &[],
        ),
        ("1. Fix it (Ana de Wit)", "Fix it", &["Ana de Wit"]),
        ("1. Fix it (Jürgen & Zoë).", "Fix it", &["Jürgen", "Zoë"]),
        ("1. Fix it (team)", "Fix it", &["team"]),
        ("1. Fix it [Mei]", "Fix it", &["Mei"]),
        ("1. Fix it @mei", "Fix it", &["mei"]),
        ("1. Fix it @Mei Tanaka", "Fix it", &["Mei Tanaka"]),
        ("1. @mei fix it", "fix it", &["mei"]),
        ("1. Ask @mei about it", "Ask @mei about it", &["mei"]),
        ("1. Fix it @jo @mei", "Fix it", &["jo", "mei"]),
        ("1. Fix it - Owner: Mei", "Fix it", &["Mei"]),
        ("1. Fix it - **Owner:** Mei, Jo", "Fix it", &["Mei", "Jo"]),
        ("1. Fix it\n   - Owner: Mei", "Fix it", &["Mei"]),
        ("1. Fix it (brownbag style)", "Fix it (brownbag style)", &[]),
        (
            "1. Fix it (Dev + Product to sync on it)",
            "Fix it (Dev + Product to sync on it)",
            &[],
        ),
        (
            "1. Fix it (Mei to write issue)",
            "Fix it (Mei to write issue)",
            &[],
        ),
        (
            "1. Fix it (Mei, maybe use the sync)",
            "Fix it (Mei, maybe use the sync)",
            &[],
        ),
        ("1. Fix it (API)", "Fix it (API)", &[]),
        ("1. Fix it (Optional)", "Fix it (Optional)", &[]),
        ("1. Fix it (Monday)", "Fix it (Monday)", &[]),
        ("1. Fix it (#4002)", "Fix it (#4002)", &[]),
        ("1. Fix (all) things", "Fix (all) things", &[]),
        ("1. Mail a@b.example", "Mail a@b.example", &[]),
        ("1. (Mei)", "(Mei)", &[]),
    ] {
        let read = action(line);
        assert_eq!(
            (&*read.text, &read.owners[..]),
            (
                text,
                &owners.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()[..]
            ),
            "{line}"
        );
    }
}

#[test]
fn done_markers_are_understood() {
    for (line, text, done) in [
        ("- [x] Ship", "Ship", true),
        ("- [X] Ship", "Ship", true),
        ("- [ ] Ship", "Ship", false),
        ("- Ship **completed**", "Ship", true),
        ("- Ship - *done*", "Ship", true),
        (
            "- Ship- **completed** on 08/11/2020 via mail",
            "Ship - completed on 08/11/2020 via mail",
            true,
        ),
        (
            "- Ship -**completed** Team opted out",
            "Ship - completed Team opted out",
            true,
        ),
        ("- Ship **not completed**", "Ship not completed", false),
        ("- Ship, not **completed**", "Ship, not completed", false),
        ("- Ship *ongoing*", "Ship (ongoing)", false),
        ("- Ship - **In Progress** ", "Ship (In Progress)", false),
        ("- ~~Ship~~", "Ship", true),
        ("- ~~Ship~~ (Mei)", "Ship", true),
        ("- Ship DONE", "Ship", true),
        ("- DONE: Ship", "Ship", true),
        ("- Ship (done)", "Ship", true),
        ("- Ship - done", "Ship", true),
        ("- ✅ Ship", "Ship", true),
        ("- Ship ✔️", "Ship", true),
        ("- Get it done", "Get it done", false),
        ("- Define what done means", "Define what done means", false),
        ("- Ship **the thing** now", "Ship the thing now", false),
    ] {
        let read = action(line);
        assert_eq!((&*read.text, read.done), (text, done), "{line}");
    }
}

#[test]
fn due_dates_and_priorities_are_understood() {
    for (line, text, due) in [
        ("- Ship due 5 May", "Ship", Some("2026-05-05")),
        ("- Ship due 3 March", "Ship", Some("2027-03-03")),
        ("- Ship, due: 2026-05-01", "Ship", Some("2026-05-01")),
        ("- Ship by 2026-05-01", "Ship", Some("2026-05-01")),
        (
            "- Ship by Friday, 1 May 2026 (Mei)",
            "Ship",
            Some("2026-05-01"),
        ),
        ("- Ship (Mei) by 2026-05-01", "Ship", Some("2026-05-01")),
        ("- Ship (due 1 May 2026)", "Ship", Some("2026-05-01")),
        ("- Ship 📅 2026-05-01", "Ship", Some("2026-05-01")),
        (
            "- Ship (Mei, due 1 May 2026, high)",
            "Ship",
            Some("2026-05-01"),
        ),
        ("- Ship by Friday", "Ship by Friday", None),
        ("- Compare with 2026-05-01", "Compare with 2026-05-01", None),
        (
            "- Read the report by 2026-05-01 again",
            "Read the report by 2026-05-01 again",
            None,
        ),
    ] {
        let read = action(line);
        assert_eq!((&*read.text, read.due), (text, due.map(day)), "{line}");
    }
    for (line, priority) in [
        ("- Ship (high)", Some(Priority::High)),
        ("- Ship [P2]", Some(Priority::Medium)),
        ("- Ship - Priority: low", Some(Priority::Low)),
        ("- Ship it high", None),
    ] {
        assert_eq!(action(line).priority, priority, "{line}");
    }
}

#[test]
fn headings_of_every_style_make_columns() {
    let expected = [
        column("Went well", &["a", "b"]),
        column("To improve", &["c"]),
    ];
    for notes in [
        "# Sprint 3\n## Went well\n- a\n- b\n## To improve\n- c\n",
        "Sprint 3\n========\n\nWent well\n---------\n* a\n* b\n\nTo improve\n---------\n+ c\n",
        "# Sprint 3\n\n**Went well**\n\n- a\n- b\n\n**To improve:**\n\n- c\n",
        "# Sprint 3\nWent well:\n- a\n- b\n\nTo improve:\n- c\n",
        "# Sprint 3\r\n\r\nWent well\r\n\r\n1. a\r\n2. b\r\n\r\nTo improve\r\n\r\n1) c\r\n",
        "# Sprint 3\n- Went well:\n  - a\n  - b\n- To improve:\n  - c\n",
        "# Sprint 3\n- **Went well**\n\t- a\n\t- b\n- **To improve**\n\t- c\n",
        "# Sprint 3\n| Went well | To improve |\n|---|---|\n| a | c |\n| b | |\n",
        "# Sprint 3\n| Went well | To improve |\n|:--|--:|\n| - a<br>- b | c |\n",
        "# Sprint 3\n> ## Went well\n> - a\n> - b\n> ## To improve\n> - c\n",
        "# Sprint 3\n## Went well\n• a\n• b\n## To improve\n– c\n",
    ] {
        let it = retrospective(notes);
        assert_eq!(it.title, "Sprint 3", "{notes}");
        assert_eq!(board(&it), expected, "{notes}");
        assert_eq!(it.notes, "", "{notes}");
    }
    assert_eq!(
        columns("Went well: we shipped\n"),
        [column("Went well", &["we shipped"])]
    );
    assert_eq!(
        columns("# R\n## 🙂 Our own heading\n- a\n"),
        [column("🙂 Our own heading", &["a"])]
    );
}

#[test]
fn ideas_have_votes_comments_and_groups() {
    let notes = "\
## Went well
- Demo (3)
  - Ana agrees
    - so do we
- Tests [3 votes]
- Coffee +3
- Music 👍 3
- Lunch 👍👍
- Cake x3
- [2] Tea
- Walks - 12 votes
- Better than 2019 (2019)
- Version 3
- Reviews:
  - fast (2)
    - really
  - kind
### Releases, 5 votes
- smooth (4)
- often (1)
";
    assert_eq!(
        columns(notes),
        [column(
            "Went well",
            &[
                "Demo +3 {Ana agrees} {so do we}",
                "Tests +3",
                "Coffee +3",
                "Music +3",
                "Lunch +2",
                "Cake +3",
                "Tea +2",
                "Walks +12",
                "Better than 2019 (2019)",
                "Version 3",
                "Reviews [fast +2 {really}; kind]",
                "Releases [smooth +4; often +1]",
            ]
        )]
    );
    let table = "## Went well\n| Idea | Votes |\n|---|---|\n| Demo | 3 |\n| Tests | |\n";
    assert_eq!(columns(table), [column("Went well", &["Demo +3", "Tests"])]);
}

#[test]
fn facts_kudos_agreements_and_roti_find_their_place() {
    let notes = "\
---
title: Sprint 9
date: 2026-04-20
participants:
  - Ana
  - Bo
tags: retro
---
**Facilitator:** Ana
Weather: sunny

## Went well
- a

## Kudos
- Thanks to Bo for the cake
- Cy: great talk
- To Di, from Ed: cheers
- All in all a fine sprint

## Working agreements
1. Be on time
2. Cameras on

## ROTI
- 5: 2
- 4 points: 3 people
";
    let it = retrospective(notes);
    assert_eq!(
        (&*it.title, it.date, &*it.facilitator),
        ("Sprint 9", Some(day("2026-04-20")), "Ana")
    );
    assert_eq!(it.participants, ["Ana", "Bo"]);
    let kudos: Vec<_> = it
        .kudos
        .iter()
        .map(|it| (&*it.to, &*it.from, &*it.text))
        .collect();
    assert_eq!(
        kudos,
        [
            ("Bo", "", "for the cake"),
            ("Cy", "", "great talk"),
            ("Di", "Ed", "cheers"),
            ("", "", "All in all a fine sprint"),
        ]
    );
    let agreements: Vec<_> = it.agreements.iter().map(|it| &*it.text).collect();
    assert_eq!(agreements, ["Be on time", "Cameras on"]);
    assert_eq!(it.roti.counts, [0, 0, 0, 3, 2]);
    assert_eq!(it.notes, "tags: retro\nWeather: sunny");
    for (line, counts) in [
        ("ROTI: 5 4 4 3", [0, 0, 1, 2, 1]),
        ("ROTI: 1: 0, 2: 1, 3: 2, 4: 5, 5: 3", [0, 1, 2, 5, 3]),
        ("ROTI: 4.2", [0; 5]),
    ] {
        assert_eq!(
            retrospective(&format!("# Retro\n{line}\n")).roti.counts,
            counts,
            "{line}"
        );
    }
    assert_eq!(retrospective("# Retro\nROTI: 4.2\n").notes, "ROTI: 4.2");
    let people = retrospective("# Retro\nAttendees: Ana, Bo & Cy\n- Date: 5 May 2026\n").clone();
    assert_eq!(people.participants, ["Ana", "Bo", "Cy"]);
    assert_eq!(people.date, Some(day("2026-05-05")));
}

#[test]
fn action_tables_are_read_by_their_heads() {
    let notes = "\
# Retro 2026-04-20
| Action item | Owner | Due date | Status | Ticket |
|---|---|---|---|---|
| Ship **it** | Ana, Bo | 5 May | Done | AB-1 |
| Test it (Cy) | | some day | In progress | |
";
    let it = retrospective(notes);
    let told: Vec<_> = it
        .actions
        .iter()
        .map(|it| (&*it.text, it.owners.join("|"), it.due, it.done))
        .collect();
    assert_eq!(
        told,
        [
            (
                "Ship it\nTicket: AB-1",
                "Ana|Bo".to_owned(),
                Some(day("2026-05-05")),
                true
            ),
            (
                "Test it\nDue: some day\nIn progress",
                "Cy".to_owned(),
                None,
                false
            ),
        ]
    );
}

#[test]
fn health_checks_are_told_by_their_tables_and_lists() {
    let told = |it: &HealthCheck| -> Vec<String> {
        it.dimensions
            .iter()
            .map(|it| {
                let comments: Vec<&str> = it.comments.iter().map(|it| &*it.text).collect();
                format!("{} {:?} {}", it.name, it.responses, comments.join("; "))
                    .trim()
                    .to_owned()
            })
            .collect()
    };
    let counts = health_check(
        "# Team health check 2026-04-20\n| Dimension | Red | Yellow | Green | Average | Comments |\n|---|---|---|---|---|---|\n\
         | Fun | 0 | 1 | 4 | 2.8 | We laugh |\n| Pace | 3 | 2 | 0 | | |\n\n## Actions\n- Slow down (Ana)\n",
    );
    assert_eq!(counts.scale, ["Red", "Yellow", "Green"]);
    assert_eq!(told(&counts), ["Fun [0, 1, 4] We laugh", "Pace [3, 2, 0]"]);
    assert_eq!(
        (&*counts.title, counts.date),
        ("Team health check", Some(day("2026-04-20")))
    );
    assert_eq!(counts.actions[0].owners, ["Ana"]);

    let scores =
        health_check("# Health check\n| Area | Score |\n|---|---|\n| Fun | 4 |\n| Pace | 2 |\n");
    assert_eq!(scores.scale.len(), 5);
    assert_eq!(
        told(&scores),
        ["Fun [0, 0, 0, 1, 0]", "Pace [0, 1, 0, 0, 0]"]
    );

    let averages =
        health_check("# Health check\n| Area | Score |\n|---|---|\n| Fun | 4 |\n| Pace | 2.5 |\n");
    assert_eq!(
        told(&averages),
        ["Fun [] Score: 4", "Pace [] Score: 2.5"],
        "averages are no answers"
    );

    let list =
        health_check("# Squad health\n- Fun: 🟢\n- Pace: red\n  - too fast\n- Trust: we talk\n");
    assert_eq!(
        told(&list),
        [
            "Fun [0, 0, 1]",
            "Pace [1, 0, 0] too fast",
            "Trust [0, 0, 0] we talk"
        ]
    );

    let headings = health_check(
        "# Health check\n## Fun\n- Score: 4/5\n- more cake\n## Pace\n- Agree: 3\n## Actions\n- Rest\n",
    );
    assert_eq!(told(&headings)[0], "Fun [0, 0, 0, 1, 0, 0] more cake");
    assert_eq!(headings.actions.len(), 1);

    let mixed = read("# Health check\n## Went well\n- a\n")
        .sections
        .remove(0)
        .summary;
    assert_eq!(mixed.kind(), Kind::Retrospective);
}

#[test]
fn the_users_corrections_hold() {
    let notes = "# Retro\n## Things\n- a (Ana)\n## Bye\n- b\n";
    assert_eq!(
        columns(notes),
        [column("Things", &["a (Ana)"]), column("Bye", &["b"])]
    );
    let choose = |role| {
        let roles = vec![RoleChoice {
            heading_id: "things".into(),
            role,
        }];
        preview(
            notes,
            &ImportOptions {
                roles,
                ..Default::default()
            },
        )
    };
    let read = choose(HeadingRole::Actions);
    assert_eq!(read.sections[0].headings[1].role, HeadingRole::Actions);
    assert_eq!(read.sections[0].summary.actions()[0].owners, ["Ana"]);
    assert_eq!(choose(HeadingRole::Summary).sections.len(), 2);
    let Summary::Retrospective(notes_only) = &choose(HeadingRole::Notes).sections[0].summary else {
        panic!()
    };
    assert_eq!(notes_only.notes, "Things\n- a (Ana)");
    let Summary::HealthCheck(check) = &choose(HeadingRole::Dimensions).sections[0].summary else {
        panic!()
    };
    assert_eq!(check.dimensions.len(), 2, "{check:?}");
}

#[test]
fn what_fits_nowhere_is_shown_and_kept() {
    let notes = "# Retro\nSome words before.\n\n```sh\nrm -rf /\n```\n<!-- a\ncomment -->\n| x | |\n|---|---|\n| y | z |\n\n## Actions\n- None\n";
    let section = read(notes).sections.remove(0);
    let unplaced: Vec<_> = section
        .unplaced
        .iter()
        .map(|it| (it.line, &*it.text))
        .collect();
    assert_eq!(
        unplaced,
        [
            (2, "Some words before."),
            (4, "```sh"),
            (5, "rm -rf /"),
            (6, "```"),
            (7, "<!-- a"),
            (8, "comment -->"),
            (9, "| x | |"),
            (11, "| y | z |"),
            (14, "None"),
        ]
    );
    let Summary::Retrospective(it) = section.summary else {
        panic!()
    };
    assert_eq!(it.notes.lines().count(), 9);
    assert!(it.actions.is_empty());
    assert!(read("").sections.is_empty());
    assert_eq!(
        read("just a line").sections[0].unplaced[0].text,
        "just a line"
    );
}

#[test]
fn markup_within_a_line_becomes_text() {
    let notes = "## Went well\n- **bold** and `code` and [site](https://a.example) &amp; <b>x</b> 3 * 4 snake_case\n- soft\n  wrapped\n- two<br>lines\n";
    assert_eq!(
        columns(notes),
        [column(
            "Went well",
            &[
                "bold and code and site (https://a.example) & <b>x</b> 3 * 4 snake_case",
                "soft wrapped",
                "two\nlines"
            ]
        )]
    );
}

#[test]
fn ids_are_unique_within_a_draft() {
    let notes = "# R\n## Went well\n- a\n  - b\n- c:\n  - d\n## Actions\n- e\n## Kudos\n- f\n## Agreements\n- g\n";
    let json = format!("{:?}", retrospective(notes));
    let mut ids: Vec<&str> = json
        .split("id: \"")
        .skip(1)
        .map(|it| it.split('"').next().unwrap())
        .collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((all, ids.len()), (8, 8));
}

#[test]
fn files_are_decoded_or_refused_with_a_reason() {
    assert_eq!(decode("ä😀".as_bytes()).unwrap(), "ä😀");
    assert_eq!(decode(b"\xEF\xBB\xBFabc").unwrap(), "abc");
    assert_eq!(decode(b"\xFF\xFEa\0\xE4\0").unwrap(), "aä");
    assert_eq!(decode(b"\xFE\xFF\0a\xD8\x3D\xDE\x00").unwrap(), "a😀");
    assert_eq!(
        decode(b"Gr\xFC\xDFe \x80 \x96\r\n").unwrap(),
        "Grüße € –\r\n"
    );
    assert_eq!(decode(b"").unwrap(), "");
    assert_eq!(decode(b"\xFF\xFE\0\xD8"), Err(NotText::DamagedUtf16));
    assert_eq!(decode(b"\xFF\xFEa"), Err(NotText::DamagedUtf16));
    assert_eq!(decode(b"a\0b"), Err(NotText::Binary));
    assert_eq!(decode(b"\xFC\x01"), Err(NotText::Binary));
    assert_eq!(decode(b"\xFC\x81"), Err(NotText::Binary));
    assert_eq!(decode(b"%PDF-1.7"), Err(NotText::OtherFormat("PDF")));
    assert!(
        decode(b"PK\x03\x04..")
            .unwrap_err()
            .to_string()
            .contains("Word")
    );
}

#[test]
fn our_own_markdown_is_read_back() {
    use retropress_summary::{document, markdown, sample};
    let original = sample::retrospective(day("2026-11-19"));
    let context = document::Context {
        team: "",
        title: "Sprint 22",
        previous: None,
        today: day("2026-11-19"),
        pdf_name: "",
    };
    let written = markdown::write(&document::build(
        &Summary::Retrospective(original.clone()),
        &context,
    ));
    let read = retrospective(&written);
    assert_eq!((&read.title, read.date), (&original.title, original.date));
    assert_eq!(read.participants, original.participants);
    assert_eq!(read.roti, original.roti);
    let told = |it: &Retrospective| -> Vec<_> {
        it.actions
            .iter()
            .map(|it| {
                (
                    it.text.clone(),
                    it.owners.clone(),
                    it.due,
                    it.priority,
                    it.done,
                )
            })
            .collect()
    };
    assert_eq!(told(&read), told(&original));
    let kudos = |it: &Retrospective| {
        it.kudos
            .iter()
            .map(|it| (it.to.clone(), it.from.clone(), it.text.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(kudos(&read), kudos(&original));
    assert_eq!(board(&read), board(&original));
    assert_eq!(read.notes, "Return on time invested: 4.2 of 5");
}

#[test]
fn dated_sections_under_the_same_words_can_be_told_apart() {
    let notes = "## Retro - 2026-05-04\n- a\n\n## Retro - 2026-05-18\n- b\n\n## Kick-off - 2026-06-01\n- c\n";
    let titles: Vec<_> = retropress_summary::import::drafts(notes, &ImportOptions::default())
        .iter()
        .map(|it| it.title().to_owned())
        .collect();
    assert_eq!(
        titles,
        ["Retro, 4 May 2026", "Retro, 18 May 2026", "Kick-off"]
    );
}

#[test]
fn notes_without_marks_or_blank_lines_in_german_are_read() {
    let preview = read(
        "Retro 03.04.2024\n\nWas lief gut:\n- Zusammenarbeit\nMaßnahmen:\n\
         [ ] Meetings kürzen (Jürgen)\n[x] Board aufräumen (verantwortlich: Sofía)\n\n\
         Retro 17.04.2024\n\nWas lief gut:\n- Alles\nMaßnahmen:\n- Nichts ändern -> Jürgen, bis 30.04.2024\n",
    );
    let [first, second] = &preview.sections[..] else {
        panic!("{} sections", preview.sections.len())
    };
    let (Summary::Retrospective(first), Summary::Retrospective(second)) =
        (&first.summary, &second.summary)
    else {
        panic!("two retrospectives")
    };
    assert_eq!(first.date, Some(day("2024-04-03")));
    assert_eq!(
        board(first),
        [("Was lief gut".to_owned(), vec!["Zusammenarbeit".to_owned()])]
    );
    let told = |it: &Action| (it.text.clone(), it.owners.clone(), it.done, it.due);
    assert_eq!(
        first.actions.iter().map(told).collect::<Vec<_>>(),
        [
            ("Meetings kürzen".into(), vec!["Jürgen".into()], false, None),
            ("Board aufräumen".into(), vec!["Sofía".into()], true, None),
        ]
    );
    assert_eq!(second.date, Some(day("2024-04-17")));
    assert_eq!(
        second.actions.iter().map(told).collect::<Vec<_>>(),
        [(
            "Nichts ändern".into(),
            vec!["Jürgen".into()],
            false,
            Some(day("2024-04-30"))
        )]
    );
}

#[test]
fn lines_in_capitals_are_headings() {
    let notes = retrospective(
        "RETROSPECTIVE  2023-11-02\n\nWENT WELL\n • pairing\nDIDN'T GO WELL\n • meetings\n\
         OUR MOOD\n – fine\nACTION ITEMS\n TODO: Write a template @maria due 2023-11-10\n\
         DONE: book a room\nKUDOS\n To Lee for the weekend\n",
    );
    let columns: Vec<_> = board(&notes).into_iter().map(|it| it.0).collect();
    assert_eq!(columns, ["WENT WELL", "DIDN'T GO WELL", "OUR MOOD"]);
    let actions: Vec<_> = notes
        .actions
        .iter()
        .map(|it| (&*it.text, it.done))
        .collect();
    assert_eq!(
        actions,
        [("Write a template", false), ("book a room", true)]
    );
    assert_eq!((notes.kudos.len(), &*notes.notes), (1, ""));
}
