//! Prints the findings, those of one log or subject below each other.

use std::borrow::Cow;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::Examination;
use super::finding::{Finding, Severity};
use super::log::Log;
use super::sample::{HEAD_LINES, Sample, TAIL_BYTES};
use crate::catalog::{Language, Text};
use crate::cli::script;
use crate::cli::terminal::left;

/// Prints all of it in a language.
pub fn print(
    out: &mut impl Write,
    examination: &Examination,
    language: Language,
) -> io::Result<()> {
    Printer { out, language }.print(examination)
}

/// Prints to `out`.
struct Printer<'a, W> {
    out: &'a mut W,
    language: Language,
}

impl<W: Write> Printer<'_, W> {
    /// The text in the language.
    fn pick(&self, en: impl Into<String>, zh: impl Into<String>) -> String {
        match self.language {
            Language::En => en.into(),
            Language::Zh => script::shown(&zh.into()).into_owned(),
        }
    }

    /// The text of a finding in the language.
    fn text<'t>(&self, text: &'t Text) -> Cow<'t, str> {
        script::shown(self.language.of(text))
    }

    fn print(&mut self, examination: &Examination) -> io::Result<()> {
        let (user, time) = (&examination.user, examination.time);
        let tail = TAIL_BYTES / (1024 * 1024);
        let head = self.pick(
            format!(
                "As {user}, at {time:.0}; of each log, the first {HEAD_LINES} lines and the last {tail} MiB are read"
            ),
            format!("用户 {user}，时间 {time:.0}；每个日志读取开头 {HEAD_LINES} 行和末尾 {tail} MiB"),
        );
        writeln!(self.out, "{head}")?;
        if examination.servers.is_some() {
            self.heading(&self.pick("This machine", "本机"))?;
            if examination.findings.is_empty() {
                let none = self.pick(
                    "no mail server is installed in a usual place",
                    "常见位置没有安装邮件服务器",
                );
                writeln!(self.out, "  {none}")?;
            }
            self.findings(&examination.findings)?;
        }
        if let Some(journal) = &examination.journal {
            self.heading("Journal")?;
            if let Some(sample) = journal.sample.as_ref().filter(|it| it.lines > 0) {
                self.sample(sample)?;
            }
            self.findings(&journal.findings)?;
        }
        for log in &examination.logs {
            self.heading(&log.path.display().to_string())?;
            self.log(log)?;
        }
        let count = |severity| {
            let of_severity = |it: &&Finding| it.severity == severity;
            examination.findings().filter(of_severity).count()
        };
        let (problems, warnings) = (count(Severity::Problem), count(Severity::Warning));
        let end = match examination.severity {
            Severity::Ok => self.pick("Nothing to mend.", "无需修正。"),
            _ => self.pick(
                format!("Problems: {problems}, warnings: {warnings}"),
                format!("问题：{problems}，警告：{warnings}"),
            ),
        };
        let style = style(examination.severity);
        writeln!(self.out, "\n{style}{end}{style:#}")?;
        self.out.flush()
    }

    fn log(&mut self, log: &Log) -> io::Result<()> {
        let mut facts = Vec::new();
        if let Some(size) = log.size {
            facts.push(self.size(size));
        }
        facts.extend(log.permissions.clone());
        if let Some(age) = log.age_seconds {
            let newest = self.pick("newest line ", "最新一行在 ");
            facts.push(format!("{newest}{}", self.age(age)));
        }
        if !facts.is_empty() {
            let facts = facts.join(&self.pick(", ", "，"));
            writeln!(self.out, "  {facts}")?;
        }
        if let Some(sample) = &log.sample {
            self.sample(sample)?;
        }
        self.findings(&log.findings)
    }

    fn sample(&mut self, sample: &Sample) -> io::Result<()> {
        let servers = match &*sample.servers {
            [] => self.pick("no mail server", "没有邮件服务器"),
            servers => servers.join(self.language.comma()),
        };
        let decided = self.text(&sample.decided);
        let Sample {
            lines,
            events,
            noise,
            unmatched,
            ..
        } = sample;
        let text = self.pick(
            format!(
                "{servers} ({decided}); {lines} lines: {events} events, {noise} noise, {unmatched} of unknown form"
            ),
            format!(
                "{servers}（{decided}）；共 {lines} 行：{events} 个事件，{noise} 行无关内容，{unmatched} 行未识别"
            ),
        );
        writeln!(self.out, "  {text}")?;
        let dim = Style::new().dimmed();
        for shape in &sample.shapes {
            writeln!(
                self.out,
                "    {dim}{:>6} × {}{dim:#}",
                shape.count, shape.text
            )?;
        }
        Ok(())
    }

    fn heading(&mut self, text: &str) -> io::Result<()> {
        let bold = Style::new().bold();
        writeln!(self.out, "\n{bold}{text}{bold:#}")
    }

    /// The worst first.
    fn findings(&mut self, findings: &[Finding]) -> io::Result<()> {
        let mut sorted: Vec<_> = findings.iter().collect();
        sorted.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        for finding in sorted {
            let style = style(finding.severity);
            let name = script::own(finding.severity.name(self.language));
            let (name, text) = (left(name, 8), self.text(&finding.text));
            writeln!(self.out, "  {style}{name}{style:#} {text}")?;
            if let Some(mend) = &finding.mend {
                let label = self.pick("mend: ", "修正：");
                writeln!(self.out, "           {label}{}", self.text(mend))?;
            }
        }
        Ok(())
    }

    fn size(&self, bytes: u64) -> String {
        match bytes {
            0..10_240 => format!("{bytes} {}", self.pick("bytes", "字节")),
            10_240..10_485_760 => format!("{} KiB", bytes / 1024),
            _ => format!("{} MiB", bytes / 1024 / 1024),
        }
    }

    fn age(&self, seconds: i64) -> String {
        let (number, en, zh) = match seconds {
            ..0 => (-seconds, "s in the future", "秒之后"),
            0..120 => (seconds, "s ago", "秒前"),
            120..7200 => (seconds / 60, "min ago", "分钟前"),
            7200..172_800 => (seconds / 3600, "h ago", "小时前"),
            _ => (seconds / 86_400, "days ago", "天前"),
        };
        format!("{number} {}", self.pick(en, zh))
    }
}

fn style(severity: Severity) -> Style {
    let colour = match severity {
        Severity::Ok => AnsiColor::Green,
        Severity::Warning => AnsiColor::Yellow,
        Severity::Problem => AnsiColor::Red,
    };
    Style::new().fg_color(Some(colour.into()))
}
