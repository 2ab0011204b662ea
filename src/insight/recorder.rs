//! Takes failed replies apart: what was said by whom, in which words, and about whose mail.

use std::hash::{Hash, Hasher};
use std::net::IpAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::addresses::{Addresses, AddressesSnapshot};
use super::message_table::MessageTable;
use super::space_saving::Frequent;
use super::template::{push_template, sample};
use super::windows::{Window, Windows, WindowsSnapshot};
use crate::catalog::{Catalog, ProviderId};
use crate::parse::{Direction, Enhanced, Event, Fact, Outcome};

/// The longest sender domain that is remembered whole, in bytes.
const MAX_DOMAIN: usize = 47;

/// The longest name of a domain that is kept, in bytes (RFC 1035 section 2.3.4 allows 255).
const MAX_NAME: usize = 100;

/// The replies of one provider with one code.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Group {
    /// As [`Direction::index`].
    direction: u8,
    /// The reply code, or 101 or 111; 0 if the log names none.
    pub code: u16,
    enhanced: Option<(u8, u16, u16)>,
    /// The name of the condition.
    pub condition: Arc<str>,
    /// The name of the provider; empty for replies of our own server.
    pub provider: Arc<str>,
}

impl Group {
    /// Who answered whom.
    pub fn direction(&self) -> Direction {
        let at = usize::from(self.direction);
        Direction::ALL[at.min(Direction::ALL.len() - 1)]
    }

    /// The enhanced status code in the text of the reply.
    pub fn enhanced(&self) -> Option<Enhanced> {
        self.enhanced.map(|(class, subject, detail)| Enhanced {
            class,
            subject,
            detail,
        })
    }
}

/// The text of a reply without what differs from reply to reply.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReplyText {
    /// What is said by whom.
    pub group: Group,
    /// The text that these replies have in common.
    pub template: Arc<str>,
    /// The first of these replies, without the local parts of addresses.
    pub sample: Arc<str>,
}

/// The sample does not count: it is of the first reply.
impl PartialEq for ReplyText {
    fn eq(&self, other: &Self) -> bool {
        self.group == other.group && self.template == other.template
    }
}

impl Eq for ReplyText {}

impl Hash for ReplyText {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.group.hash(state);
        self.template.hash(state);
    }
}

/// A domain, network, address or account that replies with one code are about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Named {
    /// The reply code, or 101 or 111; 0 if the log names none.
    pub code: u16,
    enhanced: Option<(u8, u16, u16)>,
    /// The name of the condition.
    pub condition: Arc<str>,
    /// Its name; empty for the null sender.
    pub name: Arc<str>,
}

impl Named {
    /// The enhanced status code in the text of the reply.
    pub fn enhanced(&self) -> Option<Enhanced> {
        self.enhanced.map(|(class, subject, detail)| Enhanced {
            class,
            subject,
            detail,
        })
    }
}

/// The most frequent groups, texts and names.
#[derive(Clone, Debug)]
struct Sketches {
    groups: Windows<Group>,
    texts: Windows<ReplyText>,
    senders: Windows<Named>,
    recipients: Windows<Named>,
    clients: Windows<Named>,
}

/// Who causes failed replies, and in which words.
#[derive(Clone)]
pub struct Insight {
    sketches: Arc<Sketches>,
    /// The sender domain of each message.
    senders: Arc<MessageTable<MAX_DOMAIN>>,
    /// `None` where addresses are not recorded.
    addresses: Option<Addresses>,
    loopback: Option<ProviderId>,
    /// Empty, of texts that are looked up.
    no_sample: Arc<str>,
    /// A buffer for the template of a reply.
    template: String,
    no_provider: Arc<str>,
    /// By id.
    conditions: Arc<[Arc<str>]>,
    providers: Arc<[Arc<str>]>,
}

