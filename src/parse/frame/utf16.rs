//! Lines of log files in UTF-16, as Windows servers write them. Lines are split at the byte of a newline, so a
//! line may begin with the second byte of the newline before it.

/// Whether a line may be in UTF-16: it begins with a byte order mark, or every second byte of its beginning is zero.
#[inline]
pub(in crate::parse) fn is_utf16(line: &[u8]) -> bool {
    match line {
        [0xff, 0xfe, ..] | [0xfe, 0xff, 0, ..] | [0] | [0, b'\r', 0] => true,
        [0, b, 0, d, ..] => *b != 0 && *d != 0,
        [a, 0, c, 0, ..] => *a != 0 && *c != 0,
        _ => false,
    }
}

/// Writes a line in UTF-16 (little endian, as Windows writes it; big endian if it has ASCII only) as UTF-8.
pub(in crate::parse) fn decode(line: &[u8], text: &mut Vec<u8>) {
    text.clear();
    let line = match line {
        [0xff, 0xfe, rest @ ..] | [0xfe, 0xff, 0, rest @ ..] | [0, rest @ ..] => rest,
        _ => line,
    };
    let (pairs, _) = line.as_chunks::<2>();
    let units = pairs.iter().map(|pair| u16::from_le_bytes(*pair));
    for character in char::decode_utf16(units) {
        let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
        let mut bytes = [0; 4];
        text.extend_from_slice(character.encode_utf8(&mut bytes).as_bytes());
    }
    if text.ends_with(b"\r") {
        text.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_utf16_file_are_decoded() {
        let log = "\u{feff}2026-11-23 a\r\n\r\n421 süß 漢\r\n";
        for is_big in [false, true] {
            let text = match is_big {
                true => "\u{feff}421 b\r\n421 c\r\n",
                false => log,
            };
            let bytes: Vec<u8> = text
                .encode_utf16()
                .flat_map(|unit| {
                    if is_big {
                        unit.to_be_bytes()
                    } else {
                        unit.to_le_bytes()
                    }
                })
                .collect();
            let lines: Vec<String> = bytes
                .split(|&byte| byte == b'\n')
                .filter(|line| !line.is_empty())
                .map(|line| {
                    assert!(is_utf16(line), "{line:?}");
                    let mut text = Vec::new();
                    decode(line, &mut text);
                    String::from_utf8(text).expect("UTF-8")
                })
                .collect();
            match is_big {
                false => assert_eq!(lines, ["2026-11-23 a", "", "421 süß 漢", ""]),
                true => assert_eq!(lines, ["421 b", "421 c"]),
            }
        }
    }

    #[test]
    fn other_lines_are_not_utf16() {
        for line in [
            &b""[..],
            b"a",
            b"\0\0\0\0Nov 23",
            b"Nov 23 10:00:00",
            b"a\0b",
            b"\0a\0\0",
            b"\0\0\0a",
            b"\0\0a\0",
            b"a\0\0\0",
        ] {
            assert!(!is_utf16(line), "{line:?}");
        }
    }

    #[test]
    fn lines_without_a_byte_order_mark_are_recognized_in_either_byte_order() {
        for line in [&b"4\x002\x001\0"[..], b"\x004\x002\x001"] {
            assert!(is_utf16(line), "{line:?}");
        }
    }
}
