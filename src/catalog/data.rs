//! The catalog's types.

/// One of the catalog's conditions: an index into its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConditionId(pub u8);

/// One of the known providers: an index into the list; 0 is `other`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProviderId(pub u8);

impl ProviderId {
    /// Nobody we know.
    pub const OTHER: ProviderId = ProviderId(0);
}

/// Everything in the catalog.
pub struct Catalog {}

impl Catalog {
    /// The catalog that is built in.
    pub fn embedded() -> &'static Catalog {
        static CATALOG: Catalog = Catalog {};
        &CATALOG
    }
}
