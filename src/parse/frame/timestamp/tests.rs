//! Tests of the time stamp parser.

use proptest::prelude::*;

use super::*;

fn clock(reference: &str) -> Clock {
    Clock::new(TimeZone::UTC, reference.parse().expect("a timestamp"))
}

fn text(stamp: Stamp) -> String {
    Timestamp::new(stamp.seconds, stamp.nanos as i32)
        .expect("in range")
        .to_string()
}

#[test]
fn missing_year_is_inferred_across_new_year() {
    for (reference, line, expected) in [
        (
            "2026-11-23T15:00:00Z",
            "Nov 23 14:59:59 x",
            "2026-11-23T14:59:59Z",
        ),
        (
            "2026-01-01T00:00:05Z",
            "Dec 31 23:59:59 x",
            "2025-12-31T23:59:59Z",
        ),
        (
            "2026-01-01T00:00:05Z",
            "Jan  1 00:00:00 x",
            "2026-01-01T00:00:00Z",
        ),
        // The clock of the writing host is ahead.
        (
            "2025-12-31T23:59:58Z",
            "Jan  1 00:00:01 x",
            "2026-01-01T00:00:01Z",
        ),
        (
            "2026-03-01T00:00:00Z",
            "Feb 29 12:00:00 x",
            "2024-02-29T12:00:00Z",
        ),
        (
            "2026-11-23T15:00:00Z",
            "Dec  1 00:00:00 x",
            "2025-12-01T00:00:00Z",
        ),
        // One space before a one-digit day; a day with a leading zero; a year after the day.
        (
            "2026-11-23T15:00:00Z",
            "Jan 1 00:00:00 x",
            "2026-01-01T00:00:00Z",
        ),
        (
            "2026-11-23T15:00:00Z",
            "Jan 01 00:00:00 x",
            "2026-01-01T00:00:00Z",
        ),
        (
            "2026-11-23T15:00:00Z",
            "Jan 01 2020 00:00:00 x",
            "2020-01-01T00:00:00Z",
        ),
        (
            "2026-11-23T15:00:00Z",
            "Jan  1 00:00:00.25 x",
            "2026-01-01T00:00:00.25Z",
        ),
    ] {
        let mut clock = clock(reference);
        let (stamp, rest) = clock.named(line.as_bytes()).expect(line);
        assert_eq!(
            (text(stamp), rest),
            (expected.to_owned(), &b"x"[..]),
            "{line}"
        );
    }
}

#[test]
fn rfc3339_time_stamps_with_every_offset_are_parsed() {
    for (line, expected) in [
        ("2026-11-23T15:17:00Z x", "2026-11-23T15:17:00Z"),
        (
            "2026-11-23T15:17:00.123456+00:00 x",
            "2026-11-23T15:17:00.123456Z",
        ),
        (
            "2020-01-30T06:26:07.404714+09:00 x",
            "2020-01-29T21:26:07.404714Z",
        ),
        ("2026-11-23T15:17:00-0330 x", "2026-11-23T18:47:00Z"),
        ("2026-11-23 15:17:00,123 x", "2026-11-23T15:17:00.123Z"),
        ("2026-11-23 15:17:00 +0100 x", "2026-11-23T14:17:00Z"),
        (
            "2026-11-23 15:17:00.123 -0330 x",
            "2026-11-23T18:47:00.123Z",
        ),
        ("2026-06-30T23:59:60Z x", "2026-07-01T00:00:00Z"),
    ] {
        let mut clock = clock("2026-11-23T15:00:00Z");
        for _ in 0..2 {
            let (stamp, rest) = clock.dated(line.as_bytes()).expect(line);
            assert_eq!(
                (text(stamp), rest),
                (expected.to_owned(), &b"x"[..]),
                "{line}"
            );
        }
    }
}

#[test]
fn time_stamps_without_offset_are_in_the_configured_zone() {
    let zone = TimeZone::get("Europe/Berlin").expect("a zone");
    let mut clock = Clock::new(zone, "2026-11-23T15:00:00Z".parse().expect("a timestamp"));
    let (stamp, _) = clock.named(b"Jul  1 12:00:00 x").expect("summer");
    assert_eq!(text(stamp), "2026-07-01T10:00:00Z");
    let (stamp, _) = clock.named(b"Nov  1 12:00:00 x").expect("winter");
    assert_eq!(text(stamp), "2026-11-01T11:00:00Z");
}

