//! Header fields that list what a client would take, with weights (RFC 9110 section 12.4.2).

/// The names in such a list with their weights: 1 where none is given, and 0, a refusal, for a
/// weight that is no number from 0 to 1.
pub fn weighted(list: &str) -> impl Iterator<Item = (&str, f32)> {
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
