//! The texts of `--help` in Chinese, for environments whose language is Chinese.
//!
//! The manual page stays in English. A text that has no translation is shown in English.

use clap::builder::{PossibleValue, StyledStr};
use clap::{Arg, ArgAction, Command};

use super::script;

/// Texts in English and Chinese.
#[rustfmt::skip]
const TEXTS: &[(&str, &str)] = &[
    // Commands.
    ("Prometheus exporter for mail server logs: every SMTP reply code counted exactly, with what it means and what to do",
        "面向邮件服务器日志的 Prometheus 导出器：精确统计每个 SMTP 回复码，并说明含义和处理办法"),
    ("Follow logs and serve metrics (default)", "持续读取日志并提供指标（默认）"),
    ("Run with simulated mail traffic; needs no setup", "以模拟的邮件流量运行，无需任何配置"),
    ("Find out what can be read on this machine, and what to mend", "检查本机能读取哪些日志、应如何修正"),
    ("Print one JSON object per event", "每个事件输出一个 JSON 对象"),
    ("Print how much mail there was, what failed and what to do first", "输出有多少邮件、哪些失败、先做什么"),
    ("Print the alerts that log files would have raised, with times and reasons", "输出日志文件会触发的告警，及其时间和原因"),
    ("Tell what became of a message, by queue id, message id or address", "按队列 ID、Message-ID 或地址查询邮件的去向"),
    ("Write the counters of old logs as OpenMetrics with timestamps, for Prometheus",
        "把旧日志的计数写成带时间戳的 OpenMetrics，供 Prometheus 导入"),
    ("Print new log events as they are written, and explain each code once", "持续输出新的日志事件，并对每个回复码解释一次"),
    ("Explain a code: what happened, who should act, what to do", "解释回复码：发生了什么、由谁处理、怎么办"),
    ("Write alert rules, dashboards and the runbook", "生成告警规则、仪表盘和处置手册"),
    ("Check a configuration file and list its sources", "检查配置文件并列出其日志源"),
    ("Print a shell completion script", "输出 shell 补全脚本"),
    ("Print the manual page", "输出手册页"),
    // Logs and sources.
    ("Logs to follow: files, quoted patterns or named pipes, - for standard input; replaces the sources of the configuration file",
        "要读取的日志：文件、带引号的通配模式或命名管道，- 为标准输入；代替配置文件中的日志源"),
    ("Logs or quoted patterns; without any, the usual mail logs that exist", "日志或带引号的通配模式；不给出时为已有的常见邮件日志"),
    ("Logs to follow, - for standard input; logs that do not exist yet are waited for", "要读取的日志，- 为标准输入；尚不存在的日志会等待其出现"),
    ("Log files, plain or compressed (.gz, .xz, .zst, .bz2); - for standard input", "日志文件，未压缩或已压缩（.gz、.xz、.zst、.bz2）；- 为标准输入"),
    ("Log format of every source [default: auto]", "所有日志源的日志格式 [默认：auto]"),
    ("Log format of every log", "所有日志的格式"),
    ("Format of the logs: a mail server or syslog; detected by default", "日志的格式：某种邮件服务器或 syslog；默认自动识别"),
    ("Where to start reading logs that exist at startup [default: beginning]", "启动时已有的日志从何处读起 [默认：beginning]"),
    ("Start at the beginning of the logs", "从日志开头读起"),
    // Configuration.
    ("Configuration file", "配置文件"),
    ("Configuration file, of which patterns and time zone are used", "配置文件，使用其中的正则表达式和时区"),
    ("Configuration file, of which patterns, providers and time zone are used", "配置文件，使用其中的正则表达式、服务商和时区"),
    ("Policy file with other thresholds for the alert rules", "含有其他告警阈值的策略文件"),
    ("File with changes to the alert rules", "修改告警规则的策略文件"),
    ("Address to listen on, such as :9925 or 127.0.0.1:9925; can be repeated [default: :9925]",
        "监听地址，例如 :9925 或 127.0.0.1:9925；可重复 [默认：:9925]"),
    ("Address to listen on", "监听地址"),
    ("Listen on the sockets that systemd has opened, instead of the listen addresses", "在 systemd 打开的套接字上监听，代替监听地址"),
    ("Path of the metrics [default: /metrics]", "指标的路径 [默认：/metrics]"),
    ("URL under which the pages are reached from outside, for the links of alerts [default: this machine]",
        "从外部访问页面的 URL，用于告警中的链接 [默认：本机]"),
    ("What every path begins with, for example behind a reverse proxy [default: the path of --web.external-url]",
        "所有路径的前缀，例如在反向代理之后 [默认：--web.external-url 的路径]"),
    ("File with TLS and authentication settings, in the format of the Prometheus exporter toolkit (web-config.yml)",
        "TLS 和身份验证设置的文件，格式与 Prometheus exporter toolkit 相同（web-config.yml）"),
    ("File or directory to keep counts and positions in across restarts [default: not kept]",
        "跨重启保存计数和位置的文件或目录 [默认：不保存]"),
    ("Move an existing state file aside, and count from zero", "把现有的状态文件改名备份，从零开始计数"),
    ("Least severe level to log to standard error [default: info]", "写入标准错误输出的最低日志级别 [默认：info]"),
    ("Format of the log on standard error [default: logfmt]", "标准错误输出的日志格式 [默认：logfmt]"),
    ("Allow the configuration to be reloaded by a POST request to /-/reload", "允许用对 /-/reload 的 POST 请求重新加载配置"),
    ("Run without the sandbox, which restricts the daemon to its logs, state and configuration",
        "不使用把守护进程限制在其日志、状态和配置范围内的沙盒"),
    ("Number of threads that read and parse [default: one for each processor]", "读取和解析的线程数 [默认：每个处理器一个]"),
    // Output.
    ("How to print the findings", "检查结果的输出格式"),
    ("How to print the totals", "汇总的输出格式"),
    ("How to print the alerts", "告警的输出格式"),
    ("How to print the messages", "邮件的输出格式"),
    ("Language of the text [default: from the environment]", "文字的语言 [默认：由环境变量决定]"),
    ("Language of the explanations [default: from the environment]", "说明文字的语言 [默认：由环境变量决定]"),
    ("Language [default: from the environment: LC_ALL, LC_MESSAGES, LANG]", "语言 [默认：由环境变量 LC_ALL、LC_MESSAGES、LANG 决定]"),
    ("Print the lines of unknown form instead", "改为输出未识别的行"),
    ("Print only failures", "只输出失败"),
    ("Print only replies with this code or enhanced code, such as 421 or 4.7.28; may be repeated",
        "只输出此回复码或增强状态码的回复，例如 421 或 4.7.28；可重复"),
    ("Print only events of hosts of this provider; may be repeated", "只输出此服务商的主机的事件；可重复"),
    ("Print only failures of this condition, such as mailbox_full; may be repeated", "只输出此原因的失败，例如 mailbox_full；可重复"),
    ("Print what other thresholds and durations of each rule would have done, instead of alerts",
        "改为输出各规则在其他阈值和时长下的结果，而不是告警"),
    ("Show the status in this terminal: alerts, codes, providers, sources", "在终端中显示状态：告警、代码、服务商、日志源"),
    ("Logs to follow, each read from its first line [default: the daemon of this machine, or its mail logs]",
        "要读取的日志，从第一行读起 [默认：本机的守护进程，或本机的邮件日志]"),
    ("Address of a running daemon, with its route prefix if it has one", "运行中的守护进程的地址，如有路径前缀则一并给出"),
    ("User name for the daemon", "守护进程的用户名"),
    ("File with the password of the user", "含有该用户密码的文件"),
    ("Certificates of the authority that signed the daemon's, in PEM [default: those of the system]",
        "签发守护进程证书的机构的证书，PEM 格式 [默认：系统的证书]"),
    ("Language [default: from the environment]", "语言 [默认：由环境变量决定]"),
    ("Print each line of the log below its step", "在每一步之下输出日志的原始行"),
    ("Show all messages that are found, not only the newest 20", "显示找到的全部邮件，而不只是最新的 20 封"),
    ("Rows of each table of senders, recipients, domains, clients and reasons; 0 for none [default: none in text, 1000 in JSON, 20 in HTML]",
        "发件人、收件人、域名、客户端和原因各表的行数；0 为不输出 [默认：文本不输出，JSON 为 1000，HTML 为 20]"),
    ("Print the tables of failures and warnings before those of traffic", "先输出失败和警告的表格，再输出流量的表格"),
    ("Print hours and days without mail, too", "也输出没有邮件的小时和日期"),
    ("The most memory for the tables; beyond it, rare names are dropped and the report says so", "表格最多使用的内存；超出时舍去少见的名称，并在报告中说明"),
    // Selection.
    ("Lines of this time or later: 2026-11-20, \"2026-11-20 15:30\", 15:30, yesterday, today, now",
        "此时间及之后的行：2026-11-20、\"2026-11-20 15:30\"、15:30、yesterday、today、now"),
    ("Lines before this time", "此时间之前的行"),
    ("Lines of this host, by the syslog header", "此主机的行，按 syslog 头部"),
    ("Mail from or to this domain", "此域名发出或收到的邮件"),
    ("Queue id, message id, address of a sender or recipient, or @domain", "队列 ID、Message-ID、发件人或收件人地址，或 @域名"),
    ("Reply code (421), enhanced status code (4.7.28), condition (mailbox_full), or a quoted reply from a log",
        "回复码（421）、增强状态码（4.7.28）、原因分类（mailbox_full），或日志中的一条回复（带引号）"),
    ("Enhanced status code that follows the reply code", "回复码之后的增强状态码"),
    ("Also print what to type on this mail server, such as postfix, exim, sendmail or exchange",
        "同时输出在此邮件服务器上应执行的命令，例如 postfix、exim、sendmail 或 exchange"),
    ("Mail server whose log is simulated", "模拟哪种邮件服务器的日志"),
    ("Stop after this time, such as 90s or 5m", "在此时长之后停止，例如 90s 或 5m"),
    // Files that are written.
    ("File to write to instead of standard output", "写入此文件，而不是标准输出"),
    ("Directory to write a file for each day (UTC) to, which promtool reads faster than one large file",
        "每天（UTC）写一个文件的目录，promtool 读取时比一个大文件快"),
    ("Time between two samples: the scrape interval; at most 4m", "两个样本之间的时间，即抓取间隔；最长 4m"),
    ("Value of the label instance: the address that Prometheus scrapes [default: HOST:9925]",
        "标签 instance 的取值，即 Prometheus 抓取的地址 [默认：HOST:9925]"),
    ("Value of the label job", "标签 job 的取值"),
    ("Directory to write alerts/, dashboards/, docs/runbook*.md and helm/ into", "写入 alerts/、dashboards/、docs/runbook*.md 和 helm/ 的目录"),
    ("Shell", "shell"),
];

