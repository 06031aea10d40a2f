//! Page titles and file names.

#![allow(clippy::unwrap_used)]

use chrono::NaiveDate;
use proptest::prelude::*;
use retropress_summary::{
    Kind,
    title::{
        DEFAULT_HEALTH_CHECK_TITLE, DEFAULT_RETROSPECTIVE_TITLE, TitleContext, TitleProblem,
        file_name, render, substitutions,
    },
};

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn on(date: NaiveDate, template: &str) -> Result<String, TitleProblem> {
    let context = TitleContext {
        kind: Kind::Retrospective,
        title: "Sprint 7",
        date,
        team: "Web",
    };
    render(template, &context)
}

fn named(title: &str, template: &str) -> Result<String, TitleProblem> {
    let date = day(2026, 11, 19);
    render(
        template,
        &TitleContext {
            kind: Kind::Retrospective,
            title,
            date,
            team: "Web",
        },
    )
}

#[test]
fn each_substitution_gives_its_part_of_the_meetings_date() {
    let date = day(2023, 3, 3);
    for (template, expected) in [
        ("{{YY}}", "23"),
        ("{{YYYY}}", "2023"),
        ("{{MM}}", "03"),
        ("{{MMM}}", "Mar"),
        ("{{MMMM}}", "March"),
        ("{{D}}", "3"),
        ("{{DD}}", "03"),
        ("{{Do}}", "3rd"),
        ("{{Q}}", "1"),
        ("{{WW}}", "09"),
        ("{{Team}}", "Web"),
        ("{{RetrospectiveTitleOrDate}}", "Sprint 7"),
        ("{{ YYYY }}-{{MM}}-{{DD}} of {{Team}}", "2023-03-03 of Web"),
        ("no substitution }} at all", "no substitution }} at all"),
    ] {
        assert_eq!(on(date, template).as_deref(), Ok(expected), "{template}");
    }
}

#[test]
fn each_listed_substitution_works_and_names_its_kind() {
    for kind in [Kind::Retrospective, Kind::HealthCheck] {
        let context = TitleContext {
            kind,
            title: "Spring",
            date: day(2024, 2, 29),
            team: "Web",
        };
        for it in substitutions(kind) {
            assert!(render(it.text, &context).is_ok(), "{}", it.text);
            assert!(!it.means.is_empty());
        }
    }
    let context = TitleContext {
        kind: Kind::HealthCheck,
        title: "",
        date: day(2026, 11, 19),
        team: "",
    };
    assert_eq!(
        render(DEFAULT_HEALTH_CHECK_TITLE, &context).unwrap(),
        "19 Nov 2026 - Health Check"
    );
    assert_eq!(
        named("S1", DEFAULT_RETROSPECTIVE_TITLE).unwrap(),
        "S1 - Retrospective"
    );
}

#[test]
fn days_end_as_they_are_spoken() {
    let endings = (1..=31).map(|number| on(day(2026, 1, number), "{{Do}}").unwrap());
    let odd: Vec<String> = endings.filter(|it| !it.ends_with("th")).collect();
    assert_eq!(odd, ["1st", "2nd", "3rd", "21st", "22nd", "23rd", "31st"]);
    for (number, text) in [
        (4, "4th"),
        (11, "11th"),
        (12, "12th"),
        (13, "13th"),
        (30, "30th"),
    ] {
        assert_eq!(on(day(2026, 1, number), "{{Do}}").unwrap(), text);
    }
}

#[test]
fn weeks_and_quarters_hold_at_the_turn_of_the_year() {
    for (date, week, quarter) in [
        (day(2026, 12, 31), "53", "4"),
        (day(2027, 1, 3), "53", "1"),
        (day(2027, 1, 4), "01", "1"),
        (day(2024, 12, 30), "01", "4"),
        (day(2026, 3, 31), "14", "1"),
        (day(2026, 4, 1), "14", "2"),
    ] {
        assert_eq!(on(date, "{{WW}}").unwrap(), week, "{date}");
        assert_eq!(on(date, "{{Q}}").unwrap(), quarter, "{date}");
    }
    assert_eq!(on(day(2005, 1, 1), "{{YY}}").unwrap(), "05");
}

#[test]
fn an_empty_or_blank_title_becomes_the_date() {
    for title in ["", "   ", "\n\t\u{0}"] {
        assert_eq!(
            named(title, "{{RetrospectiveTitleOrDate}}").unwrap(),
            "19 Nov 2026"
        );
    }
}

#[test]
fn text_put_in_is_not_expanded_again() {
    assert_eq!(
        named("{{Team}} {{oops", "{{RetrospectiveTitleOrDate}}!").unwrap(),
        "{{Team}} {{oops!"
    );
}

