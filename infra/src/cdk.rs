//! The CDK project of an application, in TypeScript or in Python.
//!
//! The constructs read each table's `config.json` at every synthesis. So the project changes only if the application gets or loses a table or
//! a program, or if a program does something else with its tables.

use std::collections::BTreeMap;

use minijinja::context;

use crate::plan::Trigger;
use crate::project::{Names, Project, templates};
use crate::{Application, File, Result};

/// The language of a CDK project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Language {
    /// TypeScript.
    TypeScript,
    /// Python.
    Python,
}

pub(crate) const TYPESCRIPT: Project = Project {
    templates: templates!["cdk-typescript":
        "README.md",
        "cdk.json",
        "gitignore",
        "package.json",
        "src/app.ts",
        "src/core/actions.ts",
        "src/core/checker.ts",
        "src/core/config.ts",
        "src/core/encryption.ts",
        "src/core/function.ts",
        "src/core/index.ts",
        "src/core/program-policy.ts",
        "src/core/runtime-config.ts",
        "src/core/scaling.ts",
        "src/core/table.ts",
        "src/stack.ts",
        "src/tables/table.ts",
        "test/core.test.ts",
        "test/function.test.ts",
        "test/stack.test.ts",
        "tsconfig.json",
    ],
    core: &["src/core/", "test/core.test.ts", "test/function.test.ts"],
    // Names that the files import or use.
    reserved: &[
        "applicationstack",
        "construct",
        "monotabletable",
        "monotabletableprops",
        "object",
        "partial",
        "programpolicy",
        "requestfunction",
        "runtimeconfig",
        "stack",
        "stackprops",
        "streamfunction",
    ],
};

pub(crate) const PYTHON: Project = Project {
    templates: templates!["cdk-python":
        "README.md",
        "app.py",
        "cdk.json",
        "core/__init__.py",
        "core/actions.py",
        "core/checker.py",
        "core/config.py",
        "core/encryption.py",
        "core/function.py",
        "core/program_policy.py",
        "core/properties.py",
        "core/runtime_config.py",
        "core/scaling.py",
        "core/settings.py",
        "core/table.py",
        "gitignore",
        "requirements-dev.txt",
        "requirements.txt",
        "stack.py",
        "tables/table.py",
        "tests/test_core.py",
        "tests/test_function.py",
        "tests/test_stack.py",
    ],
    core: &["core/", "tests/test_core.py", "tests/test_function.py"],
    // Names that the files import, and keywords, which cannot be the name of a module.
    #[rustfmt::skip]
    reserved: &[
        "any", "applicationstack", "construct", "monotabletable", "programpolicy", "requestfunction", "runtimeconfig", "stack",
        "streamfunction",
        "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except", "false", "finally",
        "for", "from", "global", "if", "import", "in", "is", "lambda", "none", "nonlocal", "not", "or", "pass", "raise", "return", "true",
        "try", "while", "with", "yield",
    ],
};

/// From the folder of the project to the root of the workspace.
const ROOT: &str = "../..";

/// Renders the project, for the folder `infra/cdk` of the workspace.
///
/// `configs` contains the path of each table's `config.json` by the table's name. A path begins at the root of the workspace and has `/`
/// between its parts. The environment of the application is not used, because the CDK selects it at synthesis.
///
/// # Errors
/// Fails for the reasons of [`Plan::new`](crate::Plan::new), if there are no tables, or if two tables would have the same file.
pub fn render(language: Language, application: &Application, configs: &BTreeMap<String, String>) -> Result<Vec<File>> {
    let application = &Application { environment: None, ..application.clone() };
    let (project, quote): (_, fn(&str) -> String) = match language {
        Language::TypeScript => (&TYPESCRIPT, single_quoted),
        Language::Python => (&PYTHON, double_quoted),
    };
    let contents = project.contents(application, configs)?;
    let tables = &contents.tables;
    let names = |table: &Names| match language {
        Language::TypeScript => (table.kebab.clone(), table.camel.clone()),
        Language::Python => (table.snake.clone(), table.snake.clone()),
    };
    let table_values = |table: &Names| {
        let (file, field) = names(table);
        let config = quote(&format!("{ROOT}/{}", table.config));
        context! { name => &table.name, class => &table.class, file, field, config }
    };
    let pair = |(key, name): (&String, &String)| context! { key => quote(key), name => quote(name) };
    let functions: Vec<_> = application.programs.iter().flat_map(|program| &program.functions).collect();
    let has = |trigger: Trigger| functions.iter().any(|function| function.trigger == trigger);
    let has_runtime_config = !application.extra_tables.is_empty() || application.deployment_strategy.is_some();
    // What the stack imports from the core: only what it uses.
    let core = [
        ("ProgramPolicy", !application.programs.is_empty()),
        ("RequestFunction", has(Trigger::Requests)),
        ("RuntimeConfig", has_runtime_config),
        ("StreamFunction", has(Trigger::Streams)),
    ];
    let values = context! {
        app => &application.name,
        tables => tables.iter().map(table_values).collect::<Vec<_>>(),
        table_count => tables.len(),
        extra_tables => application.extra_tables.iter().map(pair).collect::<Vec<_>>(),
        deployment_strategy => application.deployment_strategy.as_deref().map(quote),
        programs => contents.programs(|table| names(table).1),
        function_count => functions.len(),
        core => core.into_iter().filter(|(_, is_used)| *is_used).map(|(name, _)| name).collect::<Vec<_>>(),
    };
    let tables: Vec<_> = tables.iter().map(|table| (names(table).0, table_values(table))).collect();
    Ok(project.render(&contents, &values, &tables))
}

/// Returns a string of Python. Its escapes contain those of JSON.
fn double_quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Returns a string of TypeScript.
fn single_quoted(text: &str) -> String {
    let json = double_quoted(text);
    format!("'{}'", json[1..json.len() - 1].replace("\\\"", "\"").replace('\'', "\\'"))
}
