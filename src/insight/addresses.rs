//! Whose mail fails by address and by account, and which accounts submit most: recorded only where the configuration allows
//! addresses.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::message_table::MessageTable;
use super::recorder::{Named, name_of};
use super::space_saving::Frequent;
use super::windows::{Window, Windows, WindowsSnapshot};
use crate::parse::Event;

/// The longest sender address that is remembered whole, in bytes.
const MAX_ADDRESS: usize = 95;

/// The longest name of an account that is remembered whole, in bytes.
const MAX_ACCOUNT: usize = 63;

/// The most frequent addresses and accounts.
#[derive(Clone, Debug)]
struct Sketches {
    senders: Windows<Named>,
    accounts: Windows<Named>,
    submitters: Windows<Arc<str>>,
}

/// Sender addresses and accounts.
#[derive(Clone)]
pub(super) struct Addresses {
    sketches: Arc<Sketches>,
    /// The sender of each message.
    senders: Arc<MessageTable<MAX_ADDRESS>>,
    /// The account of each message that an authenticated client submitted.
    accounts: Arc<MessageTable<MAX_ACCOUNT>>,
}

/// The sketches, for the state file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AddressesSnapshot {
    senders: WindowsSnapshot<Named>,
    accounts: WindowsSnapshot<Named>,
    submitters: WindowsSnapshot<Arc<str>>,
}

impl Addresses {
    /// Without anything recorded.
    pub fn new() -> Self {
        Addresses {
            sketches: Arc::new(Sketches {
                senders: Windows::new(),
                accounts: Windows::new(),
                submitters: Windows::new(),
            }),
            senders: Arc::new(MessageTable::new()),
            accounts: Arc::new(MessageTable::new()),
        }
    }

    /// Continues from a snapshot.
    pub fn restore(&mut self, snapshot: AddressesSnapshot) {
        self.sketches = Arc::new(Sketches {
            senders: Windows::restored(snapshot.senders),
            accounts: Windows::restored(snapshot.accounts),
            submitters: Windows::restored(snapshot.submitters),
        });
    }

    /// What the state file keeps.
    pub fn snapshot(&self) -> AddressesSnapshot {
        AddressesSnapshot {
            senders: self.sketches.senders.snapshot(),
            accounts: self.sketches.accounts.snapshot(),
            submitters: self.sketches.submitters.snapshot(),
        }
    }

    /// Takes note of the sender of a message.
    pub fn sender(&mut self, queue_id: &[u8], sender: &[u8]) {
        Arc::make_mut(&mut self.senders).note(queue_id, sender);
    }

    /// Takes note of the account that submits a message; the queue id is empty if the message has none yet.
    pub fn submitted(&mut self, queue_id: &[u8], account: &[u8], time: i64) {
        let account = &account[..account.len().min(MAX_ACCOUNT)];
        if !queue_id.is_empty() {
            Arc::make_mut(&mut self.accounts).note(queue_id, account);
        }
        let sketches = Arc::make_mut(&mut self.sketches);
        sketches.submitters.count(&name_of(account), time, 1);
    }

    /// Records a failed reply; `named` makes a key of a name.
    pub fn record(
        &mut self,
        event: &Event<'_>,
        named: impl Fn(&[u8]) -> Named,
        time: i64,
        times: u64,
    ) {
        let sender = match event.sender.is_empty() {
            true => self.senders.text(event.queue_id),
            false => Some(event.sender),
        };
        let account = self.accounts.text(event.queue_id);
        let sketches = Arc::make_mut(&mut self.sketches);
        if let Some(sender) = sender {
            sketches.senders.count(&named(sender), time, times);
        }
        if let Some(account) = account {
            sketches.accounts.count(&named(account), time, times);
        }
    }

    /// As [`super::Insight::settle`].
    pub fn settle(&mut self) {
        let it = &self.sketches;
        if it.senders.has_pending() || it.accounts.has_pending() || it.submitters.has_pending() {
            let sketches = Arc::make_mut(&mut self.sketches);
            sketches.senders.settle();
            sketches.accounts.settle();
            sketches.submitters.settle();
        }
    }

    /// The sender addresses of failed replies in a window that ends at `now`, the most frequent first.
    pub fn senders(&self, window: Window, now: i64) -> Vec<Frequent<Named>> {
        self.sketches.senders.of(window, now)
    }

    /// The accounts whose messages failed, the most frequent first.
    pub fn accounts(&self, window: Window, now: i64) -> Vec<Frequent<Named>> {
        self.sketches.accounts.of(window, now)
    }

    /// The accounts that submitted messages, those with the most messages first.
    pub fn submitters(&self, window: Window, now: i64) -> Vec<Frequent<Arc<str>>> {
        self.sketches.submitters.of(window, now)
    }
}
