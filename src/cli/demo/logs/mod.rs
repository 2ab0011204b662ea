//! What the mail server of the demo logs, in the form of each mail server whose log is read.

mod courier;
mod dialogue;
mod dma;
mod dovecot;
mod exchange;
mod exim;
mod groupwise;
mod halon;
mod haraka;
mod hmailserver;
mod iis_smtp;
mod ironport;
mod james;
mod kumomta;
mod mailenable;
mod mdaemon;
mod msmtp;
mod nullmailer;
mod opensmtpd;
mod postfix;
mod powermta;
mod qmail;
mod sendmail;
mod stalwart;
mod zone_mta;

use clap::ValueEnum;
use clap::builder::PossibleValue;
use jiff::Timestamp;

use super::traffic::Message;
use crate::parse::Mta;

/// A mail server whose log the demo can write.
#[derive(Clone, Copy, Debug)]
pub struct DemoServer {
    /// The mail server.
    pub mta: Mta,
    heading: Option<fn(Timestamp) -> String>,
    message: fn(&mut String, Timestamp, &Message),
    rejected_client: Option<fn(&mut String, Timestamp, bool)>,
}

/// The mail servers, by their names.
const SERVERS: &[DemoServer] = &[
    DemoServer::new(Mta::Courier, courier::message).with_clients(courier::rejected_client),
    DemoServer::new(Mta::Dma, dma::message),
    DemoServer::new(Mta::Dovecot, dovecot::message).with_clients(dovecot::rejected_client),
    DemoServer::new(Mta::Exchange, exchange::message).with_heading(exchange::heading),
    DemoServer::new(Mta::Exim, exim::message).with_clients(exim::rejected_client),
    DemoServer::new(Mta::GroupWise, groupwise::message).with_clients(groupwise::rejected_client),
    DemoServer::new(Mta::Halon, halon::message).with_clients(halon::rejected_client),
    DemoServer::new(Mta::Haraka, haraka::message).with_clients(haraka::rejected_client),
    DemoServer::new(Mta::HMailServer, hmailserver::message)
        .with_clients(hmailserver::rejected_client),
    DemoServer::new(Mta::IisSmtp, iis_smtp::message)
        .with_heading(iis_smtp::heading)
        .with_clients(iis_smtp::rejected_client),
    DemoServer::new(Mta::IronPort, ironport::message).with_clients(ironport::rejected_client),
    DemoServer::new(Mta::James, james::message).with_clients(james::rejected_client),
    DemoServer::new(Mta::KumoMta, kumomta::message).with_clients(kumomta::rejected_client),
    DemoServer::new(Mta::MailEnable, mailenable::message).with_clients(mailenable::rejected_client),
    DemoServer::new(Mta::MDaemon, mdaemon::message).with_clients(mdaemon::rejected_client),
    DemoServer::new(Mta::Msmtp, msmtp::message),
    DemoServer::new(Mta::Nullmailer, nullmailer::message),
    DemoServer::new(Mta::OpenSmtpd, opensmtpd::message).with_clients(opensmtpd::rejected_client),
    DemoServer::new(Mta::Postfix, postfix::message).with_clients(postfix::rejected_client),
    DemoServer::new(Mta::PowerMta, powermta::message).with_heading(powermta::heading),
    DemoServer::new(Mta::Qmail, qmail::message).with_clients(qmail::rejected_client),
    DemoServer::new(Mta::Sendmail, sendmail::message).with_clients(sendmail::rejected_client),
    DemoServer::new(Mta::Stalwart, stalwart::message).with_clients(stalwart::rejected_client),
    DemoServer::new(Mta::ZoneMta, zone_mta::message).with_clients(zone_mta::rejected_client),
];

impl ValueEnum for DemoServer {
    fn value_variants<'a>() -> &'a [Self] {
        SERVERS
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.mta.name()))
    }
}

impl DemoServer {
    const fn new(mta: Mta, message: fn(&mut String, Timestamp, &Message)) -> Self {
        DemoServer {
            mta,
            heading: None,
            message,
            rejected_client: None,
        }
    }

    const fn with_heading(mut self, heading: fn(Timestamp) -> String) -> Self {
        self.heading = Some(heading);
        self
    }

    const fn with_clients(mut self, rejected: fn(&mut String, Timestamp, bool)) -> Self {
        self.rejected_client = Some(rejected);
        self
    }

    /// Whether its log has dates. Without them, lines about the past cannot be written.
    pub fn writes_dates(self) -> bool {
        self.mta != Mta::GroupWise
    }

    /// The lines at the beginning of the log, such as the names of its columns.
    pub fn heading(self, now: Timestamp) -> String {
        self.heading.map(|heading| heading(now)).unwrap_or_default()
    }

    /// Writes the lines about a message, from the client's connection to the delivery record.
    pub fn message(self, text: &mut String, now: Timestamp, message: &Message) {
        (self.message)(text, now, message);
    }

    /// Writes the lines about a client that is not allowed to relay, and that may fail to log in.
    pub fn rejected_client(self, text: &mut String, now: Timestamp, logs_in: bool) {
        if let Some(rejected) = self.rejected_client {
            rejected(text, now, logs_in);
        }
    }
}

/// A syslog line with a time stamp as rsyslog writes it.
fn syslog(text: &mut String, now: Timestamp, tag: &str, body: &str) {
    syslog_of(text, now, &format!("{tag}[4242]"), body);
}

/// A syslog line whose tag is written as it is.
fn syslog_of(text: &mut String, now: Timestamp, tag: &str, body: &str) {
    let time = now.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00");
    *text += &format!("{time} demo {tag}: {body}\n");
}
