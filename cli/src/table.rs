//! `monotable table`: looks at the tables of a workspace, changes them, and reads and writes their items.
//!
//! The commands use the local table of `config.json`, or with `--deployed` a table on AWS.

mod admin;
mod connect;
mod items;
mod json;
mod keys;
mod query;
mod transfer;

use std::path::PathBuf;

pub use connect::{failed, local};

use clap::{Args, Subcommand};

use crate::args::runtime;
use crate::failure::Result;
use crate::output::Output;

const EXAMPLES: &str = "Examples:
  monotable table describe
  monotable table ensure
  monotable table query gsi1 USER#u-1 --begins-with ORDER#
  monotable table dump --output items.jsonl
  monotable table diff --deployed --table orders-prod --region eu-central-1";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Options {
    #[command(flatten)]
    target: Target,
    #[command(subcommand)]
    command: Command,
}

/// Which table, and where it is.
#[derive(Args)]
pub struct Target {
    /// The config.json of the table. Without it, the one of this folder, or the only one of the workspace.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Use a table on AWS instead of the local one.
    #[arg(long, global = true)]
    deployed: bool,
    /// The name of the table on AWS.
    #[arg(long, global = true, value_name = "NAME", requires = "deployed")]
    table: Option<String>,
    /// The AppConfig application that contains the name of the table. The default is RUNTIME_CONFIG_APP_ID.
    #[arg(long, global = true, value_name = "ID", requires = "deployed", conflicts_with = "table")]
    app_config: Option<String>,
    /// The AWS region.
    #[arg(long, global = true, requires = "deployed")]
    region: Option<String>,
    /// The profile in the AWS configuration.
    #[arg(long, global = true, requires = "deployed")]
    profile: Option<String>,
    /// Allow a command to destroy data of this table, which is not local.
    #[arg(long, global = true, value_name = "TABLE")]
    allow_destructive: Option<String>,
}

#[derive(Subcommand)]
enum Command {
    /// List the tables of the workspace.
    List,
    /// Describe the table, and how it differs from config.json.
    Describe,
    /// Print the changes that `ensure` would apply. Exits with 4 if there are any.
    Diff,
    /// Create the table, or change it to match config.json.
    Ensure,
    /// Delete the table and all its items.
    Drop(admin::Drop),
    /// Read one item by its key.
    Get(items::Key),
    /// Write items: DynamoDB JSON, one item per line.
    Put(items::Put),
    /// Delete one item by its key.
    Delete(items::Key),
    /// Query a partition of the table or of an index.
    Query(query::Query),
    /// Write all items of the table to a file or to standard output, as DynamoDB JSON, one item per line.
    Dump(transfer::Dump),
    /// Write the items of a dump into the table.
    Seed(transfer::Seed),
}

pub fn run(options: Options, output: Output) -> Result<()> {
    let Options { target, command } = options;
    runtime()?.block_on(async {
        let table = async || connect::table(&target).await;
        match command {
            Command::List => admin::list(output),
            Command::Describe => admin::describe(&table().await?, output).await,
            Command::Diff => admin::diff(&table().await?, output).await,
            Command::Ensure => admin::ensure(&table().await?, output).await,
            Command::Drop(options) => admin::drop_table(&table().await?, &options, output).await,
            Command::Get(key) => items::get(&table().await?, &key, output).await,
            Command::Put(options) => items::put(&table().await?, &options, output).await,
            Command::Delete(key) => items::delete(&table().await?, &key, output).await,
            Command::Query(options) => query::query(&table().await?, &options, output).await,
            Command::Dump(options) => transfer::dump(&table().await?, &options, output).await,
            Command::Seed(options) => transfer::seed(&table().await?, &options, output).await,
        }
    })
}
