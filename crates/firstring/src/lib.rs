//! Configuration, wiring, commands: what the program is made of. It is a library for its own tests and benchmarks, which hold
//! calls with the program's wiring in one process.
#![allow(unreachable_pub, missing_debug_implementations)] // nobody outside uses or prints it

pub mod cli;
pub mod commands;
pub mod config;
mod page_times;
mod web_site;
pub mod wiring;
