//! The command-line tool of monotable: it creates projects, checks `config.json`, and manages engines.

mod application;
mod args;
mod completions;
mod connect;
#[cfg(feature = "deployed")]
mod deploy;
mod dev;
mod doctor;
mod engine;
mod failure;
mod files;
mod generate;
mod iac;
mod man;
mod merge;
mod new;
mod output;
mod policy;
mod progress;
mod schema;
mod synth;
mod table;
mod validate;
mod workspace;

use std::process::ExitCode;

fn main() -> ExitCode {
    output::exit_code(args::run())
}
