//! Tests of decoding the log formats of container runtimes.

use proptest::prelude::*;

use super::*;

const CAP: usize = 100;

fn take_all(raw: &[String], cap: usize) -> (Vec<String>, u64, ContainerLines) {
    let (mut container, mut lines, mut truncated) = (ContainerLines::default(), Vec::new(), 0);
    for raw in raw {
        truncated += u64::from(container.push(raw.as_bytes(), cap, &mut |batch| {
            let text = |line: &&[u8]| String::from_utf8_lossy(line).into_owned();
            lines.extend(batch.iter().map(text));
        }));
    }
    (lines, truncated, container)
}

fn cri_line(stream: &str, tags: &str, text: &str) -> String {
    format!("2026-11-23T10:00:00.123456789Z {stream} {tags} {text}")
}

fn docker_line(stream: &str, text: &str) -> String {
    let log = serde_json::to_string(text).expect("text");
    format!("{{\"log\":{log},\"stream\":\"{stream}\",\"time\":\"2026-11-23T10:00:00.1Z\"}}")
}

#[test]
fn lines_of_both_formats_and_plain_lines_are_decoded() {
    let (lines, truncated, _) = take_all(
        &[
            cri_line("stdout", "F", "one"),
            cri_line("stderr", "F:x", "two  with  spaces"),
            "2026-11-23T10:00:00+01:00 stdout F".into(),
            docker_line("stdout", "three \u{1} <\u{fffd}>\r\n"),
            "{\"log\":\"\\u003cfour\\u003e\\n\",\"stream\":\"stderr\",\"attrs\":{\"a\":\"b\"},\"time\":\"x\"}".into(),
            "Nov 23 10:00:00 mail postfix/smtp[1]: plain".into(),
            "{\"log\":\"no stream\"}".into(),
        ],
        CAP,
    );
    assert_eq!(
        lines,
        [
            "one",
            "two  with  spaces",
            "",
            "three \u{1} <\u{fffd}>",
            "<four>",
            "Nov 23 10:00:00 mail postfix/smtp[1]: plain",
            "{\"log\":\"no stream\"}",
        ]
    );
    assert_eq!(truncated, 0);
}

#[test]
fn a_joined_line_is_truncated_at_the_cap_and_counted_once() {
    let part = "x".repeat(60);
    let (lines, truncated, container) = take_all(
        &[
            cri_line("stdout", "P", &part),
            cri_line("stdout", "P", &part),
            cri_line("stdout", "F", "end"),
            docker_line("stdout", &part),
            docker_line("stdout", &format!("{}\n", "y".repeat(40))),
        ],
        CAP,
    );
    assert_eq!(lines, ["x".repeat(100), part + &"y".repeat(40)]);
    assert_eq!(truncated, 1);
    assert_eq!(container, ContainerLines::default());
}

#[test]
fn a_truncated_line_of_the_file_does_not_affect_those_after_it() {
    let long = "z".repeat(raw_cap(CAP));
    let cut = |raw: String| raw[..raw_cap(CAP)].to_owned();
    let (lines, truncated, container) = take_all(
        &[
            cut(cri_line("stdout", "P", &long)),
            cri_line("stdout", "F", "dropped"),
            cut(docker_line("stdout", &long)),
            cut(cri_line("stderr", "F", &long)),
            cri_line("stdout", "F", "next"),
            docker_line("stderr", "last\n"),
        ],
        CAP,
    );
    let short = "z".repeat(CAP);
    assert_eq!(lines, [&short, &short, &short, "next", "last"]);
    assert_eq!((truncated, container), (3, ContainerLines::default()));
}

#[test]
fn unfinished_lines_are_saved_and_handed_over_by_flush() {
    let (lines, _, container) = take_all(&[cri_line("stderr", "P", "half")], CAP);
    assert!(lines.is_empty());
    let saved = serde_json::to_string(&container).expect("serialized");
    let mut again: ContainerLines = serde_json::from_str(&saved).expect("deserialized");
    assert_eq!(again, container);
    let mut lines = Vec::new();
    for _ in 0..2 {
        again.flush(CAP, &mut |batch| {
            lines.extend(batch.iter().map(|line| line.to_vec()));
        });
    }
    assert_eq!(lines, [b"half"]);
}

/// Lines of one stream in parts: each with whether it is the last of its line.
fn parts() -> impl Strategy<Value = Vec<Vec<String>>> {
    prop::collection::vec(prop::collection::vec("[ -~é\t]{0,12}", 1..4), 0..8)
}

#[test]
fn every_truncated_line_is_counted_once() {
    let long = "x".repeat(CAP + 1);
    let exact = "y".repeat(60);
    for (raw, expected) in [
        // A line that no container runtime wrote.
        (vec![long.clone()], 1),
        (vec![cri_line("stdout", "F", &long)], 1),
        (vec![docker_line("stderr", &format!("{long}\n"))], 1),
        // A carriage return after a line of the cap is not part of it, also if the line comes in parts.
        (
            vec![
                cri_line("stdout", "P", &exact),
                cri_line("stdout", "P", &format!("{}\r", &exact[..CAP - 60])),
                cri_line("stdout", "F", ""),
            ],
            0,
        ),
        (
            vec![
                cri_line("stdout", "P", &exact),
                cri_line("stdout", "F", &exact),
            ],
            1,
        ),
    ] {
        let (lines, truncated, _) = take_all(&raw, CAP);
        assert_eq!((lines.len(), truncated), (1, expected), "{raw:?}");
        assert_eq!(lines[0].len(), CAP);
        // As a block of a file.
        let block = raw.join("\n") + "\n";
        let mut container = Some(ContainerLines::default());
        let cut = split(
            &mut container,
            block.as_bytes(),
            CAP,
            &mut false,
            &mut |_| {},
        );
        assert_eq!((cut.consumed, cut.truncated), (block.len(), expected));
    }
    // Unfinished lines, when no more will be written.
    let unfinished = ["stdout", "stderr"].map(|stream| cri_line(stream, "P", &long));
    let (lines, truncated, mut container) = take_all(&unfinished, CAP);
    assert_eq!((lines.len(), truncated), (0, 0));
    assert_eq!(container.flush(CAP, &mut |_| {}), 2);
}

proptest! {
    #[test]
    fn alternating_parts_of_two_streams_are_joined_to_their_lines(
        stdout in parts(),
        stderr in parts(),
        order in prop::collection::vec(any::<(bool, bool)>(), 64),
    ) {
        let flat = |lines: &[Vec<String>]| -> Vec<(String, bool)> {
            let mut parts = Vec::new();
            for line in lines {
                let last = line.len() - 1;
                parts.extend(line.iter().enumerate().map(|(i, part)| (part.clone(), i == last)));
            }
            parts
        };
        let mut left = [flat(&stdout).into_iter(), flat(&stderr).into_iter()];
        let (mut raw, mut expected, mut texts) = (Vec::new(), Vec::new(), [String::new(), String::new()]);
        for (second, as_docker) in order {
            let at = usize::from(if left[usize::from(second)].len() > 0 { second } else { !second });
            let Some((part, last)) = left[at].next() else { break };
            let stream = ["stdout", "stderr"][at];
            raw.push(match (as_docker, last) {
                (true, true) => docker_line(stream, &format!("{part}\n")),
                (true, false) => docker_line(stream, &part),
                (false, true) => cri_line(stream, "F", &part),
                (false, false) => cri_line(stream, "P", &part),
            });
            texts[at] += &part;
            if last {
                expected.push(std::mem::take(&mut texts[at]));
            }
        }
        prop_assert_eq!(take_all(&raw, CAP).0, expected);
    }
}
