//! Who submits a message to Postfix. Parsed only where it is asked for, because most commands only count.

use crate::parse::scan::{split, split_on};

/// The text after `client=`, such as `name[address], sasl_method=PLAIN, sasl_username=ann`; empty for a local program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Submitter<'a>(pub &'a [u8]);

impl<'a> Submitter<'a> {
    /// A program on the same machine.
    pub const LOCAL: Submitter<'static> = Submitter(b"");

    /// The client, `name[address]`; empty for a local program.
    pub fn client(self) -> &'a [u8] {
        split(self.0, b',').map_or(self.0, |(client, _)| client)
    }

    /// The account as which the client is authenticated (RFC 4954); empty if it is not.
    pub fn account(self) -> &'a [u8] {
        let Some((_, account)) = split_on(self.0, b", sasl_username=") else {
            return b"";
        };
        // `sasl_sender=` and `orig_client=` may follow.
        split_on(account, b", ").map_or(account, |(account, _)| account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_and_account_end_before_the_next_field() {
        let text = b"h.example.net[192.0.2.1], sasl_method=PLAIN, sasl_username=ann, sasl_sender=x@example.net";
        let submitter = Submitter(text);
        assert_eq!(submitter.client(), b"h.example.net[192.0.2.1]");
        assert_eq!(submitter.account(), b"ann");
        let unauthenticated = Submitter(b"h.example.net[192.0.2.1]");
        assert_eq!(unauthenticated.client(), b"h.example.net[192.0.2.1]");
        assert_eq!(unauthenticated.account(), b"");
        assert_eq!(Submitter::LOCAL.client(), b"");
    }
}
