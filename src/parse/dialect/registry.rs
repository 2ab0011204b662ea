//! Dispatch from a mail server to the dialect that parses its records.

use super::api::{AgentDef, Confidence, Dialect, Record};
use super::list::for_each_dialect;
use super::mta::{Agent, Mta};
use super::postfix::PostfixState;
use crate::parse::event::Visitor;
use crate::parse::frame::syslog::HeaderParser;
use crate::parse::kinds::Stamp;

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

            /// The usual paths of its own log files.
            pub const fn default_logs(self) -> &'static [&'static str] {
                match self { $(Mta::$mta => <$dialect as Dialect>::DEFAULT_LOGS,)* }
            }

            /// The server that wrote a syslog record.
            pub(in crate::parse) fn of_record(tag: &[u8], body: &[u8]) -> Option<Mta> {
                // Most records need no look at their text.
                $(if <$dialect as Dialect>::owns(tag) { return Some(Mta::$mta); })*
                $(if <$dialect as Dialect>::claims(tag, body) { return Some(Mta::$mta); })*
                None
            }

            /// Whether a line is from this server's own log file.
            pub(in crate::parse) fn probe(self, line: &[u8]) -> Confidence {
                match self { $(Mta::$mta => <$dialect as Dialect>::probe(line),)* }
            }

            /// The initial state of its dialect.
            pub(in crate::parse) fn new_state(self) -> DialectState {
                match self { $(Mta::$mta => DialectState::$mta(Default::default()),)* }
            }

            /// The version of the state of its dialect.
            pub(in crate::parse) fn state_version(self) -> u16 {
                match self { $(Mta::$mta => <$dialect as Dialect>::STATE_VERSION,)* }
            }

            /// Decodes the result of [`DialectState::encode`].
            pub(in crate::parse) fn decode_state(self, bytes: &[u8]) -> postcard::Result<DialectState> {
                Ok(match self { $(
                    Mta::$mta => DialectState::$mta(postcard::from_bytes(bytes)?),
                )* })
            }
        }

        /// The state of one dialect for one stream.
        pub(in crate::parse) enum DialectState { $(
            #[doc = stringify!($mta)]
            $mta(<$dialect as Dialect>::State),
        )* }

        impl DialectState {
            /// Parses one record with the dialect of this state.
            pub(in crate::parse) fn read<'a>(
                &'a mut self,
                record: &Record<'a>,
                visitor: &mut impl Visitor<'a>,
            ) {
                match self { $(
                    DialectState::$mta(state) => {
                        <$dialect as Dialect>::read(state, record, visitor)
                    }
                )* }
            }

            /// As [`Dialect::frame`].
            pub(in crate::parse) fn frame<'a>(
                &mut self,
                headers: &mut HeaderParser,
                line: &'a [u8],
            ) -> (Option<Stamp>, &'a [u8]) {
                match self { $(
                    DialectState::$mta(state) => {
                        <$dialect as Dialect>::frame(state, headers, line)
                    }
                )* }
            }

            /// As [`Dialect::read_certain`].
            #[inline]
            pub(in crate::parse) fn read_certain<'a>(
                &mut self,
                time: Stamp,
                text: &'a [u8],
                visitor: &mut impl Visitor<'a>,
            ) -> bool {
                match self { $(
                    DialectState::$mta(state) => {
                        <$dialect as Dialect>::read_certain(state, time, text, visitor)
                    }
                )* }
            }

            /// The state, encoded for the state file.
            pub(in crate::parse) fn encode(&self) -> postcard::Result<Vec<u8>> {
                match self { $(DialectState::$mta(state) => postcard::to_stdvec(state),)* }
            }
        }
    };
}
for_each_dialect!(dispatch);

impl DialectState {
    /// The state of the Postfix dialect, for prescanned lines, which are parsed without dispatch.
    #[cfg_attr(hot_path, inline(always))]
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
    /// Its definition.
    pub fn definition(self) -> &'static AgentDef {
        &self.mta.agents()[usize::from(self.index)]
    }

    /// The value of the `service` label.
    pub fn name(self) -> &'static str {
        self.definition().name
    }

    /// A dense index over all agents of all servers, for tables.
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

/// The dense index of the first agent of each server.
const FIRST_AGENT: [u8; Mta::ALL.len()] = {
    let mut first = [0; Mta::ALL.len()];
    let mut mta = 1;
    while mta < first.len() {
        first[mta] = first[mta - 1] + Mta::ALL[mta - 1].agents().len() as u8;
        mta += 1;
    }
    first
};
