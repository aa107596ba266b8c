//! Creates or changes the tables on the running engine.

use monotable::ConfigTable;
use serde::Serialize;

use crate::dev::attach::Attached;
use crate::dev::state::State;
use crate::failure::{Failure, Result};
use crate::output::Output;
use crate::table;
use crate::workspace::Project;

/// A table that is ready.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Ready<'a> {
    event: &'static str,
    project: &'a str,
    table: &'a str,
    endpoint: &'a str,
    engine: &'static str,
    data: String,
}

/// Creates the tables, prints a line for each, and records that they are ready.
pub async fn ready(state: &State, attached: &Attached<'_>, projects: &[&Project], output: Output) -> Result<()> {
    tables(state, &attached.endpoint(), projects, output).await?;
    state.set_ready(Some(attached.running.pid))
}

/// `dev sync`: on the engine that is running.
pub async fn sync(state: &State, projects: &[Project], output: Output) -> Result<()> {
    let Some(running) = state.running()? else {
        return Err(Failure::failed("the engine does not run; start it with `monotable dev`"));
    };
    tables(state, &running.endpoint(), &projects.iter().collect::<Vec<_>>(), output).await?;
    state.set_ready(Some(running.pid))
}

async fn tables(state: &State, endpoint: &str, projects: &[&Project], output: Output) -> Result<()> {
    for project in projects {
        let name = &project.config.local_dev.table_name;
        let connection = table::local(endpoint, name);
        ConfigTable::new(&project.config.table, &connection).ensure().await.map_err(table::failed)?;
        let data = state.data().display().to_string();
        let ready = Ready { event: "ready", project: &project.name, table: name, endpoint, engine: "embedded", data };
        output.result(&ready, || {
            format!("ready: table `{name}` at {endpoint} (embedded engine, data in {})", ready.data)
        });
    }
    Ok(())
}
