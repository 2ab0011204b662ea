//! Which build this is, as `--version` and the metrics say it.

/// The version of the package.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The revision of the source, usually a commit; `development` in builds that are no releases.
pub const REVISION: &str = env!("MAILLOG_BUILD_REVISION");

/// The version of the compiler.
pub const RUSTC: &str = env!("MAILLOG_BUILD_RUSTC");

/// The target triple that it was built for.
pub const TARGET: &str = env!("MAILLOG_BUILD_TARGET");

/// All of it, on four lines, of which the first follows the name of the program.
pub const LONG_VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    "\nrevision: ",
    env!("MAILLOG_BUILD_REVISION"),
    "\nrustc: ",
    env!("MAILLOG_BUILD_RUSTC"),
    "\ntarget: ",
    env!("MAILLOG_BUILD_TARGET"),
);
