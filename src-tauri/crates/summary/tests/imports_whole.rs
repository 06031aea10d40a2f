//! Whatever the notes hold: no word is lost, and reading takes time in proportion to their length.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use cpu_time::ThreadTime;
use proptest::prelude::*;
use retropress_summary::import::{HeadingRole, ImportOptions, RoleChoice, drafts, preview};

/// Words of the notes that occur nowhere in the drafts.
fn lost(notes: &str, options: &ImportOptions) -> Vec<String> {
    let drafts = format!("{:?}", drafts(notes, options)).to_lowercase();
    notes
        .split(|it: char| !it.is_alphanumeric())
        .filter(|it| it.starts_with("word"))
        .filter(|it| !drafts.contains(&it.to_lowercase()))
        .map(str::to_owned)
        .collect()
}

/// One line, with `@` where a word of its own goes.
fn line() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "",
        "",
        "",
        "# @",
        "## @ 2023-04-05",
        "## Retro - 04/13/2023",
        "## Sprint 4 @",
        "### @",
        "#### @ @",
        "## Actions",
        "## Action items @",
        "## Next steps",
        "## Went well",
        "### To improve @",
        "## Kudos",
        "## Kudos @",
        "## Working agreements",
        "## Participants",
        "## Notes",
        "## Dimensions",
        "# Health check 5 May 2023",
        "## ROTI",
        "## ROTI @",
        "**@**",
        "**Went well**",
        "@:",
        "Went well:",
        "Actions: @",
        "@",
        "@ @ @",
        "@ word and a line that goes on for rather more than sixty letters in all",
        "- @",
        "  - @",
        "    - @",
        "      - @ (3)",
        "* @ (@)",
        "+ @",
        "1. @",
        "2) @",
        "2.5 @",
        "1. 1. @",
        "- - @",
        "- [ ] @",
        "- [x] @ (Tom)",
        "- ~~@~~",
        "- ~~@~~ @",
        "- @ **completed**",
        "- @ **completed** @",
        "- @ *@*",
        "- @ - *ongoing*",
        "- @ (Tif/Bill)",
        "- @ (@ to sync)",
        "- @ [@](http://@.example \"@\")",
        "- @ @x",
        "- @Tom @",
        "- @ due 5 May 2023",
        "- @ by 2023-05-05 @",
        "- @ (due 5 May, @)",
        "- @:",
        "- **@**",
        "- @: @",
        "  - Owner: @",
        "  Owner: @",
        "- Status: done",
        "- @ - Owner: @",
        "- @ Due: @",
        "- [@] @",
        "- (@) @",
        "| @ | @ |",
        "|---|---|",
        "| @ | 3 | @ |",
        "| Action | Owner | @ |\n|---|---|---|\n| @ | @ | @ |",
        "| Action | Due | Status | Priority |\n|---|---|---|---|\n| @ | @ | @ | @ |",
        "| Dimension | @ | @ |\n|---|---|---|\n| @ | 1 | 2 |\n| @ | 0 | 3 | @ |",
        "| Area | Score | Trend |\n|---|---|---|\n| @ | 4 | @ |\n| @ | @ | |",
        "| Went well | @ |\n|---|---|\n| @ | @<br>@ |",
        "| Idea | Votes | @ |\n|---|---|---|\n| @ | 2 | @ |",
        "| Column | Card | Votes |\n|---|---|---|\n| @ | @ | 1 |",
        "| 1 | 2 | 3 | 4 | 5 |\n|---|---|---|---|---|\n| 0 | 1 | 2 | @ | 1 |",
        "| Date | @ |\n|---|---|\n| Facilitator | @ |",
        "Date: 2023-04-05",
        "Date: @",
        "Facilitator: @",
        "Participants: @, @ and @",
        "Attendees:",
        "ROTI: @",
        "ROTI: 4.2 @",
        "Title: @",
        "@: 4/5",
        "- @: 🟢",
        "- @: 4 @",
        "- Score: @",
        "- @: 3",
        "- 5: 2 @",
        "Thanks to @ for @",
        "- Thanks to @",
        "- To @, from @: @",
        "- @ -> @: @",
        "- @ (from @)",
        "Kudos to @ and the @ team!",
        "---",
        "===",
        "***",
        "```",
        "~~~ @",
        "<!--",
        "-->",
        "<!-- @ -->",
        "> @",
        "> - @",
        ">> @",
        "\t- @",
        "\t@",
        "    @",
        "  @",
        "@  ",
        "@\\",
        "[@]: http://@.example",
        "&amp; @ &nbsp;",
        "\\* @",
        "`@`",
        "``` @ ```",
        "<div>@</div>",
        "![@](@.png)",
        "<http://@.example>",
        "None",
        "- None",
        "- n/a",
        "@ 2023-04-05",
        "5 April 2023",
        "a) @",
        "☐ @",
        "✅ @",
        "• @",
        "– @",
        "- @ 👍 3",
        "- 👍",
        "@(3)",
        "#@",
        "@ |",
        "|",
    ])
}

