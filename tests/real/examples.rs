//! The Alertmanager examples: checked by amtool, with the texts that the template renders.

use std::fs;
use std::path::Path;
use std::process::Command;

use maillog_exporter::alert::texts;
use maillog_exporter::catalog::{Alert, Catalog, Language, Policy};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::Result;

/// WeCom's limit for a message, in bytes.
const WECOM: usize = 2048;

/// The alert shown in docs/alerting.md.
const SHOWN: &str = "MaillogSmtp421Spike";
const SUMMARY: &str = "421 4.7.28 from google: 82.76% of all outbound replies";

/// The figures in the description.
const SEEN: &str =
    "Outbound 421 replies: 82.76% now, usually 0.4%; 240 in the last hour. Top provider: google.";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn amtool(arguments: &[&str]) -> Result<String> {
    let output = Command::new("amtool")
        .args(arguments)
        .current_dir(root().join("docs/examples"))
        .output()?;
    if !output.status.success() {
        return Err(format!("amtool {arguments:?}: {output:?}").into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// The template data of a notification with one alert.
fn notification(alert: &Alert, status: &str) -> Result<Value> {
    let words = texts::of(alert, Catalog::embedded()).ok_or("no texts")?;
    let labels = json!({
        "alertname": alert.name,
        "instance": "mx1.example.com:9925",
        "severity": alert.severity.as_str(),
    });
    let annotations = json!({
        "summary": if alert.name == SHOWN { SUMMARY } else { &alert.title().en },
        "description": format!("{SEEN}{}", texts::what_to_do(&words, Language::En)),
        "meaning": words.meaning,
        "meaning_en": words.meaning_en,
        "remediation": words.remediation,
        "remediation_en": words.remediation_en,
        "remediation_source": words.remediation_source,
        "runbook_url": format!("http://mx1.example.com:9925{}", words.path),
    });
    Ok(json!({
        "receiver": "chat",
        "status": status,
        "alerts": [{
            "status": status,
            "labels": labels,
            "annotations": annotations,
            "startsAt": "2026-11-23T12:00:00Z",
            "endsAt": "2026-11-23T12:30:00Z",
        }],
        "groupLabels": {"alertname": alert.name, "instance": "mx1.example.com:9925"},
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": "http://alertmanager.example.com",
    }))
}

fn rendered(folder: &Path, notification: &Value, template: &str) -> Result<String> {
    let data = folder.join("data.json");
    fs::write(&data, notification.to_string())?;
    let text = format!("{{{{ template \"{template}\" . }}}}");
    amtool(&[
        "template",
        "render",
        "--template.glob=maillog.tmpl",
        &format!("--template.text={text}"),
        &format!("--template.data={}", data.display()),
    ])
}

/// The examples are valid, and the messages contain all texts of every alert.
pub fn examples() -> Result<()> {
    amtool(&["check-config", "alertmanager.yml"])?;
    let folder = TempDir::new()?;
    let folder = folder.path();
    for alert in &Policy::embedded().alerts {
        let firing = notification(alert, "firing")?;
        let annotations = &firing["commonAnnotations"];
        let word = |name: &str| match name {
            "description" => SEEN.to_owned(),
            name => annotations[name].as_str().unwrap_or_default().to_owned(),
        };
        let text = rendered(folder, &firing, "maillog.text")?;
        let short = rendered(folder, &firing, "maillog.short_zh")?;
        let chinese = ["description", "meaning", "remediation", "runbook_url"];
        let english = ["meaning_en", "remediation_en"];
        for name in chinese.iter().chain(&english) {
            if !text.contains(&word(name)) {
                return Err(format!("{}: {name} is missing:\n{text}", alert.name).into());
            }
        }
        for name in chinese.iter().chain(&["summary"]) {
            if !short.contains(&word(name)) {
                return Err(format!("{}: {name} is missing:\n{short}", alert.name).into());
            }
        }
        if short.len() > WECOM {
            return Err(format!("{} has {} bytes", alert.name, short.len()).into());
        }
        let over = rendered(folder, &notification(alert, "resolved")?, "maillog.text")?;
        if over.trim() != format!("Resolved: {}", alert.name) {
            return Err(format!("resolved message: {over}").into());
        }
        if alert.name == SHOWN {
            let title = rendered(folder, &firing, "maillog.title")?;
            let shown = format!("```text\n{}\n\n{}\n```", title.trim(), text.trim());
            let docs = fs::read_to_string(root().join("docs/alerting.md"))?;
            if !docs.contains(&shown) {
                return Err(format!("docs/alerting.md does not show\n{shown}").into());
            }
        }
    }
    Ok(())
}
