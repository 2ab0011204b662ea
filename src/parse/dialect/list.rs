//! The list of mail servers whose logs are read: the one place where a dialect is registered.

/// Calls the macro `$then` with every dialect, as `Name => type`.
macro_rules! for_each_dialect {
    ($then:ident) => {
        $then! {
            Postfix => crate::parse::dialect::postfix::Postfix,
            Exim => crate::parse::dialect::exim::Exim,
            Halon => crate::parse::dialect::halon::Halon,
            Haraka => crate::parse::dialect::haraka::Haraka,
            KumoMta => crate::parse::dialect::kumomta::KumoMta,
            Stalwart => crate::parse::dialect::stalwart::Stalwart,
            ZoneMta => crate::parse::dialect::zone_mta::ZoneMta,
        }
    };
}
pub(super) use for_each_dialect;

/// Syslog programs of mail transfer agents without a dialect. Their lines are unmatched, so that an
/// operator sees that they are not read; lines of other programs are noise.
pub(super) const UNSUPPORTED: &[&[u8]] = &[
    b"sendmail",
    b"sm-mta",
    b"sm-msp-queue",
    b"sm-acceptingconnections",
    b"smtpd",
    b"opensmtpd",
    b"qmail",
    b"courieresmtp",
    b"courieresmtpd",
];
