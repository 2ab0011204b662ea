//! Tests over the data files as they are built in.

mod classification;
mod completeness;
mod document;
