//! The names that rotation gives to logs.
//!
//! Rotation programs can be configured to give almost any name, so names are only evidence: [`may_be_rotation_of`]
//! tells which files are worth a look, and the content and times of a file decide what it is.

use std::ffi::OsStr;
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The extensions of compressed files.
const COMPRESSED: [&[u8]; 8] = [b"gz", b"xz", b"bz2", b"zst", b"lz4", b"lzma", b"Z", b"zip"];

/// Extensions of files that other programs put beside a log: positions, locks, extracts, checksums.
const NOT_ROTATED: [&[u8]; 16] = [
    b"offset", b"pos", b"lock", b"lck", b"pid", b"idx", b"txt", b"csv", b"json", b"html", b"md5",
    b"sha256", b"asc", b"sig", b"part", b"swp",
];

/// Whether a file is compressed, by its name.
pub fn is_compressed(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| without_compression(name.as_bytes()).len() < name.len())
}

/// The name without the extension of compression.
pub(super) fn without_compression(name: &[u8]) -> &[u8] {
    match extension(name) {
        Some((rest, extension)) if COMPRESSED.contains(&extension) => rest,
        _ => name,
    }
}

/// Whether a file was rotated, by its name alone: `mail.log.1`, `mail.log.2.gz`, `mail.log.old`, `mail.log~`,
/// `mail.log-1735689600`, multilog's `@4000….s`. Names with a date are not decided here, because a live log can have
/// one too: see [`undated`].
pub(crate) fn is_rotated(name: &OsStr) -> bool {
    let name = name.as_bytes();
    if without_compression(name).len() < name.len() || name.ends_with(b"~") || is_tai64n(name) {
        return true;
    }
    // A log that is named after the address of a host ends in a number, and is live.
    let text = std::str::from_utf8(name).unwrap_or_default();
    if text.parse::<IpAddr>().is_ok() {
        return false;
    }
    let last = extension(name).map_or(&b""[..], |(_, extension)| extension);
    let is_number = (1..=4).contains(&last.len()) && last.iter().all(u8::is_ascii_digit);
    is_number || is_backup(last) || ends_in_epoch(name)
}

/// Whether a file in the directory of a log may be what rotation has made of the log. `elsewhere` is whether the
/// file is in another directory, to which rotation may move a log without another change of its name.
pub(crate) fn may_be_rotation_of(log: &OsStr, name: &OsStr, elsewhere: bool) -> bool {
    let (log, name) = (log.as_bytes(), name.as_bytes());
    let plain = without_compression(name);
    if plain == log {
        return elsewhere || name != log;
    }
    if log == b"current" {
        return is_tai64n(plain);
    }
    if has_added_suffix(log, plain) || has_added_infix(log, plain) {
        return true;
    }
    // A link may lead to a log whose own name has a date or number.
    let base = undated(log).or_else(|| unnumbered(log));
    base.is_some_and(|base| {
        plain == &base[..] || has_added_suffix(&base, plain) || has_added_infix(&base, plain)
    })
}

/// What all names for which [`may_be_rotation_of`] is true begin with: they begin with one of these.
pub(crate) fn rotation_prefixes(log: &OsStr) -> Vec<Vec<u8>> {
    let log = log.as_bytes();
    if log == b"current" {
        return vec![b"@".to_vec(), log.to_vec()];
    }
    let stem = |name: &[u8]| extension(name).map_or(name, |(stem, _)| stem).to_vec();
    let base = undated(log).or_else(|| unnumbered(log));
    let mut prefixes = vec![stem(log)];
    prefixes.extend(base.map(|base| stem(&base)));
    prefixes
}

/// `mail.log` with anything after it: `mail.log.1`, `mail.log-20260101`, `mail.log_b`, `maillog20260101`.
fn has_added_suffix(log: &[u8], name: &[u8]) -> bool {
    let Some(added @ [first, ..]) = name.strip_prefix(log) else {
        return false;
    };
    let is_other = extension(name).is_some_and(|(_, last)| NOT_ROTATED.contains(&last));
    (!first.is_ascii_alphanumeric() || begins_with_long_number(added)) && !is_other
}

