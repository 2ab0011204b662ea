//! What the mail server of the demo logs, in the form of several mail servers.

mod exim;
mod kumomta;
mod postfix;
mod sendmail;

use jiff::Timestamp;

use super::traffic::Message;

/// A mail server whose log the demo can write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum DemoServer {
    /// Postfix
    #[default]
    Postfix,
    /// Exim
    Exim,
    /// Sendmail
    Sendmail,
    /// KumoMTA
    #[value(name = "kumomta")]
    KumoMta,
}

impl DemoServer {
    /// Writes the lines about a message, from the client's connection to the delivery record.
    pub fn message(self, text: &mut String, now: Timestamp, message: &Message) {
        match self {
            DemoServer::Postfix => postfix::message(text, now, message),
            DemoServer::Exim => exim::message(text, now, message),
            DemoServer::Sendmail => sendmail::message(text, now, message),
            DemoServer::KumoMta => kumomta::message(text, now, message),
        }
    }

    /// Writes the lines about a client that is not allowed to relay, and that may fail to log in.
    pub fn rejected_client(self, text: &mut String, now: Timestamp, logs_in: bool) {
        match self {
            DemoServer::Postfix => postfix::rejected_client(text, now, logs_in),
            DemoServer::Exim => exim::rejected_client(text, now, logs_in),
            DemoServer::Sendmail => sendmail::rejected_client(text, now, logs_in),
            DemoServer::KumoMta => kumomta::rejected_client(text, now),
        }
    }
}

/// A syslog line with a time stamp as rsyslog writes it.
fn syslog(text: &mut String, now: Timestamp, tag: &str, body: &str) {
    let time = now.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00");
    *text += &format!("{time} demo {tag}[4242]: {body}\n");
}
