//! A scripted SMTP client.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::Result;

/// A connection to Postfix's SMTP server.
pub struct Client {
    reader: BufReader<TcpStream>,
    writer: TcpStream,
}

/// A reply of the server.
#[derive(Debug)]
pub struct Answer {
    /// The three digits.
    pub code: u16,
    /// The enhanced status code, if the reply's text begins with one; else empty.
    pub enhanced: String,
    /// All lines, joined by ` / `.
    pub text: String,
}

impl Client {
    /// Connects; the greeting is the first reply to read.
    pub fn connect(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Client {
            reader: BufReader::new(stream.try_clone()?),
            writer: stream,
        })
    }

    /// Reads the next reply.
    pub fn answer(&mut self) -> Result<Answer> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if self.reader.read_line(&mut line)? == 0 {
                return Err("the server hung up".into());
            }
            let more = line.as_bytes().get(3) == Some(&b'-');
            lines.push(line.trim_end().to_owned());
            if !more {
                break;
            }
        }
        let first = lines[0].clone();
        let code = first.get(..3).unwrap_or_default().parse()?;
        let word = first
            .get(4..)
            .unwrap_or_default()
            .split(' ')
            .next()
            .unwrap_or_default();
        let enhanced = if is_enhanced(word) {
            word.to_owned()
        } else {
            String::new()
        };
        Ok(Answer {
            code,
            enhanced,
            text: lines.join(" / "),
        })
    }

    /// Sends a line and returns the reply.
    pub fn ask(&mut self, line: &str) -> Result<Answer> {
        self.writer.write_all(format!("{line}\r\n").as_bytes())?;
        self.answer()
    }

    /// Sends a message's content after DATA, and returns the reply to its end.
    pub fn content(&mut self, text: &str) -> Result<Answer> {
        self.must("DATA")?;
        self.ask(&format!("{text}\r\n."))
    }

    /// Sends a line that must get a success reply.
    pub fn must(&mut self, line: &str) -> Result<()> {
        let answer = self.ask(line)?;
        if answer.code >= 400 {
            return Err(format!("unexpected reply to {line:?}: {answer:?}").into());
        }
        Ok(())
    }
}

/// Three numbers separated by dots.
fn is_enhanced(word: &str) -> bool {
    let parts: Vec<_> = word.split('.').collect();
    parts.len() == 3 && parts.iter().all(|part| part.parse::<u16>().is_ok())
}

/// Sends a message through the Postfix that accepts every message.
pub fn send(address: &str, sender: &str, recipients: &[String], body: &str) -> Result<()> {
    let mut client = Client::connect(address)?;
    client.answer()?;
    client.must("EHLO client.example.org")?;
    client.must(&format!("MAIL FROM:<{sender}>"))?;
    for recipient in recipients {
        client.must(&format!("RCPT TO:<{recipient}>"))?;
    }
    client.must("DATA")?;
    client.must(&format!("Subject: 421 and 550\r\n\r\n{body}\r\n."))?;
    client.must("QUIT")
}
