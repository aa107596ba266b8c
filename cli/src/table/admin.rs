//! `list`, `describe`, `diff`, `ensure` and `drop`: the table as a whole.

use clap::Args;
use comfy_table::{Table as Grid, presets};
use monotable::Change;
use monotable::aws::types::{KeySchemaElement, KeyType, TableDescription};
use serde::Serialize;

use crate::failure::{Code, Failure, Result};
use crate::output::{self, Output};
use crate::progress;
use crate::table::connect::{self, Table};
use crate::workspace;

#[derive(Args)]
pub struct Drop {
    /// Do not ask for confirmation.
    #[arg(long)]
    yes: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    project: String,
    table: String,
    endpoint: String,
    config: String,
}

pub fn list(output: Output) -> Result<()> {
    let projects = workspace::projects()?;
    if projects.is_empty() {
        output.note("the workspace has no tables; `monotable new NAME` creates one");
    }
    for project in projects {
        let listed = Listed {
            table: project.config.local_dev.table_name.clone(),
            endpoint: project.config.local_dev.endpoint(),
            config: project.file.display().to_string(),
            project: project.name,
        };
        output.result(&listed, || format!("{:<24} {:<40} {}", listed.project, listed.table, listed.endpoint));
    }
    Ok(())
}

/// A description, as `--json` prints it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    table: String,
    exists: bool,
    status: Option<String>,
    items: Option<i64>,
    bytes: Option<i64>,
    keys: Option<String>,
    indexes: Vec<DescribedIndex>,
    changes: Vec<String>,
    conflict: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DescribedIndex {
    name: String,
    kind: &'static str,
    keys: String,
    status: Option<String>,
}

pub async fn describe(table: &Table, output: Output) -> Result<()> {
    let found = table.admin().describe().await.map_err(connect::failed)?;
    let described = Described {
        table: found.table_name,
        exists: found.table.is_some(),
        status: found.table.as_ref().and_then(|table| Some(table.table_status()?.to_string())),
        items: found.table.as_ref().and_then(TableDescription::item_count),
        bytes: found.table.as_ref().and_then(TableDescription::table_size_bytes),
        keys: found.table.as_ref().map(|table| keys(table.key_schema(), table)),
        indexes: found.table.as_ref().map(indexes).unwrap_or_default(),
        changes: found.changes.iter().map(ToString::to_string).collect(),
        conflict: found.conflict.map(|error| error.to_string()),
    };
    output.result(&described, || text(&described));
    Ok(())
}

fn indexes(table: &TableDescription) -> Vec<DescribedIndex> {
    let global = table.global_secondary_indexes().iter().map(|index| DescribedIndex {
        name: index.index_name().unwrap_or_default().to_owned(),
        kind: "global",
        keys: keys(index.key_schema(), table),
        status: index.index_status().map(ToString::to_string),
    });
    let local = table.local_secondary_indexes().iter().map(|index| DescribedIndex {
        name: index.index_name().unwrap_or_default().to_owned(),
        kind: "local",
        keys: keys(index.key_schema(), table),
        status: None,
    });
    global.chain(local).collect()
}

/// Returns keys as text, such as `pk (S) / sk (S)`.
fn keys(schema: &[KeySchemaElement], table: &TableDescription) -> String {
    let of_role = |role: KeyType| {
        let elements = schema.iter().filter(move |element| *element.key_type() == role);
        let key = |element: &KeySchemaElement| {
            let name = element.attribute_name();
            let definition =
                table.attribute_definitions().iter().find(|definition| definition.attribute_name() == name);
            format!("{name} ({})", definition.map_or("?", |definition| definition.attribute_type().as_str()))
        };
        elements.map(key).collect::<Vec<_>>().join(" + ")
    };
    [of_role(KeyType::Hash), of_role(KeyType::Range)]
        .into_iter()
        .filter(|keys| !keys.is_empty())
        .collect::<Vec<_>>()
        .join(" / ")
}

