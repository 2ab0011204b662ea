//! HTTP basic authentication (RFC 7617) against bcrypt hashes.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bcrypt::HashParts;
use hyper::header::HeaderValue;
use serde_saphyr::Spanned;

use crate::yaml::Fault;

/// The accepted cost factors of a hash. A higher cost takes seconds for every request.
const COSTS: std::ops::RangeInclusive<u32> = 4..=16;

/// The users that may send requests.
#[derive(Clone, Debug, Default)]
pub struct Users {
    hashes: Arc<BTreeMap<String, String>>,
}

impl Users {
    /// Users by name, each with a bcrypt hash.
    ///
    /// # Errors
    ///
    /// If a hash is not valid or its cost is not accepted.
    pub fn new(hashes: BTreeMap<String, Spanned<String>>) -> Result<Self, Fault> {
        for (name, hash) in &hashes {
            let problem = match hash.value.parse::<HashParts>() {
                Ok(parts) if COSTS.contains(&parts.get_cost()) => continue,
                Ok(parts) => format!("the cost of the hash is {}", parts.get_cost()),
                // It may be the password itself, so it is not repeated in the message.
                Err(_) => "not a valid bcrypt hash".to_owned(),
            };
            return Err(Fault::new(
                hash.referenced,
                problem,
                format!(
                    "expected a bcrypt hash with a cost from {} to {}, as `htpasswd -nB {name}` \
                     prints it",
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

    /// Whether a request with this `Authorization` header is authorized. An unknown name takes as
    /// long as a wrong password, so that response times do not reveal names.
    pub async fn authorize(&self, authorization: Option<&HeaderValue>) -> bool {
        if self.hashes.is_empty() {
            return true;
        }
        let Some((name, password)) = authorization.and_then(credentials) else {
            return false;
        };
        let hashes = Arc::clone(&self.hashes);
        // bcrypt is slow by design: it must not block other requests.
        let checked = tokio::task::spawn_blocking(move || {
            let known = hashes.get(&name);
            // For an unknown name, another hash takes the same time.
            let hash = known.or_else(|| hashes.values().next());
            let valid = hash.is_some_and(|hash| bcrypt::verify(password, hash).unwrap_or(false));
            valid && known.is_some()
        });
        checked.await.unwrap_or(false)
    }
}

/// The name and password in a `Basic` authorization.
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
