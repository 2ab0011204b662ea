//! Tests of the daemon from outside: the real binary, real files, real connections.
//!
//! Results are read over HTTP. Tests never wait for a fixed time, only for an event, with a deadline.

mod access;
mod activation;
mod connections;
mod containers;
mod daemon;
mod following;
mod http2;
mod limits;
mod openmetrics;
mod passwords;
mod pipes;
mod process;
mod progress;
mod reload;
mod rotation;
mod sandbox;
mod service;
mod state;
mod terminal;
mod tls_client;
mod toolkit;
#[cfg(feature = "top")]
mod top;
mod trace;
mod web;
