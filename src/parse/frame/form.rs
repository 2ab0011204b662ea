//! Texts of fixed length, such as time stamps, described by an example.

/// The text after the beginning of a line that has this form; `None` if it has another one. In the form, `0` stands for a
/// digit, `_` for a digit or a space, and `a` for a letter; other bytes for themselves.
pub(in crate::parse) fn strip<'a>(line: &'a [u8], form: &[u8]) -> Option<&'a [u8]> {
    let (beginning, rest) = line.split_at_checked(form.len())?;
    let matches = |(&byte, &form): (&u8, &u8)| match form {
        b'0' => byte.is_ascii_digit(),
        b'_' => byte.is_ascii_digit() || byte == b' ',
        b'a' => byte.is_ascii_alphabetic(),
        _ => byte == form,
    };
    beginning.iter().zip(form).all(matches).then_some(rest)
}
