//! The words for label values and other names of a closed list, such as outcomes of deliveries. In English they are the names themselves.

use crate::catalog::Language;
use crate::cli::wording::Wording;

/// The word for a name of a list; the name itself if the list does not have it.
fn word<'n>(list: &[Wording], name: &'n str, language: Language) -> &'n str {
    let known = list.iter().find(|it| it.of(Language::En) == name);
    known.map_or(name, |known| known.of(language))
}

const DIRECTIONS: [Wording; 3] = [
    Wording::new("outbound", "出站"),
    Wording::new("inbound", "入站"),
    Wording::new("local", "本地"),
];

/// Who answered whom.
pub fn direction(name: &str, language: Language) -> &str {
    word(&DIRECTIONS, name, language)
}

const OUTCOMES: [Wording; 9] = [
    Wording::new("sent", "已投递"),
    Wording::new("deferred", "延迟"),
    Wording::new("bounced", "退信"),
    Wording::new("expired", "过期"),
    Wording::new("rejected", "拒收"),
    Wording::new("attempt", "尝试失败"),
    // What became of a message as a whole.
    Wording::new("delivered", "已投递"),
    Wording::new("failed", "失败"),
    Wording::new("unknown", "未知"),
];

/// The outcome of a delivery, a command or a message.
pub fn outcome(name: &str, language: Language) -> &str {
    word(&OUTCOMES, name, language)
}

const CONNECT_ERRORS: [Wording; 7] = [
    Wording::new("refused", "连接被拒绝"),
    Wording::new("timed_out", "超时"),
    Wording::new("unreachable", "不可达"),
    Wording::new("dns", "DNS 查询失败"),
    Wording::new("reset", "连接被重置"),
    Wording::new("tls", "TLS 失败"),
    Wording::new("other", "其他"),
];

/// Why a connection failed.
pub fn connect_error(name: &str, language: Language) -> &str {
    word(&CONNECT_ERRORS, name, language)
}

const STAGES: [Wording; 6] = [
    Wording::new("connect", "连接时"),
    Wording::new("mail", "MAIL FROM"),
    Wording::new("rcpt", "RCPT TO"),
    Wording::new("data", "DATA"),
    Wording::new("end_of_message", "内容之后"),
    Wording::new("other", "其他"),
];

/// The SMTP stage of a reject.
pub fn stage(name: &str, language: Language) -> &str {
    word(&STAGES, name, language)
}

const LEVELS: [Wording; 4] = [
    Wording::new("warning", "警告"),
    Wording::new("error", "错误"),
    Wording::new("fatal", "致命错误"),
    Wording::new("panic", "崩溃"),
];

/// The level of a diagnostic.
pub fn level(name: &str, language: Language) -> &str {
    word(&LEVELS, name, language)
}

const ACTIONS: [Wording; 16] = [
    Wording::new("discard", "丢弃"),
    Wording::new("hold", "暂扣"),
    Wording::new("filter", "送往过滤器"),
    Wording::new("redirect", "改投"),
    Wording::new("quarantine", "隔离"),
    Wording::new("warn", "仅警告"),
    Wording::new("reject_warning", "拒收警告"),
    Wording::new("prepend", "添加"),
    Wording::new("replace", "替换"),
    Wording::new("strip", "删除"),
    Wording::new("bcc", "抄送"),
    Wording::new("delay", "稍后投递"),
    Wording::new("info", "记录"),
    Wording::new("hangup", "断开连接"),
    Wording::new("reject", "要求拒收"),
    Wording::new("soft_reject", "要求暂时拒收"),
];

/// What the server did with a message instead of rejecting it.
pub fn action(name: &str, language: Language) -> &str {
    word(&ACTIONS, name, language)
}

const POSTSCREEN: [Wording; 15] = [
    Wording::new("pass_new", "通过测试"),
    Wording::new("pass_old", "此前已通过测试"),
    Wording::new("dnsbl", "列入 DNS 黑名单"),
    Wording::new("pregreet", "未等问候即发送命令"),
    Wording::new("hangup", "测试期间断开"),
    Wording::new("allowlisted", "在允许列表中"),
    Wording::new("denylisted", "在拒绝列表中"),
    Wording::new("allowlist_veto", "只在其他地址的允许列表中"),
    Wording::new("bare_newline", "行尾缺少回车符"),
    Wording::new("non_smtp_command", "非 SMTP 命令"),
    Wording::new("command_pipelining", "未等回复即发送命令"),
    Wording::new("command_count_limit", "命令过多"),
    Wording::new("command_length_limit", "命令过长"),
    Wording::new("command_time_limit", "命令超时"),
    Wording::new("content_without_recipient", "没有收件人即发送内容"),
];

/// A result of Postfix's postscreen.
pub fn postscreen(name: &str, language: Language) -> &str {
    word(&POSTSCREEN, name, language)
}

const TLS: [Wording; 6] = [
    Wording::new("unknown", "未记录证书"),
    Wording::new("anonymous", "无证书"),
    Wording::new("untrusted", "证书不受信任"),
    Wording::new("trusted", "证书受信任"),
    Wording::new("verified", "证书已验证"),
    Wording::new("other", "其他版本"),
];

/// Protocol and trust of a TLS session: `TLSv1.3 trusted`.
pub fn tls_session(names: &str, language: Language) -> String {
    let words = names.split(' ').map(|name| word(&TLS, name, language));
    words.collect::<Vec<_>>().join(" ")
}

/// The provider of remote servers: their name, except where it is none.
pub fn provider(name: &str, language: Language) -> &str {
    const OTHERS: [Wording; 2] = [
        Wording::new("other", "其他服务商"),
        Wording::new("loopback", "本机回环地址"),
    ];
    word(&OTHERS, name, language)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{
        Action, ConnectError, Direction, Level, Outcome, PostscreenResult, TlsTrust,
    };

    #[test]
    fn every_name_has_a_chinese_word_and_is_itself_in_english() {
        type Labels = (fn(&str, Language) -> &str, Vec<&'static str>);
        let lists: [Labels; 6] = [
            (direction, Direction::ALL.map(|it| it.name()).to_vec()),
            (outcome, Outcome::ALL.map(|it| it.name()).to_vec()),
            (
                connect_error,
                ConnectError::ALL.map(|it| it.name()).to_vec(),
            ),
            (level, Level::ALL.map(|it| it.name()).to_vec()),
            (action, Action::ALL.map(|it| it.name()).to_vec()),
            (
                postscreen,
                PostscreenResult::ALL.map(|it| it.name()).to_vec(),
            ),
        ];
        for (word, names) in lists {
            for name in names {
                assert_eq!(word(name, Language::En), name);
                assert!(!word(name, Language::Zh).is_ascii(), "{name}");
            }
        }
        for trust in TlsTrust::ALL {
            assert!(!tls_session(trust.name(), Language::Zh).is_ascii());
        }
    }
}
