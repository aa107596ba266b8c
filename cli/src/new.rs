//! `monotable new`: creates a crate with the entities of one table, or updates it to the templates of this version.
//!
//! The command goes from options to a request ([`options`]), to files ([`templates`]), to a plan ([`plan`]), and only then to the
//! disk ([`apply`]). A dry run stops before the last step.

mod apply;
mod names;
mod options;
mod plan;
mod port;
mod project;
mod source;
mod templates;
mod workspace;

use std::path::Path;

pub use options::Options;
use plan::Plan;
pub use workspace::Workspace;

use crate::failure::Result;
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
    let infrastructure = plan.infrastructure.iter().flat_map(|plan| &plan.files);
    merge::report(plan.files.iter().chain(infrastructure), output, diff);
    if dry_run {
        output.note("dry run: nothing was written");
    } else {
        apply::apply(&plan)?;
        finish(&plan, fetch, output);
    }
    Ok(())
}

/// Returns the name of the application that the tables of a workspace belong to. It stays the same if the folder of the workspace is
/// renamed after the first `monotable new`.
pub fn application_name(workspace: &Workspace, tables: &[&Path]) -> Result<String> {
    for folder in tables {
        if let Some(known) = project::Project::read(&workspace.root.join(folder))? {
            return Ok(known.scope);
        }
    }
    workspace.scope()
}

fn finish(plan: &Plan, fetch: bool, output: Output) {
    if fetch {
        let fetched = std::process::Command::new("cargo").args(["fetch", "--quiet"]).current_dir(&plan.root).status();
        if !fetched.is_ok_and(|status| status.success()) {
            output.note("`cargo fetch` failed: cargo will fetch the dependencies at the next build");
        }
    }
    if plan.is_new {
        output.note(&format!(
            "\nNext:\n  cargo test -p {name}\n  monotable dev -- cargo run -p {name} --example list",
            name = plan.crate_name
        ));
    }
}
