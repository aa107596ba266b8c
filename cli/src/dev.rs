//! `monotable dev`: runs the tables of the workspace locally.
//!
//! One supervisor process per workspace owns the engine ([`supervisor`]). Each `dev` holds a shared lock on a lease file
//! ([`state`]); when the supervisor can lock it exclusively, no `dev` is left, and it stops the engine. The kernel releases a lock
//! when a process ends, however it ends.

mod attach;
mod command;
mod engine;
mod guard;
mod log;
mod port;
mod signals;
mod state;
mod supervisor;
mod sync;

use std::collections::BTreeMap;
use std::time::Duration;

use clap::{Args, Subcommand};

use crate::args::runtime;
use crate::failure::{Code, Failure, Result};
use crate::output::Output;
use crate::workspace::{self, Project};
use engine::Settings;
use signals::{Signal, Signals};
use state::State;
pub use state::{lock_projects, other_owner};

const EXAMPLES: &str = "Examples:
  monotable dev
  monotable dev my-table -- cargo run --example list
  monotable dev --detach && monotable dev --wait && cargo test; monotable dev stop";

/// A day. A time far in the future would not fit into an `Instant`.
const MAX_DEADLINE: u64 = 24 * 60 * 60;

#[derive(Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub struct Options {
    #[command(subcommand)]
    command: Option<Command>,
    /// The projects whose tables are created. Without one, all tables of the workspace.
    tables: Vec<String>,
    /// Run a command with LOCAL_DEV=true when the tables are ready, and exit with its exit code.
    #[arg(last = true, value_name = "COMMAND")]
    run: Vec<String>,
    /// Return when the tables are ready, and leave the engine running until `dev stop`.
    #[arg(long, conflicts_with = "run")]
    detach: bool,
    /// Start nothing, and return when a running `dev` is ready.
    #[arg(long, conflicts_with_all = ["run", "detach"])]
    wait: bool,
    /// The longest time to wait for the engine, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(..=MAX_DEADLINE))]
    deadline: u64,
    /// Let every program reach the engine, including web pages in a browser on this machine.
    #[arg(long)]
    no_guard: bool,
    /// Log each request: the operation, table, index, capacity and time, but never values. `dev logs` prints the log.
    #[arg(long)]
    requests: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Get the image of the engine `container`, if this machine does not have it.
    Pull {
        /// Ask the registry for a newer image. Otherwise the workspace keeps using the image that it has used first.
        #[arg(long)]
        refresh: bool,
    },
    /// Start the engine and leave it running, without creating tables.
    Up,
    /// Create or change the tables on the running engine.
    Sync,
    /// Stop the engine of this workspace. The data stays.
    Stop,
    /// Print whether the engine runs, and where the data is.
    Status,
    /// Print the log of the engine.
    Logs,
    /// Delete the data of all local tables of this workspace.
    Reset {
        /// Do not ask for confirmation.
        #[arg(long)]
        yes: bool,
    },
    /// Own the engine. `dev` starts this process.
    #[command(hide = true)]
    Supervise(supervisor::Options),
}

pub fn run(options: &Options, output: Output) -> Result<()> {
    let runtime = runtime()?;
    let state = State::of_workspace;
    match &options.command {
        Some(Command::Supervise(options)) => supervisor::run(&runtime, options),
        Some(Command::Stop) => command::stop(&state()?, output),
        Some(Command::Status) => command::status(&state()?, output),
        Some(Command::Logs) => command::logs(&state()?),
        Some(Command::Reset { yes }) => command::reset(&state()?, *yes, output),
        Some(Command::Pull { refresh }) => pull(&state()?, *refresh, output),
        Some(Command::Up) => runtime.block_on(async {
            let state = state()?;
            let projects = all_projects()?;
            let mut signals = Signals::new()?;
            let engine = options_of(&state, &projects, options)?;
            let attached = tokio::select! {
                attached = attach::attach(&state, &engine) => attached?,
                signal = signals.next() => return Err(interrupted(signal)),
            };
            state.set_kept(true)?;
            output.note(&format!("the engine listens on {}", attached.endpoint()));
            Ok(())
        }),
        Some(Command::Sync) => runtime.block_on(sync::sync(&state()?, &all_projects()?, output)),
        None if options.wait => runtime.block_on(command::wait(&state()?, Duration::from_secs(options.deadline))),
        None => runtime.block_on(dev(&state()?, options, output)),
    }
}