/// As clap's own, with the heading of the usage.
const TEMPLATE: &str = "{before-help}{about-with-newline}\n用法：{usage}\n\n{all-args}{after-help}";

/// The command and its subcommands with these texts.
pub fn translate(command: Command) -> Command {
    let mut command = translate_one(command);
    // Adds the command `help`, whose texts are clap's own.
    command.build();
    command.mut_subcommand("help", |help| {
        help.about(script::own("显示帮助"))
            .help_template(script::own(TEMPLATE))
            .subcommand_help_heading(script::own("命令"))
    })
}

fn translate_one(command: Command) -> Command {
    let has_version = command.get_version().is_some();
    let mut command = command
        .mut_args(translate_argument)
        .mut_subcommands(translate_one)
        .disable_help_flag(true)
        .arg(flag("help", 'h', ArgAction::Help, "显示帮助（-h 为摘要）"))
        .help_template(script::own(TEMPLATE))
        .subcommand_help_heading(script::own("命令"));
    if has_version {
        command = command.disable_version_flag(true).arg(flag(
            "version",
            'V',
            ArgAction::Version,
            "显示版本",
        ));
    }
    if let Some(examples) = command.get_after_help().map(ToString::to_string) {
        command = command.after_help(examples.replacen("Examples:", script::own("示例："), 1));
    }
    let about = command.get_about().and_then(|it| chinese(&it.to_string()));
    if let Some(about) = about {
        command = command.about(about);
    }
    command
}

