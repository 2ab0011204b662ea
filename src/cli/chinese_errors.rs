//! Errors of configuration files and commands in Chinese.
//!
//! The modules that find a mistake describe it in English, as the daemon logs it. Here are the same sentences in Chinese, with `{}`
//! for what differs, which is `{0}`, `{1}` … in Chinese. A text that has no translation stays in English; a test reads every mistake in `tests/config`.

use std::fmt::Display;

use crate::cli::{script, wording};
use crate::yaml;

/// Sentences in English and Chinese. What stands for `{}` is translated itself, if it is a sentence of the list.
#[rustfmt::skip]
const TEXTS: &[(&str, &str)] = &[
    // What to write.
    ("expected {}", "应为{0}"),
    ("expected one of {}", "应为以下之一：{0}"),
    ("did you mean {}?", "是否应为 {0}？"),
    ("did you mean {}? The formats are {}", "是否应为 {0}？可用的格式有：{1}"),
    ("remove it", "请删除"),
    ("remove one of them", "请删除其中之一"),
    ("remove one of them, or change the address", "请删除其中之一，或更换地址"),
    ("remove one of them: a pipe delivers each line to one reader only", "请删除其中之一：管道中的每一行只会交给一个读取者"),
    ("remove it; docs/alerting.md lists the fields of each rule", "请删除；各规则的字段见 docs/zh/alerting.md"),
    ("remove it, or quote the value if it begins with !", "请删除；如果值以 ! 开头，请加引号"),
    ("remove the line --- before it: only one document is allowed", "请删除它前面的 --- 行：只允许有一个文档"),
    ("remove some patterns", "请删除一部分正则表达式"),
    ("remove some, or combine them", "请删除一部分，或合并"),
    ("remove some, or list more hosts under one name", "请删除一部分，或把更多主机列在同一名称下"),
    ("add one of them", "请添加其中之一"),
    ("add one of {}", "请添加以下之一：{0}"),
    ("add one, for example {}", "请添加，例如 {0}"),
    ("add it, for example {}", "请添加，例如 {0}"),
    ("add it to the source, as in {}", "请添加到此日志源，例如 {0}"),
    ("add one to syslog, such as {}, or remove it", "请在 syslog 中添加一个，例如 {0}，或删除此字段"),
    ("add the section patterns, or another format", "请添加 patterns 一节，或改用其他格式"),
    ("add a tls:// address and tls.client_ca_file, or name addresses and networks", "请添加 tls:// 地址和 tls.client_ca_file，或改写地址和网段"),
    ("keep one of {}, and add another source for the other", "请只保留以下之一：{0}，并为另一种添加单独的日志源"),
    ("keep the one of the server that sends the mail, or run a daemon for each", "请保留发送邮件的服务器的那一个，或为每个队列运行一个守护进程"),
    ("give each source its own name", "请给每个日志源不同的名称"),
    ("choose another name", "请换一个名称"),
    ("put the more specific pattern first", "请把更具体的正则表达式放在前面"),
    ("correct the pattern or the example", "请修正正则表达式或示例"),
    ("use https:// in the url, or remove tls", "请在 url 中使用 https://，或删除 tls"),
    ("use a smaller file without aliases", "请使用较小且没有别名的文件"),
    ("write the value itself, or quote it if it begins with *", "请直接写出值；如果值以 * 开头，请加引号"),
    ("follow the live log; `maillog_exporter report` reads compressed ones", "请读取正在写入的日志；压缩的日志可用 `maillog_exporter report` 读取"),
    ("docs/alerting.md lists the rules", "规则列表见 docs/zh/alerting.md"),
    // What a value is.
    ("valid YAML", "有效的 YAML"),
    ("YAML in UTF-8", "UTF-8 编码的 YAML"),
    ("another type", "其他类型"),
    ("true or false", " true 或 false"),
    ("addresses, domains or none", " addresses、domains 或 none"),
    ("debug, info, warn or error", " debug、info、warn 或 error"),
    ("logfmt or json", " logfmt 或 json"),
    ("beginning or end", " beginning 或 end"),
    ("en or zh", " en 或 zh"),
    ("info, warning or critical", " info、warning 或 critical"),
    ("outbound, inbound or local", " outbound、inbound 或 local"),
    ("sent, deferred, bounced, expired, rejected or attempt", " sent、deferred、bounced、expired、rejected 或 attempt"),
    ("refused, timed_out, unreachable, dns, reset, tls or other", " refused、timed_out、unreachable、dns、reset、tls 或 other"),
    ("a mapping with the fields {}", "含有字段 {0} 的映射"),
    ("a mapping with the fields {}; {} is the whole journal", "含有字段 {0} 的映射；{1} 表示整个 journal"),
    ("a mapping with the field {}", "含有字段 {0} 的映射"),
    ("a mapping with the field username, and password or password_file", "含有字段 username 以及 password 或 password_file 的映射"),
    ("a mapping with the field credentials or credentials_file", "含有字段 credentials 或 credentials_file 的映射"),
    ("a mapping with one of files, containers, journald, syslog and pipe, and the optional fields {}",
        "含有 files、containers、journald、syslog、pipe 之一以及可选字段 {0} 的映射"),
    ("a mapping of rule names to rules", "由规则名称到规则的映射"),
    ("a mapping of thresholds, such as {}", "阈值的映射，例如 {0}"),
    ("url, basic_auth or authorization, tls, timeout", "url、basic_auth 或 authorization、tls、timeout"),
    ("a list of mappings with one of files, containers, journald, syslog and pipe, and the optional fields {}",
        "映射的列表，每个含有 files、containers、journald、syslog、pipe 之一以及可选字段 {0}"),
    ("a list of mappings with the fields {}", "映射的列表，每个含有字段 {0}"),
    ("a list of mappings with the field regex, and the optional fields {}", "映射的列表，每个含有字段 regex 以及可选字段 {0}"),
    ("a list of mappings with the field line, and the parts of the event that it gives", "映射的列表，每个含有字段 line 以及由它得出的事件各部分"),
    ("a list of {}, such as {}", "{0}的列表，例如 {1}"),
    ("a list such as {}", "列表，例如 {0}"),
    ("a list such as [192.0.2.0/24], or remove it to allow everybody", "列表，例如 [192.0.2.0/24]；如果允许所有发送方，请删除"),
    ("files, containers, journald, syslog and pipe", "files、containers、journald、syslog、pipe"),
    ("addresses", "地址"),
    ("addresses, networks and names", "地址、网段和名称"),
    ("files and patterns", "文件和通配模式"),
    ("units", "单元"),
    ("syslog identifiers", " syslog 标识符"),
    ("syslog facilities", " syslog 的 facility "),
    ("journal files", " journal 文件"),
    ("listeners", "监听地址"),
    ("directories", "目录"),
    ("domains", "域名"),
    ("an address", "地址"),
    ("an address, such as {}", "地址，例如 {0}"),
    ("an address such as \":9925\", \"127.0.0.1:9925\" or \"[::1]:9925\"", "地址，例如 \":9925\"、\"127.0.0.1:9925\" 或 \"[::1]:9925\""),
    ("an address, a network or a name, such as {}", "地址、网段或名称，例如 {0}"),
    ("a listener, such as \"udp://:514\", \"tcp://:601\", \"tls://:6514\" or \"unix:///dev/log\"",
        "监听地址，例如 \"udp://:514\"、\"tcp://:601\"、\"tls://:6514\" 或 \"unix:///dev/log\""),
    ("a path, such as {}", "路径，例如 {0}"),
    ("an absolute path, such as {}", "绝对路径，例如 {0}"),
    ("the path of a file, such as {}", "文件的路径，例如 {0}"),
    ("the path of a directory, such as {}", "目录的路径，例如 {0}"),
    ("the path of a socket, such as {}", "套接字的路径，例如 {0}"),
    ("the path of a named pipe, or \"-\" for standard input", "命名管道的路径，或 \"-\" 表示标准输入"),
    ("the path of a readable file", "可读文件的路径"),
    ("the path of a readable file with the right contents", "可读且内容正确的文件的路径"),
    ("the path of a file with a password", "含有密码的文件的路径"),
    ("the path of a file with a token", "含有令牌的文件的路径"),
    ("the path of a file with certificates in PEM", "含有 PEM 格式证书的文件的路径"),
    ("the path of a file with a private key in PEM", "含有 PEM 格式私钥的文件的路径"),
    ("a file or pattern, such as {}", "文件或通配模式，例如 {0}"),
    ("a file or pattern such as {}", "文件或通配模式，例如 {0}"),
    ("a directory, such as {}", "目录，例如 {0}"),
    ("a unit, such as {}", "单元，例如 {0}"),
    ("a syslog facility, such as {}", " syslog 的 facility，例如 {0}"),
    ("the name of a job in Prometheus, such as {}", " Prometheus 中的作业名，例如 {0}"),
    ("a syslog identifier, such as {}", " syslog 标识符，例如 {0}"),
    ("a URL, such as {}", " URL，例如 {0}"),
    ("a name, such as {}", "名称，例如 {0}"),
    ("the name of a log format, such as {}", "日志格式的名称，例如 {0}"),
    ("a domain, such as {}", "域名，例如 {0}"),
    ("a domain such as {}, which includes its subdomains", "域名，例如 {0}，它包括其子域名"),
    ("1 to 40 lower-case letters, digits, _ and -", " 1 至 40 个小写字母、数字、_ 和 -"),
    ("a host name", "主机名"),
    ("a host name, such as {}", "主机名，例如 {0}"),
    ("a host name and port, such as {}", "主机名和端口，例如 {0}"),
    ("a user name without a colon", "不含冒号的用户名"),
    ("a password in quotes", "带引号的密码"),
    ("a token in quotes", "带引号的令牌"),
    ("a value, or the path of a file with it in {}", "值，或在 {0} 中给出含有该值的文件的路径"),
    ("a whole number, such as {}", "整数，例如 {0}"),
    ("a whole number from {} to {}", " {0} 至 {1} 的整数"),
    ("a number from {} to {}, such as {}", " {0} 至 {1} 的数，例如 {2}"),
    ("a number of at least {}, such as {}", "不小于 {0} 的数，例如 {1}"),
    ("a duration, such as {}", "时长，例如 {0}"),
    ("a duration from {} to {}", " {0} 至 {1} 的时长"),
    ("a duration from {} to {}, such as {}", " {0} 至 {1} 的时长，例如 {2}"),
    ("a time zone, such as Europe/Berlin or UTC", "时区，例如 Asia/Shanghai 或 UTC"),
    ("a time, such as {}", "时间，例如 {0}"),
    ("a regular expression with named groups, such as {}", "带命名分组的正则表达式，例如 {0}"),
    ("a regular expression with the named groups {}", "含有命名分组 {0} 的正则表达式"),
    ("a regular expression for the job, such as {}", "匹配 job 的正则表达式，例如 {0}"),
    ("one without quotes and backslashes, such as {}", "不含引号和反斜杠的表达式，例如 {0}"),
    ("a line of the log", "日志中的一行"),
    ("a queue id", "队列 ID"),
    ("a queue id, a message id, an address or @domain, without spaces", "队列 ID、Message-ID、地址或 @域名，不含空格"),
    ("a reply code, such as {}", "回复码，例如 {0}"),
    ("an enhanced status code, such as {}", "增强状态码，例如 {0}"),
    ("the words of the reply", "回复的文字"),
    ("an alias of a mapping after <<", " << 之后的映射别名"),
    // What is wrong.
    ("the value has the wrong type", "值的类型不正确"),
    ("the value is empty", "值为空"),
    ("the list is empty", "列表为空"),
    ("the name is empty", "名称为空"),
    ("the path is empty", "路径为空"),
    ("the file is not a mapping of fields to values", "文件不是由字段到值的映射"),
    ("the field is given twice", "该字段出现了两次"),
    ("the field {} is missing", "缺少字段 {0}"),
    ("unknown field {}", "未知的字段 {0}"),
    ("unknown value {}", "未知的值 {0}"),
    ("unknown rule {}", "未知的规则 {0}"),
    ("unknown tag {}", "未知的标签 {0}"),
    ("unknown time zone {}", "未知的时区 {0}"),
    ("unknown log format {}", "未知的日志格式 {0}"),
    ("unknown group {}", "未知的分组 {0}"),
    ("unclosed group", "分组没有结束"),
    ("{} is out of range", "{0} 超出范围"),
    ("{} is not an absolute path", "{0} 不是绝对路径"),
    ("{} is not a valid path", "{0} 不是有效的路径"),
    ("{} is not a valid URL", "{0} 不是有效的 URL"),
    ("{} is not a valid URL: {}", "{0} 不是有效的 URL：{1}"),
    ("{} is not a valid domain", "{0} 不是有效的域名"),
    ("{} is not a valid host name", "{0} 不是有效的主机名"),
    ("{} is not a valid provider name", "{0} 不是有效的服务商名称"),
    ("{} is not a valid timeout", "{0} 不是有效的超时时间"),
    ("{} is not a valid duration", "{0} 不是有效的时长"),
    ("{} is not a valid regular expression for a job", "{0} 不是匹配 job 的有效正则表达式"),
    ("{} is not a valid pattern: {} at position {}", "{0} 不是有效的通配模式：第 {2} 个字符处，{1}"),
    ("invalid range pattern", "字符范围无效"),
    ("{} is not a valid listen address: {}", "{0} 不是有效的监听地址：{1}"),
    ("{} is not an address with a port", "{0} 不是带端口的地址"),
    ("{} is neither an address nor a name", "{0} 既不是地址，也不是名称"),
    ("the prefix length of {} is not a number up to {}", "{0} 的前缀长度不是不大于 {1} 的数"),
    ("the port is missing", "缺少端口"),
    ("the port is not a number up to 65535", "端口不是不大于 65535 的数"),
    ("the text in brackets is not an IPv6 address", "方括号中不是 IPv6 地址"),
    ("an IPv6 address needs brackets", "IPv6 地址需要加方括号"),
    ("the host is not a valid IPv4 address", "主机不是有效的 IPv4 地址"),
    ("the host is not a valid host name", "主机不是有效的主机名"),
    ("{} contains a colon", "{0} 含有冒号"),
    ("{} has no scheme", "{0} 缺少 http:// 或 https://"),
    ("{} has no valid host and port", "{0} 没有有效的主机和端口"),
    ("{}: leave out {}, it is appended", "{0}：请去掉 {1}，它会自动添加"),
    ("{}: a query is not allowed", "{0}：不允许带查询参数"),
    ("the URL contains an @; credentials belong in basic_auth or authorization", "URL 中含有 @；用户名和密码应写在 basic_auth 或 authorization 中"),
    ("{} and {} cannot both be given", "{0} 和 {1} 不能同时给出"),
    ("{} and {} are both missing", "{0} 和 {1} 都没有给出"),
    ("{} has no effect on syslog and pipe", "{0} 对 syslog 和 pipe 不起作用"),
    ("{} has an effect on syslog only", "{0} 只对 syslog 起作用"),
    ("rotated_dirs has an effect on files and containers only", "rotated_dirs 只对 files 和 containers 起作用"),
    ("tls has an effect on tls:// addresses only", "tls 只对 tls:// 地址起作用"),
    ("tls has no effect on {}, which is not https://", "tls 对 {0} 不起作用，因为它不是 https://"),
    ("a tls:// address needs a certificate", "tls:// 地址需要证书"),
    ("the name {} needs certificates of senders", "名称 {0} 需要发送方的证书"),
    ("the name \"other\" is reserved for hosts of unknown providers", "名称 \"other\" 保留给未知服务商的主机"),
    ("there are more than 255 providers, including the built-in ones", "服务商超过 255 个（包括内置的）"),
    ("there are more than {} patterns", "正则表达式超过 {0} 个"),
    ("there are two sources with the name {}", "有两个日志源的名称都是 {0}"),
    ("there are two Alertmanagers with the URL {}", "有两个 Alertmanager 的 URL 都是 {0}"),
    ("{} is a second queue", "{0} 是第二个队列"),
    ("{} is used by another page", "{0} 已用于其他页面"),
    ("{} is already used on line {}", "{0} 已在第 {1} 行使用"),
    ("{} is already read by the source on line {}", "{0} 已由第 {1} 行的日志源读取"),
    ("standard input", "标准输入"),
    ("{} is a compressed log, which cannot be followed", "{0} 是压缩的日志，无法持续读取"),
    ("{} is a directory", "{0} 是目录"),
    ("{} is a directory, not a named pipe", "{0} 是目录，不是命名管道"),
    ("{} is a regular file, not a named pipe", "{0} 是普通文件，不是命名管道"),
    ("a source can have only one kind of input", "一个日志源只能有一种输入"),
    ("the source has no input", "此日志源没有输入"),
    ("a source with several files needs a name", "有多个文件的日志源需要名称"),
    ("the format custom needs patterns", "custom 格式需要 patterns"),
    ("the pattern is not valid: {}", "正则表达式无效：{0}"),
    ("the pattern finds {}, not {}", "正则表达式得到的是{0}，而不是 {1}"),
    ("the code {}", "回复码 {0}"),
    ("the time {}", "时间 {0}"),
    ("no code", "空的回复码"),
    ("no time", "空的时间"),
    ("the line matches pattern {} first", "此行先与第 {0} 个正则表达式匹配"),
    ("the line gives no event", "此行没有得出事件"),
    ("no pattern matches this line", "没有与此行匹配的正则表达式"),
    ("the rule {} has no field {}", "规则 {0} 没有字段 {1}"),
    ("the alias refers to an anchor that is not defined before it", "别名引用的锚点没有在它之前定义"),
    ("the merged value is not a mapping", "要合并的值不是映射"),
    ("a second YAML document begins here", "第二个 YAML 文档从这里开始"),
    ("the file ends in the middle of a value", "文件在一个值的中间结束"),
    ("the file is too large or too deeply nested, or its aliases expand to too much", "文件过大、嵌套过深，或别名展开后过大"),
    ("a colon is not allowed here: the line is indented too far, or a text needs quotes", "此处不允许冒号：该行缩进过多，或文字需要加引号"),
    ("\"-\" is only valid inside a block", "\"-\" 只能用在块中"),
    ("the byte {} is not valid UTF-8", "字节 {0} 不是有效的 UTF-8"),
    ("the file contains a NUL byte and is not text", "文件含有 NUL 字节，不是文本"),
    ("the file is encoded in UTF-16", "文件的编码是 UTF-16"),
    // Files.
    ("cannot read the file: {}", "无法读取文件：{0}"),
    ("it is not a regular file", "不是普通文件"),
    ("the file is longer than {} bytes", "文件超过 {0} 字节"),
    ("the file is empty", "文件为空"),
    ("the file is not valid UTF-8", "文件不是有效的 UTF-8"),
    ("there is no certificate in the file", "文件中没有证书"),
    ("there is no private key in the file", "文件中没有私钥"),
    ("not a valid PEM file", "不是有效的 PEM 文件"),
    ("{}: {}", "{0}：{1}"),
    ("No such file or directory (os error 2)", "没有该文件或目录"),
    ("Permission denied (os error 13)", "没有权限"),
    ("Is a directory (os error 21)", "是目录"),
    // Commands.
    ("cannot write the output: {}", "无法写入输出：{0}"),
    ("cannot start: {}", "无法启动：{0}"),
    ("cannot listen on {}: {}; choose another address with {}", "无法监听 {0}：{1}；请用 {2} 选择其他地址"),
    ("Address already in use (os error 98)", "地址已被占用"),
    ("{} does not exist in this time zone", "{0} 在此时区不存在"),
    ("give a date (2026-11-20), a date and time (\"2026-11-20 15:30\"), a time of today (15:30), yesterday, today or now", "请给出日期（2026-11-20）、日期和时间（\"2026-11-20 15:30\"）、今天的时间（15:30）、yesterday、today 或 now"),
    ("number would be zero for non-zero type", "应为大于零的整数"),
    ("invalid digit found in string", "应为整数"),
    ("must be at least {}", "至少应为 {0}"),
    ("{} is not a valid duration; expected a duration such as {}", "{0} 不是有效的时长；应为时长，例如 {1}"),
    ("--since must be before --until: nothing can be in between", "--since 必须早于 --until：其间不可能有内容"),
    ("no message found; look in older logs too (mail.log*), or for another id or address", "没有找到邮件；请同时查找更早的日志（mail.log*），或换一个 ID 或地址"),
];

