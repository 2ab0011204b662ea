//! Counting of facts: what a line says that is neither a reply nor a delivery.

use crate::metrics::counters::Counters;
use crate::parse::{Direction, Fact, PostscreenResult, Stage};

impl Counters {
    /// Counts a fact that a line reports `times` times.
    #[cfg_attr(hot_path, inline(always))]
    pub(super) fn fact(&mut self, fact: &Fact<'_>, times: u64) {
        match *fact {
            Fact::Connected(service) => self.services.counts(service).connections += times,
            Fact::ConnectionLost(service, stage) => {
                self.services.counts(service).connections_lost[stage.index()] += times;
            }
            Fact::TlsEstablished(service, direction, session) => {
                let tls = &mut self.services.counts(service).tls[direction.index()];
                tls[session.trust.index()][session.protocol.index()] += times;
            }
            Fact::Submitted { .. } | Fact::Removed { .. } => {}
            Fact::Received { queue_id } => self.pending_messages.begin(queue_id),
            Fact::Queued {
                queue_id,
                size,
                recipients,
                after_receipt,
                ..
            } => {
                // Without lines about the receipt of messages, every activation is observed.
                if self.pending_messages.end(queue_id) || !after_receipt {
                    self.sizes.observe(size, times);
                    self.recipients.observe(recipients, times);
                }
            }
            Fact::Accepted { .. } => self.accepted(fact, times),
            Fact::AuthFailed(..)
            | Fact::TlsFailed(..)
            | Fact::Diagnostic(..)
            | Fact::Action(..)
            | Fact::Postscreen(..) => self.report(fact, times),
        }
    }

    /// Counts what a server reports about itself or a client.
    #[inline(never)]
    fn report(&mut self, fact: &Fact<'_>, times: u64) {
        let mta = match *fact {
            Fact::AuthFailed(service, level) => {
                self.services.counts(service).auth_failures += times;
                let mta = service.agent.mta();
                self.reports.diagnostics[mta.index()][level.index()] += times;
                mta
            }
            Fact::Diagnostic(mta, level) => {
                self.reports.diagnostics[mta.index()][level.index()] += times;
                mta
            }
            Fact::Action(mta, action) => {
                self.reports.actions[mta.index()][action.index()] += times;
                mta
            }
            Fact::TlsFailed(mta, direction) => {
                self.reports.tls_failures[mta.index()][direction.index()] += times;
                mta
            }
            Fact::Postscreen(service, result) => {
                self.reports.postscreen[result.index()] += times;
                if result == PostscreenResult::Hangup {
                    let lost = &mut self.services.counts(service).connections_lost;
                    lost[Stage::Other.index()] += times;
                }
                service.agent.mta()
            }
            _ => return,
        };
        self.mtas_seen[mta.index()] = true;
    }

    /// Counts a message whose acceptance is logged with its size. Not inlined: Postfix has no such lines.
    #[inline(never)]
    fn accepted(&mut self, fact: &Fact<'_>, times: u64) {
        let Fact::Accepted {
            service,
            size,
            recipients,
            tls,
            ..
        } = *fact
        else {
            return;
        };
        self.mtas_seen[service.agent.mta().index()] = true;
        if let Some(size) = size {
            self.sizes.observe(size.get(), times);
        }
        if let Some(recipients) = recipients {
            self.recipients.observe(recipients.get().into(), times);
        }
        if let Some(session) = tls {
            self.fact(
                &Fact::TlsEstablished(service, Direction::Inbound, session),
                times,
            );
        }
    }
}
