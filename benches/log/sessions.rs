//! Sessions without a message: rejects, postscreen, password guessing; diagnostics of Postfix, and lines
//! of other programs.

use super::expected::Facts;
use super::local_replies::REJECTS;
use super::server::Server;

/// Lines of other programs in the same log.
const OTHER_PROGRAMS: &[(&str, &str)] = &[
    (
        "!dovecot",
        "imap-login: Login: user=<anna>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25, mpid=421, TLS",
    ),
    (
        "!dovecot",
        "imap(info@example.com)<1421><Zx5qAAbC8vAAAIH>: Disconnected: Logged out in=421 out=5522 deleted=0 expunged=0",
    ),
    (
        "!opendkim",
        "DKIM-Signature field added (s=sel421, d=example.com)",
    ),
    (
        "!spamd",
        "spamd: result: Y 15 - RCVD_IN_XBL scantime=1.5,size=4210,user=mail,rport=45022",
    ),
    (
        "!amavis",
        "(01234-05) Passed CLEAN, [192.0.2.9]:55000, Hits: -1.9, size: 4500, 421 ms",
    ),
    (
        "!CRON",
        "pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)",
    ),
];

/// Lines of Postfix daemons that do not belong to a session.
const DIAGNOSTICS: &[(&str, &str)] = &[
    (
        "anvil",
        "statistics: max connection rate 12/60s for (smtp:192.0.2.55) at Nov 20 04:21:00",
    ),
    (
        "anvil",
        "statistics: max connection count 4 for (smtp:198.51.100.42) at Nov 20 04:22:00",
    ),
    ("anvil", "statistics: max cache size 21 at Nov 20 04:23:10"),
    ("scache", "statistics: start interval Nov 20 04:21:00"),
    (
        "scache",
        "statistics: domain lookup hits=4 miss=21 success=16%",
    ),
    (
        "scache",
        "statistics: address lookup hits=0 miss=421 success=0%",
    ),
    (
        "trivial-rewrite",
        "warning: do not list domain example.net in BOTH mydestination and virtual_alias_domains",
    ),
    (
        "qmgr",
        "warning: mail for [192.0.2.99]:10024 is using up 4001 of 4210 active queue entries",
    ),
    (
        "smtpd",
        "warning: hostname h421.example.org does not resolve to address 203.0.113.9: Name or service not known",
    ),
    (
        "smtpd",
        "warning: Connection rate limit exceeded: 421 from unknown[203.0.113.77] for service smtp",
    ),
    (
        "smtpd",
        "warning: non-SMTP command from unknown[203.0.113.78]: GET / HTTP/1.1 550",
    ),
    (
        "smtpd",
        "warning: Illegal address syntax from unknown[203.0.113.79] in RCPT command: <a@b@421>",
    ),
    (
        "smtpd",
        "SSL_accept error from unknown[203.0.113.80]: lost connection",
    ),
    (
        "smtpd",
        "warning: TLS library problem: error:0A00010B:SSL routines::wrong version number:../record.c:354:",
    ),
    ("tlsproxy", "CONNECT from [203.0.113.81]:45050"),
    ("tlsproxy", "DISCONNECT [203.0.113.81]:45050"),
];

impl Server {
    /// smtpd rejects a client.
    pub(super) fn reject(&mut self, mut at: u64) {
        let (client, ip) = (self.random.client(), self.random.ip());
        let peer = format!("{client}[{ip}]");
        self.log_noise(&mut at, "smtpd", &format!("connect from {peer}"));
        for _ in 0..self.random.weighted(&[(8, 1), (2, 2), (1, 5)]) {
            let (stage, reply) = self.random.weighted(REJECTS);
            let (from, to) = (self.random.address(), self.random.address());
            let words = self.fill(&reply, &to, &client, &ip);
            let id = match stage {
                "DATA" | "END-OF-MESSAGE" => self.queue_id(),
                _ => "NOQUEUE".to_owned(),
            };
            // An envelope address is logged only after the client has sent it.
            let mut envelope = String::new();
            if !matches!(stage, "CONNECT" | "HELO" | "EHLO" | "STARTTLS" | "VRFY") {
                envelope.push_str(&format!(" from=<{from}>"));
            }
            if matches!(stage, "RCPT" | "DATA" | "END-OF-MESSAGE") {
                envelope.push_str(&format!(" to=<{to}>"));
            }
            envelope.push_str(" proto=ESMTP");
            if stage != "CONNECT" {
                envelope.push_str(&format!(" helo=<{client}>"));
            }
            // A client may send anything as its name, including text that looks like a log line.
            if self.random.per_mille(10) {
                envelope.push_str(" helo=<421: NOQUEUE: reject: RCPT from x: 554 5.7.1 y>");
            }
            let body = format!("{id}: reject: {stage} from {peer}: {words};{envelope}");
            self.log(
                &mut at,
                "smtpd",
                &body,
                Facts::reply("inbound", reply.code, reply.enhanced),
            );
        }
        if self.random.per_mille(100) {
            let body = format!(
                "NOQUEUE: reject_warning: RCPT from {peer}: 450 4.7.1 <{client}>: Helo command \
                 rejected: Host not found; from=<a@example.com> to=<b@example.net> proto=SMTP helo=<{client}>"
            );
            self.log_noise(&mut at, "smtpd", &body);
        }
        if self.random.per_mille(200) {
            self.log_noise(
                &mut at,
                "smtpd",
                &format!("lost connection after RCPT from {peer}"),
            );
        }
        let body = format!("disconnect from {peer} ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4");
        self.log_noise(&mut at, "smtpd", &body);
    }

