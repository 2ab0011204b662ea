//! The parts that the engine is made of.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::heartbeat::Heartbeat;
use super::publisher::Publisher;
use crate::catalog::Providers;
use crate::queue::Newest;
use crate::source::{Wake, Watcher};

/// What the engine uses besides its setup.
pub(super) struct Parts {
    pub providers: Providers,
    pub queues: Option<Newest>,
    pub watcher: Watcher,
    /// Called by sources with threads of their own.
    pub wake: Wake,
    pub publisher: Publisher,
    pub ready: Arc<AtomicBool>,
    /// Shows that the engine is at work.
    pub heartbeat: Arc<Heartbeat>,
}
