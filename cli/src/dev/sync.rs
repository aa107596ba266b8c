//! Creates or changes the tables on the running engine.

use monotable::ConfigTable;
use serde::Serialize;

use crate::dev::attach::Attached;
use crate::dev::state::{Running, State};
use crate::failure::{Failure, Result};
use crate::output::Output;
use crate::progress;
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
    engine: &'a str,
    data: &'a str,
}

/// Creates the tables, prints a line for each, and records that they are ready. If a command runs next, standard output belongs to it.
pub async fn ready(
    state: &State,
    attached: &Attached<'_>,
    projects: &[&Project],
    before_command: bool,
    output: Output,
) -> Result<()> {
    tables(state, &attached.running, projects, before_command, output).await?;
    state.set_ready(Some(attached.running.pid))
}

/// `dev sync`: on the engine that is running.
pub async fn sync(state: &State, projects: &[Project], output: Output) -> Result<()> {
    let Some(running) = state.running()? else {
        return Err(Failure::failed("the engine does not run; start it with `monotable dev`"));
    };
    tables(state, &running, &projects.iter().collect::<Vec<_>>(), false, output).await?;
    state.set_ready(Some(running.pid))
}

async fn tables(
    state: &State,
    running: &Running,
    projects: &[&Project],
    before_command: bool,
    output: Output,
) -> Result<()> {
    let (endpoint, engine) = (&running.endpoint(), &running.settings.engine_name());
    let data = &running.settings.location(state);
    for project in projects {
        let name = &project.config.local_dev.table_name;
        let connection = table::local(endpoint, name);
        let table = ConfigTable::new(&project.config.table, &connection);
        let ensured = progress::during(output, &format!("table `{name}`"), table.ensure().send()).await;
        ensured.map_err(table::failed)?;
        let ready = Ready { event: "ready", project: &project.name, table: name, endpoint, engine, data };
        let text = || format!("ready: table `{name}` at {endpoint} ({engine} engine, data in {data})");
        match before_command {
            true => output.aside(&ready, text),
            false => output.result(&ready, text),
        }
    }
    Ok(())
}
