//! `monotable man`: manual pages.

use std::path::PathBuf;

use clap::{Args, CommandFactory};

use crate::args::Cli;
use crate::failure::{Failure, Result};
use crate::output;

#[derive(Args)]
#[command(after_help = "Example: monotable man | man -l -, or monotable man ~/.local/share/man/man1")]
pub struct Options {
    /// Write one page for each command into this folder. Without a folder, the page of `monotable` is printed.
    folder: Option<PathBuf>,
}

pub fn run(options: &Options) -> Result<()> {
    let Some(folder) = &options.folder else {
        let mut page = Vec::new();
        let rendered = clap_mangen::Man::new(Cli::command()).render(&mut page);
        rendered.map_err(|error| Failure::failed(format!("cannot write the page: {error}")))?;
        output::print(&String::from_utf8_lossy(&page));
        return Ok(());
    };
    std::fs::create_dir_all(folder).map_err(|error| Failure::io("create", folder, error))?;
    clap_mangen::generate_to(Cli::command(), folder).map_err(|error| Failure::io("write to", folder, error))
}