/// The sketches, for the state file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InsightSnapshot {
    groups: WindowsSnapshot<Group>,
    texts: WindowsSnapshot<ReplyText>,
    senders: WindowsSnapshot<Named>,
    recipients: WindowsSnapshot<Named>,
    clients: WindowsSnapshot<Named>,
}

impl Insight {
    /// Without anything recorded. `providers` are the names of the providers by id.
    pub fn new(catalog: &Catalog, providers: &[String]) -> Self {
        Insight {
            sketches: Arc::new(Sketches {
                groups: Windows::new(),
                texts: Windows::new(),
                senders: Windows::new(),
                recipients: Windows::new(),
                clients: Windows::new(),
            }),
            senders: Arc::new(MessageTable::new()),
            addresses: None,
            loopback: providers
                .iter()
                .position(|name| name == "loopback")
                .map(|id| ProviderId(id as u8)),
            no_sample: Arc::from(""),
            template: String::new(),
            no_provider: Arc::from(""),
            conditions: (catalog.conditions().iter())
                .map(|it| Arc::from(it.name.as_str()))
                .collect(),
            providers: providers.iter().map(|it| Arc::from(it.as_str())).collect(),
        }
    }

    /// The same, which from now on also records sender addresses and accounts, and continues from what was recorded of them.
    pub fn with_addresses(mut self, before: Option<AddressesSnapshot>) -> Self {
        let mut addresses = Addresses::new();
        if let Some(before) = before {
            addresses.restore(before);
        }
        self.addresses = Some(addresses);
        self
    }

    /// What the state file keeps of sender addresses and accounts.
    pub fn addresses_snapshot(&self) -> Option<AddressesSnapshot> {
        self.addresses.as_ref().map(Addresses::snapshot)
    }

    /// Continues from a snapshot.
    pub fn restore(&mut self, snapshot: InsightSnapshot) {
        self.sketches = Arc::new(Sketches {
            groups: Windows::restored(snapshot.groups),
            texts: Windows::restored(snapshot.texts),
            senders: Windows::restored(snapshot.senders),
            recipients: Windows::restored(snapshot.recipients),
            clients: Windows::restored(snapshot.clients),
        });
    }

    /// What the state file keeps.
    pub fn snapshot(&self) -> InsightSnapshot {
        let sketches = &self.sketches;
        InsightSnapshot {
            groups: sketches.groups.snapshot(),
            texts: sketches.texts.snapshot(),
            senders: sketches.senders.snapshot(),
            recipients: sketches.recipients.snapshot(),
            clients: sketches.clients.snapshot(),
        }
    }

    /// Takes note of a line that is not an event: it may tell the sender of a message, or the account that submits it.
    /// `time` is in seconds since 1970.
    pub fn note(&mut self, fact: &Fact<'_>, time: i64) {
        if let Some(addresses) = &mut self.addresses {
            let (queue_id, account) = match *fact {
                Fact::Submitted {
                    queue_id,
                    submitter,
                } => (queue_id, submitter.account()),
                Fact::Accepted { queue_id, user, .. } => (queue_id, user),
                _ => (&b""[..], &b""[..]),
            };
            if !account.is_empty() {
                addresses.submitted(queue_id, account, time);
            }
        }
        let (queue_id, sender) = match fact {
            Fact::Queued {
                queue_id, sender, ..
            }
            | Fact::Accepted {
                queue_id, sender, ..
            } if !queue_id.is_empty() => (queue_id, sender),
            _ => return,
        };
        Arc::make_mut(&mut self.senders).note(queue_id, domain(sender));
        if let Some(addresses) = &mut self.addresses {
            addresses.sender(queue_id, sender);
        }
    }

    /// The sender domain of a message that another server accepted, if the event says so and the sender is known; empty
    /// for the null sender. Content filters on the loopback interface are no other server.
    #[inline]
    pub fn accepted_sender<'e>(&'e self, event: &Event<'e>) -> Option<&'e [u8]> {
        if event.outcome != Outcome::Sent
            || event.direction != Direction::Outbound
            || Some(event.provider) == self.loopback
        {
            return None;
        }
        self.sender_domain(event)
    }