fn options_of(state: &State, projects: &[Project], options: &Options) -> Result<attach::Options> {
    Ok(attach::Options {
        settings: Settings::of_projects(state, projects, !options.no_guard, options.requests)?,
        deadline: Duration::from_secs(options.deadline),
    })
}

fn pull(state: &State, refresh: bool, output: Output) -> Result<()> {
    let settings = Settings::of_projects(state, &all_projects()?, true, false)?;
    output.note(match &settings.container {
        None => "nothing to get: only the engine `container` needs an image",
        Some(container) => match container.pull(state, refresh)? {
            true if state.running()?.is_some() => "the image is here; the running engine uses it after its next start",
            true => "the image is here",
            false => "the image was already here; `--refresh` asks for a newer one",
        },
    });
    Ok(())
}

async fn dev(state: &State, options: &Options, output: Output) -> Result<()> {
    let projects = all_projects()?;
    let chosen = choose(&projects, &options.tables)?;
    // Before anything starts, so that a signal at any time ends the run in order.
    let mut signals = Signals::new()?;
    let engine = options_of(state, &projects, options)?;
    let attached = tokio::select! {
        attached = attach::attach(state, &engine) => attached?,
        signal = signals.next() => return stopped_by(signal, options),
    };
    tokio::select! {
        ready = tokio::time::timeout(engine.deadline, sync::ready(state, &attached, &chosen, !options.run.is_empty(), output)) => {
            ready.map_err(|_| Failure::new(Code::Deadline, "the tables were not ready in time"))?
                // An engine that has ended explains the failure better.
                .or_else(|failure| attached.check().and(Err(failure)))?;
        }
        signal = signals.next() => {
            attached.leave().await?;
            return stopped_by(signal, options);
        }
    }
    if options.detach {
        // From here on, the engine does not need a lease.
        return state.set_kept(true);
    }
    match options.run.is_empty() {
        true => command::until_stopped(attached, &mut signals).await,
        false => command::run(attached, &options.run, &mut signals).await,
    }
}

/// A signal is the usual end of `dev`, but not of a command that has not run, or of `--detach`.
fn stopped_by(signal: Signal, options: &Options) -> Result<()> {
    match options.run.is_empty() && !options.detach {
        true => Ok(()),
        false => Err(interrupted(signal)),
    }
}

fn interrupted(signal: Signal) -> Failure {
    Failure::exit(u8::try_from(128 + signal.number).unwrap_or(u8::MAX))
}

fn all_projects() -> Result<Vec<Project>> {
    let projects = workspace::projects()?;
    if projects.is_empty() {
        return Err(Failure::usage("the workspace has no tables; `monotable new NAME` creates one"));
    }
    // One engine has all of them.
    let mut files = BTreeMap::new();
    for Project { file, config, .. } in &projects {
        let name = &config.local_dev.table_name;
        if let Some(other) = files.insert(name, file) {
            return Err(Failure::usage(format!(
                "{} and {} have the same `localDev.tableName`, `{name}`; give each table its own name",
                other.display(),
                file.display()
            )));
        }
    }
    Ok(projects)
}

/// Returns the projects with these names, or all of them.
fn choose<'p>(projects: &'p [Project], names: &[String]) -> Result<Vec<&'p Project>> {
    if names.is_empty() {
        return Ok(projects.iter().collect());
    }
    let find = |name: &String| {
        projects.iter().find(|project| project.name == *name).ok_or_else(|| {
            let known: Vec<_> = projects.iter().map(|project| project.name.as_str()).collect();
            Failure::usage(format!("the workspace has no table `{name}`; it has {}", known.join(", ")))
        })
    };
    names.iter().map(find).collect()
}
