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
mod templates;
mod workspace;

use std::path::Path;

pub use options::Options;
pub use source::Source;
pub use workspace::Workspace;

use crate::failure::Result;
use crate::generate::{self, Plan};
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
    generate::report(&plan, output, diff, dry_run);
    if !dry_run {
        generate::apply(&plan)?;
        finish(&plan, fetch, output);
    }
    Ok(())
}

/// Returns the name of a crate: `name` in kebab case.
pub fn krate(name: &str) -> Result<String> {
    names::Names::krate(name)
}

/// Returns the name of the application that the tables of a workspace belong to. It stays the same if the folder of the workspace is
/// renamed after the first `monotable new`.
pub fn application_name(projects: &[crate::workspace::Project]) -> Result<String> {
    for project in projects {
        let folder = project.file.parent().unwrap_or(Path::new("."));
        if let Some(known) = project::Project::read(folder)? {
            return Ok(known.scope);
        }
    }
    Workspace::find(&crate::workspace::current_folder()?)?.scope()
}

fn finish(plan: &Plan, fetch: bool, output: Output) {
    if fetch {
        generate::fetch(&plan.root, output);
    }
    if plan.is_new {
        output.note(&format!(
            "\nNext:\n  cargo test -p {name}\n  monotable dev -- cargo run -p {name} --example list",
            name = plan.crate_name
        ));
    }
}