/// A flag that clap would add with an English text.
fn flag(name: &'static str, short: char, action: ArgAction, help: &'static str) -> Arg {
    Arg::new(name)
        .short(short)
        .long(name)
        .action(action)
        .help(script::own(help))
        .help_heading(script::own("选项"))
}

fn translate_argument(argument: Arg) -> Arg {
    let heading = if argument.is_positional() {
        script::own("参数")
    } else {
        script::own("选项")
    };
    let takes_values = argument.get_action().takes_values();
    let mut notes = String::new();
    if takes_values && !argument.is_hide_default_value_set() {
        let defaults = argument.get_default_values().iter();
        let defaults: Vec<_> = defaults.map(|it| it.to_string_lossy()).collect();
        if !defaults.is_empty() {
            notes += &format!(" [默认：{}]", defaults.join(" "));
        }
    }
    if takes_values && !argument.is_hide_possible_values_set() {
        let values = argument.get_possible_values();
        let names: Vec<&str> = values.iter().map(PossibleValue::get_name).collect();
        if !names.is_empty() {
            notes += &format!(" [可用的值：{}]", names.join("、"));
        }
    }
    let notes = script::shown(&notes).into_owned();
    let in_chinese = |help: Option<&StyledStr>| {
        let help = help?.to_string();
        let help = chinese(&help).map(str::to_owned).unwrap_or(help);
        Some(help + &notes)
    };
    let help = in_chinese(argument.get_help());
    let long = in_chinese(argument.get_long_help());
    let mut argument = argument.help_heading(heading);
    if takes_values {
        argument = argument.hide_default_value(true).hide_possible_values(true);
    }
    if let Some(help) = help {
        argument = argument.help(help);
    }
    if let Some(long) = long {
        argument = argument.long_help(long);
    }
    argument
}

