//! The open HTTP connections, of which there are only so many at a time.
//!
//! At the limit a new connection takes the place of an idle one, so that clients that hold
//! connections open cannot block a scrape. Busy connections are not closed: if there is no idle
//! one, the new connection is rejected. No peer can have all connections.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::activity::Activity;
use super::peer::Peer;

/// All open connections.
pub struct Connections {
    /// The most connections at a time.
    limit: usize,
    /// The most connections of one peer at a time.
    peer_limit: usize,
    open: Mutex<Vec<Open>>,
    /// Notified when a connection is closed.
    closed: Notify,
}

struct Open {
    peer: Peer,
    activity: Arc<Activity>,
}

impl Connections {
    /// No connection yet, at most `limit` of them, and at most `peer_limit` of one peer.
    pub fn new(limit: usize, peer_limit: usize) -> Arc<Self> {
        Arc::new(Connections {
            limit,
            peer_limit,
            open: Mutex::default(),
            closed: Notify::new(),
        })
    }

    fn open(&self) -> MutexGuard<'_, Vec<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers a new connection, if need be in place of an idle one. It is open until the returned
    /// value is dropped. `None` if it must be rejected.
    pub fn admit(self: &Arc<Self>, peer: Peer) -> Option<OpenConnection> {
        let mut open = self.open();
        // An evicted connection closes as soon as its task runs.
        let mut of_peers: HashMap<Peer, usize> = HashMap::new();
        for other in open.iter().filter(|other| !other.activity.is_evicted()) {
            *of_peers.entry(other.peer).or_default() += 1;
        }
        let of_peer = |peer| of_peers.get(&peer).copied().unwrap_or(0);
        if of_peer(peer) >= self.peer_limit {
            let own = open.iter().filter(|other| other.peer == peer);
            evict_longest_idle(own, |_| 0)?;
        } else if of_peers.values().sum::<usize>() >= self.limit {
            // Whoever has the most connections loses one.
            evict_longest_idle(open.iter(), of_peer)?;
        }
        let activity = Activity::new();
        open.push(Open {
            peer,
            activity: Arc::clone(&activity),
        });
        drop(open);
        Some(OpenConnection {
            activity,
            connections: Arc::clone(self),
        })
    }

    /// Waits until no connection is open. Must not be called twice at a time.
    pub async fn all_closed(&self) {
        while !self.open().is_empty() {
            self.closed.notified().await;
        }
    }
}

/// Evicts the evictable connection whose peer has the highest rank, and of those the one that has
/// been idle the longest, but one that is not new if there is one. `None` if there is none.
fn evict_longest_idle<'a>(
    open: impl Iterator<Item = &'a Open>,
    rank: impl Fn(Peer) -> usize,
) -> Option<()> {
    let evictable = open.filter_map(|other| Some((other.activity.evictable()?, other)));
    let (_, longest) =
        evictable.min_by_key(|(evictable, other)| (Reverse(rank(other.peer)), *evictable))?;
    longest.activity.evict();
    Some(())
}

/// An open connection.
pub struct OpenConnection {
    /// What the connection is doing.
    pub activity: Arc<Activity>,
    connections: Arc<Connections>,
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.connections
            .open()
            .retain(|other| !Arc::ptr_eq(&other.activity, &self.activity));
        self.connections.closed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(last: u8) -> Peer {
        Peer::of([192, 0, 2, last].into())
    }

    fn busy(connections: &Arc<Connections>, last: u8) -> OpenConnection {
        let connection = connections.admit(peer(last)).expect("a place");
        connection.activity.begin_response();
        connection
    }

    #[test]
    fn a_connection_is_rejected_if_all_are_busy() {
        let connections = Connections::new(3, 3);
        let open = [1, 2, 3].map(|last| busy(&connections, last));
        assert!(connections.admit(peer(4)).is_none());
        drop(open);
        assert!(connections.admit(peer(4)).is_some());
    }

    #[test]
    fn a_peer_at_its_limit_takes_places_of_its_own_only() {
        let connections = Connections::new(4, 2);
        let other = connections.admit(peer(1)).expect("a place");
        let first = connections.admit(peer(2)).expect("a place");
        let second = connections.admit(peer(2)).expect("a place");
        let third = busy(&connections, 2);
        let evicted = |it: &OpenConnection| it.activity.is_evicted();
        assert!(!evicted(&other) && evicted(&first) && !evicted(&second));
        let fourth = busy(&connections, 2);
        assert!(!evicted(&other) && evicted(&second));
        assert!(connections.admit(peer(2)).is_none(), "both are busy");
        assert!(!evicted(&third) && !evicted(&fourth));
    }

    #[test]
    fn a_new_connection_keeps_its_place_until_its_first_request_unless_all_are_new() {
        let connections = Connections::new(4, 4);
        let new = connections.admit(peer(1)).expect("a place");
        let answered = [(); 3].map(|()| {
            let connection = busy(&connections, 1);
            connection.activity.flushed();
            connection
        });
        let evicted = |it: &OpenConnection| it.activity.is_evicted();
        let mut others = Vec::new();
        for (number, idle) in answered.iter().enumerate() {
            assert!(!evicted(idle));
            others.push(connections.admit(peer(1)).expect("a place"));
            assert!(evicted(idle) && !evicted(&new), "{number}");
        }
        others.push(connections.admit(peer(1)).expect("a place"));
        assert!(evicted(&new) && !others.iter().any(evicted));
    }

    #[test]
    fn the_peer_with_the_most_connections_loses_an_idle_one() {
        let connections = Connections::new(4, 3);
        let longest = connections.admit(peer(1)).expect("a place");
        let many = [(); 3].map(|()| connections.admit(peer(2)).expect("a place"));
        let _new = connections.admit(peer(3)).expect("a place");
        assert!(!longest.activity.is_evicted());
        assert!(many[0].activity.is_evicted() && !many[1].activity.is_evicted());
        // The evicted one does not count any more, so now they are as many as before.
        let _next = connections.admit(peer(4)).expect("a place");
        assert!(!longest.activity.is_evicted() && many[1].activity.is_evicted());
    }
}
