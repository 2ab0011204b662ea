//! HTTP basic authentication (RFC 7617) against bcrypt hashes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bcrypt::HashParts;
use hyper::header::HeaderValue;
use ring::hmac;
use ring::rand::SystemRandom;
use serde_saphyr::Spanned;

use super::password_checks::PasswordChecks;
use crate::web::peer::Peer;
use crate::yaml::Fault;

/// The users that may send requests.
#[derive(Clone, Default)]
pub struct Users(Option<Arc<UserTable>>);

/// At least one user.
struct UserTable {
    users: BTreeMap<String, User>,
    /// The highest cost of all hashes.
    max_cost: u32,
    /// The last password of each user that was right, as a code with a random key. There is a new
    /// key for each version of the file, so nothing outlives a change of it.
    remembered: Mutex<BTreeMap<String, hmac::Tag>>,
    key: hmac::Key,
}

struct User {
    hash: String,
    cost: u32,
}

/// Whether a request may be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authorization {
    /// It may.
    Granted,
    /// There is no valid name and password.
    Denied,
    /// Too many passwords are being checked.
    Busy,
}

impl Users {
    /// Whether a request needs a name and password.
    pub fn are_required(&self) -> bool {
        self.0.is_some()
    }

    /// Users by name, each with a bcrypt hash.
    ///
    /// # Errors
    ///
    /// If a hash is not valid, or there are no random numbers.
    pub fn new(hashes: BTreeMap<String, Spanned<String>>) -> Result<Self, Fault> {
        let mut users = BTreeMap::new();
        let mut last = None;
        for (name, hash) in hashes {
            last = Some(hash.referenced);
            // It may be the password itself, so it is not repeated in the message.
            let Ok(parts) = hash.value.parse::<HashParts>() else {
                return Err(invalid_hash(
                    &name,
                    &hash,
                    "not a valid bcrypt hash".to_owned(),
                ));
            };
            let cost = parts.get_cost();
            if !(4..=31).contains(&cost) {
                return Err(invalid_hash(
                    &name,
                    &hash,
                    format!("the cost of the hash is {cost}"),
                ));
            }
            users.insert(
                name,
                User {
                    hash: hash.value,
                    cost,
                },
            );
        }
        let Some(place) = last else {
            return Ok(Users(None));
        };
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new())
            .map_err(|_| Fault::new(place, "the system has no random numbers", "try again"))?;
        Ok(Users(Some(Arc::new(UserTable {
            max_cost: users.values().map(|user| user.cost).max().unwrap_or(0),
            users,
            remembered: Mutex::default(),
            key,
        }))))
    }

    /// Whether a request of a peer with this `Authorization` header is authorized. Every wrong
    /// password and every unknown name takes the same time, so that response times do not reveal
    /// names.
    pub async fn authorize(
        &self,
        authorization: Option<&HeaderValue>,
        peer: Peer,
        checks: &PasswordChecks,
    ) -> Authorization {
        let Some(table) = &self.0 else {
            return Authorization::Granted;
        };
        let Some(credentials) = authorization.and_then(Credentials::of) else {
            return Authorization::Denied;
        };
        if table.is_remembered(&credentials) {
            return Authorization::Granted;
        }
        let table = Arc::clone(table);
        // Another request with the same password may have been checked meanwhile.
        let check = move || table.is_remembered(&credentials) || table.check(&credentials);
        match checks.run(peer, check).await {
            Some(true) => Authorization::Granted,
            Some(false) => Authorization::Denied,
            None => Authorization::Busy,
        }
    }
}

impl UserTable {
    fn is_remembered(&self, credentials: &Credentials) -> bool {
        let remembered = self.remembered.lock();
        let remembered = remembered.unwrap_or_else(PoisonError::into_inner);
        let tag = remembered.get(&credentials.name);
        tag.is_some_and(|tag| hmac::verify(&self.key, &credentials.password, tag.as_ref()).is_ok())
    }

