//! Configuration of a Postfix with many kinds of rejects, each on its own port.

use std::fs;
use std::path::Path;

use crate::Result;

/// Additional settings.
pub const MAIN: &str = "\
relay_domains = relay.example.com
relay_transport = discard:quietly
postscreen_greet_wait = 1s
postscreen_access_list = cidr:{folder}/postscreen
postscreen_denylist_action = enforce
postscreen_non_smtp_command_enable = yes
postscreen_client_connection_count_limit = 1
smtpd_authorized_xclient_hosts = 127.0.0.0/8
message_size_limit = 20000
";

/// Additional services: one port for each kind of policy.
pub const MASTER: &str = "\
127.0.0.1:10026 inet n - n - - smtpd
 -o smtpd_client_restrictions=check_client_access,texthash:{folder}/clients
 -o smtpd_delay_reject=no
127.0.0.1:10029 inet n - n - - smtpd
 -o smtpd_client_restrictions=reject
 -o smtpd_delay_reject=no
127.0.0.1:10027 inet n - n - - smtpd
 -o mynetworks=192.0.2.77
 -o smtpd_delay_reject=no
 -o smtpd_helo_required=yes
 -o smtpd_helo_restrictions=reject_invalid_helo_hostname,reject_non_fqdn_helo_hostname,check_helo_access,texthash:{folder}/helo
 -o smtpd_sender_restrictions=reject_non_fqdn_sender,check_sender_access,texthash:{folder}/senders
 -o smtpd_recipient_restrictions=check_recipient_access,texthash:{folder}/recipients,reject_unauth_destination
 -o smtpd_data_restrictions=check_sender_access,texthash:{folder}/at-data
 -o smtpd_end_of_data_restrictions=check_sender_access,texthash:{folder}/at-end
127.0.0.1:10028 inet n - n - - smtpd
 -o smtpd_recipient_limit=2
 -o smtpd_reject_unlisted_recipient=yes
 -o local_recipient_maps=texthash:{folder}/local
 -o cleanup_service_name=checks
127.0.0.1:10032 inet n - n - - smtpd
 -o smtpd_sasl_auth_enable=yes
 -o smtpd_sasl_type=dovecot
 -o smtpd_sasl_path={folder}/auth
127.0.0.1:10030 inet n - n - - smtpd
 -o smtpd_milters=unix:{folder}/milter
10031 inet n - n - 1 postscreen
smtpd pass - - n - - smtpd
dnsblog unix - - n - 0 dnsblog
tlsproxy unix - - n - 0 tlsproxy
checks unix n - n - 0 cleanup
 -o header_checks=regexp:{folder}/headers
 -o body_checks=regexp:{folder}/bodies
";

/// The tables that the settings refer to.
const TABLES: [(&str, &str); 10] = [
    (
        "postscreen",
        "192.0.2.0/24 reject\n198.51.100.0/24 dunno\n127.0.0.0/8 permit\n",
    ),
    ("local", "known@local.example.com x\n"),
    (
        "clients",
        "203.0.113.9 REJECT\n\
         203.0.113.10 421 4.7.0 Too many, 550 of 100\n\
         203.0.113.11 521 5.3.2 No mail here\n",
    ),
    (
        "helo",
        "spam.example.net REJECT 550 is no reason\n\
         later.example.net 450 4.7.1 Later (421)\n",
    ),
    (
        "senders",
        "bad@example.net REJECT\n\
         slow@example.net 451 4.7.1 Greylisted 550 s\n\
         plain@example.net 550 no enhanced code, 4 of 5.1.1\n",
    ),
    (
        "recipients",
        "gone@relay.example.com 550 5.1.1 Gone since 421\n\
         full@relay.example.com 452 4.2.2 Full\n\
         defer@relay.example.com DEFER\n\
         watched@relay.example.com WARN watch 550 5.1.1\n\
         info@relay.example.com INFO 550\n\
         hold@relay.example.com HOLD 421 4.7.0\n\
         discard@relay.example.com DISCARD 550\n\
         filter@relay.example.com FILTER discard:450\n\
         redirect@relay.example.com REDIRECT known@local.example.com\n",
    ),
    ("at-data", "data@example.net 554 5.7.1 Not with DATA\n"),
    (
        "at-end",
        "end@example.net 450 4.7.1 Not after the end 550\n",
    ),
    (
        "headers",
        "/^Subject: casino/ REJECT 550 casinos a day\n\
         /^Subject: later/ REJECT 4.7.0 later\n\
         /^X-Watched:/ WARN seen 421\n\
         /^X-Noted:/ INFO seen 550\n\
         /^X-Old:/ REPLACE X-New: 550\n\
         /^X-Extra:/ PREPEND X-More: 450\n\
         /^X-Secret:/ IGNORE\n\
         /^Subject: gone/ DISCARD 550\n",
    ),
    ("bodies", "/buy 421 pills/ REJECT\n"),
];

/// Writes the tables that the settings refer to.
pub fn write_tables(folder: &Path) -> Result<()> {
    for (name, text) in TABLES {
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}
