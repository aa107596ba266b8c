//! The command line: every command and its options.

use clap::{Parser, Subcommand};

#[cfg(feature = "deployed")]
use crate::deploy;
use crate::failure::{Failure, Result};
use crate::output::Output;
use crate::{completions, connect, dev, doctor, engine, man, new, policy, schema, synth, table, validate};

/// Creates monotable projects and works with their tables.
#[derive(Parser)]
#[command(
    name = "monotable",
    version,
    after_help = "Exit codes: 0 success, 1 failure, 2 usage, 3 refused without a flag, 4 differences found, 5 a tool is missing, 124 not ready in time."
)]
pub struct Cli {
    /// Print one JSON object per result, and one per error.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Create a crate with the entities of one table, or update it to the templates of this version.
    New(new::Options),
    /// Create a program that uses a table, or add to it what has changed.
    Connect(connect::Options),
    /// Run the tables of the workspace locally.
    Dev(dev::Options),
    /// Check config.json files, and report all mistakes in them.
    Validate(validate::Options),
    /// Look at tables, change them, and read and write their items.
    Table(table::Options),
    /// Print the JSON Schema of config.json, or of schema.json.
    Schema(schema::Options),
    /// Write the infrastructure of the tables of the workspace.
    Synth(synth::Options),
    /// Show what `deploy` would change, and change nothing.
    #[cfg(feature = "deployed")]
    Plan(deploy::PlanOptions),
    /// Deploy the tables of the workspace as a CloudFormation stack.
    #[cfg(feature = "deployed")]
    Deploy(deploy::DeployOptions),
    /// Compare the deployed template with the one of the workspace. Exits with 4 if they differ.
    #[cfg(feature = "deployed")]
    Diff(deploy::DiffOptions),
    /// Delete the stack. By default, its tables and keys are kept.
    #[cfg(feature = "deployed")]
    Destroy(deploy::DestroyOptions),
    /// Print the IAM policy that a program needs for a table.
    Policy(policy::Options),
    /// Install, find or remove DynamoDB Local.
    #[command(subcommand)]
    Engine(engine::Command),
    /// Report which tools this machine has, and how to get the missing ones.
    Doctor,
    /// Print a completion script for a shell.
    Completions(completions::Options),
    /// Print the manual page, or write the pages of all commands into a folder.
    Man(man::Options),
}

/// Builds the runtime of a command that sends requests.
pub fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("cannot start: {error}")))
}

pub fn run() -> Result<()> {
    let Cli { json, command } = parse()?;
    let output = Output::new(json);
    match command {
        Command::New(options) => new::run(options, output),
        Command::Connect(options) => connect::run(&options, output),
        Command::Dev(options) => dev::run(&options, output),
        Command::Validate(options) => validate::run(&options, output),
        Command::Table(options) => table::run(options, output),
        Command::Schema(options) => schema::run(&options),
        Command::Synth(options) => synth::run(&options, output),
        #[cfg(feature = "deployed")]
        Command::Plan(options) => deploy::plan(&options, output),
        #[cfg(feature = "deployed")]
        Command::Deploy(options) => deploy::deploy(&options, output),
        #[cfg(feature = "deployed")]
        Command::Diff(options) => deploy::diff(&options, output),
        #[cfg(feature = "deployed")]
        Command::Destroy(options) => deploy::destroy(&options, output),
        Command::Policy(options) => policy::run(&options),
        Command::Engine(command) => engine::run(command, output),
        Command::Doctor => doctor::run(output),
        Command::Completions(options) => completions::run(&options),
        Command::Man(options) => man::run(&options),
    }
}

/// Parses the command line. `--help` and mistakes end the program, as in every program with clap. With `--json`, a mistake is a
/// failure, so that it has the same form as other failures.
fn parse() -> Result<Cli> {
    Cli::try_parse().map_err(|error| {
        let is_json = std::env::args_os().take_while(|argument| argument != "--").any(|argument| argument == "--json");
        if !error.use_stderr() || !is_json {
            error.exit();
        }
        // From here on, errors are JSON.
        Output::new(is_json);
        Failure::usage(on_one_line(&error.to_string()))
    })
}

/// Returns the mistake and the suggestion of an error of clap, without the usage that follows.
fn on_one_line(error: &str) -> String {
    let mistake = error.split("\n\nUsage:").next().unwrap_or_default();
    let mistake = mistake.split("\n\nFor more information").next().unwrap_or_default();
    let paragraphs = mistake.trim_start_matches("error: ").split("\n\n").map(|paragraph| {
        let words: Vec<_> = paragraph.split_whitespace().filter(|word| *word != "tip:").collect();
        words.join(" ")
    });
    paragraphs.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
