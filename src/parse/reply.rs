//! Parses SMTP replies: the reply code (RFC 5321 section 4.2) and the enhanced status code in the text (RFC 2034
//! section 4). Each mail server quotes replies in its own way, but the quoted text has the same form.

use crate::parse::kinds::Enhanced;
use crate::parse::scan;

/// The codes of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    /// 200 to 599.
    pub code: u16,
    /// The enhanced status code (RFC 3463) in the text.
    pub enhanced: Option<Enhanced>,
}

/// Parses the reply at the beginning of `text`. Numbers later in the text are never taken as its code.
pub(crate) fn parse(text: &[u8]) -> Option<Reply> {
    let (code, separator, rest) = match usual_first_line(text) {
        Some(line) => line,
        None => first_line(text)?,
    };
    // Most replies have their enhanced code here, in its shortest form.
    let enhanced = match scan::short_enhanced(rest).filter(has_reply_class) {
        Some(enhanced) => Some(enhanced),
        None => any_enhanced(code, separator, rest),
    };
    Some(Reply { code, enhanced })
}

/// The enhanced code at any of its possible positions.
#[inline(never)]
fn any_enhanced(code: u16, separator: u8, text: &[u8]) -> Option<Enhanced> {
    leading_enhanced(text)
        .or_else(|| trailing_enhanced(text))
        .or_else(|| {
            if separator == b'-' {
                continued_enhanced(code, text)
            } else {
                None
            }
        })
}

/// Whether the class is valid in a reply (RFC 3463 section 2).
#[cfg_attr(hot_path, inline(always))]
fn has_reply_class(code: &Enhanced) -> bool {
    matches!(code.class, 2 | 4 | 5)
}

/// Parses three digits and a space or a hyphen. Returns the code, the byte after it, and the rest.
#[cfg_attr(hot_path, inline(always))]
fn usual_first_line(text: &[u8]) -> Option<(u16, u8, &[u8])> {
    let (&[a, b, c, separator], rest) = text.split_first_chunk()?;
    let [a, b, c] = [a, b, c].map(|byte| byte.wrapping_sub(b'0'));
    let usual =
        (a.wrapping_sub(2) < 4) & (b < 10) & (c < 10) & ((separator == b' ') | (separator == b'-'));
    let code = u16::from(a) * 100 + u16::from(b) * 10 + u16::from(c);
    usual.then_some((code, separator, rest))
}

/// As [`usual_first_line`], but the code may also be followed by the end of the text, or by any byte with which
/// the digits do not form a longer word or number.
#[inline(never)]
fn first_line(text: &[u8]) -> Option<(u16, u8, &[u8])> {
    let [a @ b'2'..=b'5', b @ b'0'..=b'9', c @ b'0'..=b'9', rest @ ..] = text else {
        return None;
    };
    let code = u16::from(a - b'0') * 100 + u16::from(b - b'0') * 10 + u16::from(c - b'0');
    match rest {
        [] => Some((code, b' ', rest)),
        [byte, ..] if byte.is_ascii_alphanumeric() || matches!(rest, [b'.', b'0'..=b'9', ..]) => {
            None
        }
        [byte, rest @ ..] => Some((code, *byte, rest)),
    }
}

/// The enhanced code directly after the reply code: `4.7.28 …`, `#4.7.1 …`.
#[inline]
pub(crate) fn leading_enhanced(text: &[u8]) -> Option<Enhanced> {
    let text = text.strip_prefix(b" ").unwrap_or(text);
    let text = text.strip_prefix(b"#").unwrap_or(text);
    scan::enhanced(text)
        .map(|(code, _)| code)
        .filter(has_reply_class)
}

/// The enhanced code in the text of a reply whose code is given apart from it.
pub(crate) fn text_enhanced(text: &[u8]) -> Option<Enhanced> {
    leading_enhanced(text).or_else(|| trailing_enhanced(text))
}

/// The enhanced code as qmail writes it: `… (#4.2.1)` at the end, `… (#5.1.1 - chkuser)`.
fn trailing_enhanced(text: &[u8]) -> Option<Enhanced> {
    let text = text.trim_ascii_end();
    let text = text.strip_suffix(b".").unwrap_or(text);
    let text = text.strip_suffix(b")")?;
    let (_, inside) = scan::rsplit_on(text, b"(#")?;
    match scan::enhanced(inside)? {
        (code, [] | [b' ', b'-', b' ', ..]) => Some(code).filter(has_reply_class),
        _ => None,
    }
}

/// The enhanced code in a multi-line reply, which is logged as one line: `554-host.example.net 554 5.7.1 No`.
/// Each continuation line starts with the same reply code; the first enhanced code is used.
fn continued_enhanced(code: u16, text: &[u8]) -> Option<Enhanced> {
    let digits = [
        b' ',
        b'0' + (code / 100) as u8,
        b'0' + (code / 10 % 10) as u8,
        b'0' + (code % 10) as u8,
    ];
    let mut rest = text;
    while let Some((_, after)) = scan::split_on(rest, &digits) {
        if let [b' ' | b'-', line @ ..] = after
            && let Some(enhanced) = leading_enhanced(line)
        {
            return Some(enhanced);
        }
        rest = after;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(u16, String)> {
        parse(text.as_bytes()).map(|r| {
            (
                r.code,
                r.enhanced.map(|e| e.to_string()).unwrap_or_default(),
            )
        })
    }

    #[test]
    fn codes_at_every_position_are_found() {
        for (text, code, enhanced) in [
            ("250 2.0.0 Ok: queued as 4F1", 250, "2.0.0"),
            ("250 2.0.0: f6e9 accepted", 250, "2.0.0"),
            ("250", 250, ""),
            ("250 [Filter] OK 1539154772", 250, ""),
            ("550 #5.1.0 Address rejected", 550, "5.1.0"),
            ("452 sorry, mailbox disabled. (#4.2.1)", 452, "4.2.1"),
            ("451 write error or disk full (#4.3.0)", 451, "4.3.0"),
            ("511 sorry, no mailbox (#5.1.1 - chkuser)", 511, "5.1.1"),
            ("511 see (#5.1.1 or not)", 511, ""),
            ("451 4.7.650 busy", 451, "4.7.650"),
            ("450 5.1.1 no such user, try later", 450, "5.1.1"),
            ("554-mx.example.net 554 Your access is refused", 554, ""),
            (
                "554-mx.example.net 554 5.7.1 Your access is refused",
                554,
                "5.7.1",
            ),
            (
                "550-5.7.1 [2001:db8::2      12] This 550-5.7.1 is 550 5.7.1 spam",
                550,
                "5.7.1",
            ),
            (
                "552 Failed, remote said \"550 No such user\" (#5.1.1)",
                552,
                "5.1.1",
            ),
            (
                "554 delivery error: this user has 550 messages, see 5.2.2",
                554,
                "",
            ),
            (
                "421 192.0.2.1 is 4.3.2.1 not listed (RFC 5321 4.2.1)",
                421,
                "",
            ),
        ] {
            assert_eq!(read(text), Some((code, enhanced.to_owned())), "{text}");
        }
    }

    #[test]
    fn text_without_a_reply_code_is_not_a_reply() {
        for text in [
            "",
            "4.7.1 Try again",
            "2500 x",
            "199 x",
            "600 x",
            "25",
            "250.1.2.3 x",
            "4506F x",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
