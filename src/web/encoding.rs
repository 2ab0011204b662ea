//! Content encoding: whether a client accepts gzip, and compressing a response body.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::qvalue::alternatives;

/// Bodies shorter than this, in bytes, are sent uncompressed.
const MIN_BYTES: usize = 1024;

/// Whether an `Accept-Encoding` header (RFC 9110 section 12.5.3) accepts gzip.
///
/// A named encoding takes precedence over `*`, and a weight of zero refuses it.
pub fn accepts_gzip(accept: &str) -> bool {
    let mut wildcard = false;
    for (name, weight) in alternatives(accept) {
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

/// The compressed body; `None` if it is too short to be worth compressing.
pub fn gzip(body: &[u8]) -> Option<Vec<u8>> {
    if body.len() < MIN_BYTES {
        return None;
    }
    // A scrape crosses a fast network and is discarded at once: the cheapest level is enough.
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 8), Compression::fast());
    // Writing to memory cannot fail.
    encoder.write_all(body).ok()?;
    encoder.finish().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_accepted_only_with_a_weight_above_zero() {
        for accept in [
            "gzip",
            "deflate, GZIP;q=0.1",
            "*",
            "gzip;q=1.0, *;q=0",
            "identity;q=0.5, gzip",
        ] {
            assert!(accepts_gzip(accept), "{accept}");
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
            assert!(!accepts_gzip(accept), "{accept}");
        }
    }
}
