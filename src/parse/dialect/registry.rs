//! Dispatch: from the number of a mail server to the dialect that reads its records.

use super::api::{AgentDef, Confidence, Dialect, OwnFrame, Record};
use super::list::for_each_dialect;
use super::mta::{Agent, Mta};
use super::postfix::State as PostfixState;
use crate::parse::event::Visitor;

macro_rules! dispatch {
    ($($mta:ident => $dialect:ty,)*) => {
        impl Mta {
            /// The value of the `mta` label, and the name of its format in the configuration.
            pub const fn name(self) -> &'static str {
                match self { $(Mta::$mta => <$dialect as Dialect>::NAME,)* }
            }

            /// Its agents.
            pub const fn agents(self) -> &'static [AgentDef] {
                match self { $(Mta::$mta => <$dialect as Dialect>::AGENTS,)* }
            }

            /// Where its own log files usually are.
            pub const fn default_logs(self) -> &'static [&'static str] {
                match self { $(Mta::$mta => <$dialect as Dialect>::DEFAULT_LOGS,)* }
            }

            /// How records are framed in its own log files.
            pub(in crate::parse) const fn own_frame(self) -> OwnFrame {
                match self { $(Mta::$mta => <$dialect as Dialect>::OWN_FRAME,)* }
            }

            /// The server that wrote a syslog record.
            pub(in crate::parse) fn of_record(tag: &[u8], body: &[u8]) -> Option<Mta> {
                $(if <$dialect as Dialect>::claims(tag, body) { return Some(Mta::$mta); })*
                None
            }

            /// Whether a line is of this server's own log file.
            pub(in crate::parse) fn probe(self, line: &[u8]) -> Confidence {
                match self { $(Mta::$mta => <$dialect as Dialect>::probe(line),)* }
            }

            /// What its dialect remembers before the first record.
            pub(in crate::parse) fn new_state(self) -> DialectState {
                match self { $(Mta::$mta => DialectState::$mta(Default::default()),)* }
            }

            /// The version of what its dialect remembers.
            pub(in crate::parse) fn state_version(self) -> u16 {
                match self { $(Mta::$mta => <$dialect as Dialect>::STATE_VERSION,)* }
            }

            /// Reads back what [`DialectState::encode`] wrote.
            pub(in crate::parse) fn decode_state(self, bytes: &[u8]) -> postcard::Result<DialectState> {
                Ok(match self { $(
                    Mta::$mta => DialectState::$mta(postcard::from_bytes(bytes)?),
                )* })
            }
        }

        /// What one dialect remembers of one stream.
        pub(in crate::parse) enum DialectState { $(
            #[doc = stringify!($mta)]
            $mta(<$dialect as Dialect>::State),
        )* }

        impl DialectState {
            /// Reads one record with the dialect whose state this is.
            pub(in crate::parse) fn read<'a>(
                &mut self,
                record: &Record<'a>,
                visitor: &mut impl Visitor<'a>,
            ) {
                match self { $(
                    DialectState::$mta(state) => {
                        <$dialect as Dialect>::read(state, record, visitor)
                    }
                )* }
            }

            /// The state as bytes.
            pub(in crate::parse) fn encode(&self) -> postcard::Result<Vec<u8>> {
                match self { $(DialectState::$mta(state) => postcard::to_stdvec(state),)* }
            }
        }
    };
}
for_each_dialect!(dispatch);

impl DialectState {
    /// The state of Postfix's dialect, whose usual lines are read without dispatch.
    #[inline(always)]
    pub(in crate::parse) fn postfix(&mut self) -> Option<&mut PostfixState> {
        #[allow(unreachable_patterns)]
        match self {
            DialectState::Postfix(state) => Some(state),
            _ => None,
        }
    }
}

impl Mta {
    /// The server with this `mta` label.
    pub fn named(name: &str) -> Option<Mta> {
        Mta::ALL.into_iter().find(|mta| mta.name() == name)
    }
}

impl Agent {
    /// What is known of it.
    pub fn definition(self) -> &'static AgentDef {
        &self.mta.agents()[usize::from(self.index)]
    }

    /// The value of the `service` label.
    pub fn name(self) -> &'static str {
        self.definition().name
    }

    /// A dense number over all agents of all servers, for tables.
    #[inline]
    pub fn index(self) -> usize {
        usize::from(FIRST_AGENT[self.mta as usize]) + usize::from(self.index)
    }

    /// Every agent of every server, in the order of [`Agent::index`].
    pub fn all() -> impl Iterator<Item = Agent> {
        Mta::ALL.into_iter().flat_map(|mta| {
            let agents = mta.agents().len() as u8;
            (0..agents).map(move |index| Agent { mta, index })
        })
    }
}

/// The dense number of the first agent of each server.
const FIRST_AGENT: [u8; Mta::ALL.len()] = {
    let mut first = [0; Mta::ALL.len()];
    let mut mta = 1;
    while mta < first.len() {
        first[mta] = first[mta - 1] + Mta::ALL[mta - 1].agents().len() as u8;
        mta += 1;
    }
    first
};
