//! Checks of `patterns:`, with which logs of the format `custom` are read. Each example is read with the patterns, so
//! that a mistake is found before the daemon starts.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_saphyr::Spanned;

use super::schema::{ExampleItem, Field, PatternItem};
use super::values::{missing, one_of};
use crate::catalog::{Catalog, Providers};
use crate::parse::{
    ConnectError, Direction, Event, Format, Line, LineParser, Mta, Outcome, Pattern,
    PatternSettings, Patterns, StreamKey, pattern_group_names,
};
use crate::yaml::{Fault, Place};

/// The maximum number of patterns.
const MAX_PATTERNS: usize = 64;

/// Compiles the patterns and reads their examples. Times without an offset are in `zone`.
pub fn check(
    list: Spanned<Vec<Spanned<PatternItem>>>,
    zone: &TimeZone,
) -> Result<Arc<Patterns>, Fault> {
    let place = Place::from(&list);
    if list.value.len() > MAX_PATTERNS {
        return Err(Fault::new(
            place,
            format!("there are more than {MAX_PATTERNS} patterns"),
            "remove some, or combine them",
        ));
    }
    let (mut compiled, mut examples) = (Vec::new(), Vec::new());
    for item in list.value {
        let place = Place::from(&item);
        let is_noise = item.value.noise.as_ref().is_some_and(|it| it.value);
        for example in item.value.examples.into_iter().flat_map(|it| it.value) {
            examples.push((compiled.len(), is_noise, example));
        }
        let regex = item
            .value
            .regex
            .ok_or_else(|| missing(place, "regex", "'code=(?<code>[2-5][0-9][0-9])'"))?;
        let settings = PatternSettings {
            regex: regex.value.clone(),
            direction: name(item.value.direction, &Direction::ALL.map(Direction::name))?,
            outcome: name(item.value.outcome, &Outcome::ALL.map(Outcome::name))?,
            connect_error: name(
                item.value.connect_error,
                &ConnectError::ALL.map(ConnectError::name),
            )?,
            is_noise,
        };
        compiled.push(Pattern::compile(settings).map_err(|problem| {
            let groups = pattern_group_names().join(", ");
            Fault::new(
                &regex,
                format!("the pattern is not valid: {problem}"),
                format!("expected a regular expression with the named groups {groups}"),
            )
        })?);
    }
    let patterns = Patterns::new(compiled)
        .map_err(|problem| Fault::new(place, problem, "remove some patterns"))?;
    let patterns = Arc::new(patterns);
    for (index, is_noise, example) in examples {
        check_example(&patterns, zone, (index, is_noise), example)?;
    }
    Ok(patterns)
}

fn name<T: std::str::FromStr>(written: Field<String>, names: &[&str]) -> Result<Option<T>, Fault> {
    written.map(|written| one_of(&written, names)).transpose()
}

/// Reads the line of an example of the pattern with an index, and compares the event with what the example says.
fn check_example(
    patterns: &Arc<Patterns>,
    zone: &TimeZone,
    (index, is_noise): (usize, bool),
    example: Spanned<ExampleItem>,
) -> Result<(), Fault> {
    let place = Place::from(&example);
    let line = example
        .value
        .line
        .as_ref()
        .ok_or_else(|| missing(place, "line", "'a line of the log'"))?;
    let hint = "correct the pattern or the example";
    match patterns.index_of_match(line.value.as_bytes()) {
        None => return Err(Fault::new(line, "no pattern matches this line", hint)),
        Some(first) if first != index => {
            let problem = format!("the line matches pattern {} first", first + 1);
            return Err(Fault::new(
                line,
                problem,
                "put the more specific pattern first",
            ));
        }
        Some(_) => {}
    }
    if is_noise {
        return Ok(());
    }
    let now = Timestamp::now();
    let mut parser = LineParser::new(
        Catalog::embedded(),
        Providers::embedded(),
        zone.clone(),
        now,
    );
    parser.set_patterns(Arc::clone(patterns));
    parser.select(StreamKey::default(), Format::Server(Mta::Custom));
    let mut slot = None;
    let parsed = parser.parse(line.value.as_bytes(), &mut slot);
    let time = parsed.time.map(|time| time.seconds);
    match parsed.line {
        Line::Event(event) => compare(event, time, &example.value)
            .map_err(|(place, problem)| Fault::new(place, problem, hint)),
        Line::Noise(_) | Line::Unmatched => Err(Fault::new(line, "the line gives no event", hint)),
    }
}

/// The first field in which an event differs from an example: its place, and what the event has.
fn compare(
    event: &Event<'_>,
    time: Option<i64>,
    example: &ExampleItem,
) -> Result<(), (Place, String)> {
    let words = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
    let code =
        |code: Option<crate::parse::Enhanced>| code.map(|it| it.to_string()).unwrap_or_default();
    let number = event.code.map(u64::from);
    if let Some(expected) = &example.code
        && number != Some(expected.value)
    {
        let found = number.map_or("no code".to_owned(), |code| format!("the code {code}"));
        return Err((
            Place::from(expected),
            format!("the pattern finds {found}, not {}", expected.value),
        ));
    }
    if let Some(expected) = &example.time {
        let wanted: Option<Timestamp> = expected.value.parse().ok();
        let wanted = wanted.map(|it| it.as_second());
        if wanted.is_none() || wanted != time {
            let found = time.and_then(|it| Timestamp::from_second(it).ok());
            let found = found.map_or("no time".to_owned(), |it| format!("the time {it}"));
            return Err((
                Place::from(expected),
                format!("the pattern finds {found}, not {}", expected.value),
            ));
        }
    }
    for (expected, found) in [
        (&example.queue_id, words(event.queue_id)),
        (&example.sender, words(event.sender)),
        (&example.recipient, words(event.recipient)),
        (&example.relay, words(event.host)),
        (&example.enhanced, code(event.enhanced)),
        (&example.dsn, code(event.dsn)),
        (&example.outcome, event.outcome.name().to_owned()),
        (&example.direction, event.direction.name().to_owned()),
        (
            &example.connect_error,
            event
                .connect_error
                .map_or("", ConnectError::name)
                .to_owned(),
        ),
        (&example.text, words(event.text)),
    ] {
        if let Some(expected) = expected
            && expected.value != found
        {
            return Err((
                Place::from(expected),
                format!("the pattern finds {found:?}, not {:?}", expected.value),
            ));
        }
    }
    Ok(())
}