    /// Checks a password with bcrypt, and remembers it if it is right. If it is wrong, this takes the
    /// time of a check with the highest cost, whether the name exists or not.
    fn check(&self, credentials: &Credentials) -> bool {
        let Credentials { name, password } = credentials;
        let Some(user) = self.users.get(name) else {
            spend(password, self.max_cost);
            return false;
        };
        if bcrypt::verify(password, &user.hash).unwrap_or(false) {
            let tag = hmac::sign(&self.key, password);
            let mut remembered = self
                .remembered
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            remembered.insert(name.clone(), tag);
            return true;
        }
        // The time doubles with each cost: 2^c + 2^c + 2^(c+1) + … + 2^(max-1) = 2^max.
        for cost in user.cost..self.max_cost {
            spend(password, cost);
        }
        false
    }
}

/// Takes the time of a check with this cost.
fn spend(password: &[u8], cost: u32) {
    let hash = bcrypt::hash_with_salt(password, cost, [0; 16]);
    std::hint::black_box(hash).ok();
}

fn invalid_hash(name: &str, hash: &Spanned<String>, problem: String) -> Fault {
    Fault::new(
        hash.referenced,
        problem,
        format!(
            "expected a bcrypt hash with a cost from 4 to 31, as `htpasswd -nB {name}` prints it"
        ),
    )
}

/// The name and password in a `Basic` authorization.
struct Credentials {
    name: String,
    password: Vec<u8>,
}

impl Credentials {
    fn of(value: &HeaderValue) -> Option<Self> {
        let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = STANDARD.decode(encoded.trim()).ok()?;
        let colon = decoded.iter().position(|byte| *byte == b':')?;
        Some(Credentials {
            name: String::from_utf8(decoded[..colon].to_vec()).ok()?,
            password: decoded[colon + 1..].to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(costs: &[(&str, u32)]) -> Arc<UserTable> {
        let hash = |(name, cost): &(&str, u32)| {
            let hash = bcrypt::hash(format!("password of {name}"), *cost).expect("a hash");
            format!("{name}: \"{hash}\"\n")
        };
        let text: String = costs.iter().map(hash).collect();
        let hashes = crate::yaml::read(&text).expect("a mapping");
        Users::new(hashes).expect("valid").0.expect("users")
    }

    fn credentials(name: &str, password: &str) -> Credentials {
        Credentials {
            name: name.to_owned(),
            password: password.into(),
        }
    }

    #[test]
    fn only_the_right_password_of_a_user_is_remembered() {
        let table = table(&[("ann", 4), ("bob", 4)]);
        let ann = credentials("ann", "password of ann");
        assert!(!table.is_remembered(&ann));
        assert!(table.check(&ann) && table.is_remembered(&ann));
        for (name, password) in [
            ("bob", "password of ann"),
            ("ann", "password of bob"),
            ("eve", "password of ann"),
        ] {
            let other = credentials(name, password);
            assert!(
                !table.check(&other) && !table.is_remembered(&other),
                "{name} {password}"
            );
        }
        assert!(
            table.is_remembered(&ann),
            "a wrong password does not make it forgotten"
        );
        let hashes = table.users.values().map(|user| user.hash.clone());
        assert_eq!(hashes.count(), 2);
        assert_eq!(table.max_cost, 4);
    }

    /// The processor time that a check takes, in nanoseconds.
    fn time_of(table: &UserTable, name: &str) -> i64 {
        let now = || {
            let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
            time.tv_sec * 1_000_000_000 + time.tv_nsec
        };
        let begin = now();
        assert!(!table.check(&credentials(name, "wrong")));
        now() - begin
    }

    #[test]
    fn a_wrong_password_takes_the_same_time_for_every_name() {
        let table = table(&[("ann", 4), ("bob", 10)]);
        let highest = time_of(&table, "bob");
        for name in ["ann", "eve"] {
            let time = time_of(&table, name);
            assert!(
                time * 2 > highest && highest * 2 > time,
                "{name}: {time}, {highest}"
            );
        }
    }
}
