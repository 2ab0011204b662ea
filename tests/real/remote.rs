//! Scripted SMTP and LMTP servers that record the expected counts.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::thread;

use crate::Result;
use crate::records::{AfterEhlo, Failure, Server, Stage};
use crate::truth::Truth;

/// A reply, and the codes that a reader of the log should find in it.
#[derive(Clone, Copy, Debug)]
pub struct Reply {
    /// The three digits of its first line.
    pub code: u16,
    /// The enhanced status code in its text; empty if there is none.
    pub enhanced: &'static str,
    /// The lines as sent, joined by `\n`.
    pub wire: &'static str,
}

/// Behaviour of a server at a stage.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    /// The normal success reply.
    Go,
    /// A reply; the session continues.
    Say(Reply),
    /// A reply, and the connection is closed.
    SayAndClose(Reply),
    /// The connection is closed without a reply.
    HangUp,
    /// No reply until the client gives up.
    Hang,
}

/// Behaviour of a server with STARTTLS, which it offers.
#[derive(Clone, Copy, Debug)]
pub enum BrokenTls {
    /// It rejects STARTTLS; Postfix continues without TLS, or defers if TLS is mandatory.
    Refuses(Reply),
    /// It accepts STARTTLS and then sends invalid data.
    Babbles,
    /// It accepts STARTTLS and then closes the connection.
    HangsUp,
}

/// The script of a server.
#[derive(Clone, Debug)]
pub struct Script {
    pub banner: Act,
    pub helo: Act,
    pub mail: Act,
    /// Per recipient of a message, in order; the last entry is used for all further recipients.
    pub rcpt: Vec<Act>,
    pub data: Act,
    /// After the final dot.
    pub dot: Act,
    /// Reply when it accepts the message.
    pub accepted: Reply,
    pub pipelining: bool,
    /// The limit it announces with SIZE.
    pub size: Option<u64>,
    pub tls: Option<BrokenTls>,
    /// Number of recipients of each message.
    pub recipients: u64,
    /// False if there is another host to try: a temporary failure of the whole message is then logged once
    /// instead of once per recipient.
    pub last: bool,
    /// The direction that the log shows: `outbound` or, for LMTP, `local`.
    pub direction: &'static str,
    /// The mail server that connects and logs the replies.
    pub client: Server,
}

/// The usual reply to an accepted message.
pub const TAKEN: Reply = Reply {
    code: 250,
    enhanced: "2.0.0",
    wire: "250 2.0.0 Ok: queued as 4F421X550",
};

impl Default for Script {
    fn default() -> Self {
        Script {
            banner: Act::Go,
            helo: Act::Go,
            mail: Act::Go,
            rcpt: vec![Act::Go],
            data: Act::Go,
            dot: Act::Go,
            accepted: TAKEN,
            pipelining: false,
            size: None,
            tls: None,
            recipients: 1,
            last: true,
            direction: "outbound",
            client: Server::Postfix,
        }
    }
}

/// Serves a script at a TCP address until the process ends.
pub fn listen(address: SocketAddr, script: Script, truth: &Truth) -> Result<()> {
    let listener = TcpListener::bind(address).map_err(|error| format!("{address}: {error}"))?;
    let truth = truth.clone();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (script, truth) = (script.clone(), truth.clone());
            thread::spawn(move || {
                if let Ok(reader) = stream.try_clone() {
                    Session::new(&script, &truth, reader, stream).run();
                }
            });
        }
    });
    Ok(())
}

/// Serves a script at a Unix-domain socket with mode 0666.
pub fn listen_unix(path: &Path, script: Script, truth: &Truth) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o666))?;
    let truth = truth.clone();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (script, truth) = (script.clone(), truth.clone());
            thread::spawn(move || {
                if let Ok(reader) = stream.try_clone() {
                    Session::new(&script, &truth, reader, stream).run();
                }
            });
        }
    });
    Ok(())
}

/// One connection. A client that goes away ends it; so does an error.
struct Session<'a, R, W> {
    script: &'a Script,
    truth: &'a Truth,
    reader: BufReader<R>,
    writer: W,
    /// Recipients sent, and recipients accepted, in this transaction.
    named: usize,
    accepted: u64,
    /// MAIL was rejected, so the following pipelined commands are not counted.
    refused: bool,
}

impl<'a, R: Read, W: Write> Session<'a, R, W> {
    fn new(script: &'a Script, truth: &'a Truth, reader: R, writer: W) -> Self {
        let reader = BufReader::new(reader);
        Session {
            script,
            truth,
            reader,
            writer,
            named: 0,
            accepted: 0,
            refused: false,
        }
    }

    fn run(mut self) {
        let script = self.script;
        if !self.act(
            Stage::Banner,
            script.banner,
            "220 mx.example.net ESMTP 550 421",
        ) {
            return;
        }
        while let Some(line) = self.line() {
            let verb = line
                .split(' ')
                .next()
                .unwrap_or_default()
                .to_ascii_uppercase();
            let goes_on = match verb.as_str() {
                "EHLO" | "LHLO" => self.hello(),
                "HELO" => self.act(Stage::Helo, script.helo, "250 mx.example.net"),
                "STARTTLS" => self.start_tls(),
                "MAIL" => {
                    (self.named, self.accepted, self.refused) = (0, 0, false);
                    let goes_on = self.act(Stage::Mail, script.mail, "250 2.1.0 Ok 421");
                    self.refused = !matches!(script.mail, Act::Go);
                    goes_on
                }
                "RCPT" => self.recipient(),
                "DATA" => self.content(),
                "QUIT" => {
                    self.say("221 2.0.0 Bye");
                    false
                }
                "RSET" | "NOOP" => self.say("250 2.0.0 Ok"),
                _ => self.say("502 5.5.2 What?"),
            };
            if !goes_on {
                return;
            }
        }
    }

