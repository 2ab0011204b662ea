//! The entries of `catalog.toml` as types. Deserializing is strict: a missing or unknown field is an error.

use serde::Deserialize;

use super::vocabulary::{Actor, Cause, Kind, Severity, Text};

/// Reply codes are below this.
pub(super) const CODE_LIMIT: usize = 600;

/// A condition of the catalog, as an index into [`Catalog::conditions`](super::Catalog::conditions).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConditionId(pub u8);

/// A known provider, as an index into [`Providers`](super::Providers); 0 is `other`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProviderId(pub u8);

impl ProviderId {
    /// Every provider that is not in the list.
    pub const OTHER: ProviderId = ProviderId(0);
}

/// A row of the reference table `document.txt`, verbatim (a test compares every character).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentRow {
    /// When this row applies, where a code has several rows; the project's own text.
    pub when: Option<Text>,
    /// The English message.
    pub message: String,
    /// What the message means, in Chinese.
    pub meaning: String,
    /// The explanation; absent where the document ends before it.
    pub explanation: Option<String>,
    /// The remedy; absent where the document ends before it, `N/A` where it says so.
    pub remedy: Option<String>,
}

/// A reply code, or 101 and 111, which stand for failed connections.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// The three digits.
    pub code: u16,
    /// Short name.
    pub name: Text,
    /// Kind of reply.
    pub kind: Kind,
    /// Severity.
    pub severity: Severity,
    /// Who should act.
    pub actor: Actor,
    /// The condition that the code alone stands for; absent for successes and intermediate replies.
    pub condition: Option<String>,
    /// Where the code is defined.
    pub sources: Vec<String>,
    /// What happened.
    pub meaning: Text,
    /// What to do.
    pub remedy: Text,
    /// The document's rows.
    #[serde(default)]
    pub document: Vec<DocumentRow>,
}

/// An enhanced status code (RFC 3463), for one or several classes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enhanced {
    /// Subject (the middle number), 0 to 7.
    pub subject: u16,
    /// Detail (the last number), 0 to 999; the first of a range.
    pub detail: u16,
    /// The last detail of a range, where it is one.
    pub last: Option<u16>,
    /// The classes to which the entry applies: 2, 4, 5.
    pub classes: Vec<u8>,
    /// Short name.
    pub name: Text,
    /// Severity.
    pub severity: Severity,
    /// Who should act.
    pub actor: Actor,
    /// The condition, only where this code alone determines it.
    pub condition: Option<String>,
    /// Whether servers use this code only as defined, so that it decides before the text of the reply.
    #[serde(default)]
    pub reliable: bool,
    /// Where the code is defined.
    pub source: String,
    /// What happened.
    pub meaning: Text,
    /// What to do.
    pub remedy: Text,
}

/// A class of reasons. Where a text states several conditions, the first one in the list wins.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The label value.
    pub name: String,
    /// What is wrong, in a few words that can follow a colon.
    pub short: Text,
    /// The group that it belongs to as the cause of a failed delivery.
    pub cause: Cause,
    /// Severity.
    pub severity: Severity,
    /// Who should act.
    pub actor: Actor,
    /// What happened.
    pub meaning: Text,
    /// What to do.
    pub remedy: Text,
    /// Lower-case phrases of reply texts that state this condition: they decide before an enhanced status code that
    /// is not reliable.
    pub phrases: Vec<String>,
    /// Lower-case phrases that hint at this condition, where neither another phrase nor an enhanced status code says
    /// more.
    #[serde(default)]
    pub hints: Vec<String>,
}

/// A blocklist that replies name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blocklist {
    /// The label value.
    pub name: String,
    /// Lower-case phrases that name the list and by that state the condition `blocklisted`.
    pub phrases: Vec<String>,
    /// Lower-case phrases that name the list only in a reply whose condition is `blocklisted`.
    #[serde(default)]
    pub hints: Vec<String>,
}

/// A blocklist of the catalog, as an index into [`Catalog::blocklists`](super::Catalog::blocklists).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BlocklistId(pub u8);

/// A provider: who operates a remote mail exchanger.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// The label value.
    pub name: String,
    /// The name for people; absent where the label value is the name.
    pub title: Option<Text>,
    /// Where the provider wants to be asked.
    #[serde(default)]
    pub links: Vec<ProviderLink>,
    /// Lower-case domain names; a host belongs to the provider if it equals one or is a subdomain of one.
    pub suffixes: Vec<String>,
}

/// A page of a provider for the operators of other mail servers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderLink {
    /// The page.
    pub url: String,
    /// Its name.
    pub name: Text,
    /// What is found there, and what the provider asks for.
    pub about: Text,
}

/// The whole of `catalog.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tables {
    #[serde(rename = "code")]
    pub(super) codes: Vec<Code>,
    #[serde(rename = "enhanced")]
    pub(super) enhanced: Vec<Enhanced>,
    #[serde(rename = "condition")]
    pub(super) conditions: Vec<Condition>,
    #[serde(rename = "provider")]
    pub(super) providers: Vec<Provider>,
    #[serde(rename = "blocklist")]
    pub(super) blocklists: Vec<Blocklist>,
}

impl Enhanced {
    /// Whether the entry covers this subject and detail, whatever the class.
    pub fn covers(&self, subject: u16, detail: u16) -> bool {
        let details = self.detail..=self.last.unwrap_or(self.detail);
        self.subject == subject && details.contains(&detail)
    }
}

impl Tables {
    /// The condition with this name.
    pub(super) fn condition_named(&self, name: &str) -> Option<ConditionId> {
        (0u8..)
            .zip(&self.conditions)
            .find(|(_, condition)| condition.name == name)
            .map(|(id, _)| ConditionId(id))
    }
}
