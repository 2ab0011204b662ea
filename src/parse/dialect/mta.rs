//! The mail servers and their parts, as numbers: what events are labelled with.

use super::list::for_each_dialect;

macro_rules! enumerate {
    ($($mta:ident => $dialect:ty,)*) => {
        /// A mail server whose log is read.
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

/// A part of a mail server, such as Postfix's `smtpd`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Agent {
    pub(super) mta: Mta,
    pub(super) index: u8,
}

impl Agent {
    /// The agent at this place in the list of its server.
    pub(in crate::parse) const fn new(mta: Mta, index: u8) -> Self {
        Agent { mta, index }
    }

    /// The mail server it is a part of.
    pub fn mta(self) -> Mta {
        self.mta
    }
}
