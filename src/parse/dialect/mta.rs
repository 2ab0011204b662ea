//! The mail servers and their agents, which become the `mta` and `service` labels.

use super::list::for_each_dialect;

macro_rules! enumerate {
    ($($mta:ident => $dialect:ty,)*) => {
        /// A supported mail server.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Mta { $(
            #[doc = stringify!($mta)]
            $mta,
        )* }

        impl Mta {
            /// Every server, in the order of [`Mta::index`].
            pub const ALL: [Mta; [$(Mta::$mta),*].len()] = [$(Mta::$mta),*];
        }
    };
}
for_each_dialect!(enumerate);

impl Mta {
    /// A dense number, for tables.
    pub fn index(self) -> usize {
        self as usize
    }
}

/// An agent, a part of a mail server such as Postfix's `smtpd`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Agent {
    pub(super) mta: Mta,
    pub(super) index: u8,
}

impl Agent {
    /// The agent at this index in [`Mta::agents`].
    pub(in crate::parse) const fn new(mta: Mta, index: u8) -> Self {
        Agent { mta, index }
    }

    /// The mail server it belongs to.
    pub fn mta(self) -> Mta {
        self.mta
    }
}