    /// postscreen passes or rejects a client.
    pub(super) fn postscreen(&mut self, mut at: u64) {
        let ip = self.random.ip();
        let peer = format!("[{ip}]:{}", self.random.between(1024, 65_535));
        self.log_noise(
            &mut at,
            "postscreen",
            &format!("CONNECT from {peer} to [192.0.2.25]:25"),
        );
        if self.random.per_mille(400) {
            let verdict = self.random.pick(&["OLD", "NEW"]);
            self.log_noise(&mut at, "postscreen", &format!("PASS {verdict} {peer}"));
            return;
        }
        if self.random.per_mille(50) {
            let body = format!("NOQUEUE: reject: CONNECT from {peer}: too many connections");
            self.log_noise(&mut at, "postscreen", &body);
            return;
        }
        let body = format!("addr {ip} listed by domain zen.example.org as 127.0.0.4");
        self.log_noise(&mut at, "dnsblog", &body);
        if self.random.per_mille(300) {
            let body = format!("PREGREET 14 after 0.05 from {peer}: EHLO host421\\r\\n");
            self.log_noise(&mut at, "postscreen", &body);
        }
        self.log_noise(&mut at, "postscreen", &format!("DNSBL rank 4 for {peer}"));
        let (from, to) = (self.random.address(), self.random.address());
        let body = format!(
            "NOQUEUE: reject: RCPT from {peer}: 550 5.7.1 Service unavailable; client [{ip}] blocked \
             using zen.example.org; from=<{from}>, to=<{to}>, proto=ESMTP, helo=<host421>"
        );
        self.log(
            &mut at,
            "postscreen",
            &body,
            Facts::reply("inbound", 550, "5.7.1"),
        );
        if self.random.per_mille(300) {
            let body = format!("HANGUP after 0.42 from {peer} in tests after SMTP handshake");
            self.log_noise(&mut at, "postscreen", &body);
        }
        self.log_noise(&mut at, "postscreen", &format!("DISCONNECT {peer}"));
    }

    /// A client guesses passwords.
    pub(super) fn password_guessing(&mut self, mut at: u64) {
        let peer = format!("unknown[{}]", self.random.ip());
        self.log_noise(&mut at, "submission/smtpd", &format!("connect from {peer}"));
        for _ in 0..self.random.between(1, 3) {
            at += self.random.between(1000, 4000);
            let body = format!("warning: {peer}: SASL LOGIN authentication failed: UGFzc3dvcmQ6");
            self.log_noise(&mut at, "submission/smtpd", &body);
        }
        self.log_noise(
            &mut at,
            "submission/smtpd",
            &format!("lost connection after AUTH from {peer}"),
        );
        let body = format!("disconnect from {peer} ehlo=1 auth=0/3 commands=1/4");
        self.log_noise(&mut at, "submission/smtpd", &body);
    }

    /// A line that belongs to no session.
    pub(super) fn unrelated_line(&mut self, mut at: u64) {
        let lines = if self.random.per_mille(500) {
            OTHER_PROGRAMS
        } else {
            DIAGNOSTICS
        };
        let (program, body) = self.random.pick(lines);
        // The client gets a reply that is not logged.
        let facts = match body.contains("rate limit exceeded") {
            true => Facts::reply("inbound", 421, "4.7.0"),
            false => Facts::NONE,
        };
        self.log(&mut at, program, body, facts);
    }
}
