//! Tests of the library and of the committed files: golden logs, properties, rules, dashboards and
//! documentation.

mod backfill;
mod chinese;
mod containers;
mod dashboards;
mod detection;
mod dialects;
mod docs;
mod doctor;
mod examples;
mod golden;
mod languages;
mod links;
mod mixed;
mod properties;
mod replay;
mod replies;
mod report;
mod rules;
mod several_files;
mod threads;
mod trace;
