//! A name server with a few records, on 127.0.0.1:53 of the test's namespace.

use std::collections::HashMap;
use std::net::{Ipv4Addr, UdpSocket};

use crate::Result;

const TYPE_A: u16 = 1;
const TYPE_MX: u16 = 15;
const NO_ERROR: u8 = 0;
const SERVER_FAILURE: u8 = 2;
const NO_SUCH_NAME: u8 = 3;

/// The records of the server.
#[derive(Default)]
pub struct Zone {
    addresses: HashMap<String, Vec<Ipv4Addr>>,
    exchanges: HashMap<String, Vec<(u16, String)>>,
    failing: Vec<String>,
}

impl Zone {
    /// Adds an address record.
    pub fn address(&mut self, name: &str, address: Ipv4Addr) {
        self.addresses
            .entry(name.to_owned())
            .or_default()
            .push(address);
    }

    /// Adds an MX record; an empty host is the null MX of RFC 7505.
    pub fn exchange(&mut self, domain: &str, preference: u16, host: &str) {
        self.exchanges
            .entry(domain.to_owned())
            .or_default()
            .push((preference, host.to_owned()));
    }

    /// Makes every query about a domain fail temporarily.
    pub fn fail(&mut self, domain: &str) {
        self.failing.push(domain.to_owned());
    }

    /// Answers queries in a separate thread until the process ends.
    pub fn serve(self) -> Result<()> {
        let socket = UdpSocket::bind("127.0.0.1:53")?;
        std::thread::spawn(move || {
            let mut buffer = [0; 1500];
            while let Ok((length, peer)) = socket.recv_from(&mut buffer) {
                if let Some(answer) = self.answer(&buffer[..length]) {
                    // A resolver that does not get the answer retries.
                    let _ = socket.send_to(&answer, peer);
                }
            }
        });
        Ok(())
    }

    /// The response to a query, `None` if it is invalid (RFC 1035 section 4.1).
    fn answer(&self, question: &[u8]) -> Option<Vec<u8>> {
        let (name, end) = read_name(question, 12)?;
        let kind = u16::from_be_bytes([*question.get(end)?, *question.get(end + 1)?]);
        let (code, records) = self.look_up(&name, kind);
        let mut answer = Vec::new();
        answer.extend(&question[..2]);
        // A response; recursion desired and available.
        answer.extend([0x81, 0x80 | code]);
        answer.extend(1u16.to_be_bytes());
        answer.extend((records.len() as u16).to_be_bytes());
        answer.extend([0; 4]);
        answer.extend(question.get(12..end + 4)?);
        for data in records {
            // The name is that of the question, at offset 12; class IN; TTL of a minute.
            answer.extend([0xc0, 12]);
            answer.extend(kind.to_be_bytes());
            answer.extend([0, 1, 0, 0, 0, 60]);
            answer.extend((data.len() as u16).to_be_bytes());
            answer.extend(data);
        }
        Some(answer)
    }

    /// The response code and the data of each record.
    fn look_up(&self, name: &str, kind: u16) -> (u8, Vec<Vec<u8>>) {
        if self.failing.iter().any(|failing| failing == name) {
            return (SERVER_FAILURE, Vec::new());
        }
        let addresses = self.addresses.get(name);
        let exchanges = self.exchanges.get(name);
        if addresses.is_none() && exchanges.is_none() {
            return (NO_SUCH_NAME, Vec::new());
        }
        let records = match kind {
            TYPE_A => addresses
                .into_iter()
                .flatten()
                .map(|a| a.octets().to_vec())
                .collect(),
            TYPE_MX => exchanges
                .into_iter()
                .flatten()
                .map(|(p, host)| mx_data(*p, host))
                .collect(),
            _ => Vec::new(),
        };
        (NO_ERROR, records)
    }
}

/// Data of an MX record: preference and uncompressed name.
fn mx_data(preference: u16, host: &str) -> Vec<u8> {
    let mut data = preference.to_be_bytes().to_vec();
    for label in host.split('.').filter(|label| !label.is_empty()) {
        data.push(label.len() as u8);
        data.extend(label.as_bytes());
    }
    data.push(0);
    data
}

/// The name that starts at `at`, in lower case, and the offset after it.
fn read_name(message: &[u8], mut at: usize) -> Option<(String, usize)> {
    let mut labels = Vec::new();
    loop {
        let length = usize::from(*message.get(at)?);
        at += 1;
        if length == 0 {
            return Some((labels.join("."), at));
        }
        let label = message.get(at..at + length)?;
        labels.push(String::from_utf8_lossy(label).to_ascii_lowercase());
        at += length;
    }
}
