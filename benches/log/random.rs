//! A seeded random number generator, and random addresses, host names and queue ids.
//!
//! It uses no library, so that the same seed gives the same log on every machine and with every version of
//! the dependencies.

/// The SplitMix64 generator (Steele, Lea and Flood, 2014).
pub struct Random(u64);

/// Local parts of mail addresses.
const USERS: &[&str] = &[
    "anna",
    "bert.k",
    "carla",
    "d.ortega",
    "eve",
    "frank+lists",
    "gina",
    "h421",
    "info",
    "jan",
    "kim550",
    "lee",
    "mia",
    "newsletter",
    "olga",
    "post",
    "q.tran",
    "root",
    "sales",
    "tom",
];

/// Prefixes of a documentation domain.
const LABELS: &[&str] = &[
    "",
    "mail.",
    "shop.",
    "news.",
    "dept4.",
    "eu.",
    "lists.",
    "office365.",
    "k12.",
    "web421.",
];

const DOMAINS: &[&str] = &["example.com", "example.net", "example.org"];

/// Mail exchangers, with names in the style of large providers and of small servers.
const EXCHANGERS: &[&str] = &[
    "gmail-smtp-in.l.example.com",
    "alt4.aspmx.l.example.com",
    "example-org.mail.protection.example.net",
    "mta7.am0.yahoodns.example.net",
    "mx01.mail.icloud.example.com",
    "mx3.qq.example.com",
    "163mx00.mxmail.example.net",
    "mx00.kundenserver.example.org",
    "us-smtp-inbound-1.example.com",
    "mxa-00550.gslb.pphosted.example.com",
    "mail.example.org",
    "mx1.example.net",
    "mx2.example.net",
    "smtp-in-421.example.com",
];

impl Random {
    /// The sequence for a seed.
    pub fn new(seed: u64) -> Self {
        Random(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0 to `limit` - 1, for a limit far below 2^32.
    pub fn below(&mut self, limit: u64) -> u64 {
        ((self.next() >> 32) * limit) >> 32
    }

    /// From `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// True with a probability of `share` / 1000.
    pub fn per_mille(&mut self, share: u64) -> bool {
        self.below(1000) < share
    }

    /// One of the items, all equally likely.
    pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len() as u64) as usize]
    }

    /// One of the items, with a probability proportional to its weight.
    pub fn weighted<T: Copy>(&mut self, items: &[(u64, T)]) -> T {
        let total = items.iter().map(|(weight, _)| weight).sum();
        let mut left = self.below(total);
        for &(weight, item) in items {
            if left < weight {
                return item;
            }
            left -= weight;
        }
        unreachable!("a number below the sum of the weights falls into one of them")
    }

    /// An address of the documentation ranges (RFC 5737, RFC 3849).
    pub fn ip(&mut self) -> String {
        if self.per_mille(150) {
            return format!(
                "2001:db8:{:x}::{:x}",
                self.below(0xffff),
                self.between(1, 0xfff)
            );
        }
        let net = self.pick(&["192.0.2", "198.51.100", "203.0.113"]);
        format!("{net}.{}", self.between(1, 254))
    }

    /// A mail exchanger's name.
    pub fn exchanger(&mut self) -> &'static str {
        self.pick(EXCHANGERS)
    }

    /// A client's name, or `unknown` as Postfix calls an address without one.
    pub fn client(&mut self) -> String {
        if self.per_mille(250) {
            return "unknown".to_owned();
        }
        format!("host{}.{}", self.below(5000), self.domain())
    }

    /// A domain for documentation (RFC 2606), or one below it.
    pub fn domain(&mut self) -> String {
        format!("{}{}", self.pick(LABELS), self.pick(DOMAINS))
    }

    /// A mail address.
    pub fn address(&mut self) -> String {
        format!("{}@{}", self.pick(USERS), self.domain())
    }

    /// Hexadecimal digits in upper case.
    pub fn hex(&mut self, digits: usize) -> String {
        let mut text = format!("{:016X}", self.next());
        text.truncate(digits);
        text
    }

    /// A queue id in the form of Postfix: hexadecimal, or with `enable_long_queue_ids` in an alphabet of 52
    /// characters.
    pub fn queue_id(&mut self, long: bool) -> String {
        if !long {
            return self.hex(11);
        }
        const DIGITS: &[u8; 52] = b"0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";
        let mut id = String::from("4");
        for at in 1..15 {
            // The separator between time and inode is at index 10.
            id.push(if at == 10 {
                'z'
            } else {
                self.pick(DIGITS) as char
            });
        }
        id
    }
}
