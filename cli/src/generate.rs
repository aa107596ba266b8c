//! Generated crates: what `new` and `connect` share. A run makes a plan ([`plan`]) from templates ([`environment`]), reports it, and
//! writes it ([`apply`]).

mod apply;
mod plan;

use std::path::Path;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

pub use apply::apply;
pub use plan::{Action, Plan, membership, merge};

use crate::output::Output;

/// Returns the environment that renders templates.
pub fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    // Rust, TOML, JSON and Markdown contain `{{`, but none of them contains `@{`.
    let syntax = SyntaxConfig::builder()
        .variable_delimiters("@{", "}@")
        .block_delimiters("@%", "%@")
        .comment_delimiters("@#", "#@")
        .keep_trailing_newline(true)
        .build();
    environment.set_syntax(syntax.unwrap_or_else(|error| unreachable!("the delimiters differ: {error}")));
    // A placeholder without a value is an error.
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment
}

/// A file, as `--json` prints it.
#[derive(Serialize)]
struct File<'a> {
    path: &'a Path,
    action: Action,
    #[serde(skip_serializing_if = "Option::is_none")]
    diff: Option<String>,
}

/// Prints what happens to each file.
pub fn report(plan: &Plan, output: Output, diff: bool, dry_run: bool) {
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

/// Downloads the dependencies of the workspace.
pub fn fetch(root: &Path, output: Output) {
    let fetched = std::process::Command::new("cargo").args(["fetch", "--quiet"]).current_dir(root).status();
    if !fetched.is_ok_and(|status| status.success()) {
        output.note("`cargo fetch` failed: cargo will fetch the dependencies at the next build");
    }
}
