//! KumoMTA's delivery log: a JSON object for each event of a message.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cli::demo::traffic::{Message, Result};

pub fn message(text: &mut String, now: Timestamp, message: &Message) {
    let remote = message.remote;
    let recipient = format!("{}@{}", message.user(), remote.domain);
    let mut record = |kind: &str, peer: Value, response: Value| {
        let record = json!({
            "type": kind,
            "id": format!("{:032x}", message.number),
            "sender": "news@example.com",
            "recipient": recipient,
            "queue": remote.domain,
            "site": remote.host,
            "size": message.size(),
            "response": response,
            "peer_address": peer,
            "timestamp": now.as_second(),
            "created": now.as_second(),
            "num_attempts": 1,
            "bounce_classification": "Uncategorized",
            "protocol": "ESMTP",
        });
        *text += &format!("{record}\n");
    };
    let (name, address) = message.client();
    record(
        "Reception",
        json!({"name": name, "addr": address}),
        response("250 OK"),
    );
    let peer = json!({"name": remote.host, "addr": remote.address});
    match &message.result {
        Result::Sent => record("Delivery", peer, response("250 2.0.0 OK demo")),
        Result::Refused(refusal) => {
            let kind = if refusal.permanent {
                "Bounce"
            } else {
                "TransientFailure"
            };
            record(kind, peer, response(refusal.reply));
        }
        Result::NotConnected => {
            let words = format!(
                "400 KumoMTA internal: failed to connect to any candidate hosts: connect to {}:25: Connection refused",
                remote.address
            );
            record("TransientFailure", Value::Null, response(&words));
        }
    }
}

/// A reply as an object: its code, its enhanced status code, and the rest.
fn response(reply: &str) -> Value {
    let (code, rest) = reply.split_once(' ').unwrap_or((reply, ""));
    let (first, after) = rest.split_once(' ').unwrap_or((rest, ""));
    let parts: Vec<u16> = first
        .split('.')
        .map_while(|part| part.parse().ok())
        .collect();
    let (enhanced, content) = match parts[..] {
        [class, subject, detail] => (
            json!({"class": class, "subject": subject, "detail": detail}),
            after,
        ),
        _ => (Value::Null, rest),
    };
    let code: u16 = code.parse().unwrap_or_default();
    json!({"code": code, "enhanced_code": enhanced, "content": content, "command": null})
}

pub fn rejected_client(text: &mut String, now: Timestamp, _: bool) {
    let record = json!({
        "type": "Rejection",
        "id": "",
        "sender": "s@example.net",
        "recipient": "a@example.org",
        "response": response("550 5.7.1 relaying not permitted"),
        "peer_address": {"name": "x", "addr": "192.0.2.200"},
        "timestamp": now.as_second(),
        "created": now.as_second(),
        "protocol": "ESMTP",
    });
    *text += &format!("{record}\n");
}
