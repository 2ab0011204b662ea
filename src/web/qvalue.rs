//! Quality values: header fields that list alternatives with weights (RFC 9110 section 12.4.2).

/// The alternatives in a list with their weights. The weight is 1 where none is given, and 0, which
/// means "not acceptable", where the weight is not a number from 0 to 1.
pub fn alternatives(list: &str) -> impl Iterator<Item = (&str, f32)> {
    alternatives_with_parameters(list).map(|(name, _, weight)| (name, weight))
}

/// The same with the parameters of each alternative, as names and values.
pub fn alternatives_with_parameters(
    list: &str,
) -> impl Iterator<Item = (&str, impl Iterator<Item = (&str, &str)>, f32)> {
    list.split(',').map(|part| {
        let (name, rest) = part.split_once(';').unwrap_or((part, ""));
        let weight = parameters(rest)
            .find(|(key, _)| key.eq_ignore_ascii_case("q"))
            .map_or(1.0, |(_, weight)| {
                let weight = weight.parse().ok();
                weight.filter(|it| (0.0..=1.0).contains(it)).unwrap_or(0.0)
            });
        (name.trim(), parameters(rest), weight)
    })
}

/// The parameters of an alternative, as names and values.
fn parameters(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split(';')
        .filter_map(|parameter| parameter.split_once('='))
        .map(|(key, value)| (key.trim(), value.trim()))
}