#[test]
fn time_stamps_of_svlogd_are_in_utc() {
    let zone = TimeZone::get("Europe/Berlin").expect("a zone");
    let mut clock = Clock::new(zone, "2026-11-23T15:00:00Z".parse().expect("a timestamp"));
    for (line, expected) in [
        ("2026-11-23_12:00:00.12345 x", "2026-11-23T12:00:00.12345Z"),
        ("2026-11-23 12:00:00.12345 x", "2026-11-23T11:00:00.12345Z"),
    ] {
        let (stamp, rest) = clock.dated(line.as_bytes()).expect(line);
        assert_eq!((text(stamp).as_str(), rest), (expected, &b"x"[..]));
    }
}

#[test]
fn second_pass_of_a_repeated_hour_is_recognized() {
    let berlin = || TimeZone::get("Europe/Berlin").expect("a zone");
    // Live: the wall clock decides. 02:30 local time is 00:30 and 01:30 UTC.
    for (now, expected) in [
        ("2026-10-25T00:30:05Z", "2026-10-25T00:30:00Z"),
        ("2026-10-25T01:30:05Z", "2026-10-25T01:30:00Z"),
    ] {
        let mut clock = Clock::new(berlin(), now.parse().expect("a timestamp"));
        for line in ["Oct 25 02:30:00 x", "2026-10-25 02:30:00 x"] {
            let (stamp, _) = clock
                .named(line.as_bytes())
                .or_else(|| clock.dated(line.as_bytes()))
                .expect("a time");
            assert_eq!(text(stamp), expected, "{line} at {now}");
        }
    }
    // Read later: time does not run backwards.
    let mut clock = Clock::new(
        berlin(),
        "2026-10-27T00:00:00Z".parse().expect("a timestamp"),
    );
    for (line, expected) in [
        ("Oct 25 01:59:00 x", "2026-10-24T23:59:00Z"),
        ("Oct 25 02:10:00 x", "2026-10-25T00:10:00Z"),
        ("Oct 25 02:59:00 x", "2026-10-25T00:59:00Z"),
        ("Oct 25 02:00:00 x", "2026-10-25T01:00:00Z"),
        ("Oct 25 02:01:00 x", "2026-10-25T01:01:00Z"),
        ("Oct 25 02:59:00 x", "2026-10-25T01:59:00Z"),
        ("Oct 25 03:00:00 x", "2026-10-25T02:00:00Z"),
    ] {
        let (stamp, _) = clock.named(line.as_bytes()).expect(line);
        assert_eq!(text(stamp), expected, "{line}");
    }
}

#[test]
fn time_in_a_skipped_hour_is_taken_as_after_the_gap() {
    let zone = TimeZone::get("Europe/Berlin").expect("a zone");
    let mut clock = Clock::new(zone, "2026-04-01T00:00:00Z".parse().expect("a timestamp"));
    let (stamp, _) = clock.named(b"Mar 29 02:30:00 x").expect("a time");
    assert_eq!(text(stamp), "2026-03-29T01:30:00Z");
}

#[test]
fn invalid_time_stamps_are_rejected() {
    let mut clock = clock("2026-11-23T15:00:00Z");
    for line in [
        "",
        "Nov",
        "Nov 23 15:17",
        "Nov 32 15:17:00 x",
        "Nov 23 25:17:00 x",
        "Nov 23 15:61:00 x",
        "Foo 23 15:17:00 x",
        "2026-13-23T15:17:00Z x",
        "2026-11-23T15:17:00+99:99 x",
        "2026-11-23T15:17:00",
        "9999-12-31T23:59:59-23:59 x",
        "Feb 30 00:00:00 x",
        // Of forms that are not the usual one.
        "Nov 2 15:60:00 x",
        "Nov 2 15:17:61 x",
        "Nov 2 24:17:00 x",
        "2026.11-23T15:17:00Z x",
        "2026-11.23T15:17:00Z x",
        "2026-11-23T15.17:00Z x",
        "2026-11-23T15:17.00Z x",
        "2026-11-23T15:60:00Z x",
        "2026-11-23T15:17:61Z x",
    ] {
        assert_eq!(clock.named(line.as_bytes()), None, "{line}");
        assert_eq!(clock.dated(line.as_bytes()), None, "{line}");
    }
}