    /// The sender domain of the message that an event is about, if it is known; empty for the null sender.
    #[inline]
    pub fn sender_domain<'e>(&'e self, event: &Event<'e>) -> Option<&'e [u8]> {
        match event.sender.is_empty() {
            true => self.senders.text(event.queue_id),
            false => Some(domain(event.sender)),
        }
    }

    /// Records an event that happened `times` times, if it is a failed reply; `time` is in seconds since 1970.
    pub fn record(&mut self, event: &Event<'_>, time: i64, times: u64) {
        let Some(condition) = event.condition.filter(|_| !event.duplicate) else {
            return;
        };
        let outbound = event.direction == Direction::Outbound;
        // A delivery that was not tried repeats a reply that was counted.
        if outbound && event.code.is_none() {
            return;
        }
        let Some(condition) = self.conditions.get(usize::from(condition.0)) else {
            return;
        };
        let provider = self.providers.get(usize::from(event.provider.0));
        let group = Group {
            direction: event.direction.index() as u8,
            code: event.code.unwrap_or_default(),
            enhanced: event.enhanced.map(|it| (it.class, it.subject, it.detail)),
            condition: Arc::clone(condition),
            provider: Arc::clone(provider.filter(|_| outbound).unwrap_or(&self.no_provider)),
        };
        let named = |name: &[u8]| Named {
            code: group.code,
            enhanced: group.enhanced,
            condition: Arc::clone(&group.condition),
            name: name_of(name),
        };
        let sender = self.sender_domain(event).map(named);
        let recipient = Some(event.domain()).filter(|it| !it.is_empty()).map(named);
        let client = match event.direction {
            Direction::Inbound => network(event.host),
            _ => None,
        };
        let client = client.map(|network| named(network.as_bytes()));
        if let Some(addresses) = &mut self.addresses {
            addresses.record(event, named, time, times);
        }
        self.template.clear();
        push_template(event.text, &mut self.template);
        let mut text = ReplyText {
            template: self.template.as_str().into(),
            sample: Arc::clone(&self.no_sample),
            group,
        };
        let sketches = Arc::make_mut(&mut self.sketches);
        text = match sketches.texts.known(&text) {
            Some(known) => known.clone(),
            None => ReplyText {
                sample: sample(event.text).into(),
                ..text
            },
        };
        sketches.groups.count(&text.group, time, times);
        sketches.texts.count(&text, time, times);
        for (windows, name) in [
            (&mut sketches.senders, sender),
            (&mut sketches.recipients, recipient),
            (&mut sketches.clients, client),
        ] {
            if let Some(name) = name {
                windows.count(&name, time, times);
            }
        }
    }

    /// Adds what was recorded since the last call to the windows, which makes reading them fast.
    pub fn settle(&mut self) {
        if let Some(addresses) = &mut self.addresses {
            addresses.settle();
        }
        // Every recorded reply has a group. Views share the sketches, which would be copied.
        if !self.sketches.groups.has_pending() {
            return;
        }
        let sketches = Arc::make_mut(&mut self.sketches);
        sketches.groups.settle();
        sketches.texts.settle();
        sketches.senders.settle();
        sketches.recipients.settle();
        sketches.clients.settle();
    }

    /// The groups of a window that ends at `now`, in seconds since 1970, the most frequent first.
    pub fn groups(&self, window: Window, now: i64) -> Vec<Frequent<Group>> {
        self.sketches.groups.of(window, now)
    }

    /// The reply texts of a window, the most frequent first.
    pub fn texts(&self, window: Window, now: i64) -> Vec<Frequent<ReplyText>> {
        self.sketches.texts.of(window, now)
    }

