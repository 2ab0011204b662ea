//! What the digits of a code mean without an entry in the catalog: the first and second digit of a reply code
//! (RFC 5321 section 4.2.1) and the subject of an enhanced status code (RFC 3463 section 3).

use super::vocabulary::{Kind, Text};

/// The meaning of the first digit.
pub fn first_digit(class: u16) -> Text {
    match Kind::of_class(class) {
        Some(kind) => Text::new(
            format!("({class}: {})", kind.text(false)),
            format!("（{class}：{}）", kind.text(true)),
        ),
        None => Text::new(
            "The first digit is not used in SMTP (2 success, 3 intermediate reply, 4 temporary failure, \
             5 permanent failure).",
            "首位数字在 SMTP 中没有定义（2 成功、3 中间回复、4 暂时失败、5 永久失败）。",
        ),
    }
}

/// The meaning of the first digits of a reply code and of the enhanced status code that came with it. The reply
/// code decides whether the sender retries (RFC 5321 section 4.2.1), even if the other one contradicts it.
pub fn first_digit_of_both(code: u16, class: u8) -> Text {
    let first = code / 100;
    match Kind::of_class(first) {
        Some(_) if first == u16::from(class) => first_digit(first),
        Some(kind) => Text::new(
            format!(
                "({first}: {}; the class {class} of the enhanced status code contradicts it and is ignored)",
                kind.text(false)
            ),
            format!(
                "（{first}：{}；增强状态码的类别 {class} 与之矛盾，以回复码为准）",
                kind.text(true)
            ),
        ),
        // Not a reply but a failed connection.
        None => first_digit(class.into()),
    }
}

/// The meaning of the second digit of a reply code.
pub(super) fn second_digit(digit: u16) -> Text {
    match digit {
        0 => Text::new("Second digit: syntax.", "第二位数字：语法。"),
        1 => Text::new("Second digit: information.", "第二位数字：信息。"),
        2 => Text::new("Second digit: connection.", "第二位数字：连接。"),
        5 => Text::new("Second digit: mail system.", "第二位数字：邮件系统。"),
        _ => Text::new(
            "The second digit is not defined in SMTP.",
            "第二位数字在 SMTP 中没有定义。",
        ),
    }
}

/// The meaning of the subject, the middle number of an enhanced status code.
pub fn subject(subject: u16) -> Text {
    match subject {
        0 => Text::new("Other or undefined status.", "其他或未定义的状态。"),
        1 => Text::new("Addressing status.", "地址状态。"),
        2 => Text::new("Mailbox status.", "邮箱状态。"),
        3 => Text::new("Mail system status.", "邮件系统状态。"),
        4 => Text::new("Network and routing status.", "网络与路由状态。"),
        5 => Text::new("Mail delivery protocol status.", "邮件传输协议状态。"),
        6 => Text::new("Message content status.", "邮件内容状态。"),
        7 => Text::new("Security or policy status.", "安全或策略状态。"),
        _ => Text::new(
            "The subject is not defined in RFC 3463 (0 to 7).",
            "该主题在 RFC 3463（0 至 7）中没有定义。",
        ),
    }
}
