//! Tests of the daemon from outside: the real binary, real files, real connections.
//!
//! Results are read over HTTP. Tests never wait for a fixed time, only for an event, with a deadline.

mod access;
mod containers;
mod daemon;
mod following;
mod limits;
mod pipes;
mod process;
mod rotation;
mod service;
mod state;
mod web;
