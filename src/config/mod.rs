//! The configuration file.
//!
//! It is read in two steps: `schema` is the shape of the file, in which every value knows its place,
//! and `check` turns it into a [`Config`], whose values are all valid. The commands that take flags
//! apply them to the result.

mod alerting;
mod check;
mod expected;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod load;
mod patterns;
mod policy;
mod providers;
mod resource_conflicts;
mod schema;
mod settings;
mod sources;
mod syslog;
#[cfg(test)]
mod tests;
mod values;

pub use crate::yaml::Error;
pub use check::{check_telemetry_path, external_url, path_of, route_prefix};
pub use load::{load, load_policy, parse};
pub use settings::{
    AlertingSettings, Config, DEFAULT_LISTEN, DEFAULT_TELEMETRY_PATH, SourceSettings,
};
pub use sources::check_file;
pub use values::check_format;