    /// The sender domains of the messages in question, the most frequent first.
    pub fn senders(&self, window: Window, now: i64) -> Vec<Frequent<Named>> {
        self.sketches.senders.of(window, now)
    }

    /// Their recipient domains, the most frequent first.
    pub fn recipients(&self, window: Window, now: i64) -> Vec<Frequent<Named>> {
        self.sketches.recipients.of(window, now)
    }

    /// The networks of the clients that our server refused, the most frequent first.
    pub fn clients(&self, window: Window, now: i64) -> Vec<Frequent<Named>> {
        self.sketches.clients.of(window, now)
    }

    /// The sender addresses of the messages in question, the most frequent first; none where they are not recorded.
    pub fn addresses(&self, window: Window, now: i64) -> Vec<Frequent<Named>> {
        let addresses = self.addresses.as_ref();
        addresses.map_or_else(Vec::new, |it| it.senders(window, now))
    }

    /// The accounts that submitted these messages, the most frequent first; none where they are not recorded.
    pub fn accounts(&self, window: Window, now: i64) -> Vec<Frequent<Named>> {
        let addresses = self.addresses.as_ref();
        addresses.map_or_else(Vec::new, |it| it.accounts(window, now))
    }

    /// The accounts that submitted most messages, whether these failed or not; none where they are not recorded.
    pub fn submitters(&self, window: Window, now: i64) -> Vec<Frequent<Arc<str>>> {
        let addresses = self.addresses.as_ref();
        addresses.map_or_else(Vec::new, |it| it.submitters(window, now))
    }
}

/// The domain of an address, after the last `@`; empty if it has none.
fn domain(address: &[u8]) -> &[u8] {
    memchr::memrchr(b'@', address).map_or(b"", |at| &address[at + 1..])
}

/// A name as it is shown: in lower case, without what is not visible.
pub(super) fn name_of(name: &[u8]) -> Arc<str> {
    let name = &name[..name.len().min(MAX_NAME)];
    let mut lower = [0; MAX_NAME];
    let lower = &mut lower[..name.len()];
    lower.copy_from_slice(name);
    lower.make_ascii_lowercase();
    if lower.iter().all(u8::is_ascii_graphic)
        && let Ok(name) = str::from_utf8(lower)
    {
        return name.into();
    }
    let name = String::from_utf8_lossy(name);
    let visible = |c: char| match c.is_ascii_graphic() || (c.is_alphanumeric() && !c.is_control()) {
        true => c.to_ascii_lowercase(),
        false => '?',
    };
    name.chars().map(visible).collect::<String>().into()
}

