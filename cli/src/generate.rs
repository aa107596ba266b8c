//! Generated crates: what `new` and `connect` share. A run makes a plan ([`plan`]) from templates ([`environment`]), and writes
//! it ([`apply`]).

mod apply;
mod plan;

use std::path::Path;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior};

pub use apply::apply;
pub use plan::{Plan, abandon, membership, merge};

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

/// Downloads the dependencies of the workspace.
pub fn fetch(root: &Path, output: Output) {
    let fetched = std::process::Command::new("cargo").args(["fetch", "--quiet"]).current_dir(root).status();
    if !fetched.is_ok_and(|status| status.success()) {
        output.note("`cargo fetch` failed: cargo will fetch the dependencies at the next build");
    }
}
