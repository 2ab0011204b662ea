//! The configuration of the tested Exim: it delivers all mail submitted on loopback and rejects other clients
//! by access control lists.

/// A statement of an access control list, used at each stage of a session.
pub struct Rule {
    /// The word in the client's argument that selects this rule.
    pub key: &'static str,
    pub verb: &'static str,
    /// Its `message`; empty for Exim's default.
    pub message: &'static str,
    /// Its `log_message`; empty if `message` is logged.
    pub log_message: &'static str,
    /// Whether the log record has the code of the reply. Exim logs the ACL's message and not the reply, so the
    /// record has a code only if the message begins with one.
    pub recorded: bool,
}

const fn rule(key: &'static str, verb: &'static str, message: &'static str) -> Rule {
    let digits = message.as_bytes();
    Rule {
        key,
        verb,
        message,
        log_message: "",
        recorded: digits.len() > 3 && digits[0].is_ascii_digit() && digits[3] == b' ',
    }
}

/// All kinds of rejects. `\n` separates the lines of a reply.
pub const RULES: [Rule; 16] = [
    rule("bare", "deny", ""),
    rule("words", "deny", "no mail from 421 people"),
    rule("code", "deny", "550 5.7.1 Go away, 421 times"),
    rule("plaincode", "deny", "554 Rejected by 2 of 5 lists"),
    rule(
        "lines",
        "deny",
        r"553 5.7.1 first line of 421\nsecond 450 4.7.1\nlast",
    ),
    rule("enhanced", "deny", "5.7.1 no digits of a reply"),
    // A 4xx code in `deny`: Exim sends and logs 550, without the enhanced code.
    rule("wrong", "deny", "451 4.7.1 not allowed here"),
    Rule {
        log_message: "listed, with a score of 450 and 5.1.1",
        recorded: false,
        ..rule("secret", "deny", "550 5.7.1 said to the client alone")
    },
    rule("later", "defer", ""),
    rule("laterwords", "defer", "later, not 550"),
    rule("latercode", "defer", "451 4.7.1 Greylisted for 550 s"),
    rule("latercode450", "defer", "450 4.2.0 Later"),
    rule("latercode452", "defer", "452 Too many (5 of 4.5.3)"),
    rule("drop", "drop", "554 5.7.1 Dropped 421"),
    rule("dropbare", "drop", ""),
    rule("dropwrong", "drop", "421 4.7.0 slow down"),
];

/// The port at which a rule rejects every connection.
pub fn rejecting_port(index: usize) -> u16 {
    2500 + index as u16
}

/// The port at which connections are accepted, for rejects at later stages.
pub const PORT: u16 = 25;

/// The configuration file, with additional global settings.
pub fn text(settings: &str) -> String {
    let ports: Vec<String> = (0..RULES.len())
        .map(|index| format!("192.0.2.1.{}", rejecting_port(index)))
        .collect();
    let mut config = GLOBAL.replace("{ports}", &ports.join(" : "));
    config.push_str(settings);
    config.push_str("\nbegin acl\n");
    type Condition = fn(usize, &Rule) -> String;
    let lists: [(&str, Condition, &str); 6] = [
        (
            "connect",
            |index, _| {
                let port = rejecting_port(index);
                format!("condition = ${{if eq{{$received_port}}{{{port}}}}}")
            },
            "accept",
        ),
        (
            "helo",
            |_, rule| {
                let name = rule.key;
                format!("condition = ${{if eq{{$sender_helo_name}}{{{name}.example.net}}}}")
            },
            "accept",
        ),
        (
            "mail",
            |_, rule| format!("senders = mail-{}@example.net", rule.key),
            "accept",
        ),
        (
            "rcpt",
            |_, rule| format!("local_parts = rcpt-{}", rule.key),
            RECIPIENTS,
        ),
        (
            "predata",
            |_, rule| format!("senders = predata-{}@example.net", rule.key),
            "accept",
        ),
        (
            "data",
            |_, rule| format!("senders = data-{}@example.net", rule.key),
            "accept",
        ),
    ];
    for (stage, condition, rest) in lists {
        config.push_str(&format!("reject_{stage}:\n"));
        // A warning is logged, but it is not a reply.
        config.push_str("  warn log_message = watched 550 5.1.1\n");
        config.push_str("       condition = ${if match{$sender_address}{watched}}\n");
        for (index, rule) in RULES.iter().enumerate() {
            config.push_str(&format!("  {} {}\n", rule.verb, condition(index, rule)));
            for (option, value) in [("message", rule.message), ("log_message", rule.log_message)] {
                if !value.is_empty() {
                    config.push_str(&format!("       {option} = {value}\n"));
                }
            }
        }
        config.push_str(&format!("  {rest}\n"));
    }
    config + REST
}

