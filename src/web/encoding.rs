//! Whether a client wants its answer compressed, and compressing it.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::weight::weighted;

/// Below this many bytes compression saves nothing worth having.
const WORTHWHILE: usize = 1024;

/// Whether an `Accept-Encoding` header (RFC 9110 section 12.5.3) wants gzip.
///
/// A named encoding counts before `*`, and a weight of zero means no.
pub fn wants_gzip(accept: &str) -> bool {
    let mut wildcard = false;
    for (name, weight) in weighted(accept) {
        match name {
            name if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") => {
                return weight > 0.0;
            }
            "*" => wildcard = weight > 0.0,
            _ => {}
        }
    }
    wildcard
}

/// The body compressed, if that is worth it.
pub fn gzip(body: &[u8]) -> Option<Vec<u8>> {
    if body.len() < WORTHWHILE {
        return None;
    }
    // A scrape is short-lived on a fast network: the level that costs least.
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 8), Compression::fast());
    // Writing to memory does not fail.
    encoder.write_all(body).ok()?;
    encoder.finish().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_used_when_it_is_asked_for_with_a_weight_above_zero() {
        for accept in [
            "gzip",
            "deflate, GZIP;q=0.1",
            "*",
            "gzip;q=1.0, *;q=0",
            "identity;q=0.5, gzip",
        ] {
            assert!(wants_gzip(accept), "{accept}");
        }
        for accept in [
            "",
            "identity",
            "gzip;q=0",
            "gzip; q=0.000, *",
            "br",
            "*;q=0",
            "gzip;q=x",
        ] {
            assert!(!wants_gzip(accept), "{accept}");
        }
    }
}
