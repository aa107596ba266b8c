//! What the connected programs of a workspace do with its tables, for the permissions in a deployment.

use monotable_config::{EntityDescription, SchemaFile};

use super::key;
use super::memory::{Connection, Memory};
use super::request::Kind;
use super::source::TableCrate;
use crate::failure::{Failure, Result};
use crate::new::Workspace;
use crate::workspace;

/// A program that `monotable connect` has created.
#[derive(Debug)]
pub struct Program {
    /// The name of its crate.
    pub name: String,
    pub tables: Vec<Use>,
}

/// What a program does with a table.
#[derive(Debug)]
pub struct Use {
    pub schema: SchemaFile,
    /// The access patterns, such as `Order.create`.
    pub patterns: Vec<String>,
    /// Whether it reads the stream of the table, if there is one.
    pub reads_stream: bool,
}

/// Returns the operations that a generated program has for each entity. `query` reads its partition of the table.
fn operations(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Api | Kind::Lambda => &["create", "get", "put", "update", "delete", "query"],
        Kind::Mcp | Kind::Agent => &["create", "get", "update", "query"],
    }
}

/// Returns the connected programs of a workspace, sorted by their folders.
pub fn programs(workspace: &Workspace) -> Result<Vec<Program>> {
    let mut programs = Vec::new();
    for folder in workspace.members()? {
        let Some(memory) = Memory::read(&folder)? else { continue };
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let tables: Result<_> = memory.tables.iter().map(|table| use_of(&name, memory.kind, table)).collect();
        programs.push(Program { name, tables: tables? });
    }
    Ok(programs)
}

fn use_of(program: &str, kind: Kind, connection: &Connection) -> Result<Use> {
    for project in workspace::projects()? {
        let table = TableCrate::read(&project)?;
        if table.name != connection.table {
            continue;
        }
        let schema = table.schema()?;
        let is_chosen = |entity: &&EntityDescription| match &connection.entities {
            Some(chosen) => chosen.contains(&entity.name),
            None => true,
        };
        let patterns =
            schema.entities.iter().filter(is_chosen).flat_map(|entity| patterns_of(kind, &schema, entity)).collect();
        return Ok(Use { schema, patterns, reads_stream: kind == Kind::Lambda });
    }
    Err(Failure::failed(format!(
        "{program} is connected to the table crate `{}`, which is not in the workspace; add it, or delete the crate {program}",
        connection.table
    )))
}

/// Returns the operations and queries of an entity.
fn patterns_of(kind: Kind, schema: &SchemaFile, entity: &EntityDescription) -> Vec<String> {
    let is_possible =
        |operation: &&str| *operation == "create" || *operation == "query" || key::is_addressable(schema, entity);
    let queries = entity.indexes.iter().map(|index| index.query.as_deref().unwrap_or(&index.index));
    let names = operations(kind).iter().copied().filter(is_possible).chain(queries);
    names.map(|name| format!("{}.{name}", entity.name)).collect()
}
