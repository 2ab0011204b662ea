//! `trace` over the log of a real Postfix with a content filter, an alias and bounces: each message is found whole.
//!
//! The filter is a program that takes each message by SMTP and gives it back to another port, as Amavis does, so that
//! each has two queue ids. What belongs to a message is read from the log independently of the exporter.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::thread;

use serde_json::Value;

use crate::Result;
use crate::client::Client;
use crate::exporter::PROGRAM;
use crate::postfix::{Postfix, SUBMIT};
use crate::trials::{RealTrial, with_folder};

/// The test takes half a minute of CPU time: it runs with `MAILLOG_LONG=1` only.
pub const LONG: &[RealTrial] = &[RealTrial {
    name: "trace_finds_each_message_of_postfix_with_a_filter_whole",
    needs: &["postfix"],
    run: || with_folder(trial),
}];

/// Where the filter takes messages, and where Postfix takes them back.
const FILTER: &str = "127.0.0.1:10026";
const REINJECT: &str = "127.0.0.1:10027";

const MAIN: &str = "\
content_filter = smtp:[127.0.0.1]:10026
alias_maps = inline:{ { team = one@example.net, two@example.net } }
transport_maps = inline:{ { example.net = discard: }, { refused.example.net = error:5.1.1 no such user } }
";

const MASTER: &str = "127.0.0.1:10027 inet n - n - - smtpd -o content_filter=\n";

const MESSAGES: usize = 200;

fn trial(folder: &Path) -> Result<()> {
    let listener = TcpListener::bind(FILTER)?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || filter(stream).is_ok());
        }
    });
    let mut postfix = Postfix::start(folder, MAIN, MASTER)?;
    let mut first_ids = Vec::new();
    for number in 0..MESSAGES {
        first_ids.push(submit(number)?);
    }
    postfix.settle()?;
    let log = postfix.log.clone();
    postfix.flush_log(&log)?;
    let text = std::fs::read_to_string(&log)?;
    let mut kinds = [0; 3];
    for (number, first) in first_ids.iter().enumerate() {
        let (ids, expected) = lines_of(&text, first);
        let query = format!("m{number}@client.example.org");
        expect(&log, &query, &expected)?;
        kinds[0] += usize::from(ids.len() >= 2);
        kinds[1] += usize::from(expected.iter().any(|line| line.contains("(forwarded as ")));
        kinds[2] += usize::from(expected.iter().any(|line| line.contains("notification: ")));
        if number % 10 < 4 {
            for id in &ids {
                expect(&log, id, &expected)?;
            }
        }
    }
    match kinds {
        [MESSAGES, 50, 100] => Ok(()),
        other => Err(format!("filtered, forwarded and bounced messages: {other:?}").into()),
    }
}

/// Submits a message to an address, an alias, or one that is refused, and returns its queue id.
fn submit(number: usize) -> Result<String> {
    let mut client = Client::connect(SUBMIT)?;
    client.answer()?;
    client.must("EHLO client.example.org")?;
    client.must(&format!("MAIL FROM:<s{number}@example.net>"))?;
    let recipients: &[&str] = match number % 4 {
        0 => &["r@example.net"],
        1 => &["team@local.example.com", "r@example.net"],
        2 => &["nobody@refused.example.net"],
        _ => &["nobody@refused.example.net", "r@example.net"],
    };
    for recipient in recipients {
        client.must(&format!("RCPT TO:<{recipient}>"))?;
    }
    let header = format!("Message-ID: <m{number}@client.example.org>");
    let answer = client.content(&format!("{header}\r\nSubject: x\r\n\r\nx"))?;
    let id = answer
        .text
        .rsplit_once("queued as ")
        .map(|(_, id)| id.trim().to_owned());
    id.ok_or_else(|| format!("unexpected reply: {answer:?}").into())
}

/// The queue ids of a message, and its lines, by the replies and notifications in the log.
fn lines_of(log: &str, first: &str) -> (BTreeSet<String>, Vec<String>) {
    let mut ids = BTreeSet::from([first.to_owned()]);
    loop {
        let known = ids.len();
        let is_about = |line: &&str| ids.iter().any(|id| line.contains(&format!("]: {id}: ")));
        let lines: Vec<&str> = log.lines().filter(is_about).collect();
        let mut found = Vec::new();
        for (line, form) in lines.iter().flat_map(|line| {
            ["Ok: queued as ", "(forwarded as ", "notification: "].map(|form| (line, form))
        }) {
            if let Some((_, rest)) = line.split_once(form) {
                found.push(rest.trim_end_matches(')').to_owned());
            }
        }
        let lines: Vec<String> = lines.into_iter().map(str::to_owned).collect();
        ids.extend(found);
        if ids.len() == known {
            return (ids, lines);
        }
    }
}

/// Fails if `trace` finds other lines.
fn expect(log: &Path, query: &str, expected: &[String]) -> Result<()> {
    let output = Command::new(PROGRAM)
        .args(["trace", "--format", "json", query])
        .arg(log)
        .output()?;
    let trace: Value = serde_json::from_slice(&output.stdout)?;
    let steps = trace["messages"][0]["steps"].as_array();
    let lines = steps
        .into_iter()
        .flatten()
        .filter_map(|step| step["line"].as_str());
    let lines: Vec<&str> = lines.collect();
    if trace["found"] == 1 && lines == expected {
        return Ok(());
    }
    Err(format!("{query}: found {lines:#?}, expected {expected:#?}").into())
}

/// Takes messages by SMTP, and gives each back to Postfix before it replies.
fn filter(stream: TcpStream) -> Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream;
    let mut say = |reply: &str| writer.write_all(format!("{reply}\r\n").as_bytes());
    let mut envelope: Vec<String> = Vec::new();
    say("220 filter ESMTP")?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let line = line.trim_end();
        match line.get(..4).unwrap_or(line) {
            "EHLO" | "RSET" | "NOOP" => say("250 filter")?,
            "MAIL" | "RCPT" => {
                // Without parameters such as SIZE.
                let end = line.find('>').map_or(line.len(), |at| at + 1);
                envelope.push(line[..end].to_owned());
                say("250 2.1.0 Ok")?;
            }
            "DATA" => {
                say("354 go on")?;
                let mut content = String::new();
                loop {
                    let mut line = String::new();
                    if reader.read_line(&mut line)? == 0 {
                        return Ok(());
                    }
                    if line == ".\r\n" {
                        break;
                    }
                    content.push_str(&line);
                }
                let mut client = Client::connect(REINJECT)?;
                client.answer()?;
                client.must("EHLO filter")?;
                for command in envelope.drain(..) {
                    client.must(&command)?;
                }
                let answer = client.content(content.trim_end())?;
                say(&format!(
                    "250 2.0.0 from MTA(smtp:[{REINJECT}]): {}",
                    answer.text
                ))?;
                client.must("QUIT")?;
            }
            "QUIT" => return Ok(say("221 2.0.0 bye")?),
            _ => say("500 5.5.2 what?")?,
        }
    }
}
