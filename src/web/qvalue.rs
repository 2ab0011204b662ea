//! Quality values: header fields that list alternatives with weights (RFC 9110 section 12.4.2).

/// The alternatives in a list with their weights. The weight is 1 where none is given, and 0, which
/// means "not acceptable", where the weight is not a number from 0 to 1.
pub fn alternatives(list: &str) -> impl Iterator<Item = (&str, f32)> {
    list.split(',').map(|part| {
        let mut parameters = part.split(';');
        let name = parameters.next().unwrap_or_default().trim();
        let weight = parameters
            .filter_map(|parameter| parameter.split_once('='))
            .find(|(key, _)| key.trim().eq_ignore_ascii_case("q"))
            .map_or(1.0, |(_, weight)| {
                let weight = weight.trim().parse().ok();
                weight.filter(|it| (0.0..=1.0).contains(it)).unwrap_or(0.0)
            });
        (name, weight)
    })
}
