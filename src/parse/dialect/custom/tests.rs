//! Tests of custom patterns, through the parser.

use super::*;
use crate::parse::detect::Format;
use crate::parse::stream::StreamKey;
use crate::parse::tests::parser;

fn settings(regex: &str) -> PatternSettings {
    PatternSettings {
        regex: regex.to_owned(),
        ..PatternSettings::default()
    }
}

/// What patterns read in a line, in short.
fn read(patterns: &[PatternSettings], line: &str) -> String {
    let mut parser = parser();
    let compiled = patterns.iter().cloned().map(Pattern::compile);
    let compiled = compiled.collect::<Result<_, _>>().expect("valid patterns");
    parser.set_patterns(Arc::new(Patterns::new(compiled).expect("few patterns")));
    parser.select(StreamKey::default(), Format::Server(Mta::Custom));
    let mut slot = None;
    let parsed = parser.parse(line.as_bytes(), &mut slot);
    let time = parsed.time.map(|time| time.seconds);
    match parsed.line {
        Line::Event(event) => format!(
            "{time:?} {} {} {:?} {:?} {:?}",
            event.direction.name(),
            event.outcome.name(),
            event.code,
            event.enhanced.map(|code| code.to_string()),
            String::from_utf8_lossy(event.recipient),
        ),
        Line::Noise(_) => "noise".to_owned(),
        Line::Unmatched => "unmatched".to_owned(),
    }
}

#[test]
fn groups_give_the_parts_of_an_event() {
    let pattern = settings(
        r"^(?<time>\S+) \S+ (?<queue_id>\w+) to=(?<recipient>\S+) (?<outcome>\w+): (?<text>.*)",
    );
    let line = "2026-11-23T10:00:00Z mx 4F1 to=<a@example.net> delayed: 421 4.7.0 slow down";
    let expected = r#"Some(1795428000) outbound deferred Some(421) Some("4.7.0") "a@example.net""#;
    assert_eq!(read(std::slice::from_ref(&pattern), line), expected);
    assert_eq!(read(&[pattern], "something else"), "unmatched");
}

#[test]
fn what_no_group_says_follows_from_the_settings_or_the_code() {
    let code = settings(r"code=(?<code>\S+)(?: (?<text>.*))?");
    assert_eq!(
        read(std::slice::from_ref(&code), "code=250"),
        r#"None outbound sent Some(250) None """#
    );
    assert_eq!(
        read(std::slice::from_ref(&code), "code=550 5.1.1 no such user"),
        r#"None outbound bounced Some(550) Some("5.1.1") """#
    );
    assert_eq!(
        read(std::slice::from_ref(&code), "code=5500"),
        r#"None outbound sent None None """#
    );
    let inbound = PatternSettings {
        direction: Some(Direction::Inbound),
        ..code
    };
    assert_eq!(
        read(&[inbound], "code=450"),
        r#"None inbound rejected Some(450) None """#
    );
    let refused = PatternSettings {
        connect_error: Some(ConnectError::Refused),
        ..settings("refused")
    };
    assert_eq!(
        read(&[refused], "refused"),
        r#"None outbound deferred Some(111) None """#
    );
}

#[test]
fn first_pattern_that_matches_reads_a_line_also_of_json() {
    let noise = PatternSettings {
        is_noise: true,
        ..settings("^#|DEBUG")
    };
    let json = settings(r#"^\{"t":(?<time>\d+),"code":(?<code>\d+)\}"#);
    let patterns = [noise, json];
    assert_eq!(read(&patterns, "# DEBUG"), "noise");
    assert_eq!(
        read(&patterns, r#"{"t":1795428000,"code":421}"#),
        r#"Some(1795428000) outbound deferred Some(421) None """#
    );
}

#[test]
fn times_of_several_forms_are_read() {
    let pattern = settings(r"^\[(?<time>.*?)\] 421");
    for time in [
        "2026-11-23 10:00:00",
        "2026/11/23 10:00:00.5",
        "2026-11-23T11:00:00+01:00",
        "Nov 23 10:00:00",
        "1795428000",
        "1795428000.25",
        "1795428000123",
    ] {
        let found = read(std::slice::from_ref(&pattern), &format!("[{time}] 421"));
        assert!(found.starts_with("Some(1795428000) "), "{time}: {found}");
    }
    for time in ["", "never", "17954280001234567890", &"9".repeat(200)] {
        let found = read(std::slice::from_ref(&pattern), &format!("[{time}] 421"));
        assert!(found.starts_with("None "), "{time}: {found}");
    }
}

#[test]
fn invalid_patterns_are_refused() {
    for (regex, problem) in [
        ("(", "unclosed group"),
        (r"(?<colour>\w+)", "unknown group \"colour\""),
        (r"(\w{1000}){1000}", "exceeds size limit"),
    ] {
        let error = Pattern::compile(settings(regex)).expect_err(regex);
        assert!(error.contains(problem), "{regex}: {error}");
    }
}

#[test]
fn words_for_results_and_directions_are_read_in_any_case() {
    for (word, outcome) in [
        ("Delivered", Some(Outcome::Sent)),
        ("DEFERRED", Some(Outcome::Deferred)),
        ("bounce", Some(Outcome::Bounced)),
        ("expired", Some(Outcome::Expired)),
        ("reject", Some(Outcome::Rejected)),
        ("attempt", Some(Outcome::Attempt)),
        ("unknown", None),
    ] {
        assert_eq!(patterns::outcome(word.as_bytes()), outcome, "{word}");
    }
    for (word, direction) in [
        ("Out", Some(Direction::Outbound)),
        ("inbound", Some(Direction::Inbound)),
        ("local", Some(Direction::Local)),
        ("sideways", None),
    ] {
        assert_eq!(patterns::direction(word.as_bytes()), direction, "{word}");
    }
}

#[test]
fn seconds_since_1970_may_have_a_fraction_or_be_milliseconds() {
    let time = |text: &str| epoch(text.as_bytes()).map(|it| (it.seconds, it.nanos));
    assert_eq!(time("1795428000"), Some((1_795_428_000, 0)));
    assert_eq!(time("1795428000.5"), Some((1_795_428_000, 0)));
    assert_eq!(time("1795428000123"), Some((1_795_428_000, 123_000_000)));
    for text in [
        "1795428000123.5",
        "17954280001234",
        "12345678",
        "1795428000 ",
        "x",
        "",
    ] {
        assert_eq!(time(text), None, "{text}");
    }
}
