//! The Terraform project of an application.
//!
//! The modules read each table's `config.json` on every plan. So the project changes only if the application gets or loses a table
//! or a program, or if a program does something else with its tables.

use std::collections::BTreeMap;

use minijinja::{Value, context};

use crate::project::{Names, Project, templates};
use crate::{Application, Error, File, Result};

pub(crate) const PROJECT: Project = Project {
    templates: templates!["terraform":
        "README.md",
        "core/function/main.tf",
        "core/function/outputs.tf",
        "core/function/requests.tf",
        "core/function/streams.tf",
        "core/function/variables.tf",
        "core/function/versions.tf",
        "core/key/main.tf",
        "core/key/versions.tf",
        "core/program/main.tf",
        "core/program/outputs.tf",
        "core/program/variables.tf",
        "core/program/versions.tf",
        "core/runtime-config/main.tf",
        "core/runtime-config/outputs.tf",
        "core/runtime-config/variables.tf",
        "core/runtime-config/versions.tf",
        "core/shared-key/main.tf",
        "core/shared-key/versions.tf",
        "core/table/autoscaling.tf",
        "core/table/config.tf",
        "core/table/main.tf",
        "core/table/outputs.tf",
        "core/table/policies.tf",
        "core/table/problems.tf",
        "core/table/variables.tf",
        "core/table/versions.tf",
        "gitignore",
        "main.tf",
        "outputs.tf",
        "tables/table/main.tf",
        "tables/table/outputs.tf",
        "tables/table/variables.tf",
        "tests/app.tftest.hcl",
        "tests/configs/bad-billing.json",
        "tests/configs/bad-capacity.json",
        "tests/configs/bad-multi-attribute-key.json",
        "tests/configs/bad-words.json",
        "tests/configs/defaults.json",
        "tests/configs/full.json",
        "tests/configs/hash-only.json",
        "tests/configs/programs.json",
        "tests/core.tftest.hcl",
        "tests/function.tftest.hcl",
        "tests/program.tftest.hcl",
        "tests/table.tftest.hcl",
        "variables.tf",
        "versions.tf",
    ],
    core: &["core/", "tests/"],
    // The other modules of the application.
    reserved: &["runtimeconfig", "sharedkey"],
};

/// From the folder of a table's module to the root of the workspace.
const ROOT: &str = "../../../..";

/// Renders the project, for the folder `infra/terraform` of the workspace.
///
/// `configs` contains the path of each table's `config.json` by the table's name. A path begins at the root of the workspace and has `/`
/// between its parts. The environment of the application is not used, because Terraform selects it when it plans.
///
/// # Errors
/// Fails for the reasons of [`Plan::new`](crate::Plan::new), if there are no tables, if two tables would have the same folder, or if an
/// index has a key of several attributes.
pub fn render(application: &Application, configs: &BTreeMap<String, String>) -> Result<Vec<File>> {
    let application = &Application { environment: None, ..application.clone() };
    let contents = PROJECT.contents(application, configs)?;
    let tables = &contents.tables;
    check_keys(application)?;
    let table_values = |table: &Names| {
        context! {
            id => &table.snake,
            name => &table.kebab,
            config_path => escape(&format!("{ROOT}/{}", table.config)),
        }
    };
    let values = context! {
        app => &application.name,
        tables => tables.iter().map(table_values).collect::<Vec<_>>(),
        extra_tables => extra_tables(&application.extra_tables),
        deployment_strategy => application.deployment_strategy.as_deref().map_or_else(|| "null".to_owned(), quote),
        programs => contents.programs(|table| table.snake.clone()),
        functions => contents.functions(|table| table.snake.clone()),
        // `terraform fmt` aligns the entries of a map.
        program_width => application.programs.iter().map(|program| program.name.chars().count()).max(),
    };
    let of_table = |table: &Names| (table.kebab.clone(), context! { table => table_values(table) });
    Ok(PROJECT.render(&contents, &values, &tables.iter().map(of_table).collect::<Vec<_>>()))
}

/// Rejects what the oldest supported provider cannot create.
fn check_keys(application: &Application) -> Result<()> {
    for (table, config) in &application.tables {
        for index in &config.table.global_secondary_indexes {
            if index.partition_keys.len() > 1 || index.sort_keys.len() > 1 {
                return Err(Error::MultiAttributeKey { table: table.clone(), index: index.index_name.clone() });
            }
        }
    }
    Ok(())
}

/// Returns the entries of a map as `terraform fmt` aligns them.
fn extra_tables(tables: &BTreeMap<String, String>) -> Vec<Value> {
    let entries: Vec<_> = tables.iter().map(|(key, name)| (quote(key), quote(name))).collect();
    let width = entries.iter().map(|(key, _)| key.chars().count()).max().unwrap_or(0);
    entries.iter().map(|(key, name)| context! { key => format!("{key:width$}"), name }).collect()
}

/// Returns a string of HCL.
fn quote(text: &str) -> String {
    format!("\"{}\"", escape(text))
}

/// Returns a text as the contents of a string of HCL.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            // Not `$${`, whose meaning depends on the characters before it.
            '$' | '%' if chars.peek() == Some(&'{') => escaped.push_str(&format!("\\u{:04x}", u32::from(c))),
            c if c.is_control() => escaped.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => escaped.push(c),
        }
    }
    escaped
}
