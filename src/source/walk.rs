//! A walk over the rotated siblings of a log, from the newest to the first that is known.
//!
//! It stands apart because three questions have the same answer: where a file is that was read
//! before, which copy was made of a log that was emptied, and what came and went between two
//! looks.

use std::io;
use std::path::Path;

use tracing::debug;

use super::Framing;
use super::file::TailFile;
use super::identity::{FilePlace, Identity, Stamp};
use super::siblings;

/// How often a walk begins anew because names have moved on meanwhile: one that moves while its
/// directory is listed can be missed.
const TRIES: usize = 8;

/// What is looked for.
pub(crate) struct Walk<'a> {
    pub framing: Framing,
    /// Files that are to be found.
    pub wanted: &'a [FilePlace],
    /// Whether only the very file will do if there is one, and a copy of it otherwise. If not, the
    /// newest copy does.
    pub very: bool,
    /// What was read of other files before.
    pub known: &'a [FilePlace],
    /// What is open.
    pub open: &'a dyn Fn(Identity) -> bool,
    /// The file that the name means: what is newer is none of this walk's.
    pub newest: Option<Identity>,
    /// What it holds: a copy of it is no other file.
    pub newest_place: Option<FilePlace>,
    /// Whether that file is known: all that came before it was known too.
    pub newest_known: bool,
    /// If nothing that is known is met: since when a file must have been written to.
    pub since: Option<Stamp>,
}

/// What was found.
#[derive(Default)]
pub(crate) struct Walked {
    /// For each that was wanted, in their order.
    pub found: Vec<Option<TailFile>>,
    /// Files newer than all that are known, oldest first.
    pub unseen: Vec<TailFile>,
}

impl Walk<'_> {
    /// Walks over the siblings of some paths.
    ///
    /// # Errors
    ///
    /// If a directory cannot be listed.
    pub fn over(&self, paths: &[&Path]) -> io::Result<Walked> {
        let mut tries = 0;
        loop {
            let listed = paths
                .iter()
                .map(|path| siblings::newest_first(path))
                .collect::<io::Result<Vec<_>>>()?;
            let walked = self.walk(listed.iter().flat_map(siblings::Listing::newest_first));
            let again = paths
                .iter()
                .map(|path| siblings::newest_first(path))
                .collect::<io::Result<Vec<_>>>()?;
            tries += 1;
            if again == listed || tries == TRIES {
                return Ok(walked);
            }
        }
    }

    fn walk<'p>(&self, paths: impl Iterator<Item = &'p Path>) -> Walked {
        let mut walked = Walked {
            found: self.wanted.iter().map(|_| None).collect(),
            unseen: Vec::new(),
        };
        let mut met = self.newest_known;
        // Files that were empty, the newest last: nothing but the order tells what became of them.
        let mut empty: Vec<usize> = (0..self.wanted.len())
            .filter(|at| self.wanted[*at].head.len == 0)
            .collect();
        for path in paths {
            let satisfied = walked.found.iter().zip(self.wanted).all(|(found, wanted)| {
                found
                    .as_ref()
                    .is_some_and(|file| !self.very || file.identity() == wanted.identity)
            });
            if satisfied && met {
                break;
            }
            let opened = TailFile::open(path, self.framing)
                .and_then(|mut file| file.beginning().map(|beginning| (file, beginning)));
            let (mut file, beginning) = match opened {
                Ok(opened) => opened,
                Err(error) => {
                    debug!(path = %path.display(), %error, "cannot look into a rotated log");
                    continue;
                }
            };
            let identity = file.identity();
            if beginning.is_empty() && file.settled {
                if met {
                    empty.pop();
                }
                continue;
            }
            let copied = self
                .newest_place
                .as_ref()
                .is_some_and(|place| place.head.len > 0 && file.matches(&beginning, place));
            if self.newest == Some(identity) || copied {
                walked.unseen.clear();
                continue;
            }
            if (self.open)(identity) {
                // One that is empty may have been filled, copied and emptied any number of times.
                met |= !beginning.is_empty();
                continue;
            }
            let fits: Vec<usize> = (0..self.wanted.len())
                .filter(|at| file.matches(&beginning, &self.wanted[*at]))
                .collect();
            let known = self.known.iter().any(|place| {
                // The inode of an empty file that is gone may be that of another by now.
                (place.head.len > 0 || beginning.is_empty()) && file.matches(&beginning, place)
            });
            let matching = fits
                .iter()
                .map(|at| (*at, &self.wanted[*at]))
                .filter(|(at, wanted)| {
                    walked.found[*at].as_ref().is_none_or(|found| {
                        self.very
                            && found.identity() != wanted.identity
                            && wanted.identity == identity
                    })
                })
                .filter(|(_, wanted)| wanted.head.len > 0 || !known)
                .max_by_key(|(_, wanted)| (wanted.head.len > 0, wanted.identity == identity));
            if let Some((at, wanted)) = matching {
                met |= wanted.head.len > 0;
                file.resume(wanted);
                walked.found[at] = Some(file);
                empty.retain(|empty| *empty != at);
                continue;
            }
            let weak = beginning.is_empty();
            if weak && known {
                continue;
            }
            if known || fits.iter().any(|at| self.wanted[*at].head.len > 0) {
                met = true;
                continue;
            }
            if met {
                // All that came before what is known was known too: what is not must be one that
                // was empty, and is filled and perhaps compressed by now.
                let filled = empty
                    .last()
                    .is_some_and(|at| file.modified() >= self.wanted[*at].modified);
                if filled && let Some(at) = empty.pop() {
                    walked.found[at] = Some(file);
                }
                continue;
            }
            let older = self.since.is_some_and(|since| file.modified() < since);
            if older && satisfied {
                break;
            }
            let twice = walked.unseen.iter().any(|f| f.identity() == identity);
            if !twice {
                walked.unseen.push(file);
            }
        }
        if !met {
            let since = self.since;
            walked
                .unseen
                .retain(|file| since.is_some_and(|since| file.modified() >= since));
        }
        walked.unseen.reverse();
        walked
    }
}