fn text(described: &Described) -> String {
    let mut lines = vec![format!("table    {}", described.table)];
    let mut line = |label: &str, value: &Option<String>| {
        if let Some(value) = value {
            lines.push(format!("{label:<8} {value}"));
        }
    };
    line("status", &described.status);
    line("keys", &described.keys);
    line("items", &described.items.map(|items| items.to_string()));
    line("bytes", &described.bytes.map(|bytes| bytes.to_string()));
    if !described.indexes.is_empty() {
        let mut grid = Grid::new();
        grid.load_style(presets::NOTHING);
        grid.set_header(["index", "kind", "keys", "status"]);
        for index in &described.indexes {
            grid.add_row([&index.name, index.kind, &index.keys, index.status.as_deref().unwrap_or("")]);
        }
        lines.push(String::new());
        lines.extend(grid.lines().map(|line| line.trim().to_owned()));
    }
    lines.push(String::new());
    match (&described.conflict, described.changes.is_empty()) {
        (Some(conflict), _) => lines.push(format!("cannot be changed: {conflict}")),
        (None, true) => lines.push("as config.json describes it".to_owned()),
        (None, false) => {
            lines.push("`monotable table ensure` would:".to_owned());
            lines.extend(described.changes.iter().map(|change| format!("  {change}")));
        }
    }
    lines.join("\n")
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Changed {
    change: String,
    destructive: bool,
}

pub async fn diff(table: &Table, output: Output) -> Result<()> {
    let found = table.admin().describe().await.map_err(connect::failed)?;
    if let Some(conflict) = found.conflict {
        return Err(connect::failed(conflict));
    }
    for change in &found.changes {
        print(output, change);
    }
    match found.changes.is_empty() {
        true => {
            output.note("no differences");
            Ok(())
        }
        false => Err(Failure::reported(Code::Different)),
    }
}

fn print(output: Output, change: &Change) {
    let changed = Changed { change: change.to_string(), destructive: change.is_destructive() };
    output.result(&changed, || changed.change.clone());
}

pub async fn ensure(table: &Table, output: Output) -> Result<()> {
    let found = table.admin().describe().await.map_err(connect::failed)?;
    let mut ensure = table.admin().ensure();
    if let Some(allowed) = table.allowed() {
        ensure = ensure.allow_destructive(allowed);
    }
    let changes: Vec<_> = found.changes.iter().map(ToString::to_string).collect();
    let what = format!("table `{}`: {}", table.name(), changes.join("; "));
    progress::during(output, &what, ensure.send()).await.map_err(connect::failed)?;
    for change in &found.changes {
        print(output, change);
    }
    output.note(&format!("table `{}` is as config.json describes it", table.name()));
    Ok(())
}

#[derive(Serialize)]
struct Dropped<'a> {
    table: &'a str,
    dropped: bool,
}

pub async fn drop_table(table: &Table, options: &Drop, output: Output) -> Result<()> {
    table.permit("deletes all items")?;
    if table.admin().describe().await.map_err(connect::failed)?.table.is_none() {
        let dropped = Dropped { table: table.name(), dropped: false };
        output.result(&dropped, || format!("table `{}` does not exist", table.name()));
        return Ok(());
    }
    confirm(table.name(), options.yes)?;
    let mut drop = table.admin().drop_table();
    if let Some(allowed) = table.allowed() {
        drop = drop.allow_destructive(allowed);
    }
    drop.await.map_err(connect::failed)?;
    output.result(&Dropped { table: table.name(), dropped: true }, || format!("deleted table `{}`", table.name()));
    Ok(())
}

/// Asks on a terminal. Without one, the answer is in `--yes`.
fn confirm(table: &str, yes: bool) -> Result<()> {
    let refused = |why: &str| Err(Failure::new(Code::Refused, format!("table `{table}` was not deleted: {why}")));
    if yes {
        return Ok(());
    }
    match output::ask(&format!("Delete table `{table}` and all its items? Type its name:")) {
        None => refused("confirm it with `--yes`"),
        Some(answer) if answer == table => Ok(()),
        Some(_) => refused("the name did not match"),
    }
}