#[test]
fn stamps_of_the_same_hour_are_found_in_the_cache() {
    for (first, others) in [
        (
            "2026-11-23 10:00:00 1vNabc-0000A1-01 Completed",
            [
                "2026-11-23 10:00:00 1vNabc-0000A1-01 Completed",
                "2026-11-23 10:59:60 1vNabc-0000A1-01 Completed",
            ],
        ),
        (
            "2026-11-23 10:00:00.123 1vNabc-0000A1-01 Completed",
            [
                "2026-11-23 10:00:00.124 1vNabc-0000A1-01 Completed",
                "2026-11-23 10:01:59.000 1vNabc-0000A1-01 Completed",
            ],
        ),
        (
            "2026-11-23 10:00:00.999 +0100 1vNabc-0000A1-01 Completed",
            [
                "2026-11-23 10:00:01.001 +0100 1vNabc-0000A1-01 Completed",
                "2026-11-23 10:30:00.500 +0100 1vNabc-0000A1-01 Completed",
            ],
        ),
    ] {
        let mut clock = clock("2026-11-23T15:00:00Z");
        assert_eq!(clock.same_hour(first.as_bytes()), None);
        clock.dated_cached(first.as_bytes()).expect("a stamp");
        for line in others {
            let expected = clock.dated(line.as_bytes()).expect("a stamp");
            assert_eq!(clock.same_hour(line.as_bytes()), Some(expected), "{line}");
        }
    }
}

#[test]
fn every_month_is_known_by_its_name() {
    let names = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let mut clock = clock("2026-12-31T00:00:00Z");
    for (month, name) in (1..).zip(names) {
        let (stamp, _) = clock
            .named(format!("{name}  1 10:00:00 x").as_bytes())
            .expect(name);
        assert_eq!(text(stamp), format!("2026-{month:02}-01T10:00:00Z"));
    }
    for (line, second) in [
        ("Nov 2 15:59:60 x", "16:00:00"),
        ("Nov 2 15:59:59 x", "15:59:59"),
    ] {
        let (stamp, _) = clock.named(line.as_bytes()).expect(line);
        assert_eq!(text(stamp), format!("2026-11-02T{second}Z"));
    }
}

#[test]
fn only_exim_writes_a_space_before_the_offset() {
    let mut clock = clock("2026-11-23T15:00:00Z");
    for (line, time, rest) in [
        ("2026-11-23 15:17:00 +0100 x", "14:17:00", "x"),
        ("2026-11-23T15:17:00 +0100 x", "15:17:00", "+0100 x"),
        ("2026-11-23 15:17:00Z +0100 x", "15:17:00", "+0100 x"),
        ("2026-11-23 15:17:00 +01:0 x", "15:17:00", "+01:0 x"),
    ] {
        let (stamp, after) = clock.dated(line.as_bytes()).expect(line);
        let expected = (format!("2026-11-23T{time}Z"), rest.as_bytes());
        assert_eq!((text(stamp), after), expected, "{line}");
    }
}

#[test]
fn date_and_time_are_read_in_the_usual_form_only() {
    let read = |date: &str, time: &str| date_time(date.as_bytes(), time.as_bytes());
    let expected = DateTime::new(2026, 11, 23, 10, 59, 58, 500_000_000).expect("a date");
    assert_eq!(read("2026-11-23", "10:59:58.5"), Some(expected));
    for (date, time) in [
        ("2026/11-23", "10:59:58"),
        ("2026-11-23 ", "10:59:58"),
        ("2026-13-23", "10:59:58"),
        ("2026-11-31", "10:59:58"),
        ("2026-11-23", "10.59:58"),
        ("2026-11-23", "24:59:58"),
        ("2026-11-23", "10:60:58"),
        ("2026-11-23", "10:59:58Z"),
        ("2026-11-23", "10:59"),
    ] {
        assert_eq!(read(date, time), None, "{date} {time}");
    }
}