#[test]
fn unknown_substitutions_are_named_with_place_and_suggestion() {
    let problem = |template: &str| named("S", template).unwrap_err();
    for (template, text, position, suggestion) in [
        ("{{yyyy}}", "{{yyyy}}", 0, Some("{{YYYY}}")),
        ("a {{Taem}}", "{{Taem}}", 2, Some("{{Team}}")),
        ("😀{{MMMMM}}", "{{MMMMM}}", 2, Some("{{MMMM}}")),
        (
            "{{HealthCheckTitleOrDate}}",
            "{{HealthCheckTitleOrDate}}",
            0,
            Some("{{RetrospectiveTitleOrDate}}"),
        ),
        (
            "{{RetrospectiveTitle}}",
            "{{RetrospectiveTitle}}",
            0,
            Some("{{RetrospectiveTitleOrDate}}"),
        ),
        ("{{sprint number}}", "{{sprint number}}", 0, None),
        ("{{}}", "{{}}", 0, None),
    ] {
        let suggestion = suggestion.map(str::to_owned);
        let expected = TitleProblem::Unknown {
            text: text.to_owned(),
            position,
            suggestion,
        };
        assert_eq!(problem(template), expected);
    }
    assert_eq!(
        problem("{{yyyy}}").to_string(),
        "{{yyyy}} is not a substitution. Did you mean {{YYYY}}?"
    );
}

#[test]
fn unclosed_braces_are_found_where_they_open() {
    assert_eq!(
        named("S", "ab{{YY"),
        Err(TitleProblem::Unclosed { position: 2 })
    );
    assert_eq!(
        named("S", "{{YY {{MM}}"),
        Err(TitleProblem::Unclosed { position: 0 })
    );
    assert_eq!(
        named("S", "{{YY").unwrap_err().to_string(),
        "\"{{\" is never closed. Add \"}}\" after the substitution, or remove \"{{\"."
    );
}

#[test]
fn titles_are_one_clean_line() {
    assert_eq!(
        named(
            "a\r\nb\u{7}\tc  d\u{2028}e ",
            " {{RetrospectiveTitleOrDate}} "
        )
        .unwrap(),
        "a b c d e"
    );
    assert_eq!(named("S", " \n "), Err(TitleProblem::Empty));
}

#[test]
fn length_is_counted_as_confluence_counts() {
    assert!(named("S", &"x".repeat(255)).is_ok());
    assert_eq!(
        named("S", &"x".repeat(256)),
        Err(TitleProblem::TooLong { length: 256 })
    );
    assert!(named("S", &("😀".repeat(127) + "x")).is_ok());
    assert_eq!(
        named("S", &"😀".repeat(128)),
        Err(TitleProblem::TooLong { length: 256 })
    );
    assert!(named("S", &"ä".repeat(255)).is_ok());
}

#[test]
fn file_names_are_safe_everywhere() {
    for (title, name) in [
        ("Sprint 42 - Retrospective", "Sprint 42 - Retrospective.pdf"),
        ("CI/CD: what now?", "CI-CD- what now.pdf"),
        ("a<b>|c*\"d\"\\e&f+g", "a-b-c-d-e-f-g.pdf"),
        ("..", "Summary.pdf"),
        ("", "Summary.pdf"),
        ("???", "Summary.pdf"),
        (".hidden.", "hidden.pdf"),
        ("con", "con summary.pdf"),
        ("LPT1.txt", "LPT1.txt summary.pdf"),
        ("Größe 日本 😀", "Größe 日本 😀.pdf"),
        ("x\u{202E}fdp.exe", "xfdp.exe.pdf"),
    ] {
        assert_eq!(file_name(title), name);
    }
    let long = file_name(&"😀".repeat(100));
    assert_eq!(long, "😀".repeat(37) + ".pdf");
}

proptest! {
    #[test]
    fn any_title_gives_a_safe_file_name(title in any::<String>()) {
        let name = file_name(&title);
        prop_assert!(name.ends_with(".pdf") && name.len() > 4 && name.len() <= 162);
        prop_assert!(!name.contains(['/', '\\', ':', '*', '?', '"', '<', '>', '|', '&', '+', '#', '%']));
        prop_assert!(!name.chars().any(char::is_control));
        prop_assert!(!name.starts_with(['.', ' ']));
        prop_assert_eq!(file_name(name.trim_end_matches(".pdf")), name);
    }

    #[test]
    fn any_template_gives_a_title_or_a_problem(template in "(\\{\\{|\\}\\}|[A-Za-z]{1,4}|\\PC| ){0,12}", title in any::<String>()) {
        match named(&title, &template) {
            Ok(it) => prop_assert!(!it.is_empty() && it.encode_utf16().count() <= 255 && !it.chars().any(char::is_control)),
            Err(it) => prop_assert!(!it.to_string().is_empty()),
        }
    }
}
