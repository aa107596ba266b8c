//! Writes the project of some tables, as `monotable synth` does. The checks in `infra/tests` run it.
//!
//!     render terraform|cdk-typescript|cdk-python|cloudformation|stack WORKSPACE PROJECT CONFIG... [KEY=NAME...] [PROGRAM@SCHEMA...]
//!
//! PROJECT, each CONFIG and each SCHEMA are paths in the folder WORKSPACE. KEY=NAME is a table of another stack. PROGRAM@SCHEMA is a
//! program that uses all entities of a `schema.json`, and the stream; it can be given for several tables. The output `cloudformation` is one template for each CONFIG, `stack`
//! is one template for all, in the environment `dev`.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;

use monotable_config::{Config, SchemaFile};
use monotable_infra::cdk::{self, Language};
use monotable_infra::plan::{LambdaFunction, Program, TableUse, Trigger};
use monotable_infra::{Application, File, Plan, cloudformation, terraform};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [output, workspace, project, inputs @ ..] = arguments.as_slice() else {
        return Err("usage: render OUTPUT WORKSPACE PROJECT CONFIG... [KEY=NAME...]".into());
    };
    let workspace = Path::new(workspace);
    let mut application = Application { name: "shop".into(), ..Application::default() };
    let mut configs = BTreeMap::new();
    for input in inputs {
        if let Some((name, schema)) = input.split_once('@') {
            let schema: SchemaFile = serde_json::from_str(&fs::read_to_string(workspace.join(schema))?)?;
            let patterns = ["create", "get", "put", "update", "delete"].map(str::to_owned);
            let queries =
                schema.entities.iter().flat_map(|entity| &entity.indexes).filter_map(|index| index.query.clone());
            let patterns = patterns.into_iter().chain(queries).collect();
            let table = TableUse { schema, patterns, describes: true, reads_stream: true };
            match application.programs.iter_mut().find(|program| program.name == name) {
                Some(program) => program.tables.push(table),
                None => application.programs.push(program(name, table)),
            }
        } else if let Some((key, name)) = input.split_once('=') {
            application.extra_tables.insert(key.to_owned(), name.to_owned());
        } else {
            let config = Config::read(&workspace.join(input))?;
            configs.insert(config.runtime_config_key.clone(), input.clone());
            application.tables.push((config.runtime_config_key.clone(), config));
        }
    }
    let files: Vec<(String, String)> = match output.as_str() {
        "terraform" => texts(terraform::render(&application, &configs)?),
        "cdk-typescript" => texts(cdk::render(Language::TypeScript, &application, &configs)?),
        "cdk-python" => texts(cdk::render(Language::Python, &application, &configs)?),
        "cloudformation" => templates(&application, &configs)?,
        "stack" => {
            let application = Application { environment: Some("dev".into()), ..application };
            let plan = Plan::new(&application)?;
            vec![(format!("{}.template.json", plan.name), cloudformation::render(&plan)?.to_json())]
        }
        _ => return Err(format!("there is no output `{output}`").into()),
    };
    for (path, text) in files {
        let path = workspace.join(project).join(path);
        fs::create_dir_all(path.parent().ok_or("a file is in a folder")?)?;
        fs::write(path, text)?;
    }
    Ok(())
}

/// Describes a program. If its name ends in `-lambda`, it has a function for requests and one for the streams of its tables.
fn program(name: &str, table: TableUse) -> Program {
    let binaries = [(name.to_owned(), Trigger::Requests), (format!("{name}-stream"), Trigger::Streams)];
    let functions =
        binaries.into_iter().map(|(binary, trigger)| LambdaFunction { package: name.to_owned(), binary, trigger });
    let functions = if name.ends_with("-lambda") { functions.collect() } else { Vec::new() };
    Program { name: name.to_owned(), tables: vec![table], functions }
}

fn texts(files: Vec<File>) -> Vec<(String, String)> {
    files.into_iter().map(|file| (file.path, file.text)).collect()
}

/// Returns the template of each table alone. Its file has the name of the table's `config.json`.
fn templates(
    application: &Application,
    configs: &BTreeMap<String, String>,
) -> Result<Vec<(String, String)>, Box<dyn Error>> {
    let mut files = Vec::new();
    for table in &application.tables {
        let alone = Application { tables: vec![table.clone()], ..application.clone() };
        let name = Path::new(&configs[&table.0]).with_extension("template.json");
        files.push((name.to_string_lossy().into_owned(), cloudformation::render(&Plan::new(&alone)?)?.to_json()));
    }
    Ok(files)
}
