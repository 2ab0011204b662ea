//! Replies in the words of many servers, by what they say, each with the conditions that describe it.
//!
//! The texts are our own, with example names and addresses.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maillog_exporter::catalog::{Catalog, Providers};
use maillog_exporter::parse::{Line, LineParser};

/// The accepted conditions, and replies that must get one of them.
type Theme = (&'static str, &'static [&'static str]);

const THEMES: &[Theme] = &[
    (
        "user_unknown",
        &[
            "550 5.7.1 Rejected (XGEMAIL_0011)",
            "550 There are restricted characters in address a|b@example.com",
            "501 5.1.5 Recipient address reserved for examples",
            "554 A bogus and forged address",
            "503 That account isn't a local account",
            "550 That email is invalid here",
            "553 invalid domain mailbox: nobody",
            "550 This recipient name is not ours",
            "550 Not one of the allowed recipients",
            "550 The mailbox is not available here",
            "554 5.7.1 <a@example.com>: not in recipient list",
            "550 5.2.0 <a@example.com> - Recipient unavailable",
            "550 5.7.1 This user does not exist",
            "550 Unavailable mail user",
            "553 No unregistered address is served",
            "554 5.7.1 recipient verify failed in the directory",
            "550 Rule for a@example.com refused: user invalid",
            "550 Пользователь не найден",
            "550 ユーザーがみつかりません",
            "550 O destinatário não existe",
            "503 5.5.1 Stopping: all recipients are invalid",
            "550 <a@example.com> is not a member of domain example.com",
            "540 Error 12: wrong recipients given",
            "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by address lookup",
            "550 5.1.10 Recipient not found",
            "550 5.2.1 <a@example.com>... User unknown",
            "550 5.4.1 Recipient address rejected: Access denied",
            "550 5.7.1 The recipient does not exist here",
            "550 5.1.1 User virus unknown",
            "550 No such user \"mailbox full\" in our directory",
            "552 Delivery failed, remote said \"550 No such user\" (#5.1.1)",
            "550 unknown or illegal user: a@example.com",
            "550 #5.1.0 Address rejected.",
            "550 Sorry, nobody here by that name",
            "551 User not local; unknown customer",
            "450 4.1.1 <a@example.com>: Recipient address rejected: unverified address: unknown user",
            "553 5.3.0 <a@example.com>... Addressee unknown",
            "550 用户不存在",
            "550 5.1.6 That recipient is no longer on server",
            "553 Your envelope recipient has been denied (#5.7.1)",
            "550 5.5.0 Requested action not taken: mailbox unavailable",
            "550 收件人不存在",
            "554 5.0.0 unresolvable address <a@example.com>; nosuchuser",
        ],
    ),
    (
        "mailbox_full",
        &[
            "550 Kapazität des Postfachs erschöpft",
            "550 mail box space not enough",
            "552 Message larger than the space available",
            "550 Mailbox has reached its maximum",
            "552 5.7.0 recipient storage is used up",
            "554 Insufficient free room for a@example.com",
            "550 Not enough room in this inbox",
            "552 Почтовый ящик переполнен",
            "552 Caixa do destinatario esta cheia",
            "552 受信者のメールボックスがいっぱいです",
            "552 5.1.1 Recipient overquota",
            "552 5.1.1 <a@example.com> user is over quota",
            "550 5.7.1 Email quota exceeded for this user",
            "452 4.2.2 Over the limit",
            "554 The mailbox of <a@example.com> is full",
            "450 4.2.0 Disc quota exceeded",
            "422 Come back when there is room",
            "550 Boite du destinataire pleine",
            "552 5.2.2 The account of a@example.com has reached its storage limit",
            "550 maildir delivery failed: userdisk quota",
            "466 The mailbox is temporarily full",
        ],
    ),
    (
        "mailbox_disabled",
        &[
            "550 Dieses Postfach ist gesperrt",
            "550 Ящик заблокирован",
            "550 5.1.1 Suspended user",
            "550 5.1.1 Inactive mbox",
            "550 No recipient activity for a year",
            "554 5.7.1 The user must log in to enable receiving",
            "550 The recipient never logged on",
            "550 They are inactive on this server",
            "451 Inbounds disabled for this account",
            "550 5.2.1 <a@example.com>: Incoming suspended for abuse",
            "550 The mailbox is dormant",
            "550 That address is no longer in service",
            "554 Mailbox has been inactive for a year",
            "550 <a@example.com> is administratively disabled",
            "554 5.7.1 User a@example.com cannot receive mail",
            "550 5.7.505 Access denied, banned recipient",
            "553 Forged, or deactivated due to abuse (#5.1.1)",
            "550 <a@example.com> is now disabled by its owner",
            "550 The account's status is locked",
            "550 User hangup (mx7)",
            "550 5.2.1 Not accepting messages",
            "550 5.1.1 This account has been suspended",
            "550 The mailbox is frozen",
            "554 delivery error: account is inactive",
            "550 5.7.1 <a@example.com>: user temporary locked, try again later",
            "550 The account has been temporarily suspended",
            "550 5.2.0 The mailbox cannot be accessed",
        ],
    ),
    (
        "rate_limited",
        &[
            "421 Trop de messages",
            "450 Zu viele Nachrichten",
            "505 The total of RCPTs is too high",
            "421 4.7.0 [TSS04] Mail from 192.0.2.1 is deferred",
            "550 5.4.7 Domain's hourly quota exceeded",
            "550 Limit of messages per session reached",
            "554 You are sending excessive rejected recipients",
            "450 4.7.3 The organization's queue quota exceeded",
            "452 4.1.1 <a@example.com> too many recent messages",
            "450 out of allow RCPT numbers in this hour",
            "550 Domain frequency limited",
            "450 4.5.3 Error: too many recipients per minute",
            "554 5.7.1 Sender quota exceeded",
            "554 5.7.1 <a@example.com>: Recipient address rejected: Sender quota limit",
            "554 5.7.1 <a@example.com>: Recipient address rejected: Policy Rejection- Quota Exceeded",
            "550-5.2.1 The user is receiving mail at a rate that 550-5.2.1 is too high",
            "450-4.2.1 The user is receiving mail at a rate that 450 4.2.1 is too high",
            "451 4.7.500 Server busy. Please try again later from [192.0.2.1]. (S77714)",
            "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException; Failed",
            "550 5.4.5 Daily sending quota exceeded",
            "421 4.7.28 We have noticed much mail from you",
            "421 4.7.0 Messages from 192.0.2.1 deferred due to excessive volume",
            "450 4.7.1 Error: too much mail from 192.0.2.1",
            "550 发信频率过快",
            "550 5.2.121 The recipient has reached the limit for receiving mail",
            "421 RP:DAY mx1.example",
            "451 too many errors from your ip (192.0.2.1)",
            "421 4.1.0 192.0.2.1 throttled - AUP#In-1370",
            "450 4.2.1 O destinatário está recebendo mensagens muito rápido, tente mais tarde",
            "450 Sie senden zu schnell",
        ],
    ),
    (
        "rate_limited blocklisted",
        &["451 4.7.651 The server [192.0.2.1] is temporarily rate limited due to IP reputation"],
    ),
    (
        "too_many_connections rate_limited",
        &[
            "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded",
            "421 4.7.0 mx.example.com Error: too many connections from 192.0.2.1",
            "451 4.7.652 The server [192.0.2.1] is over the maximum",
            "421 Too many concurrent SMTP connections",
            "421 too many here, AUP#In-1310",
        ],
    ),
    (
        "blocklisted",
        &[
            "554 5.5.4 A sending address with a negative reputation",
            "450 4.7.1 The list ERS-QIL has your server",
            "554 mx 192.0.2.1 IPBL0001",
            "550 <192.0.2.1> blocked by ldap",
            "451 Blocked for now because of unusual activity from your IP address",
            "554 5.5.4 Spam IP refused",
            "550 black ip",
            "554 SBRS too low",
            "554 Black mail address",
            "553 5.3.0 mx1 521< 192.0.2.1 >_is_blocked",
            "550 Bounced due to reputation of the sender",
            "554 5.7.1 Mail came through an open relay",
            "554 5.3.2 We do not accept connections from your IP",
            "554 mx1 ESMTP not for you AUP#I-1010",
            "550 Dynamic pool addresses send through their provider",
            "553 5.7.2 [TSS09] All messages from 192.0.2.1 will be permanently deferred; do not retry",
            "421 relay3.example.net connection refused from [192.0.2.1] E9",
            "550 There is no access for this IP",
            "451 Your IP is hangup for an hour",
            "554 5.5.4 Your IP 192.0.2.1 has a bad reputation",
            "554 Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.1",
            "550 5.7.0 Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.1",
            "554 IP=192.0.2.1 - Ask the postmaster of mail.example.de. (BL)",
            "550 5.2.1 Mailbox unavailable. Your IP address 192.0.2.1 is blacklisted",
            "553 5.7.1 Client host rejected: Relaying denied - your IP is blacklisted",
            "550 5.7.1 192.0.2.1 listed at bl.example.net",
            "550 https://www.spamhaus.org/query/ip/192.0.2.1",
            "454 4.7.1 Service unavailable; Client host [192.0.2.1] blocked using dnsbl.sorbs.net",
            "550 \"Mail rejected - 192.0.2.1 is in an RBL on csi.cloudmark.com\"",
            "421 4.7.0 The very low reputation of the sending domain",
            "550 发信IP被列入黑名单",
            "550 The sending IP 192.0.2.1 is listed",
            "550 5.7.1 No mail from 192.0.2.1, which is an open relay",
            "550 This address is not authorized to send email directly to us, use the SMTP relay of your provider",
            "550 Domain blocked due to spam complaints",
            "550 5.1.0 <a@example.com> sender rejected. AUP#CDRBL",
            "554 IP=192.0.2.1 - A problem occurred. Ask your postmaster for help",
            "550-mx no longer accepts mail from dynamically assigned addresses",
        ],
    ),
    (
        "tls",
        &[
            "454 TLS encoding is off for now",
            "450 4.7.1 Session encryption is required",
            "530 5.7.0 Must issue a STARTTLS command first",
            "553 This route requires encryption (TLS)",
            "421 4.7.29 All bulk senders have to use TLS/SSL",
            "454 4.7.5 The certificate has expired",
            "421 4.7.29 Rate limited because it was not sent over a TLS connection",
        ],
    ),
    (
        "auth",
        &[
            "550 Get your mail before sending",
            "550 5.3.4 First sign in to your account",
            "451 auth error",
            "451 auth mode not served",
            "454 4.7.0 Too many login attempts, please try again later",
            "535 5.7.3 Authentication unsuccessful",
            "530 5.7.57 Client was not authenticated to send mail",
            "535 5.7.8 Bad user name",
            "534 5.7.14 Please log in via your web browser",
        ],
    ),
    (
        "policy",
        &[
            "550 For only registered users",
            "550 Nachricht abgelehnt",
            "554 Annahme verweigert",
            "550 Message rejeté",
            "550 Mensaje rechazado",
            "550 Acesso negado",
            "550 Messaggio respinto",
            "550 Wiadomość odrzucona",
            "550 Zpráva odmítnuta",
            "550 Сообщение отклонено",
            "550 Mesaj reddedildi",
            "550 受信拒否",
            "550 수신 거부",
            "543 reject by filter 12",
            "550 example.com: outgoing email disabled by us",
            "450 Waiting for human verification",
            "550 over the attachment count limit",
            "450 WM:BLU mx7",
            "554 5.6.9 Refused by the compliance filter",
            "452 5.1.1 <a@example.com> Delivery to the mailbox failed: policy error",
            "554 5.2.3 MailPolicy says no",
            "550 5.7.1 The recipient does not want your mail",
            "550 <a@example.com> is on our suppression list",
            "421 ESMTP too many invalid recipients",
            "550 Turned down by an anti-spoofing policy",
            "550 Mail without To: fields is refused",
            "550 There is no access for this domain from outside",
            "550 That user does not accept email in other alphabets",
            "450 4.7.1 <a.example[192.0.2.1]>: Client host rejected: defer requested",
            "450 4.7.1 <a@example.com>: Recipient address rejected: defer requested",
            "554 5.7.1 <unknown[192.0.2.1]>: Client host rejected: Access denied",
            "554 5.7.1 Mail from spamhaus.example is not welcome",
            "550 5.7.133 Sender not authenticated for group",
            "550 5.6.0 Message not accepted",
            "451 4.7.1 no",
            "554 Transaction failed",
            "450 4.7.1 Client host rejected: may not be mail exchanger",
            "550 Connections from your country are not allowed",
            "550 Sender must be confirmed by BoxTrapper first",
            "550 5.7.1 This host does not take email over IPv6",
            "541 5.4.1 Mail rejected by destination domain",
            "552 Bloqué par un filtre",
        ],
    ),
    (
        "spam_content",
        &[
            "550 5.7.1 It has a banned word",
            "550 迷惑メールです",
            "550 스팸 메일입니다",
            "550 Rated as rSPAM",
            "553 5.7.1 Sensitive words found",
            "554 5.2.0 STOREDRV.Submission.Exception:OutboundSpamException; Failed",
            "550 Heuristics.Phishing.Email found",
            "554 5.6.2 Spam link found: rejected",
            "420 Deferred: suspect content",
            "554 Refused for security reasons of ours - MCSpamSignature.x.1",
            "554 5.7.1 By DCC: bulk",
            "554 Refused: suspicious link in it",
            "550 Message was rated spam or virus",
            "550 This message scored 15 points",
            "550 Сообщение похоже на спам",
            "550 5.7.1 Spam: subject",
            "554 5.7.1 Rejected: spam score too high",
            "554 5.7.0 Reject, id=12345-06 - SPAM",
            "552 5.2.0 The content of the message looks like spam",
            "550 5.7.1 This message contains spam",
            "550 疑似垃圾邮件",
            "550 5.7.1 Not taken due to spam classification",
            "554 郵件被視為垃圾郵件",
        ],
    ),
    (
        "protocol",
        &[
            "501 Cannot decode this",
            "450 MI:CEL 163 mx7",
            "421 Excessive amounts of data",
            "501 EHLO with an invalid domain address",
            "550 HELO should be a FQDN",
            "550 A stray CR",
            "550 unqualified address not permitted: failing address in \"To:\" header",
            "502 5.5.1 VRFY command is disabled",
            "550 EHLO rejected: no such form",
            "551 line parse failure",
            "554 5.6.1 Body type not served",
            "554 (Reject, id=1 - BAD_HEADER: two From fields)",
            "554 Duplicate header 'DKIM-Signature'",
            "550 Bad HELO: it is mine",
            "503 5.5.0 <x>: Data command rejected: Improper use of SMTP command pipelining",
            "521 5.5.2 mx.example.com Error: bare <LF> received",
            "550 5.7.1 The message is not RFC 5322 compliant",
            "550 5.7.1 Multiple addresses in From: header are not accepted",
            "503 5.5.1 Bad sequence of commands",
            "554 Missing final '@example.com'",
        ],
    ),
    (
        "local_error service_unavailable mailbox_unavailable protocol",
        &[
            "550 5.6.0 M2MCVT.StorageError; storage error in content conversion",
            "451 4.3.0 Error: queue file write error",
        ],
    ),
    (
        "sender_authentication",
        &[
            "550 5.7.1 Rejected (XGEMAIL_0002)",
            "556 remote ip check failed",
            "550-SPF-check did not pass: 550 example.com is not for 192.0.2.1",
            "550 example.com doesn't allow sending mail from 192.0.2.1",
            "550 Please see http://www.openspf.org/Why?id=a%40example.com&ip=192.0.2.1&receiver=mx",
            "550 SPF is broken: envelope sender of another host",
            "550 Turned down as the sender's domain asks (p=reject)",
            "550 5.7.0 [SPF] 192.0.2.1 is no host of example.com",
            "550 SenderID did not match",
            "421 4.7.26 Your mail has been rate limited because it is unauthenticated",
            "550 5.7.1 SPF check failed",
            "550 5.7.1 The mail does not pass DMARC",
            "421 4.7.27 All bulk senders have to authenticate with SPF",
        ],
    ),
    (
        "relay_denied",
        &[
            "554 Please check your SMTP server settings",
            "550 Sending is only allowed for local users",
            "554 Relay operation refused",
            "550 Retransmissao proibida",
            "553 relay check: no",
            "553 The host denies relay",
            "553 Sorry, relay of mail is closed",
            "553 <a@example.com>: unauthorized relay attempt stopped",
            "550 5.7.1 Unable to relay for a@example.com",
            "550 5.1.1 <a@example.com>: we do not relay",
            "553 that domain isn't in my list of allowed rcpthosts (#5.7.1)",
            "451 open relay is not allowed",
            "550 This host isn't allowed to relay",
            "550 A relay attempt from 192.0.2.1 was turned down",
            "553 We are not configured to let you send this way",
        ],
    ),
    (
        "dns",
        &[
            "451 4.7.0 192.0.2.1 can't be resolved",
            "554 5.1.8 DNS-P2 see our site",
            "421 4.2.1 : (DNS:NR)",
            "501 Invalid or non-existent reverse DNS",
            "421 Failed DNS look-up",
            "550 A domain not used by mail",
            "451 4.5.2 Strange: that domain doesn't exist",
            "451 4.7.1 Lookup failure of hostname for 192.0.2.1",
            "550 Bad destination host",
            "550 Invalid DNS MX or address record of the domain",
            "550-5.7.1 This message does not meet the IPv6 sending guidelines regarding PTR records 550 5.7.1 and authentication",
            "421-4.7.23 Your email has been rate limited because the sending IP has no PTR",
            "511 no valid MX for the domain of yours (#5.1.1 - chkuser)",
            "550 RCPT in a non-existant domain",
            "556 5.1.10 The recipient's domain has a null MX",
            "550 5.1.10 Not accepted",
            "450 4.7.1 Client host rejected: cannot find your hostname, [192.0.2.1]",
            "550 5.7.25 The sending IP address has no name",
            "421 4.7.0 The IP address has no PTR record. Mail from it has been temporarily rate limited",
            "550 5.1.1 No such domain at this location",
            "550 5.4.310 DNS domain nosuch.example does not exist",
            "501 5.7.1 The sending IP must resolve",
        ],
    ),
    (
        "sender_rejected",
        &[
            "550 No verified sender identity for that From",
            "550 Postmaster verification failed for a@example.com",
            "550 Blank From: provide a valid From",
            "550-Verification failed for <a@example.com> 550-No such user here 550 Sender verify failed",
            "552 mail from invalid",
            "553 The host denies the sender",
            "550 null reverse-path refused",
            "554 sender is rejected: 4,mx9",
            "451 From:domain must resolve to a host",
            "553 Fake sender <a@example.com>",
            "550 5.1.8 <a@example.com>: Sender address rejected",
            "553 5.1.7 <a@example> is not a valid RFC 5321 address",
            "550 Domain of sender address a@example.com does not exist",
            "554 Message rejected: Email address is not verified",
            "550 The sender isn't on the recipient's list of senders to accept mail from",
        ],
    ),
    (
        "message_too_large",
        &[
            "552 Nachricht zu groß",
            "552 Message trop volumineux",
            "552 Messaggio troppo grande",
            "510 The length of attachments is over the limit",
            "557 The length of DATA is over the threshold",
            "552 over the mailsize allowed",
            "554 The attachment is too long",
            "552 5.3.4 Message size exceeds fixed limit",
            "550 5.7.1 Message too big for this system",
            "554 Maximum email size exceeded",
        ],
    ),
    (
        "greylisted",
        &[
            "451 4.3.0 A first-time sender has to come again",
            "451 First time seen, retry",
            "450 Try again (TEMPGREY)",
            "450 Delayed at first contact",
            "450 4.7.1 <a@example.com>: Recipient address rejected: Greylisted, see http://grey.example.com",
            "451 4.3.0 Greylisting in action, please come back later",
        ],
    ),
    (
        "virus",
        &[
            "552 A document with VBA macros",
            "554 5.7.1 BANNED NAME: x.exe",
            "550 5.7.0 mime_banned: this kind of attachment",
            "554 5.7.1 viral traffic is refused",
            "550 Suspicious attachment (exe)",
            "554 ClamAV: Heuristics.Something found",
            "554 5.7.1 Virus found in the message",
            "550 The message is infected",
            "552 5.7.0 Illegal attachment",
            "552 5.7.0 Blocked because its content presents a potential security issue",
        ],
    ),
    (
        "service_unavailable",
        &[
            "450 Bitte später erneut",
            "450 Riprovare più tardi",
            "421 4.4.1 192.0.2.1: Network is busy",
            "421 4.4.5 Connection refused. Server busy",
            "451 4.5.0 Temporary MTA failure on relaying",
            "422 License expired",
            "452 4.3.1 Temporary system error",
            "451 4.3.0 Internal server error",
            "451 4.3.0 Queue file write error",
            "432 4.3.2 STOREDRV; mailbox server is offline",
            "421 Unable to process connection now",
            "421 4.3.2 Service shutting down",
            "451 4.3.0 Temporary server error. Please try again later",
            "421 4.4.5 Server busy",
            "451 4.3.2 Temporarily unable to process request",
            "450 4.1.1 <a@example.com>: Recipient address rejected: unverified address: verification in progress",
            "451 4.3.0 Mail server temporarily rejected message",
            "554 E2: Cannot accept due to internal error",
            "554 5.3.0 Some mail system problem",
            "451 4.5.0 Scan aborted, all virus scanners failed",
        ],
    ),
    (
        "loop",
        &[
            "554 5.5.6 Loop detection for example.com",
            "552 looping message",
            "552 The message's header counts exceeds what this server allows",
            "554 5.4.6 Too many hops",
            "554 5.6.0 Hop count exceeded",
        ],
    ),
    (
        "too_many_recipients",
        &[
            "452 Zu viele Empfänger",
            "556 Number of RCPTs over the limit",
            "452 4.5.3 Too many recipients",
            "550 Too many recipients this session",
        ],
    ),
    (
        "storage_full",
        &[
            "452 4.3.2 This mail system is full now",
            "452 4.3.1 Insufficient system storage",
        ],
    ),
    (
        "local_error",
        &[
            "550 Trouble with maildir delivery",
            "550 can't create user output file",
        ],
    ),
    ("unreachable", &["450 4.4.1 Could not get through"]),
    (
        "expired",
        &["417 Maximum number of delivery attempts reached"],
    ),
    (
        "connection_lost",
        &["421 4.4.2 Bad connection", "451 4.4.2 Gone"],
    ),
    (
        "mailbox_unavailable",
        &[
            "452 4.1.1 <a@example.com> Account temporarily unavailable",
            "450 mailbox unavailable",
            "450 4.2.0 Requested action not taken: mailbox unavailable",
            "450 4.2.0 <a@example.com> - Recipient temporarily unavailable",
            "450 mailbox temporarily unavailable",
            "450 4.2.0 mailbox is locked",
        ],
    ),
];

/// The condition of a reply in a Postfix log.
fn condition(reply: &str) -> &'static str {
    let catalog = Catalog::embedded();
    let providers = Providers::embedded();
    let mut parser = LineParser::new(catalog, providers, TimeZone::UTC, Timestamp::UNIX_EPOCH);
    let line = format!(
        "Jan  1 10:00:00 mail postfix/smtp[1]: 4F9D195432C: to=<a@example.com>, relay=mx.example.net[192.0.2.1]:25, \
         delay=1, delays=0/0/1/0, dsn=5.0.0, status=bounced (host mx.example.net[192.0.2.1] said: {reply} \
         (in reply to RCPT TO command))"
    );
    let mut slot = None;
    match parser.parse(line.as_bytes(), &mut slot).line {
        Line::Event(event) => event
            .condition
            .map_or("none", |id| catalog.condition_name(id)),
        _ => "no event",
    }
}

#[test]
fn replies_get_the_condition_that_their_words_state() {
    let mut wrong = Vec::new();
    for (accepted, texts) in THEMES {
        for text in *texts {
            let found = condition(text);
            if !accepted.split(' ').any(|name| name == found) {
                wrong.push(format!("{found} instead of {accepted}: {text}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn addresses_urls_host_names_and_quotes_do_not_decide() {
    let catalog = Catalog::embedded();
    for (text, enhanced, expected) in [
        (
            "<virus@spamhaus.example>: rejected",
            Some((5, 1, 1)),
            "user_unknown",
        ),
        (
            "<blacklist@example.com> rejected",
            Some((5, 1, 1)),
            "user_unknown",
        ),
        (
            "<\"mailbox full\"@example.com>: rejected",
            Some((5, 1, 1)),
            "user_unknown",
        ),
        (
            "See https://example.com/virus/greylist",
            None,
            "user_unknown",
        ),
        ("host greylist.example.com said no", None, "user_unknown"),
        (
            "mx.blocklist.example.com: no such user",
            None,
            "user_unknown",
        ),
        (
            "Mailbox full, see https://spam.example.com/blocked",
            None,
            "mailbox_full",
        ),
        (
            "rejected: the subject \"Your mailbox is full\" is spam",
            Some((5, 7, 1)),
            "spam_content",
        ),
        (
            "<spf@example.com> over quota",
            Some((5, 7, 1)),
            "mailbox_full",
        ),
    ] {
        let found = catalog.classify(Some(550), enhanced, text.as_bytes());
        assert_eq!(catalog.condition_name(found), expected, "{text}");
    }
}

#[test]
fn reply_code_decides_only_where_nothing_else_does() {
    let catalog = Catalog::embedded();
    for (code, enhanced, expected) in [
        (550, None, "user_unknown"),
        (550, Some((5, 7, 1)), "policy"),
        (550, Some((5, 6, 0)), "policy"),
        (450, Some((4, 7, 1)), "policy"),
        (450, Some((4, 2, 0)), "mailbox_unavailable"),
        (421, Some((4, 7, 0)), "service_unavailable"),
        (535, Some((5, 7, 0)), "auth"),
        (552, Some((5, 0, 0)), "mailbox_full"),
    ] {
        let found = catalog.classify(Some(code), enhanced, b"no");
        assert_eq!(
            catalog.condition_name(found),
            expected,
            "{code} {enhanced:?}"
        );
    }
}

#[test]
fn enhanced_code_chooses_among_the_causes_that_the_text_states() {
    let catalog = Catalog::embedded();
    for (text, enhanced, expected) in [
        ("User unknown or mailbox full", None, "mailbox_full"),
        (
            "User unknown or mailbox full",
            Some((5, 1, 1)),
            "user_unknown",
        ),
        (
            "Mailbox full or user unknown",
            Some((5, 1, 1)),
            "user_unknown",
        ),
        (
            "User unknown or mailbox full",
            Some((5, 7, 1)),
            "mailbox_full",
        ),
        (
            "Recipient address rejected: write to us first",
            None,
            "user_unknown",
        ),
        (
            "Recipient address rejected: write to us first",
            Some((5, 7, 1)),
            "policy",
        ),
    ] {
        let found = catalog.classify(Some(550), enhanced, text.as_bytes());
        assert_eq!(
            catalog.condition_name(found),
            expected,
            "{enhanced:?} {text}"
        );
    }
}
