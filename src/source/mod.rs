//! Sources of lines: bytes and positions, without any knowledge of what the lines say.
//!
//! A new kind of source is one file here that implements [`Source`], a variant of [`Input`], and a
//! line in [`open`].

mod block;
mod channel_source;
mod compression;
mod container;
mod container_text;
mod content;
mod directories;
mod facility;
mod followed_log;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod identity;
mod input;
mod interface;
mod journald;
mod lines;
mod lines_ahead;
mod log_names;
mod log_set;
mod logrotate_config;
mod newline_search;
mod path_spec;
mod pipe;
mod position;
mod read_buffer;
mod resume;
mod rotated_files;
mod rotated_names;
mod rotated_places;
mod rotation;
#[cfg(test)]
mod rotation_model;
mod rotation_search;
mod runtime_time;
mod stream_id;
mod syslog;
mod syslog_senders;
mod tail;
mod tail_file;
mod threaded_tail;
mod watcher;

pub use block::{Block, BlockReader};
pub(crate) use compression::Compression;
pub use container_text::{CONTAINER_HEAD, ContainerText, is_of_container};
pub use content::check_log;
pub use facility::Facility;
pub use input::{Files, Framing, Input, Journal, Listener, ReadFrom, Syslog, SyslogTls};
pub use interface::{Hint, Progress, Rotations, Source, Status, Wake};
pub use lines::{DEFAULT_MAX_LINE_BYTES, Lines};
pub use lines_ahead::LinesAhead;
pub(crate) use log_names::base_directory;
pub use log_names::{find, is_pattern};
pub(crate) use logrotate_config::LogrotateConfig;
pub use position::{FilePosition, Position};
pub use read_buffer::ReadBuffer;
pub use rotated_names::is_compressed;
pub(crate) use rotated_names::may_be_rotation_of;
pub use stream_id::StreamId;
pub use syslog_senders::{AllowedSenders, Sender};
use tail::Tail;
pub use watcher::{Hints, Watcher};

/// Opens a source of lines of up to `cap` bytes. `name` is for log messages. It continues from `position`, if that is one of its
/// kind. `wake` is called when a source with a thread of its own has something to read.
///
/// # Errors
///
/// If a thread cannot be started, or an address or program is not available.
pub fn open(
    name: &str,
    input: &Input,
    position: Position,
    cap: usize,
    wake: Wake,
) -> std::io::Result<Box<dyn Source>> {
    Ok(match input {
        Input::Files(files) if files.are_on_unreliable_mount() => {
            Box::new(threaded_tail::open(name, files, position, cap, wake)?)
        }
        Input::Files(files) => Box::new(Tail::new(files, position)),
        Input::Journal(journal) => {
            let cursor = match position {
                Position::Cursor(cursor) => Some(cursor),
                Position::Unset | Position::Files(_) => None,
            };
            Box::new(journald::open(name.to_owned(), journal, cursor, cap, wake)?)
        }
        Input::Syslog(input) => Box::new(syslog::open(input, cap, wake)?),
        Input::Pipe(path) => Box::new(pipe::open(path, cap, wake)?),
    })
}
