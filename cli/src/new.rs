//! `monotable new`: creates a crate with the entities of one table, or updates it to the templates of this version.
//!
//! The command goes from options to a request ([`options`]), to files ([`templates`]), to a plan ([`plan`]), and only then to the
//! disk ([`generate::apply`]). A dry run stops before the last step.

mod names;
mod options;
mod plan;
mod port;
mod project;
mod source;
mod sqlite;
mod templates;
mod workspace;

use std::collections::BTreeSet;
use std::path::Path;

pub use options::Options;
pub use source::Source;
pub use sqlite::has_engine;
pub use workspace::Workspace;

use crate::failure::{Failure, Result};
use crate::generate::{self, Plan};
use crate::merge;
use crate::output::{self, Output};

pub fn run(options: Options, output: Output) -> Result<()> {
    if options.schema {
        output::print(&format!("{}\n", options::answers_schema()));
        return Ok(());
    }
    let (dry_run, diff, fetch) = (options.dry_run, options.diff, !options.no_fetch);
    let _lock = (!dry_run).then(crate::dev::lock_projects);
    let request = options::request(options)?;
    let plan = plan::plan(&request)?;
    let infrastructure = plan::infrastructure(&request, &plan)?;
    let files = plan.files.iter().chain(infrastructure.iter().flat_map(|infrastructure| &infrastructure.files));
    merge::report(files, output, diff, dry_run);
    if !dry_run {
        generate::apply(&plan)?;
        infrastructure.map_or(Ok(()), |infrastructure| infrastructure.write(&plan.root))?;
        finish(&plan, fetch, request.has_engine, output);
    }
    Ok(())
}

/// Returns the name of a crate: `name` in kebab case.
pub fn krate(name: &str) -> Result<String> {
    names::Names::krate(name)
}

/// Returns the name of the application that the tables of a workspace belong to: `scope` in the root manifest, or the name of the workspace
/// when its first table was created; `None` if neither is known.
pub fn application_name(workspace: &Workspace, tables: &[&Path]) -> Result<Option<String>> {
    if let Some(given) = workspace.given_scope()? {
        return Ok(Some(given));
    }
    let mut known = BTreeSet::new();
    for folder in tables {
        known.extend(project::Project::read(&workspace.root.join(folder))?.map(|project| project.scope));
    }
    match known.len() {
        0 | 1 => Ok(known.pop_first()),
        _ => Err(Failure::usage(format!(
            "the tables were created for several applications ({}); set `scope` in [workspace.metadata.monotable] of the root manifest",
            known.into_iter().collect::<Vec<_>>().join(", ")
        ))),
    }
}

fn finish(plan: &Plan, fetch: bool, has_engine: bool, output: Output) {
    if fetch {
        generate::fetch(&plan.root, output);
    }
    if plan.is_new {
        let dev = if has_engine { "" } else { "monotable dev -- " };
        output.note(&format!(
            "\nNext:\n  {dev}cargo test -p {name}\n  monotable dev -- cargo run -p {name} --example list",
            name = plan.crate_name
        ));
    }
}