/// An error of a configuration file: `mx.yml:2:1: 字段 time_zone：…；…`.
pub fn of_file(error: &yaml::Error) -> String {
    let mut text = error.file.clone();
    if let Some((line, column)) = error.position {
        text += &format!(":{line}:{column}");
    }
    text += ": ";
    if !error.field.is_empty() {
        text += &script::shown(&format!("字段 {}：", error.field));
    }
    format!(
        "{text}{}；{}",
        translate(&error.problem),
        translate(&error.hint)
    )
}

/// A sentence in Chinese; as it is, if it has no translation.
pub fn translate(text: &str) -> String {
    let known = TEXTS
        .iter()
        .filter_map(|(english, chinese)| Some((*english, *chinese, captures(english, text)?)));
    // The most specific one.
    let best = known.max_by_key(|(english, ..)| english.len() - 2 * english.matches("{}").count());
    let Some((english, chinese, written)) = best else {
        return text.to_owned();
    };
    let values: Vec<String> = written.iter().map(|value| translate(value)).collect();
    if english == "{}: {}" && values == written {
        return text.to_owned();
    }
    let values: Vec<&dyn Display> = values.iter().map(|value| value as &dyn Display).collect();
    wording::fill(script::own(chinese), &values)
}

/// What stands for each `{}` in a text; `None` if the text is another one.
fn captures<'t>(english: &str, text: &'t str) -> Option<Vec<&'t str>> {
    let mut parts = english.split("{}");
    let mut rest = text.strip_prefix(parts.next()?)?;
    let mut values = Vec::new();
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty().then_some(values);
    };
    for part in middle {
        let (value, after) = rest.split_once(part)?;
        values.push(value);
        rest = after;
    }
    values.push(rest.strip_suffix(last)?);
    values
        .iter()
        .all(|value| !value.is_empty())
        .then_some(values)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config;

    /// Every mistake of `tests/config`, as `tests/languages/check.zh.txt` has them.
    #[test]
    fn mistakes_are_described_as_expected() {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
        let entries = std::fs::read_dir(tests.join("config")).expect("the files");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        let mut paths: Vec<_> = paths
            .filter(|path| path.to_string_lossy().ends_with(".bad.yml"))
            .collect();
        paths.sort();
        let lines = paths.iter().map(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let text = std::fs::read_to_string(path).expect("a file");
            let error = config::parse(&name, &text).expect_err(&name);
            of_file(&error) + "\n"
        });
        let found: String = lines.collect();
        let path = tests.join("languages/check.zh.txt");
        if std::env::var_os("UPDATE_LANGUAGES").is_some() {
            std::fs::write(&path, &found).expect("written");
        }
        assert_eq!(
            found,
            std::fs::read_to_string(&path).expect("the expected text")
        );
    }

    #[test]
    fn sentences_are_translated_with_what_is_in_them() {
        for (english, chinese) in [
            ("unknown field \"levle\"", "未知的字段 \"levle\""),
            (
                "expected a list of files and patterns, such as [/var/log/mail.log]",
                "应为文件和通配模式的列表，例如 [/var/log/mail.log]",
            ),
            (
                "/var/log/mail[.log is not a valid pattern: invalid range pattern at position 13",
                "/var/log/mail[.log 不是有效的通配模式：第 13 个字符处，字符范围无效",
            ),
            ("expected true or false", "应为 true 或 false"),
            (
                "the pattern finds no code, not 421",
                "正则表达式得到的是空的回复码，而不是 421",
            ),
            (
                "add it, for example key_file: /path/to/key.pem",
                "请添加，例如 key_file: /path/to/key.pem",
            ),
            ("something else", "something else"),
        ] {
            assert_eq!(translate(english), chinese);
        }
    }
}