/// The network of a client in `name[address]`: 24 bits of an IPv4 address, 64 of an IPv6 address.
fn network(host: &[u8]) -> Option<String> {
    let host = std::str::from_utf8(host).ok()?;
    let (_, rest) = host.rsplit_once('[')?;
    let address = rest.split(']').next()?;
    match address
        .strip_prefix("IPv6:")
        .unwrap_or(address)
        .parse()
        .ok()?
    {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            Some(format!("{a}.{b}.{c}.0/24"))
        }
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            let network = std::net::Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0);
            Some(format!("{network}/64"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Providers;
    use crate::parse::{Format, Line, LineParser, StreamKey};
    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    const NOW: i64 = 1_796_000_000;

    /// What is recorded of a log, all of it at the present.
    fn recorded(log: &str) -> Insight {
        record_in(|insight| insight, log)
    }

    /// As [`recorded`], by an insight that was changed before.
    fn record_in(change: impl FnOnce(Insight) -> Insight, log: &str) -> Insight {
        let catalog = Catalog::embedded();
        let providers = Providers::embedded();
        let names: Vec<String> = providers.names().map(str::to_owned).collect();
        let mut insight = change(Insight::new(catalog, &names));
        let reference = Timestamp::from_second(NOW).expect("a time");
        let mut parser = LineParser::new(catalog, providers, TimeZone::UTC, reference);
        parser.select(StreamKey::default(), Format::Auto);
        for line in log.lines() {
            let mut slot = None;
            match parser.parse(line.as_bytes(), &mut slot).line {
                Line::Event(event) => insight.record(event, NOW, 1),
                Line::Noise(Some(fact)) => insight.note(&fact, NOW),
                _ => {}
            }
        }
        insight
    }

    #[test]
    fn a_throttled_message_is_attributed_to_provider_words_and_domains() {
        let mut log = String::new();
        for number in 0..40 {
            let id = format!("4F9D1954{number:03X}");
            log += &format!(
                "Nov 28 12:36:39 mx1 postfix/qmgr[7]: {id}: from=<info@news.example.org>, size=5502, nrcpt=1 (queue active)\n\
                 Nov 28 12:36:40 mx1 postfix/smtp[9]: {id}: to=<ann{number}@gmail.com>, relay=gmail-smtp-in.l.google.com[192.0.2.1]:25, \
                 delay=1, delays=0/0/1/0, dsn=4.7.28, status=deferred (host gmail-smtp-in.l.google.com[192.0.2.1] said: \
                 421 4.7.28 Unusual rate from [198.51.100.{number}], try again {number} (in reply to MAIL FROM command))\n"
            );
        }
        let insight = recorded(&log);
        let [groups, texts] = [
            insight.groups(Window::FiveMinutes, NOW).len(),
            insight.texts(Window::FiveMinutes, NOW).len(),
        ];
        assert_eq!((groups, texts), (1, 1));
        let text = &insight.texts(Window::Hour, NOW)[0];
        assert_eq!((text.count, text.error), (40, 0));
        let group = &text.key.group;
        assert_eq!((&*group.provider, group.code), ("google", 421));
        assert_eq!(
            group.enhanced().map(|it| it.to_string()).as_deref(),
            Some("4.7.28")
        );
        assert!(
            text.key
                .template
                .contains("Unusual rate from [<ip>], try again #"),
            "{text:?}"
        );
        assert!(text.key.sample.contains("198.51.100.0"), "{text:?}");
        let name = |names: Vec<Frequent<Named>>| (names[0].key.name.to_string(), names[0].count);
        assert_eq!(
            name(insight.senders(Window::Hour, NOW)),
            ("news.example.org".into(), 40)
        );
        assert_eq!(
            name(insight.recipients(Window::Hour, NOW)),
            ("gmail.com".into(), 40)
        );
        let mut again = recorded("");
        again.restore(insight.snapshot());
        assert_eq!(again.snapshot(), insight.snapshot());
    }

    #[test]
    fn senders_are_known_from_the_line_that_accepts_a_message() {
        let exim = "2026-11-28 12:36:39 1vDemo-00000000001-0001 <= info@news.example.org H=app [192.0.2.1] P=esmtp S=100\n\
             2026-11-28 12:36:40 1vDemo-00000000001-0001 == a@example.net R=r T=remote_smtp defer (-44) H=mx.example.net \
             [192.0.2.2]: SMTP error from remote mail server after RCPT TO:<a@example.net>: 450 4.2.0 later\n";
        let sendmail = "Nov 28 12:36:39 mx1 sendmail[1]: 4ANA0000000001: from=<info@news.example.org>, size=100, class=0, nrcpts=1, \
             proto=ESMTP, daemon=MTA, relay=app [192.0.2.1]\n\
             Nov 28 12:36:40 mx1 sendmail[1]: 4ANA0000000001: to=<a@example.net>, delay=00:00:01, xdelay=00:00:01, mailer=esmtp, \
             pri=1, relay=mx.example.net. [192.0.2.2], dsn=4.2.0, reply=450 4.2.0 later, stat=Deferred: 450 4.2.0 later\n";
        for log in [exim, sendmail] {
            let senders = recorded(log).senders(Window::Hour, NOW);
            let names: Vec<&str> = senders.iter().map(|it| &*it.key.name).collect();
            assert_eq!(names, ["news.example.org"], "{log}");
        }
    }

    #[test]
    fn addresses_and_accounts_are_recorded_only_where_that_is_allowed() {
        let postfix = "Nov 28 12:36:38 mx1 postfix/submission/smtpd[9]: 4F9D1954001: client=unknown[203.0.113.7], sasl_method=PLAIN, \
             sasl_username=ann@example.org\n\
             Nov 28 12:36:39 mx1 postfix/qmgr[7]: 4F9D1954001: from=<Ann@example.org>, size=5502, nrcpt=1 (queue active)\n\
             Nov 28 12:36:40 mx1 postfix/smtp[9]: 4F9D1954001: to=<bob@example.net>, relay=mx.example.net[192.0.2.1]:25, delay=1, \
             delays=0/0/1/0, dsn=4.2.2, status=deferred (host mx.example.net[192.0.2.1] said: 452 4.2.2 Mailbox full (in reply to \
             RCPT TO command))\n\
             Nov 28 12:36:41 mx1 postfix/submission/smtpd[9]: 4F9D1954002: client=unknown[203.0.113.7], sasl_method=PLAIN, \
             sasl_username=ann@example.org, sasl_sender=x@example.org\n";
        let exim = "2026-11-28 12:36:39 1vDemo-00000000001-0001 <= ann@example.org H=app [203.0.113.7] P=esmtpsa \
             X=TLS1.3:TLS_AES_256_GCM_SHA384:256 A=plain_server:ann@example.org S=100\n\
             2026-11-28 12:36:40 1vDemo-00000000001-0001 == bob@example.net R=r T=remote_smtp defer (-44) H=mx.example.net \
             [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<bob@example.net>: 452 4.2.2 Mailbox full\n";
        let names = |names: Vec<Frequent<Named>>| -> Vec<String> {
            names.iter().map(|it| it.key.name.to_string()).collect()
        };
        for (log, submitted) in [(postfix, 2), (exim, 1)] {
            let insight = record_in(|it| it.with_addresses(None), log);
            let again = record_in(|it| it.with_addresses(insight.addresses_snapshot()), "");
            for insight in [&insight, &again] {
                assert_eq!(
                    names(insight.addresses(Window::Hour, NOW)),
                    ["ann@example.org"]
                );
                assert_eq!(
                    names(insight.accounts(Window::Hour, NOW)),
                    ["ann@example.org"]
                );
                let accounts = insight.submitters(Window::Hour, NOW);
                let accounts: Vec<_> = accounts.iter().map(|it| (&*it.key, it.count)).collect();
                assert_eq!(accounts, [("ann@example.org", submitted)]);
            }
            let without = recorded(log);
            assert!(without.addresses(Window::Hour, NOW).is_empty());
            assert!(without.submitters(Window::Hour, NOW).is_empty());
            assert_eq!(without.addresses_snapshot(), None);
        }
    }

    #[test]
    fn refused_clients_are_attributed_to_their_networks() {
        let line = |address: &str| {
            format!(
                "Nov 28 12:36:40 mx1 postfix/smtpd[9]: NOQUEUE: reject: RCPT from unknown[{address}]: 450 4.7.25 Client host rejected: \
                 cannot find your hostname, [{address}]; from=<a@example.org> to=<b@example.net> proto=ESMTP helo=<x>\n"
            )
        };
        let log = line("203.0.113.7") + &line("203.0.113.8") + &line("2001:db8::7");
        let insight = recorded(&log);
        let clients = insight.clients(Window::FiveMinutes, NOW);
        let names: Vec<(&str, u64)> = clients.iter().map(|it| (&*it.key.name, it.count)).collect();
        assert_eq!(names, [("203.0.113.0/24", 2), ("2001:db8::/64", 1)]);
    }
}
