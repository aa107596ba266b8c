//! `monotable completions`: completion scripts for shells.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::args::Cli;
use crate::failure::Result;
use crate::output;

#[derive(Args)]
#[command(after_help = "Example: monotable completions bash > ~/.local/share/bash-completion/completions/monotable")]
pub struct Options {
    /// The shell.
    shell: Shell,
}

pub fn run(options: &Options) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Cli::command(), "monotable", &mut script);
    output::print(&String::from_utf8_lossy(&script));
    Ok(())
}
