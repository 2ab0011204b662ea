//! The daemon as its users run it: the real binary, real files, real connections.
//!
//! What it has read is asked of it over HTTP; nothing waits for time to pass, only for what it
//! says, with a deadline.

mod access;
mod containers;
mod daemon;
mod following;
mod pipes;
mod process;
mod rotation;
mod service;
mod state;
mod web;
