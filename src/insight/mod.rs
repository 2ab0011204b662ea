//! Who causes failed replies, and in which words: the most frequent reply texts, sender domains, recipient domains and
//! client networks of several windows, in bounded memory.
//!
//! `recorder` takes the events and `message_table` remembers the sender of each message; `addresses` records addresses and accounts, where that is allowed; `template` makes one text of replies
//! that differ in addresses and numbers only; `sender_volumes` counts what was accepted of each sender domain (`sender_visitor`); `windows` keeps a `space_saving` sketch for each window.

mod addresses;
mod message_table;
mod recorder;
mod sender_visitor;
mod sender_volumes;
mod space_saving;
pub(crate) mod template;
mod windows;

pub use addresses::AddressesSnapshot;
pub use recorder::{Group, Insight, InsightSnapshot, Named, ReplyText};
pub use sender_visitor::SenderVisitor;
pub use sender_volumes::SenderVolumes;
pub use space_saving::Frequent;
pub(crate) use template::push_template;
pub use windows::Window;
