//! The corpus: `config.json` files of every kind.

#![allow(dead_code, reason = "each test program uses a part of this module")]

pub mod generate;

use std::fs;
use std::path::{Path, PathBuf};

use monotable_config::{Config, SchemaFile};
use monotable_infra::plan::{LambdaFunction, Program, TableUse, Trigger};
use monotable_infra::{Application, Plan, Template, cloudformation};

/// Returns the names of the files of the corpus, and their contents.
pub fn corpus() -> Vec<(String, Config)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let name = |path: &PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    paths.iter().map(|path| (name(path), Config::read(path).unwrap())).collect()
}

/// Returns an application with these tables.
pub fn application(name: &str, tables: Vec<(String, Config)>) -> Application {
    Application { name: name.into(), tables, ..Application::default() }
}

/// Returns the CloudFormation template of one file.
pub fn template(name: &str, config: &Config, environment: Option<&str>) -> Template {
    let tables = vec![(name.to_owned(), config.clone())];
    let application = Application { environment: environment.map(str::to_owned), ..application("shop", tables) };
    cloudformation::render(&Plan::new(&application).unwrap()).unwrap()
}

/// Returns the whole corpus as one application.
pub fn whole_corpus() -> Application {
    application("corpus", corpus())
}

/// Returns the templates of all files and their environments. A name is that of the file, such as `environments.prod` or `ttl`.
pub fn templates() -> Vec<(String, Template)> {
    let mut templates = Vec::new();
    for (name, config) in corpus() {
        templates.push((name.clone(), template(&name, &config, None)));
        for environment in config.deploy.environments.keys() {
            templates.push((format!("{name}.{environment}"), template(&name, &config, Some(environment))));
        }
    }
    templates
}

/// Returns the schema of a table of the corpus.
pub fn schema(name: &str) -> SchemaFile {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/schemas/{name}.json"));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Describes what a program does with a table of the corpus.
pub fn table_use(name: &str, patterns: &[&str], reads_stream: bool) -> TableUse {
    let patterns = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
    TableUse { schema: schema(name), patterns, describes: true, reads_stream }
}

/// Returns an application with two programs: one uses two tables, and one has a function for a stream.
pub fn with_programs() -> Application {
    let names = ["two-indexes", "environments", "stream-both-images"];
    let tables = corpus().into_iter().filter(|(name, _)| names.contains(&name.as_str()));
    let api = vec![
        table_use("two-indexes", &["create", "get", "put", "update", "delete", "list_by_user", "reviews_by_x"], false),
        table_use("environments", &["get", "list_by_user"], false),
    ];
    let lambda = vec![table_use("stream-both-images", &["get"], true)];
    let program = |name: &str, tables, functions| Program { name: name.to_owned(), tables, functions };
    let function = |binary: &str, trigger| LambdaFunction {
        package: "audit-lambda".to_owned(),
        binary: binary.to_owned(),
        trigger,
    };
    let functions =
        vec![function("audit-lambda", Trigger::Requests), function("audit-lambda-stream", Trigger::Streams)];
    let programs = vec![program("shop-api", api, Vec::new()), program("audit-lambda", lambda, functions)];
    Application { programs, ..application("shop", tables.collect()) }
}
