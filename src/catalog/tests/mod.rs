//! Tests over the data files as they are built in.

mod blocklists;
mod classification;
mod completeness;
mod document;
mod providers;