#[test]
fn pass_of_a_repeated_hour_follows_from_the_time_before_except_for_small_disorder() {
    let berlin = || TimeZone::get("Europe/Berlin").expect("a zone");
    let seconds = |time: &str| time.parse::<Timestamp>().expect("a timestamp").as_second();
    let first = seconds("2026-10-25T00:00:00Z");
    let second = first + 3600;
    // Seconds from the beginning of the first pass: the line before, one after it, and that one as it is read.
    for (before, within, expected) in [
        // A few lines in the wrong order.
        (600 + DISORDER, 600, 600),
        (601 + DISORDER, 600, 4200),
        (3595, 3590, 3590),
        (3590, 3599, 3599),
        // A line of the second pass has come before.
        (3599 + DISORDER, 3599, 3599),
        (3600 + DISORDER, 3599, 7199),
        // Another day.
        (-3601, 600, 600),
        (50_000, 600, 600),
    ] {
        let now = "2026-10-27T00:00:00Z".parse().expect("a timestamp");
        let mut clock = Clock::new(berlin(), now);
        clock.note_time(first + before);
        let line = format!("Oct 25 02:{:02}:{:02} x", within / 60, within % 60);
        let (stamp, _) = clock.named(line.as_bytes()).expect("a time");
        assert_eq!(stamp.seconds - first, expected, "{line} after {before}");
        assert!(clock.is_ambiguous() && stamp.seconds < second + 3600);
    }
}

#[test]
fn stamps_that_differ_in_more_than_minute_second_and_fraction_are_not_those_of_the_cache() {
    for (first, other) in [
        ("2026-11-23 10:00:00 x", "2025-11-23 10:00:00 x"),
        ("2026-11-23 10:00:00 x", "2026-11-23 11:00:00 x"),
        ("2026-11-23 10:00:00 x", "2026-11-23 10:60:00 x"),
        ("2026-11-23 10:00:00 x", "2026-11-23 10:00:61 x"),
        ("2026-11-23 10:00:00.123 x", "2026-11-23 10:00:00.12x x"),
        ("2026-11-23 10:00:00.123 x", "2026-11-23 10:00:00.x23 x"),
        ("2026-11-23 10:00:00.123 x", "2026-11-23 10:00:00.123x"),
    ] {
        let mut clock = clock("2026-11-23T15:00:00Z");
        let filled = |line: &str| format!("{line} and more text than is compared");
        clock
            .dated_cached(filled(first).as_bytes())
            .expect("a stamp");
        assert_eq!(clock.same_hour(filled(other).as_bytes()), None, "{other}");
    }
}

proptest! {
    #[test]
    fn cached_stamps_have_the_same_time_as_parsed_ones(
        choices in prop::collection::vec((0..8usize, 0..8usize, 0..10usize, 0..10usize, 0..6usize), 1..20),
    ) {
        let zone = TimeZone::get("Europe/Berlin").expect("a time zone");
        let reference: Timestamp = "2026-11-23T15:00:00Z".parse().expect("a timestamp");
        let mut cached = Clock::new(zone.clone(), reference);
        let mut parsed = Clock::new(zone, reference);
        for (hour, minute, fraction, offset, text) in choices {
            // Clocks are set back at 03:00 on the first day.
            let hours = ["2026-10-25 01", "2026-10-25 02", "2026-10-25 03", "2026-11-23 10", "2026-11-23 10",
                "2026-11-23 10", "2026-11-23 11", "2026-11-23T10"];
            let minutes = [":00:00", ":00:01", ":59:59", ":00:60", ":60:00", ":0x:00", ":00:0-", ":30:00"];
            let fractions = ["", "", "", ".123", ".999", ".12x", ".", ".1234567890", ",123", ".123456789"];
            let offsets = [" ", " ", " ", " ", " +0100 ", " -0230 ", " +01:00 ", "+01:00 ", "Z ", ""];
            let texts = ["1vNabc-0000A1-01 Completed", "+0100 1vNabc-0000A1-01", "-x 1vNabc-0000A1-01 ==", "x", "",
                "H=mx.example.net [192.0.2.1] Connection refused"];
            let line = [hours[hour], minutes[minute], fractions[fraction], offsets[offset], texts[text]].concat();
            let line = line.as_bytes();
            let found = cached.same_hour(line).or_else(|| cached.dated_cached(line));
            prop_assert_eq!(found, parsed.dated(line));
        }
    }
}
