//! Renders the files of a program.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use heck::ToSnakeCase;
use minijinja::value::Serde;
use minijinja::{Environment, Value, context};

use super::model::Table;
use super::request::{Kind, Request};
use crate::failure::{Failure, Result};
use crate::generate;
use crate::output::Output;

/// A template and the path of its file. A template that renders to nothing has no file.
#[derive(Clone, Copy)]
pub struct Template {
    pub path: &'static str,
    pub text: &'static str,
    pub each: Each,
}

/// How often a template is rendered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Each {
    /// Once.
    Crate,
    /// For each entity. The path contains the module of the entity.
    Entity,
}

/// Lists templates by the paths of their files in the crate.
macro_rules! templates {
    ($folder:literal: $($each:ident $path:literal),+ $(,)?) => {
        &[$(Template {
            path: $path,
            text: include_str!(concat!("../../templates/connect/", $folder, "/", $path)),
            each: Each::$each,
        }),+]
    };
}

const API: &[Template] = templates!["api":
    Crate "Cargo.toml",
    Crate "README.md",
    Crate "src/main.rs",
    Crate "src/lib.rs",
    Crate "src/body.rs",
    Crate "src/docs.html",
    Crate "src/docs.rs",
    Crate "src/entities.rs",
    Crate "src/etag.rs",
    Crate "src/extract.rs",
    Crate "src/health.rs",
    Crate "src/paging.rs",
    Crate "src/problem.rs",
    Crate "src/server.rs",
    Crate "src/state.rs",
    Crate "src/routes/mod.rs",
    Entity "src/routes/@{module}@.rs",
    Crate "tests/support/mod.rs",
    Crate "tests/api.rs",
    Crate "tests/server.rs",
    Entity "tests/@{module}@_routes.rs",
];

const LAMBDA: &[Template] = templates!["lambda":
    Crate "Cargo.toml",
    Crate "README.md",
    Crate "events/request.json",
    Crate "src/lib.rs",
    Crate "src/main.rs",
    Crate "src/deadline.rs",
    Crate "src/http.rs",
    Crate "src/stream.rs",
    Crate "src/bin/@{krate}@-stream.rs",
    Crate "src/changes/mod.rs",
    Entity "src/changes/@{module}@.rs",
    Crate "tests/http.rs",
    Crate "tests/stream.rs",
];

/// The operations of the entities as tools of a model.
const TOOLS: &[Template] = templates!["tools":
    Crate "src/entities.rs",
    Crate "src/operation.rs",
    Crate "src/operations/mod.rs",
    Entity "src/operations/@{module}@.rs",
    Crate "src/paging.rs",
    Crate "src/problem.rs",
    Crate "src/tables.rs",
    Crate "src/values.rs",
    Crate "tests/support/mod.rs",
    Entity "tests/@{module}@_operations.rs",
];

const MCP: &[Template] = templates!["mcp":
    Crate "Cargo.toml",
    Crate "README.md",
    Crate "src/main.rs",
    Crate "src/lib.rs",
    Crate "src/http.rs",
    Crate "src/server.rs",
    Crate "tests/server.rs",
];

const AGENT: &[Template] = templates!["agent":
    Crate "Cargo.toml",
    Crate "README.md",
    Crate "src/lib.rs",
    Crate "src/agent.rs",
    Crate "examples/scripted.rs",
    Crate "tests/agent.rs",
];

/// The features of monotable that a kind of program needs.
fn features(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Lambda => &["stream-lambda"],
        Kind::Api | Kind::Mcp | Kind::Agent => &["sealed-cursors"],
    }
}

/// Returns the templates of a kind of program.
fn templates(kind: Kind) -> Vec<Template> {
    match kind {
        Kind::Api => API.to_vec(),
        Kind::Lambda => LAMBDA.to_vec(),
        Kind::Mcp => [TOOLS, MCP].concat(),
        Kind::Agent => [TOOLS, AGENT].concat(),
    }
}

