//! The transcript of an SMTP session: which command a reply answers, and about which message, for servers that log each
//! command and each reply on a line of its own.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::parse::correlate::kept;
use crate::parse::kinds::{Enhanced, Stage};
use crate::parse::reply;
use crate::parse::scan;

/// Commands without a reply that are remembered at most; a client may send several at once.
const MAX_PENDING: usize = 64;

/// One session, as far as it was logged.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(in crate::parse) struct Transcript {
    /// The commands that have no reply yet, the oldest first.
    pending: VecDeque<Command>,
    /// The remote host, `name[address]`, by the name in its banner.
    host: Box<[u8]>,
    /// The sender of the message.
    sender: Box<[u8]>,
    /// The recipients that were accepted, and the address of the first.
    accepted: u32,
    recipient: Box<[u8]>,
    /// The command that the last reply answered; its recipient if it is RCPT.
    answered: Command,
    /// The code of a reply of which further lines follow; 0 if there is none.
    continued: u16,
    /// Whether the server has spoken.
    is_greeted: bool,
    /// Whether the client ended the session.
    has_quit: bool,
    /// Whether the client's next line is a part of its authentication.
    is_authenticating: bool,
}

/// A command.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Command {
    /// The index of its [`Stage`].
    stage: u8,
    /// The recipient of RCPT, the sender of MAIL.
    address: Box<[u8]>,
}

/// A reply, and what it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::parse) struct Answer<'s> {
    pub code: u16,
    pub enhanced: Option<Enhanced>,
    pub stage: Stage,
    /// The remote host, `name[address]`; empty if its banner has no name.
    pub host: &'s [u8],
    /// Empty if unknown.
    pub sender: &'s [u8],
    /// The recipient of RCPT; after the content, the only recipient of the message. Empty otherwise.
    pub recipient: &'s [u8],
}

impl Answer<'_> {
    /// Whether the reply takes over the responsibility for the message.
    pub fn is_delivery(&self) -> bool {
        self.stage == Stage::EndOfMessage && (200..300).contains(&self.code)
    }

    /// Whether the reply is a refusal.
    pub fn is_refusal(&self) -> bool {
        self.code >= 400
    }
}

impl Transcript {
    /// Notes a line that the client sent.
    pub fn command(&mut self, line: &[u8]) {
        self.continued = 0;
        let (stage, address): (_, &[u8]) = match self.is_authenticating {
            true => (Stage::Auth, b""),
            false => (stage_of(line), address_of(line)),
        };
        self.is_authenticating = false;
        match stage {
            Stage::Mail => {
                self.sender = kept(address);
                self.accepted = 0;
                self.recipient = Box::default();
            }
            Stage::Helo => self.is_greeted = true,
            Stage::Other => self.has_quit |= line.trim_ascii().eq_ignore_ascii_case(b"QUIT"),
            _ => {}
        }
        self.push(stage, address);
    }

    /// Keeps the name of the remote host in its banner, `220 mx.example.net ESMTP`, with its address.
    pub fn keep_host(&mut self, reply: &[u8], address: &[u8]) {
        let Some(greeting) = reply.strip_prefix(b"220") else {
            return;
        };
        let name = greeting.get(1..).unwrap_or_default();
        let name = name.split(|&byte| byte == b' ').next().unwrap_or_default();
        // `220 2.0.0 Ready to start TLS` has none.
        let is_name = name.contains(&b'.')
            && name.iter().any(u8::is_ascii_alphabetic)
            && name
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
        if self.host.is_empty() && is_name && name.len() + address.len() < 200 {
            self.host = kept(&[name, b"[", address, b"]"].concat());
        }
    }

    /// Whether the client ended the session with QUIT.
    pub fn has_quit(&self) -> bool {
        self.has_quit
    }

    /// Whether a reply of the server is due.
    pub fn is_waiting(&self) -> bool {
        !self.is_greeted || !self.pending.is_empty()
    }

    fn push(&mut self, stage: Stage, address: &[u8]) {
        if self.pending.len() == MAX_PENDING {
            self.pending.pop_front();
        }
        self.pending.push_back(Command {
            stage: stage.index() as u8,
            address: kept(address),
        });
    }