fn numbered(lines: &[&str], separator: &str) -> String {
    let mut number = 0;
    let mut notes = String::new();
    for line in lines {
        for (place, part) in line.split('@').enumerate() {
            if place > 0 {
                // "@x" and "@Tom" are mentions.
                if part.starts_with(['x', 'T']) {
                    notes.push('@');
                } else {
                    number += 1;
                    notes.push_str(&format!("word{number}z"));
                }
            }
            notes.push_str(part);
        }
        notes.push_str(separator);
    }
    notes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn no_word_is_lost(
        lines in prop::collection::vec(line(), 0..24),
        separator in prop::sample::select(vec!["\n", "\n", "\r\n", "\n\n"]),
        front in any::<bool>(),
    ) {
        let mut notes = numbered(&lines, separator);
        if front {
            notes = format!("---\ntitle: word100z\nword101z: word102z\ntags:\n  - word103z\n# word104z\n---\n{notes}");
        }
        let lost = lost(&notes, &ImportOptions::default());
        prop_assert!(lost.is_empty(), "{lost:?} of\n{notes}\nin {:#?}", drafts(&notes, &ImportOptions::default()));
    }

    #[test]
    fn no_word_is_lost_under_any_correction(
        lines in prop::collection::vec(line(), 0..16),
        roles in prop::collection::vec(prop::sample::select(vec![
            HeadingRole::Summary, HeadingRole::Column, HeadingRole::Group, HeadingRole::Actions,
            HeadingRole::Agreements, HeadingRole::Kudos, HeadingRole::Participants,
            HeadingRole::Dimensions, HeadingRole::Roti, HeadingRole::Notes,
        ]), 6),
    ) {
        let notes = numbered(&lines, "\n");
        let read = preview(&notes, &ImportOptions::default());
        let headings = read.sections.iter().flat_map(|it| &it.headings);
        let roles = headings
            .zip(roles)
            .map(|(heading, role)| RoleChoice { heading_id: heading.heading_id.clone(), role })
            .collect();
        let options = ImportOptions { roles, ..ImportOptions::default() };
        let lost = lost(&notes, &options);
        prop_assert!(lost.is_empty(), "{lost:?} of\n{notes}\nunder {options:?}\nin {:#?}", drafts(&notes, &options));
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in any::<String>(), marks in "([-#*|>:@\\[\\](){}`~_<!&\\\\+.0-9a-zé👍 \t\n\r\u{0}]){0,200}") {
        preview(&text, &ImportOptions::default());
        preview(&marks, &ImportOptions::default());
        for start in ["# Actions\n- ", "# Health check\n- ", "# Kudos\n- ", "# ROTI\n", "## Went well\n- "] {
            preview(&[start, &marks].concat(), &ImportOptions::default());
        }
    }
}

/// Of the processor's time, so that other programs do not count. Far above what reading takes, far
/// below what quadratic time would.
const LIMIT: Duration = Duration::from_secs(20);

fn read_in_time(what: &str, notes: &str) {
    let start = ThreadTime::now();
    preview(notes, &ImportOptions::default());
    assert!(start.elapsed() < LIMIT, "{what}: {:?}", start.elapsed());
}

/// Each dimension has as many answers as the scale has steps.
#[test]
fn a_scale_that_never_ends_is_kept_as_comments() {
    use retropress_summary::{Summary, health_check::MOST_STEPS};
    let mut notes = "# Health check\n".to_owned();
    for number in 0..5_000 {
        notes.push_str(&format!("- Dimension {number}\n  - word{number}: 1\n"));
    }
    read_in_time("a long scale", &notes);
    assert_eq!(lost(&notes, &ImportOptions::default()), [""; 0]);
    let drafts = drafts(&notes, &ImportOptions::default());
    let [Summary::HealthCheck(check)] = &drafts[..] else {
        panic!("{}", drafts.len());
    };
    assert_eq!(check.dimensions.len(), 5_000);
    assert_eq!(check.steps(), MOST_STEPS);
}

#[test]
fn ten_megabytes_are_read() {
    let section = "## Retro - 04/13/2023\n\n### Went well\n- A talk about *things* (3)\n  - agreed\n\n\
                   ### Actions\n1. Write a guide to the module (Ana/Bo)\n2) Ask for a room **completed**\n\n";
    read_in_time("10 MB", &section.repeat(10_000_000 / section.len()));
}

#[test]
fn endless_words_and_brackets_are_read() {
    for start in [
        "",
        "# ",
        "# Actions\n- ",
        "## Went well\n- ",
        "# Health check\n- ",
        "## Kudos\n- ",
    ] {
        read_in_time("a word", &[start, &"x".repeat(1_000_000)].concat());
        for mark in [
            "[",
            "(",
            "](",
            "*",
            "_",
            "`",
            "~~",
            "<",
            "> ",
            "- ",
            "@",
            "(Tom)",
            "(due 5 May)",
            "|",
            "&",
            "1/2/",
        ] {
            read_in_time(mark, &[start, &mark.repeat(100_000)].concat());
        }
        read_in_time(
            "pairs",
            &[start, &"(".repeat(100_000), &")".repeat(100_000)].concat(),
        );
        read_in_time(
            "pairs",
            &[start, &"[".repeat(100_000), &"]".repeat(100_000)].concat(),
        );
    }
    for line in [
        "```a\n",
        "~~~\n\n",
        "<!--\n",
        "# a\n",
        "a:\n- b\n",
        "  - a\n",
        "Date: 2023-01-01\n",
        "|a|b|\n|-|-|\n",
    ] {
        read_in_time(line, &line.repeat(100_000));
    }
}