    /// Reads a line without line ending; `None` if the client has closed the connection.
    fn line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        match self.reader.read_until(b'\n', &mut line) {
            Ok(length) if length > 0 => Some(
                String::from_utf8_lossy(&line)
                    .trim_end_matches(['\r', '\n'])
                    .to_owned(),
            ),
            _ => None,
        }
    }

    /// Sends lines; returns whether they could be sent.
    fn say(&mut self, wire: &str) -> bool {
        let wire = wire.replace('\n', "\r\n") + "\r\n";
        self.writer
            .write_all(wire.as_bytes())
            .and_then(|()| self.writer.flush())
            .is_ok()
    }

    /// Performs the scripted action; `well` is the success reply. Returns whether the session continues.
    fn act(&mut self, stage: Stage, act: Act, well: &str) -> bool {
        match act {
            Act::Go => self.say(well),
            Act::Say(reply) => {
                self.record(stage, reply);
                self.say(reply.wire)
            }
            Act::SayAndClose(reply) => {
                self.record(stage, reply);
                self.say(reply.wire);
                false
            }
            Act::HangUp => {
                let times = self.records(stage, None);
                self.truth
                    .connect_error(self.script.direction, "reset", None, times);
                false
            }
            Act::Hang => {
                let times = self.records(stage, None);
                self.truth
                    .connect_error(self.script.direction, "timed_out", None, times);
                while self.line().is_some() {}
                false
            }
        }
    }

    /// Puts a refusal among what was said.
    fn record(&self, stage: Stage, reply: Reply) {
        if !self.refused {
            let times = self.records(stage, Some(reply.code));
            self.truth
                .reply(self.script.direction, reply.code, reply.enhanced, times);
        }
    }

    /// How many records the client makes of a failure at a stage.
    fn records(&self, stage: Stage, code: Option<u16>) -> u64 {
        let failure = Failure {
            stage,
            code,
            recipients: self.script.recipients,
            accepted: self.accepted,
            last_host: self.script.last,
        };
        failure.records(self.script.client)
    }

    fn hello(&mut self) -> bool {
        let act = self.script.helo;
        match act {
            Act::Go => {}
            Act::HangUp | Act::Hang => return self.act(Stage::Helo, act, ""),
            Act::Say(reply) | Act::SayAndClose(reply) => {
                let closes = matches!(act, Act::SayAndClose(_));
                let lmtp = self.script.direction != "outbound";
                return match self.script.client.after_ehlo(reply.code, closes, lmtp) {
                    AfterEhlo::LogsIt => self.act(Stage::Helo, act, ""),
                    AfterEhlo::SaysHelo => self.say(reply.wire),
                    AfterEhlo::LosesConnection => {
                        self.say(reply.wire);
                        self.act(Stage::Helo, Act::HangUp, "")
                    }
                };
            }
        }
        let mut wire = "250-mx.example.net\n".to_owned();
        if self.script.pipelining {
            wire.push_str("250-PIPELINING\n");
        }
        if let Some(size) = self.script.size {
            wire.push_str(&format!("250-SIZE {size}\n"));
        }
        if self.script.tls.is_some() {
            wire.push_str("250-STARTTLS\n");
        }
        wire.push_str("250-ENHANCEDSTATUSCODES\n250 8BITMIME");
        self.say(&wire)
    }

    fn start_tls(&mut self) -> bool {
        match self.script.tls {
            Some(BrokenTls::Refuses(reply)) => self.say(reply.wire),
            Some(BrokenTls::Babbles) => {
                self.truth
                    .connect_error(self.script.direction, "tls", None, 1);
                let heard = self.say("220 2.0.0 Go ahead") && self.reader.fill_buf().is_ok();
                if heard && self.say("this is not TLS") {
                    while self.line().is_some() {}
                }
                false
            }
            Some(BrokenTls::HangsUp) => {
                self.truth
                    .connect_error(self.script.direction, "reset", None, 1);
                self.say("220 2.0.0 Go ahead");
                false
            }
            None => self.say("502 5.5.1 Not offered"),
        }
    }

    fn recipient(&mut self) -> bool {
        let acts = &self.script.rcpt;
        let act = acts[self.named.min(acts.len() - 1)];
        self.named += 1;
        if self.refused && matches!(act, Act::Go) {
            return self.say("503 5.5.1 MAIL first");
        }
        if matches!(act, Act::Go) {
            self.accepted += 1;
        }
        self.act(Stage::Rcpt, act, "250 2.1.5 Ok 550 5.1.1")
    }

    fn content(&mut self) -> bool {
        if self.accepted == 0 {
            return self.say("554 5.5.1 No valid recipients");
        }
        let script = self.script;
        if !self.act(Stage::Data, script.data, "354 End with a dot") {
            return false;
        }
        if !matches!(script.data, Act::Go) {
            return true;
        }
        loop {
            match self.line() {
                Some(line) if line == "." => break,
                Some(_) => {}
                None => return false,
            }
        }
        if matches!(script.dot, Act::Go) {
            let Reply { code, enhanced, .. } = script.accepted;
            if script.client.logs_accepted() {
                self.truth
                    .reply(script.direction, code, enhanced, self.accepted);
            }
            let records = script.client.deliveries(self.accepted);
            self.truth.delivery("sent", records);
        }
        if script.direction == "outbound" {
            return self.act(Stage::Dot, script.dot, script.accepted.wire);
        }
        // LMTP has a reply for each recipient (RFC 2033 section 4.2).
        let all = std::mem::replace(&mut self.accepted, 1);
        (0..all).all(|_| self.act(Stage::Dot, script.dot, script.accepted.wire))
    }
}
