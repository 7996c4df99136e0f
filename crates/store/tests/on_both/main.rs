//! The same behaviour on a file of SQLite and on a database of PostgreSQL.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

mod book;
mod database;
mod inbox;
mod ledger;
mod moving;
mod nodes;
mod recordings;
mod retention;
mod rows;
mod server;
mod waiting;
