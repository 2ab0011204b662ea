//! What the program promises, tested from outside: golden logs, properties, the command line and
//! the daemon.

mod dashboards;
mod docs;
mod golden;
mod properties;
mod replay;
mod rules;
mod several_files;
