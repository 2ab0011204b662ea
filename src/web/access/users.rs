//! Names and passwords (RFC 7617), the passwords as bcrypt hashes.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bcrypt::HashParts;
use hyper::header::HeaderValue;
use serde_saphyr::Spanned;

use crate::yaml::Fault;

/// The least and the most cost of a hash. What costs more takes seconds for every request.
const COSTS: std::ops::RangeInclusive<u32> = 4..=16;

/// Who may ask.
#[derive(Clone, Debug, Default)]
pub struct Users {
    hashes: Arc<BTreeMap<String, String>>,
}

impl Users {
    /// Users by name, with their hashes.
    ///
    /// # Errors
    ///
    /// Names the first user whose hash is none.
    pub fn new(hashes: BTreeMap<String, Spanned<String>>) -> Result<Self, Fault> {
        for (name, hash) in &hashes {
            let wrong = match hash.value.parse::<HashParts>() {
                Ok(parts) if COSTS.contains(&parts.get_cost()) => continue,
                Ok(parts) => format!("the cost of the hash is {}", parts.get_cost()),
                // It may be the password itself, which is not repeated.
                Err(_) => "that is no bcrypt hash".to_owned(),
            };
            return Err(Fault::new(
                hash.referenced,
                wrong,
                format!(
                    "right would be a bcrypt hash of a cost from {} to {}, as \
                     `htpasswd -nB {name}` prints it",
                    COSTS.start(),
                    COSTS.end()
                ),
            ));
        }
        let hashes = hashes.into_iter().map(|(name, hash)| (name, hash.value));
        Ok(Users {
            hashes: Arc::new(hashes.collect()),
        })
    }

    /// Whether a request with this `Authorization` field is answered. Takes as long for a name that
    /// does not exist as for a wrong password, so that nobody can find out names.
    pub async fn admits(&self, authorization: Option<&HeaderValue>) -> bool {
        if self.hashes.is_empty() {
            return true;
        }
        let Some((name, password)) = authorization.and_then(credentials) else {
            return false;
        };
        let hashes = Arc::clone(&self.hashes);
        // A hash takes long on purpose: other requests go on meanwhile.
        let checked = tokio::task::spawn_blocking(move || {
            let known = hashes.get(&name);
            // Any other hash costs what this one would have.
            let hash = known.or_else(|| hashes.values().next());
            let right = hash.is_some_and(|hash| bcrypt::verify(password, hash).unwrap_or(false));
            right && known.is_some()
        });
        checked.await.unwrap_or(false)
    }
}

/// Name and password of a `Basic` authorization.
fn credentials(value: &HeaderValue) -> Option<(String, Vec<u8>)> {
    let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = STANDARD.decode(encoded.trim()).ok()?;
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    let name = String::from_utf8(decoded[..colon].to_vec()).ok()?;
    Some((name, decoded[colon + 1..].to_vec()))
}
