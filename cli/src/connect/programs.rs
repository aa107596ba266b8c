//! What the connected programs of a workspace do with its tables, for the permissions in a deployment.

use std::path::{Path, PathBuf};

use monotable_config::{EntityDescription, SchemaFile};
use monotable_infra::plan::{LambdaFunction, Program, TableUse, Trigger};

use super::api_crate;
use super::memory::{Connection, Memory};
use super::model;
use super::request::Kind;
use super::source::TableCrate;
use crate::failure::{Failure, Result};
use crate::new::Workspace;
use crate::workspace;

/// Returns the connected programs of a workspace, sorted by their folders.
pub fn programs(workspace: &Workspace) -> Result<Vec<Program>> {
    let mut crates = Vec::new();
    for folder in workspace.members()? {
        crates.extend(Memory::read(&folder)?.map(|memory| (folder, memory)));
    }
    crates.iter().map(|(folder, memory)| program(folder, memory, &crates)).collect()
}

fn program(folder: &Path, memory: &Memory, crates: &[(PathBuf, Memory)]) -> Result<Program> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut tables = Vec::new();
    let (routes, kind) = match memory.kind {
        // The function serves the routes of the API, which can use more tables.
        Kind::Lambda => (api_of(folder, crates)?.unwrap_or(memory), Kind::Api),
        kind => (memory, kind),
    };
    for connection in &routes.tables {
        let schema = schema(&name, &connection.table)?;
        let patterns = patterns(&schema, connection, kind);
        tables.push(TableUse { patterns, describes: kind == Kind::Api, reads_stream: false, schema });
    }
    for connection in memory.tables.iter().filter(|_| memory.kind == Kind::Lambda) {
        let schema = schema(&name, &connection.table)?;
        match tables.iter_mut().find(|used| used.schema.runtime_config_key == schema.runtime_config_key) {
            Some(used) => used.reads_stream = true,
            None => tables.push(TableUse { schema, patterns: Vec::new(), describes: false, reads_stream: true }),
        }
    }
    // The binaries have the name of the package, which can differ from the one of the folder.
    let package = api_crate::package(folder)?.unwrap_or_else(|| name.clone());
    let function = |binary: String, trigger| LambdaFunction { package: package.clone(), binary, trigger };
    let functions = match memory.kind {
        Kind::Lambda => {
            vec![function(package.clone(), Trigger::Requests), function(format!("{package}-stream"), Trigger::Streams)]
        }
        Kind::Api | Kind::Mcp | Kind::Agent => Vec::new(),
    };
    Ok(Program { name, tables, functions })
}

/// Returns what a crate remembers about the API whose routes it serves; `None` if it depends on none.
fn api_of<'a>(folder: &Path, crates: &'a [(PathBuf, Memory)]) -> Result<Option<&'a Memory>> {
    let dependencies = api_crate::dependencies(folder)?;
    let is_api = |(folder, memory): &&(PathBuf, Memory)| {
        memory.kind == Kind::Api && dunce::canonicalize(folder).is_ok_and(|folder| dependencies.contains(&folder))
    };
    Ok(crates.iter().find(is_api).map(|(_, memory)| memory))
}

fn schema(program: &str, table: &str) -> Result<SchemaFile> {
    for project in workspace::projects()? {
        let found = TableCrate::read(&project)?;
        if found.name == table {
            return found.schema();
        }
    }
    Err(Failure::failed(format!(
        "{program} is connected to the table crate `{table}`, which is not in the workspace; add it, or delete the crate {program}"
    )))
}

fn patterns(schema: &SchemaFile, connection: &Connection, kind: Kind) -> Vec<String> {
    let is_chosen = |entity: &&EntityDescription| match &connection.entities {
        Some(chosen) => chosen.contains(&entity.name),
        None => true,
    };
    let patterns = schema.entities.iter().filter(is_chosen).flat_map(|entity| model::patterns(schema, entity));
    // The tools of a model neither replace nor delete items.
    let is_tool = |pattern: &String| !pattern.ends_with(".put") && !pattern.ends_with(".delete");
    match kind {
        Kind::Api | Kind::Lambda => patterns.collect(),
        Kind::Mcp | Kind::Agent => patterns.filter(is_tool).collect(),
    }
}
