//! The list of mail servers whose logs are read: the one place where a dialect is registered.

/// Calls the macro `$then` with every dialect, as `Name => type`.
macro_rules! for_each_dialect {
    ($then:ident) => {
        $then! {
            Postfix => crate::parse::dialect::postfix::Postfix,
            Exim => crate::parse::dialect::exim::Exim,
            Custom => crate::parse::dialect::custom::Custom,
            IronPort => crate::parse::dialect::ironport::IronPort,
            James => crate::parse::dialect::james::James,
            Rspamd => crate::parse::dialect::rspamd::Rspamd,
            Amavis => crate::parse::dialect::amavis::Amavis,
            Halon => crate::parse::dialect::halon::Halon,
            Haraka => crate::parse::dialect::haraka::Haraka,
            KumoMta => crate::parse::dialect::kumomta::KumoMta,
            Stalwart => crate::parse::dialect::stalwart::Stalwart,
            ZoneMta => crate::parse::dialect::zone_mta::ZoneMta,
            Exchange => crate::parse::dialect::exchange::Exchange,
            IisSmtp => crate::parse::dialect::iis_smtp::IisSmtp,
            GroupWise => crate::parse::dialect::groupwise::GroupWise,
            HMailServer => crate::parse::dialect::hmailserver::HMailServer,
            MailEnable => crate::parse::dialect::mailenable::MailEnable,
            MDaemon => crate::parse::dialect::mdaemon::MDaemon,
            PowerMta => crate::parse::dialect::powermta::PowerMta,
            Qmail => crate::parse::dialect::qmail::Qmail,
            Dma => crate::parse::dialect::dma::Dma,
            Nullmailer => crate::parse::dialect::nullmailer::Nullmailer,
            Msmtp => crate::parse::dialect::msmtp::Msmtp,
            Dovecot => crate::parse::dialect::dovecot::Dovecot,
            Sendmail => crate::parse::dialect::sendmail::Sendmail,
            OpenSmtpd => crate::parse::dialect::opensmtpd::OpenSmtpd,
            Courier => crate::parse::dialect::courier::Courier,
        }
    };
}
pub(super) use for_each_dialect;
