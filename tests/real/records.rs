//! Number of log records that a mail server writes for one failure of an outgoing session, as observed in the
//! logs of each server.

/// The mail server whose log is under test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Server {
    Postfix,
    Exim,
    /// A program that passes each message with its one recipient to one server: nullmailer, msmtp.
    Relay,
    /// As `Relay`, but without the reply to a message that was accepted.
    Dma,
    /// Its log has no code of a reply to a message that was accepted.
    Sendmail,
    OpenSmtpd,
    Courier,
    /// One record for a message, and one for each rejected recipient; without the code of the reply to a message that was
    /// accepted.
    Haraka,
    /// Dovecot's submission server: one record for a message.
    DovecotSubmission,
    /// Dovecot's LMTP proxy: one record for each recipient.
    DovecotProxy,
}

/// What a client does after a 4xx or 5xx reply to EHLO.
pub enum AfterEhlo {
    /// It logs the reply and gives up.
    LogsIt,
    /// It says HELO, without a record of the reply.
    SaysHelo,
    /// It says HELO on the closed connection, and logs only that this is lost.
    LosesConnection,
}

impl Server {
    /// What it does after a reply to EHLO, or to LHLO if `lmtp`; `closes` if the remote server then closes the connection.
    pub fn after_ehlo(self, code: u16, closes: bool, lmtp: bool) -> AfterEhlo {
        let tries_helo = match self {
            Server::Postfix | Server::Relay => code != 421,
            Server::OpenSmtpd => true,
            Server::Dma | Server::DovecotProxy => false,
            Server::Haraka => code >= 500,
            Server::DovecotSubmission => matches!(code, 500 | 502),
            // If the connection is closed, these log the reply to EHLO.
            Server::Exim => !closes && !lmtp,
            Server::Sendmail | Server::Courier => !closes && code >= 500,
        };
        match (tries_helo, closes) {
            (false, _) => AfterEhlo::LogsIt,
            (true, false) => AfterEhlo::SaysHelo,
            (true, true) => AfterEhlo::LosesConnection,
        }
    }

    /// Whether the code of the reply to an accepted message is in its log.
    pub fn logs_accepted(self) -> bool {
        !matches!(self, Server::Dma | Server::Sendmail | Server::Haraka)
    }

    /// The number of records of a message that was accepted for `recipients`.
    pub fn deliveries(self, recipients: u64) -> u64 {
        match self {
            // Its record names all recipients.
            Server::Sendmail => recipients.min(1),
            _ => recipients,
        }
    }
}

/// The stage of a session at which a reply is sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stage {
    Banner,
    Helo,
    Mail,
    Rcpt,
    Data,
    Dot,
}

/// A 4xx or 5xx reply, or a connection that was lost or timed out.
pub struct Failure {
    pub stage: Stage,
    /// The code of the reply; `None` if there was none.
    pub code: Option<u16>,
    /// Number of recipients of the message.
    pub recipients: u64,
    /// Number of recipients accepted so far.
    pub accepted: u64,
    /// There is no other host to try.
    pub last_host: bool,
}

impl Failure {
    /// Number of log records that are counted.
    pub fn records(&self, server: Server) -> u64 {
        if !self.is_logged(server) {
            return 0;
        }
        // After a 4xx reply or a failed connection, delivery is retried.
        let temporary = self.code.is_none_or(|code| code < 500);
        let concerned = match self.stage {
            Stage::Rcpt => return 1,
            Stage::Banner | Stage::Helo | Stage::Mail => self.recipients,
            Stage::Data | Stage::Dot => self.accepted,
        };
        // Of a failure of the whole message, Sendmail logs the reply of the last host only.
        if server == Server::Sendmail && !self.last_host {
            return 0;
        }
        let once = match server {
            // An attempt before the last has one record without a recipient. After a 5xx greeting Postfix
            // tries the next host, as after 4xx.
            Server::Postfix => (temporary || self.stage == Stage::Banner) && !self.last_host,
            // A failure of the host has one `H=` record, whose text the `==` or `**` records of all
            // recipients repeat. A 5xx reply to MAIL, DATA or the content is only in the `**` records.
            Server::Exim => temporary || matches!(self.stage, Stage::Banner | Stage::Helo),
            Server::Relay | Server::Dma | Server::Sendmail | Server::Haraka => true,
            Server::DovecotSubmission | Server::DovecotProxy => true,
            // A record for each recipient.
            Server::Courier => false,
            // A rejected connection or HELO has a record without recipients.
            Server::OpenSmtpd => matches!(self.stage, Stage::Banner | Stage::Helo),
        };
        if once { concerned.min(1) } else { concerned }
    }

    /// Whether the server logs it at all.
    fn is_logged(&self, server: Server) -> bool {
        let is_dovecot = matches!(server, Server::DovecotSubmission | Server::DovecotProxy);
        if is_dovecot && self.code.is_some_and(|code| !is_valid_for_dovecot(code)) {
            return false;
        }
        match server {
            // It passes the replies to MAIL and RCPT on to its client. 421 and 530 (authentication required) end its
            // connection.
            Server::DovecotSubmission => match self.stage {
                Stage::Mail | Stage::Rcpt => matches!(self.code, None | Some(421 | 530)),
                _ => true,
            },
            // It passes everything before DATA on to its client.
            Server::DovecotProxy => matches!(self.stage, Stage::Data | Stage::Dot),
            _ => true,
        }
    }
}

/// Whether Dovecot takes three digits for a code: the second is at most 5 (RFC 5321 section 4.2). If not, it closes the
/// connection.
pub fn is_valid_for_dovecot(code: u16) -> bool {
    code / 10 % 10 <= 5
}