    /// Reads a line of a reply of which each line is logged. `None` if it is no reply, or a further line of one.
    pub fn reply_line(&mut self, line: &[u8]) -> Option<Answer<'_>> {
        let code = reply::parse(line)?.code;
        let is_further = self.continued == code;
        self.continued = match line.get(3) {
            Some(b'-') => code,
            _ => 0,
        };
        match is_further {
            true => None,
            false => self.reply(line),
        }
    }

    /// Reads a command and the reply to it, for logs that have both in one record. Without a command, it is the reply to
    /// the connection or to the content.
    pub fn exchange(&mut self, command: &[u8], reply: &[u8]) -> Option<Answer<'_>> {
        if !command.is_empty() {
            self.pending.clear();
            self.command(command);
        }
        self.reply(reply)
    }

    /// Reads the reply to the content, for logs that name the end of the content, whether or not they have the command before it.
    pub fn end_of_content(&mut self, reply: &[u8]) -> Option<Answer<'_>> {
        self.pending.clear();
        self.push(Stage::EndOfMessage, b"");
        self.reply(reply)
    }

    /// Reads a whole reply, or the only line of it that is logged. `None` if the text is no reply.
    pub fn reply(&mut self, text: &[u8]) -> Option<Answer<'_>> {
        let reply = reply::parse(text)?;
        let code = reply.code;
        let stage = match self.pending.pop_front() {
            Some(command) => {
                self.answered = command;
                Stage::ALL[usize::from(self.answered.stage) % Stage::ALL.len()]
            }
            None => {
                self.answered = Command::default();
                match code {
                    // Of an authentication, not every log has the client's lines.
                    _ if self.is_authenticating => Stage::Auth,
                    // The beginning of the session may not have been read.
                    220 | 421 | 554 if !self.is_greeted => Stage::Connect,
                    _ => Stage::Other,
                }
            }
        };
        self.is_greeted = true;
        self.is_authenticating = code == 334;
        match stage {
            Stage::Rcpt if code < 300 => {
                self.accepted += 1;
                if self.accepted == 1 {
                    self.recipient = self.answered.address.clone();
                }
            }
            // The content follows; it is no line of the log, and its reply is the next.
            Stage::Data if code == 354 => {
                let command = Command {
                    stage: Stage::EndOfMessage.index() as u8,
                    address: Box::default(),
                };
                self.pending.push_front(command);
            }
            _ => {}
        }
        let recipient = match stage {
            Stage::Rcpt => &self.answered.address,
            Stage::EndOfMessage if self.accepted == 1 => &self.recipient,
            _ => &[][..],
        };
        Some(Answer {
            code,
            enhanced: reply.enhanced,
            stage,
            host: &self.host,
            sender: match stage {
                Stage::Mail | Stage::Rcpt | Stage::Data | Stage::EndOfMessage => &self.sender,
                _ => b"",
            },
            recipient,
        })
    }
}

/// The stage of a command.
pub(in crate::parse) fn stage_of(command: &[u8]) -> Stage {
    let Some(verb) = command.first_chunk::<4>() else {
        return Stage::Other;
    };
    match &verb.to_ascii_uppercase()[..] {
        b"EHLO" | b"HELO" | b"LHLO" => Stage::Helo,
        b"STAR" | b"X-AN" => Stage::StartTls,
        b"AUTH" | b"X-EX" => Stage::Auth,
        b"MAIL" => Stage::Mail,
        b"RCPT" => Stage::Rcpt,
        b"DATA" => Stage::Data,
        // Only the last chunk ends the message.
        b"BDAT" => match ends_with_last(command) {
            true => Stage::EndOfMessage,
            false => Stage::Data,
        },
        b"VRFY" => Stage::Vrfy,
        b"ETRN" => Stage::Etrn,
        _ => Stage::Other,
    }
}

fn ends_with_last(command: &[u8]) -> bool {
    let command = command.trim_ascii_end();
    command.len() >= 5 && command[command.len() - 5..].eq_ignore_ascii_case(b" LAST")
}