/// Renders the files of the crate, as pairs of path and text.
pub fn files(request: &Request, tables: &[Table], output: Output) -> Result<Vec<(String, String)>> {
    let folder = request.workspace.root.join(&request.member);
    // The tables have one source of monotable, because a program can have it only once.
    let Some(source) = request.tables.first().map(|table| &table.krate) else { return Ok(Vec::new()) };
    let entities: Vec<_> = tables.iter().flat_map(|table| &table.entities).collect();
    let is_used = |word: &str| serde_json::to_string(tables).is_ok_and(|text| text.contains(word));
    let values = context! {
        krate => &request.krate,
        library => request.krate.to_snake_case(),
        path => request.member.to_string_lossy().replace('\\', "/"),
        tables => Value::from(Serde(tables)),
        entities => Value::from(Serde(&entities)),
        api => request.api.as_ref().map(|api| Value::from(Serde(api))),
        has_versions => entities.iter().any(|entity| entity.version.is_some()),
        uses_chrono => is_used("DateTime<Utc>") || is_used("NaiveDate"),
        uses_sort_keys => entities.iter().any(|entity| entity.queries.iter().any(|query| !query.sort.is_empty())),
        uses_ranges => entities.iter().any(|entity| {
            entity.queries.iter().any(|query| query.sort.iter().any(|field| field.range.is_some()))
        }),
        uses_conversions => entities.iter().any(|entity| {
            let of_queries = entity.queries.iter().flat_map(|query| {
                query.partition.iter().chain(query.sort.iter().map(|field| &field.argument))
            });
            entity.key.iter().chain(of_queries).any(|argument| argument.field.is_some())
        }),
        has_engine => request.has_engine,
        monotable => source.monotable(&folder, features(request.kind))?,
        monotable_local => source.monotable_local(&folder)?,
    };
    let mut environment = generate::environment();
    environment.add_filter("json_schema", super::values::json_schema);
    let mut files = Vec::new();
    for template in templates(request.kind) {
        match template.each {
            Each::Crate => files.extend(render(&environment, &template, &values)?),
            Each::Entity => {
                for table in tables {
                    for entity in &table.entities {
                        let values = context! {
                        entity => Value::from(Serde(entity)), table => Value::from(Serde(table)), module => &entity.module, ..values.clone() };
                        files.extend(render(&environment, &template, &values)?);
                    }
                }
            }
        }
    }
    format(&mut files, &request.workspace.root, output)?;
    Ok(files)
}

fn render(environment: &Environment<'_>, template: &Template, values: &Value) -> Result<Option<(String, String)>> {
    let render = |text: &str| {
        let rendered = environment.render_str(text, values);
        rendered.map_err(|error| Failure::failed(format!("cannot render {}: {error:#}", template.path)))
    };
    let text = render(template.text)?;
    Ok((!text.trim().is_empty()).then_some((render(template.path)?, text)))
}

/// Formats the Rust files by the rules of the workspace, because the length of a line depends on the names of the entities.
fn format(files: &mut [(String, String)], root: &Path, output: Output) -> Result<()> {
    for (path, text) in files.iter_mut().filter(|(path, _)| path.ends_with(".rs")) {
        match rustfmt(text, root) {
            Ok(Some(formatted)) => *text = formatted,
            Ok(None) => {
                return Err(Failure::failed(format!("the template of {path} is not valid Rust for these entities")));
            }
            Err(error) => {
                output.note(&format!("note: the generated code is not formatted, because rustfmt cannot run: {error}"));
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Runs rustfmt; `None` if it rejects the text.
fn rustfmt(text: &str, root: &Path) -> std::io::Result<Option<String>> {
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--emit", "stdout"])
        .current_dir(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // The files are small, so this cannot block: rustfmt reads everything before it writes.
        stdin.write_all(text.as_bytes())?;
    }
    let formatted = child.wait_with_output()?;
    Ok(formatted.status.success().then(|| String::from_utf8_lossy(&formatted.stdout).into_owned()))
}