const GLOBAL: &str = r"
exim_path = {folder}/exim4
spool_directory = {folder}/spool
pid_file_path = {folder}/exim.pid
keep_environment =
primary_hostname = mail.example.com
disable_ipv6 = true
local_interfaces = 192.0.2.1.25 : {ports} : 127.0.0.1.10025
tls_advertise_hosts =
never_users = root
message_size_limit = 20000
recipients_max = 100
smtp_accept_max = 500
smtp_accept_queue_per_connection = 0
smtp_max_synprot_errors = 20
smtp_max_unknown_commands = 20
remote_max_parallel = 1
acl_smtp_connect = reject_connect
acl_smtp_helo = reject_helo
acl_smtp_mail = reject_mail
acl_smtp_rcpt = reject_rcpt
acl_smtp_predata = reject_predata
acl_smtp_data = reject_data
";

const RECIPIENTS: &str = r"accept hosts = 127.0.0.1
  require domains = local.example.com
          message = relay not permitted
  require verify = recipient
  accept";

const REST: &str = r#"
begin routers
lmtp_socket:
  driver = accept
  domains = *.socket.example.com
  transport = lmtp_socket
redirect:
  driver = redirect
  domains = redirect.example.com
  data = ${lookup{$local_part}lsearch{{folder}/aliases}}
  allow_fail
  allow_defer
pipe:
  driver = accept
  domains = pipe.example.com
  local_parts = exit-0 : exit-69 : exit-75
  transport = pipe
mailbox:
  driver = accept
  domains = local.example.com
  local_parts = known : other
  transport = mailbox
remote:
  driver = dnslookup
  domains = ! local.example.com
  transport = ${if match{$domain}{^must-tls}{smtp_tls}{${if match{$domain}{^strict-tls}{smtp_strict}{smtp}}}}
  no_more
begin transports
smtp:
  driver = smtp
  hosts_try_fastopen = :
  hosts_try_prdr = :
  tls_try_verify_hosts = :
  connect_timeout = 5s
  command_timeout = 5s
  data_timeout = 5s
  final_timeout = 5s
smtp_tls:
  driver = smtp
  hosts_try_fastopen = :
  hosts_require_tls = *
  tls_try_verify_hosts = :
  command_timeout = 5s
smtp_strict:
  driver = smtp
  hosts_try_fastopen = :
  hosts_require_tls = *
  tls_tempfail_tryclear = false
  command_timeout = 5s
lmtp_socket:
  driver = lmtp
  socket = ${lookup{$domain}dsearch{{folder}/sockets}{{folder}/sockets/$value}{{folder}/missing}}
  user = nobody
  timeout = 5s
  batch_max = 10
mailbox:
  driver = appendfile
  file = {folder}/mailboxes/$local_part_data
  user = nobody
pipe:
  driver = pipe
  command = /bin/sh {folder}/pipes/$local_part_data
  user = nobody
  temp_errors = 75
  log_output
begin retry
# Nothing is tried again, so that what is put off expires at once.
expires.example.net *
* * F,1d,1d
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${if eq{$auth2}{good}}
  server_set_id = $auth2
cram:
  driver = cram_md5
  public_name = CRAM-MD5
  server_secret = fail
"#;
