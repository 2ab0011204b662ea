//! Incidents and quiet days, told as logs: which alerts `replay` says would have fired, when, and for how long.
//!
//! Each story is a mail server with its traffic and what the remote servers answered. What must follow was written down
//! from what an operator would want, not from what the rules do.

mod causes;
mod exim;
mod incidents;
mod own_errors;
mod quiet;
mod senders;
mod sendmail;
mod silence;
mod site;
mod verdict;
