//! The enumerations of what a mail server reports besides replies and deliveries: diagnostics, actions on messages,
//! results of a connection filter, TLS sessions. Each has its label value on `/metrics` and a dense index for tables.

/// Defines an enumeration whose variants have label values.
macro_rules! labelled {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident => $label:literal,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// Every variant, in the order of its index.
            pub const ALL: [$name; [$($name::$variant),*].len()] = [$($name::$variant),*];

            /// The label value.
            pub fn name(self) -> &'static str {
                match self { $($name::$variant => $label,)* }
            }

            /// A dense number, for tables.
            pub fn index(self) -> usize {
                self as usize
            }
        }
    };
}

labelled! {
    /// The level of a diagnostic.
    Level {
        /// Something is wrong, and the server continues.
        Warning => "warning",
        /// Something failed.
        Error => "error",
        /// The program ends because of it.
        Fatal => "fatal",
        /// A defect of the program, which ends.
        Panic => "panic",
    }
}

labelled! {
    /// What our own server did with a message or command of a client instead of rejecting it, or the verdict of a filter.
    Action {
        /// Accepted and deleted.
        Discard => "discard",
        /// Kept in the queue until an operator releases it.
        Hold => "hold",
        /// Passed to a content filter.
        Filter => "filter",
        /// Delivered to another address.
        Redirect => "redirect",
        /// Kept apart by a milter.
        Quarantine => "quarantine",
        /// Logged only.
        Warn => "warn",
        /// Logged only, where a restriction would have rejected it (Postfix's `warn_if_reject`).
        RejectWarning => "reject_warning",
        /// A header or a line was added.
        Prepend => "prepend",
        /// A header or a line was replaced.
        Replace => "replace",
        /// A header or a line was removed.
        Strip => "strip",
        /// A copy is delivered to another address.
        Bcc => "bcc",
        /// Delivered later.
        Delay => "delay",
        /// Logged for information.
        Info => "info",
        /// The connection was closed without a reply.
        Hangup => "hangup",
        /// A filter asked the mail server to reject it, which logs the rejection itself.
        Reject => "reject",
        /// A filter asked the mail server to reject it for now.
        SoftReject => "soft_reject",
    }
}

labelled! {
    /// A result of Postfix's postscreen for a client.
    PostscreenResult {
        /// Passed all tests now.
        PassNew => "pass_new",
        /// Passed all tests before.
        PassOld => "pass_old",
        /// Listed by DNS blocklists.
        Dnsbl => "dnsbl",
        /// Spoke before its turn.
        Pregreet => "pregreet",
        /// Disconnected during the tests.
        Hangup => "hangup",
        /// On the permanent allowlist.
        Allowlisted => "allowlisted",
        /// On the permanent denylist.
        Denylisted => "denylisted",
        /// Allowlisted, but by another address of this server only.
        AllowlistVeto => "allowlist_veto",
        /// Ended a line without a carriage return.
        BareNewline => "bare_newline",
        /// Sent a command of another protocol.
        NonSmtpCommand => "non_smtp_command",
        /// Sent commands without waiting for replies.
        CommandPipelining => "command_pipelining",
        /// Sent too many commands.
        CommandCountLimit => "command_count_limit",
        /// Sent a command that is too long.
        CommandLengthLimit => "command_length_limit",
        /// Took too long to send a command.
        CommandTimeLimit => "command_time_limit",
        /// Sent content without an accepted recipient.
        ContentWithoutRecipient => "content_without_recipient",
    }
}

labelled! {
    /// How far the certificate of the other side was verified.
    TlsTrust {
        /// Not logged.
        Unknown => "unknown",
        /// There was no certificate.
        Anonymous => "anonymous",
        /// No known authority signed the certificate.
        Untrusted => "untrusted",
        /// A known authority signed the certificate.
        Trusted => "trusted",
        /// In addition, the certificate is of the expected name.
        Verified => "verified",
    }
}

labelled! {
    /// The protocol version of a TLS session.
    TlsProtocol {
        /// Not logged, or none of the others.
        Other => "other",
        /// SSL 3.0.
        Ssl3 => "SSLv3",
        /// TLS 1.0.
        Tls10 => "TLSv1",
        /// TLS 1.1.
        Tls11 => "TLSv1.1",
        /// TLS 1.2.
        Tls12 => "TLSv1.2",
        /// TLS 1.3.
        Tls13 => "TLSv1.3",
    }
}

impl TlsProtocol {
    /// The protocol that a text begins with, as OpenSSL names it (`TLSv1.3`), or Exim (`TLS1.3`).
    #[inline]
    pub(crate) fn leading(text: &[u8]) -> Self {
        let version = match text {
            [b'T', b'L', b'S', b'v', version @ ..] | [b'T', b'L', b'S', version @ ..] => version,
            [b'S', b'S', b'L', b'v', b'3', ..] => return TlsProtocol::Ssl3,
            _ => return TlsProtocol::Other,
        };
        match version {
            [b'1', b'.', b'3', ..] => TlsProtocol::Tls13,
            [b'1', b'.', b'2', ..] => TlsProtocol::Tls12,
            [b'1', b'.', b'1', ..] => TlsProtocol::Tls11,
            [b'1', ..] => TlsProtocol::Tls10,
            _ => TlsProtocol::Other,
        }
    }
}

/// The details of a TLS session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TlsSession {
    /// How far the certificate was verified.
    pub trust: TlsTrust,
    /// The protocol version.
    pub protocol: TlsProtocol,
}
