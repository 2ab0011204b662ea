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
/// c
pub struct Condition {
    /// n
    pub name: String,
}
/// c
pub struct Code { /// m
 pub meaning: Text, /// r
 pub remedy: Text }
/// t
pub struct Text { /// e
 pub en: String }
impl Code {
    /// d
    pub fn in_document(&self) -> bool {
        true
    }
}

impl Catalog {
    /// The catalog that is built in.
    pub fn embedded() -> &'static Catalog {
        static CATALOG: Catalog = Catalog {};
        &CATALOG
    }
    /// c
    pub fn conditions(&self) -> &[Condition] {
        static C: std::sync::LazyLock<Vec<Condition>> = std::sync::LazyLock::new(|| {
            (0..30)
                .map(|i| Condition {
                    name: format!("c{i}"),
                })
                .collect()
        });
        &C
    }
    /// c
    pub fn code(&self, c: u16) -> Option<&'static Code> {
        static D: std::sync::LazyLock<Code> = std::sync::LazyLock::new(|| Code { meaning: Text { en: String::new() }, remedy: Text { en: String::new() } });
        matches!(
            c,
            101 | 111
                | 211
                | 214
                | 220
                | 221
                | 250
                | 251
                | 252
                | 354
                | 420
                | 421
                | 422
                | 450
                | 451
                | 452
                | 500..=555
        )
        .then(|| &*D)
    }
}

/// p
#[derive(Clone)]
pub struct Providers(Vec<String>);
impl Providers {
    /// e
    pub fn embedded() -> Self {
        Providers(vec!["other".into()])
    }
    /// n
    pub fn names(&self) -> &[String] {
        &self.0
    }
    /// n
    pub fn name(&self, _: ProviderId) -> &str {
        "other"
    }
    /// of
    pub fn of(&self, _: &[u8]) -> ProviderId {
        ProviderId::OTHER
    }
}
impl Catalog {
    /// n
    pub fn condition_name(&self, _: ConditionId) -> &str {
        "x"
    }
}
impl Catalog { /// x
 pub fn other(&self)->ConditionId{ConditionId(0)} /// x
 pub fn condition_named(&self,_:&str)->Option<ConditionId>{None} /// x
 pub fn classify(&self,_:Option<u16>,_:Option<(u8,u16,u16)>,_:&[u8])->ConditionId{ConditionId(0)} }