/// Whether a text begins with more digits than the number of a host in a name has.
fn begins_with_long_number(text: &[u8]) -> bool {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count() >= 6
}

/// `mail.log` with numbers before its extension: `mail.1.log`, `mail-20260101-17.log`.
fn has_added_infix(log: &[u8], name: &[u8]) -> bool {
    let Some((stem, last)) = extension(log) else {
        return false;
    };
    let added = name
        .strip_prefix(stem)
        .and_then(|rest| rest.strip_suffix(last))
        .and_then(|rest| rest.strip_suffix(b"."));
    added.is_some_and(|added| is_separator(added.first()) && is_numeric(added))
}

/// The name of the live log that a file in its directory was rotated from, by a pattern with an extension:
/// `mail.log` for `mail.1.log`. The file is a rotated one only if that exists.
pub(crate) fn unnumbered(name: &[u8]) -> Option<Vec<u8>> {
    let (rest, last) = extension(name)?;
    let (stem, number) = extension(rest)?;
    let is_number = !number.is_empty() && number.iter().all(u8::is_ascii_digit);
    (is_number && !stem.is_empty()).then(|| [stem, b".", last].concat())
}

/// The name without the date in it, and the separator before that: `mail.log` for `mail.log-20260101` and
/// `mail-2026-01-01.log`. `None` if it has no date.
///
/// A file with a date is a rotated one if a file without it exists; otherwise the one with the latest date may be
/// live, as those of cronolog are.
pub(crate) fn undated(name: &[u8]) -> Option<Vec<u8>> {
    let start = find_date(name)?;
    let part = |at: usize| name.get(at).is_some_and(u8::is_ascii_digit);
    let mut end = start;
    while part(end)
        || (matches!(name.get(end), Some(b'-' | b'_' | b':' | b'T' | b'.')) && part(end + 1))
    {
        end += 1;
    }
    Some([&name[..start - 1], &name[end..]].concat())
}

/// `mail.log` for `mail.log-29112026-103000`: the name without the numbers at its end.
pub(crate) fn without_trailing_numbers(name: &[u8]) -> Option<&[u8]> {
    let kept = name
        .iter()
        .rposition(|byte| !byte.is_ascii_digit() && !is_separator(Some(byte)))?;
    let (rest, numbers) = name.split_at(kept + 1);
    let is_added = is_separator(numbers.first()) || begins_with_long_number(numbers);
    (is_added && is_numeric(numbers)).then_some(rest)
}

/// Where a date begins, after a separator: eight digits (`-20260101`) or `2026-01-01`.
fn find_date(name: &[u8]) -> Option<usize> {
    (1..name.len()).find(|&at| is_separator(name.get(at - 1)) && starts_with_date(&name[at..]))
}