fn chinese(english: &str) -> Option<&'static str> {
    TEXTS
        .iter()
        .find(|(known, _)| *known == english)
        .map(|(_, chinese)| script::own(chinese))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::CommandFactory;

    use super::*;

    /// All texts of a command that can be translated.
    fn texts(command: &Command, found: &mut BTreeSet<String>) {
        found.extend(command.get_about().map(ToString::to_string));
        for argument in command.get_arguments() {
            found.extend(argument.get_help().map(ToString::to_string));
        }
        for subcommand in command.get_subcommands() {
            texts(subcommand, found);
        }
    }

    #[test]
    fn translations_are_of_texts_that_exist_and_most_texts_have_one() {
        let command = crate::cli::Cli::command();
        let mut english = BTreeSet::new();
        texts(&command, &mut english);
        for (known, _) in TEXTS {
            assert!(english.contains(*known), "no help says {known:?}");
        }
        let missing: Vec<&String> = english.iter().filter(|it| chinese(it).is_none()).collect();
        assert!(missing.len() * 10 < english.len(), "{missing:#?}");
    }

    #[test]
    fn help_is_in_chinese() {
        let mut command = translate(crate::cli::Cli::command());
        let help = command.render_help().to_string();
        assert!(help.contains("检查本机能读取哪些日志"), "{help}");
        assert!(
            help.contains("选项:") && help.contains("用法：maillog_exporter"),
            "{help}"
        );
        assert!(
            !help.contains("Usage") && !help.contains("Print "),
            "{help}"
        );
        assert!(help.contains("help         显示帮助"), "{help}");
        let doctor = command.find_subcommand_mut("doctor").expect("the command");
        let help = doctor.render_help().to_string();
        assert!(help.contains("检查结果的输出格式"), "{help}");
    }
}
