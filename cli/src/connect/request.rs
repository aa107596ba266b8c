//! The options of `monotable connect`, and the request that follows from them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use monotable_config::SchemaFile;
use serde::{Deserialize, Serialize};

use super::api_crate::ApiCrate;
use super::memory::Memory;
use super::source::TableCrate;
use crate::failure::{Failure, Result};
use crate::new::{self, Workspace};
use crate::workspace;

const EXAMPLES: &str = "Examples:
  monotable connect api --table orders
  monotable connect api --table orders --to shop-api --entity Order --entity Review --dry-run
  monotable connect mcp

Run it again after a change of the entities. It updates the files that you have not changed, and merges the others.";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Options {
    /// The kind of program.
    #[arg(value_enum)]
    kind: Kind,
    /// The table: the name of its crate [default: the only table of the workspace].
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
    /// The crate of the program. It is created if it does not exist [default: the name of the table, followed by the kind].
    #[arg(long, value_name = "CRATE")]
    to: Option<String>,
    /// An entity that the program uses [default: all].
    #[arg(long = "entity", value_name = "ENTITY", value_delimiter = ',')]
    entities: Vec<String>,
    /// Do not run `cargo fetch`.
    #[arg(long)]
    pub no_fetch: bool,
    /// Print what would be written, and write nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Show the differences of changed files.
    #[arg(long)]
    pub diff: bool,
    /// A file in conflict that you have merged by hand, by the path that this command prints. Can be given several times.
    #[arg(long, value_name = "FILE")]
    resolved: Vec<PathBuf>,
}

/// The kinds of programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// An HTTP API with axum.
    Api,
    /// AWS Lambda functions: one with the routes of the HTTP API, and one for the stream of the table.
    Lambda,
    /// An MCP server with rmcp.
    Mcp,
    /// An agent with rig.
    Agent,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Lambda => "lambda",
            Self::Mcp => "mcp",
            Self::Agent => "agent",
        }
    }

    /// Returns the function that a program of the user calls.
    pub fn entry(self) -> &'static str {
        match self {
            Self::Api => "router",
            Self::Lambda => "stream::handle",
            Self::Mcp => "Server::new",
            Self::Agent => "agent::agent",
        }
    }

    /// Returns the commands that a user runs after the first run.
    pub fn next(self, krate: &str, has_engine: bool) -> String {
        let dev = if has_engine || self == Self::Lambda { "" } else { "monotable dev -- " };
        let start = match self {
            Self::Api => format!("monotable dev -- cargo run -p {krate}"),
            Self::Lambda => format!("cargo lambda build --release --x86-64 -p {krate}"),
            Self::Mcp => format!("monotable dev -- cargo run -p {krate} -- --http 127.0.0.1:3001"),
            Self::Agent => format!("monotable dev -- cargo run -p {krate} --example scripted"),
        };
        format!("  {dev}cargo test -p {krate}\n  {start}")
    }
}

/// A validated request: everything that determines the files.
#[derive(Debug)]
pub struct Request {
    pub kind: Kind,
    pub workspace: Workspace,
    /// The name of the package.
    pub krate: String,
    /// The folder of the crate, relative to the root of the workspace.
    pub member: PathBuf,
    pub tables: Vec<ConnectedTable>,
    /// The HTTP API whose routes a Lambda function serves.
    pub api: Option<ApiCrate>,
    /// What the crate remembers: the tables of this run, and the texts of the last one.
    pub memory: Memory,
    /// Whether tests can contain the embedded engine.
    pub has_engine: bool,
    /// The files in conflict that the user has merged by hand.
    pub resolved: Vec<PathBuf>,
    /// What the user should know.
    pub remarks: Vec<String>,
}

/// A table that the program uses.
#[derive(Debug)]
pub struct ConnectedTable {
    pub krate: TableCrate,
    /// Its schema, with only the entities that the program uses.
    pub schema: SchemaFile,
}