fn starts_with_date(text: &[u8]) -> bool {
    let digits = |from: usize, to: usize| {
        text.get(from..to)
            .is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    let century = text.starts_with(b"19") || text.starts_with(b"20");
    let dash = |at: usize| text.get(at) == Some(&b'-');
    let dashed = digits(0, 4) && dash(4) && digits(5, 7) && dash(7) && digits(8, 10);
    century && (digits(0, 8) || dashed)
}

/// Whether a name ends in the seconds or milliseconds since 1970, as `mail.log-1735689600` does.
fn ends_in_epoch(name: &[u8]) -> bool {
    let digits = name.iter().rev().take_while(|byte| byte.is_ascii_digit());
    let start = name.len() - digits.count();
    let number = &name[start..];
    matches!(number.len(), 10 | 13)
        && number[0] == b'1'
        && start > 1
        && is_separator(name.get(start - 1))
}

/// The names of multilog, s6-log and svlogd: a TAI64N time stamp, and a letter.
fn is_tai64n(name: &[u8]) -> bool {
    let Some(stamp) = name.strip_prefix(b"@").and_then(|rest| rest.get(..24)) else {
        return false;
    };
    let after = name.get(25);
    stamp.iter().all(u8::is_ascii_hexdigit) && matches!(after, None | Some(b'.'))
}

/// Whether the extension of a name marks a backup.
fn is_backup(extension: &[u8]) -> bool {
    let known: [&[u8]; 7] = [
        b"old",
        b"bak",
        b"save",
        b"swp",
        b"tmp",
        b"dpkg-old",
        b"rpmsave",
    ];
    known.contains(&extension)
}

/// Whether a text has digits, and otherwise only what stands between the numbers of a date and time.
fn is_numeric(text: &[u8]) -> bool {
    text.iter().any(u8::is_ascii_digit)
        && text
            .iter()
            .all(|byte| byte.is_ascii_digit() || is_separator(Some(byte)) || b":+TZ".contains(byte))
}

fn is_separator(byte: Option<&u8>) -> bool {
    matches!(byte, Some(b'-' | b'.' | b'_'))
}

/// The name before its last dot, and its extension.
fn extension(name: &[u8]) -> Option<(&[u8], &[u8])> {
    let dot = memchr::memrchr(b'.', name)?;
    Some((&name[..dot], &name[dot + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_rotated_files_begin_with_the_prefixes() {
        for (log, rotated) in [
            ("mail.log", "mail.log.1.gz"),
            ("mail.log", "mail-20260101.log"),
            ("maillog", "maillog20260101"),
            ("current", "@400000004a32392b2f8e0d14.s"),
            ("mail.log-20260102", "mail.log-20260101"),
            ("mail-2026-01-02.log", "mail.log.1"),
            ("mail.7.log", "mail.6.log"),
            ("mail", "mail.1"),
        ] {
            let [log, rotated] = [log, rotated].map(OsStr::new);
            assert!(may_be_rotation_of(log, rotated, false), "{rotated:?}");
            let prefixes = rotation_prefixes(log);
            let has = |it: &Vec<u8>| rotated.as_bytes().starts_with(it);
            assert!(prefixes.iter().any(has), "{log:?} {rotated:?}");
        }
    }

    #[test]
    fn each_part_of_a_date_or_time_is_checked() {
        for date in ["20260101", "2026-01-01", "19991231x", "2026-01-01T10"] {
            assert!(starts_with_date(date.as_bytes()), "{date}");
        }
        for text in [
            "20ab-01-01",
            "2026x01-01",
            "2026-ab-01",
            "2026-01x01",
            "2026-01-ab",
            "3026-01-01",
            "2026010",
        ] {
            assert!(!starts_with_date(text.as_bytes()), "{text}");
        }
        assert!(ends_in_epoch(b"a-1735689600") && ends_in_epoch(b"a.1735689600123"));
        for name in [
            "-1735689600",
            "a1735689600",
            "a-2735689600",
            "a-17356896001",
        ] {
            assert!(!ends_in_epoch(name.as_bytes()), "{name}");
        }
        assert!(is_tai64n(b"@400000006748c1a43b9aca00.u"));
        for name in [
            "@40000000zzzzzzzz3b9aca00.u",
            "@400000006748c1a43b9aca00x",
            "@400000006748c1a4",
        ] {
            assert!(!is_tai64n(name.as_bytes()), "{name}");
        }
        assert!(is_numeric(b"-29112026:10_30.00+01TZ") && is_numeric(b"1"));
        assert!(!is_numeric(b"-.-") && !is_numeric(b"") && !is_numeric(b"1x"));
    }

    #[test]
    fn rotated_files_are_recognised_by_their_names_alone() {
        for name in [
            "mail.log.1",
            "mail.log.0",
            "mail.log.12",
            "mail.log.2.gz",
            "maillog.0.bz2",
            "mainlog.01",
            "mail.log.old",
            "mail.log~",
            "mail.log-20260101.xz",
            "0.log.20260101-120000.gz",
            "0123abcd-json.log.1",
            "mail.log-1735689600",
            "mail.log.1735689600123",
            "@400000006748c1a43b9aca00.s",
            "@400000006748c1a43b9aca00",
        ] {
            assert!(is_rotated(OsStr::new(name)), "{name}");
        }
        for name in [
            "mail.log",
            "maillog",
            "mail",
            "main.log",
            "mx1.log",
            "mail-01.log",
            "postfix-3.9.log",
            "mail.2.log",
            "mail-20260101.log",
            "mx-10.example.com.log",
            "relay-12345678.log",
            "192.0.2.1",
            "198.51.100.20.log",
            "0.log",
            "12.log",
            "0123abcd-json.log",
            "current",
            "1735689600",
            "@home",
        ] {
            assert!(!is_rotated(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn what_rotation_may_have_made_of_a_log_is_worth_a_look() {
        for (log, name) in [
            ("mail.log", "mail.log.1"),
            ("mail.log", "mail.log.17.gz"),
            ("mail.log", "mail.log.gz"),
            ("mail.log", "mail.log.12345"),
            ("mail.log", "mail.log-1735689600"),
            ("mail.log", "mail.log-29112026-103000"),
            ("mail.log", "mail.log-20261129.zst"),
            ("mail.log", "mail.log_b"),
            ("mail.log", "mail.log~"),
            ("mail.log", "mail.log@x"),
            ("mail.log", "mail.1.log"),
            ("mail.log", "mail.1.log.gz"),
            ("mail.log", "mail-20260101.log"),
            ("mail.log", "mail-2026-01-01T10:00:00.log"),
            ("maillog", "maillog.20261129T000000.gz"),
            ("maillog", "maillog20261129"),
            ("current", "@400000006748c1a43b9aca00.s"),
            ("current", "@400000006748c1a43b9aca00.u.zst"),
            ("mail-20260101.log", "mail-20260102.log"),
            ("mail-20260101.log", "mail.log"),
        ] {
            let (log, name) = (OsStr::new(log), OsStr::new(name));
            assert!(may_be_rotation_of(log, name, false), "{log:?} {name:?}");
        }
        for (log, name) in [
            ("mail.log", "mail.log"),
            ("mail.log", "mail.err"),
            ("mail.log", "mail.err.1"),
            ("mail.log", "mail.logs"),
            ("mx1", "mx10"),
            ("mail.log", "mail-out.log"),
            ("mail.log", "mail.log.offset"),
            ("mail.log", "mail.log.1.md5"),
            ("mail.log", "syslog.1"),
            ("mail", "mail.log.1.txt"),
            ("current", "lock"),
            ("current", "@home"),
        ] {
            let (log, name) = (OsStr::new(log), OsStr::new(name));
            assert!(!may_be_rotation_of(log, name, false), "{log:?} {name:?}");
        }
        let log = OsStr::new("mail.log");
        assert!(may_be_rotation_of(log, log, true));
    }

    #[test]
    fn the_live_log_of_a_name_is_found() {
        let text = |name: Option<Vec<u8>>| name.and_then(|name| String::from_utf8(name).ok());
        for (name, log) in [
            ("mail.log-20260101", "mail.log"),
            ("mail.log-20260101-17", "mail.log"),
            ("mail-2026-01-01.log", "mail.log"),
            ("mail.log.20260101T120000", "mail.log"),
            ("mail_20260101.log", "mail.log"),
        ] {
            assert_eq!(
                text(undated(name.as_bytes())).as_deref(),
                Some(log),
                "{name}"
            );
        }
        for name in ["mail.log", "relay-12345678.log", "20260101.log"] {
            assert_eq!(undated(name.as_bytes()), None, "{name}");
        }
        assert_eq!(text(unnumbered(b"mail.1.log")).as_deref(), Some("mail.log"));
        assert_eq!(unnumbered(b"1.log"), None);
        assert_eq!(unnumbered(b"mail.log.1"), None);
        let base = without_trailing_numbers(b"mail.log-29112026-103000");
        assert_eq!(base, Some(&b"mail.log"[..]));
        let base = without_trailing_numbers(b"maillog20261129");
        assert_eq!(base, Some(&b"maillog"[..]));
        assert_eq!(without_trailing_numbers(b"mail1"), None);
        assert_eq!(without_trailing_numbers(b"mail.log"), None);
    }
}
