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
use plan::{Action, Plan};
use serde::Serialize;
pub use workspace::Workspace;

use crate::failure::Result;
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
    report(&plan, output, diff, dry_run);
    if !dry_run {
        apply::apply(&plan)?;
        finish(&plan, fetch, output);
    }
    Ok(())
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

/// A file, as `--json` prints it.
#[derive(Serialize)]
struct File<'a> {
    path: &'a Path,
    action: Action,
    #[serde(skip_serializing_if = "Option::is_none")]
    diff: Option<String>,
}

fn report(plan: &Plan, output: Output, diff: bool, dry_run: bool) {
    for file in &plan.files {
        let diff = diff.then(|| file.diff()).flatten();
        let text = format!("{:<10} {}", file.action.word(), file.path.display());
        output.result(&File { path: &file.path, action: file.action, diff: diff.clone() }, || {
            match (&diff, file.action) {
                (Some(diff), _) => format!("{text}\n{diff}"),
                (None, Action::Unchanged) => String::new(),
                (None, _) => text,
            }
        });
    }
    if plan.files.iter().all(|file| file.action == Action::Unchanged) {
        output.note("everything is up to date");
    }
    if plan.files.iter().any(|file| file.action == Action::Conflict) && !diff {
        output.note("your version of the files in conflict was kept; run the command again with `--diff` to see the differences");
    }
    if dry_run {
        output.note("dry run: nothing was written");
    }
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