pub fn request(options: &Options) -> Result<Request> {
    let kind = options.kind;
    let crates = workspace::projects()?.iter().map(TableCrate::read).collect::<Result<Vec<_>>>()?;
    let table = choose(&crates, options.table.as_deref())?;
    let workspace = Workspace::find(&workspace::current_folder()?)?;
    let krate = new::krate(options.to.as_deref().unwrap_or(&format!("{}-{}", table.name, kind.word())))?;
    if crates.iter().any(|table| table.name == krate) {
        return Err(Failure::usage(format!("`{krate}` is the crate of a table; choose another crate with `--to`")));
    }
    let folder = folder_of(&workspace, &krate)?.unwrap_or_else(|| {
        let siblings = table.folder.parent().filter(|parent| parent.starts_with(&workspace.root));
        siblings.unwrap_or(&workspace.root).join(&krate)
    });
    let member = folder.strip_prefix(&workspace.root).map_err(|error| Failure::failed(error.to_string()))?.to_owned();
    let last = Memory::read(&folder)?;
    if let Some(last) = last.as_ref().filter(|last| last.kind != kind) {
        return Err(Failure::usage(format!(
            "`{krate}` was created by `monotable connect {}`; choose another crate with `--to`",
            last.kind.word()
        )));
    }
    let mut memory = last.unwrap_or(Memory { kind, tables: Vec::new(), files: BTreeMap::new() });
    memory.connect(&table.name, &options.entities);
    let table = table.name.clone();
    let (tables, mut remarks) = connected(crates, &memory, &table, &options.entities)?;
    let api = match kind {
        Kind::Lambda if tables.len() > 1 => {
            return Err(Failure::usage(format!(
                "`{krate}` is for the stream of another table; choose another crate with `--to`"
            )));
        }
        Kind::Lambda => Some(ApiCrate::of_table(&workspace, &table, &mut remarks)?.seen_from(&folder)),
        Kind::Api | Kind::Mcp | Kind::Agent => None,
    };
    let has_engine = new::has_engine(&workspace.root)?;
    let resolved = options.resolved.clone();
    Ok(Request { kind, workspace, krate, member, tables, api, memory, has_engine, resolved, remarks })
}

/// Returns the table of a name, or the only one.
fn choose<'a>(crates: &'a [TableCrate], name: Option<&str>) -> Result<&'a TableCrate> {
    let names: Vec<&str> = crates.iter().map(|table| table.name.as_str()).collect();
    let found = crates.iter().find(|table| name.is_none_or(|name| table.name == name || table.module == name));
    match (found, name) {
        (None, _) if crates.is_empty() => {
            Err(Failure::usage("the workspace has no tables; `monotable new NAME` creates one"))
        }
        (_, None) if crates.len() > 1 => Err(Failure::usage(format!(
            "the workspace has several tables; choose one with `--table`: {}",
            names.join(", ")
        ))),
        (Some(found), _) => Ok(found),
        (None, name) => Err(Failure::usage(format!(
            "the workspace has no table `{}`; its tables are: {}",
            name.unwrap_or_default(),
            names.join(", ")
        ))),
    }
}

/// Finds the folder of a package of the workspace.
fn folder_of(workspace: &Workspace, package: &str) -> Result<Option<PathBuf>> {
    let is_it = |folder: &PathBuf| {
        let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
        let manifest = manifest.parse::<toml_edit::DocumentMut>().ok();
        manifest.is_some_and(|manifest| {
            manifest.get("package").and_then(|package| package.get("name")?.as_str()) == Some(package)
        })
    };
    Ok(workspace.members()?.into_iter().find(is_it))
}

/// Reads the schemas of all tables that the crate uses. `named` are the entities of `table` that the user has named.
fn connected(
    crates: Vec<TableCrate>,
    memory: &Memory,
    table: &str,
    named: &[String],
) -> Result<(Vec<ConnectedTable>, Vec<String>)> {
    let mut crates: BTreeMap<String, TableCrate> =
        crates.into_iter().map(|table| (table.name.clone(), table)).collect();
    let (mut tables, mut remarks) = (Vec::new(), Vec::new());
    for known in &memory.tables {
        let Some(krate) = crates.remove(&known.table) else {
            return Err(Failure::failed(format!(
                "the program uses the table `{}`, which the workspace does not have any more; remove it from {}",
                known.table,
                Path::new(super::memory::FILE).display()
            )));
        };
        let mut schema = krate.schema()?;
        for name in krate.unlisted(&schema)? {
            let command = krate.update_command();
            remarks.push(format!(
                "note: schema.json of `{}` does not have `{name}`; if it is an entity of this table, run `{command}`, then connect again",
                krate.name
            ));
        }
        if known.table == table {
            // Also if the program uses all entities, because a misspelled name would otherwise have no effect.
            check_entities(&krate, &schema, named)?;
        }
        if let Some(chosen) = &known.entities {
            check_entities(&krate, &schema, chosen)?;
            schema.entities.retain(|entity| chosen.contains(&entity.name));
        }
        if schema.entities.is_empty() {
            return Err(Failure::failed(format!(
                "schema.json of `{}` has no entities; add one, and run `{}`",
                krate.name,
                krate.update_command()
            )));
        }
        tables.push(ConnectedTable { krate, schema });
    }
    Ok((tables, remarks))
}

fn check_entities(krate: &TableCrate, schema: &SchemaFile, chosen: &[String]) -> Result<()> {
    let names: Vec<&str> = schema.entities.iter().map(|entity| entity.name.as_str()).collect();
    match chosen.iter().find(|name| !names.contains(&name.as_str())) {
        None => Ok(()),
        Some(unknown) => Err(Failure::usage(format!(
            "the table `{}` has no entity `{unknown}`; its entities are: {}. After a change of the entities, run `{}`",
            krate.name,
            names.join(", "),
            krate.update_command()
        ))),
    }
}
