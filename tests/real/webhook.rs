//! A scripted HTTP server that receives JSON: a webhook of Alertmanager, or a failing Alertmanager.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use crate::Result;

/// Response to requests.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    Status(u16),
    /// No response until the client gives up.
    Silence,
}

/// Listens until the test ends.
pub struct Webhook(Arc<State>);

struct State {
    answer: Mutex<Answer>,
    taken: Mutex<Vec<Value>>,
}

impl Webhook {
    /// Listens at an address.
    pub fn listen(address: &str, answer: Answer) -> Result<Self> {
        let listener = TcpListener::bind(address)?;
        let state = Arc::new(State {
            answer: Mutex::new(answer),
            taken: Mutex::new(Vec::new()),
        });
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                // A broken connection is reported by the client.
                std::thread::spawn(move || {
                    let _ = state.serve(stream);
                });
            }
        });
        Ok(Webhook(state))
    }

    /// Changes the response to further requests.
    pub fn answer(&self, answer: Answer) {
        *self.0.answer.lock().unwrap_or_else(PoisonError::into_inner) = answer;
    }

    /// All alerts in the requests answered with 200, in order of arrival.
    pub fn all(&self) -> Vec<Value> {
        let taken = self.0.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let alerts = taken.iter().flat_map(|body| {
            let list = body.get("alerts").unwrap_or(body).as_array();
            list.cloned().unwrap_or_default()
        });
        alerts.collect()
    }

    /// The alerts with this name in the requests answered with 200, in order of arrival.
    pub fn alerts(&self, name: &str) -> Vec<Value> {
        let taken = self.0.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken
            .iter()
            .flat_map(|body| {
                // Alertmanager's API receives a list; a webhook receives an object that contains one.
                let list = body.get("alerts").unwrap_or(body).as_array();
                list.cloned().unwrap_or_default()
            })
            .filter(|alert| alert["labels"]["alertname"] == name)
            .collect()
    }
}

impl State {
    fn serve(&self, stream: TcpStream) -> Result<()> {
        let mut reader = BufReader::new(&stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let answer = *self.answer.lock().unwrap_or_else(PoisonError::into_inner);
        match answer {
            Answer::Silence => {
                reader.read_to_end(&mut Vec::new())?;
            }
            Answer::Status(status) => {
                if status == 200 {
                    let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
                    taken.push(serde_json::from_slice(&body)?);
                }
                write!(
                    &stream,
                    "HTTP/1.1 {status} Scripted\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                )?;
            }
        }
        Ok(())
    }
}