/// The address of MAIL and RCPT, `RCPT TO:<a@example.net> NOTIFY=NEVER`; empty for other commands.
pub(in crate::parse) fn address_of(command: &[u8]) -> &[u8] {
    if !matches!(stage_of(command), Stage::Mail | Stage::Rcpt) {
        return b"";
    }
    let Some((_, rest)) = scan::split(command, b':') else {
        return b"";
    };
    scan::address(rest.trim_ascii_start()).map_or(b"", |(address, _)| address)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The stage, code, sender and recipient of each reply; commands begin with `>`.
    fn read(lines: &[&str]) -> Vec<(Stage, u16, String, String)> {
        let mut transcript = Transcript::default();
        let mut answers = Vec::new();
        for line in lines {
            match line.strip_prefix('>') {
                Some(command) => transcript.command(command.as_bytes()),
                None => {
                    let words = |it: &[u8]| String::from_utf8_lossy(it).into_owned();
                    let answer = transcript.reply_line(line.as_bytes());
                    answers.extend(
                        answer.map(|it| (it.stage, it.code, words(it.sender), words(it.recipient))),
                    );
                }
            }
        }
        answers
    }

    #[test]
    fn each_command_has_its_stage_in_any_case() {
        for (command, stage) in [
            ("EHLO mx", Stage::Helo),
            ("helo mx", Stage::Helo),
            ("LHLO mx", Stage::Helo),
            ("STARTTLS", Stage::StartTls),
            ("X-ANONYMOUSTLS", Stage::StartTls),
            ("Auth PLAIN", Stage::Auth),
            ("X-EXPS GSSAPI", Stage::Auth),
            ("MAIL FROM:<>", Stage::Mail),
            ("RCPT TO:<a@example.com>", Stage::Rcpt),
            ("DATA", Stage::Data),
            ("BDAT 1000", Stage::Data),
            ("BDAT 10 LAST ", Stage::EndOfMessage),
            ("bdat 10 last", Stage::EndOfMessage),
            ("VRFY a", Stage::Vrfy),
            ("ETRN a", Stage::Etrn),
            ("NOOP", Stage::Other),
            ("BDA", Stage::Other),
        ] {
            assert_eq!(stage_of(command.as_bytes()), stage, "{command}");
        }
    }

    fn answer(stage: Stage, code: u16, from: &str, to: &str) -> (Stage, u16, String, String) {
        (stage, code, from.to_owned(), to.to_owned())
    }

    #[test]
    fn only_a_banner_names_the_host() {
        for (reply, host) in [
            ("220 mx.example.net ESMTP", "mx.example.net[192.0.2.1]"),
            ("220-mx.example.net", "mx.example.net[192.0.2.1]"),
            ("220 2.0.0 Ready to start TLS", ""),
            ("220 192.0.2.1 ESMTP", ""),
            ("220 hello", ""),
            ("250 mx.example.net", ""),
        ] {
            let mut transcript = Transcript::default();
            transcript.keep_host(reply.as_bytes(), b"192.0.2.1");
            assert_eq!(&*transcript.host, host.as_bytes(), "{reply}");
        }
    }

    #[test]
    fn replies_answer_commands_in_their_order() {
        let found = read(&[
            "220-mx.example.net",
            "220 ready",
            ">EHLO a",
            "250-mx",
            "250-SIZE",
            "250 DSN",
            ">MAIL FROM:<a@example.com> SIZE=1",
            ">RCPT TO:<b@example.net>",
            ">rcpt to: <c@example.net>",
            ">DATA",
            "250 ok",
            "550-5.1.1 no",
            "550 5.1.1 such user",
            "250 ok",
            "354 go",
            "451 4.3.0 later",
            "421 bye",
        ]);
        assert_eq!(
            found,
            [
                answer(Stage::Connect, 220, "", ""),
                answer(Stage::Helo, 250, "", ""),
                answer(Stage::Mail, 250, "a@example.com", ""),
                answer(Stage::Rcpt, 550, "a@example.com", "b@example.net"),
                answer(Stage::Rcpt, 250, "a@example.com", "c@example.net"),
                answer(Stage::Data, 354, "a@example.com", ""),
                answer(Stage::EndOfMessage, 451, "a@example.com", "c@example.net"),
                answer(Stage::Other, 421, "", ""),
            ]
        );
    }

    #[test]
    fn lines_of_an_authentication_are_no_commands() {
        let found = read(&[
            ">AUTH LOGIN",
            "334 VXNlcm5hbWU6",
            ">RCPT",
            "334 x",
            ">DATA",
            "535 5.7.8 no",
        ]);
        let stages: Vec<_> = found.iter().map(|it| it.0).collect();
        assert_eq!(stages, [Stage::Auth; 3]);
    }

    #[test]
    fn only_the_last_chunk_ends_the_message() {
        assert_eq!(stage_of(b"BDAT 100"), Stage::Data);
        assert_eq!(stage_of(b"bdat 100 last"), Stage::EndOfMessage);
        assert_eq!(stage_of(b"RSET"), Stage::Other);
        assert_eq!(address_of(b"DATA x:<y>"), b"");
        assert_eq!(address_of(b"MAIL FROM:<>"), b"");
    }

    #[test]
    fn number_of_commands_without_a_reply_is_bounded() {
        let mut transcript = Transcript::default();
        for _ in 0..1000 {
            transcript.command(b"NOOP");
        }
        assert_eq!(transcript.pending.len(), MAX_PENDING);
    }
}
