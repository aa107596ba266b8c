//! The corpus: `config.json` files of every kind, and what each one becomes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use monotable_config::Config;
use monotable_infra::{Application, Plan, Template, cloudformation};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");

/// Returns the names of the files of the corpus, and their contents.
fn corpus() -> Vec<(String, Config)> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(Path::new(FOLDER).join("corpus")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let name = |path: &PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    paths.iter().map(|path| (name(path), Config::read(path).unwrap())).collect()
}

fn template(name: &str, config: &Config, environment: Option<&str>) -> Template {
    let application = Application {
        name: "shop".into(),
        tables: vec![(name.to_owned(), config.clone())],
        environment: environment.map(str::to_owned),
        ..Application::default()
    };
    cloudformation::render(&Plan::new(&application).unwrap()).unwrap()
}

/// Returns the whole corpus as one application.
fn whole_corpus() -> Application {
    Application { name: "corpus".into(), tables: corpus(), ..Application::default() }
}

/// To write the files again, run `MONOTABLE_WRITE_GOLDEN=1 cargo test -p monotable-infra --test corpus`.
#[test]
fn the_templates_match_the_golden_files() {
    let golden = ["hash-only", "two-indexes", "everything-off", "everything-on"];
    let mut found = corpus();
    found.retain(|(name, _)| golden.contains(&name.as_str()));
    assert_eq!(found.len(), golden.len());
    for (name, config) in found {
        let path = Path::new(FOLDER).join("golden").join(format!("{name}.template.json"));
        check_golden(&path, &template(&name, &config, None).to_json());
    }
}

#[test]
fn the_template_of_an_environment_matches_the_golden_file() {
    let (name, config) = corpus().into_iter().find(|(name, _)| name == "environments").unwrap();
    for environment in ["dev", "prod"] {
        let path = Path::new(FOLDER).join("golden").join(format!("{name}.{environment}.template.json"));
        check_golden(&path, &template(&name, &config, Some(environment)).to_json());
    }
}

fn check_golden(path: &Path, text: &str) {
    if std::env::var_os("MONOTABLE_WRITE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    assert_eq!(fs::read_to_string(path).unwrap_or_default(), text, "{} is out of date", path.display());
}

#[test]
fn the_same_application_always_has_the_same_text() {
    let render = || cloudformation::render(&Plan::new(&whole_corpus()).unwrap()).unwrap().to_json();
    let text = render();
    assert_eq!(render(), text);
    assert_eq!(Template::from_json(&text).unwrap().to_json(), text, "a parsed template must have the same text");
    assert_eq!(Plan::new(&whole_corpus()).unwrap().to_json(), Plan::new(&whole_corpus()).unwrap().to_json());
}

#[test]
fn a_table_has_the_same_resources_alone_and_among_others() {
    let whole = cloudformation::render(&Plan::new(&whole_corpus()).unwrap()).unwrap();
    for (name, config) in corpus() {
        let alone = template(&name, &config, None);
        for (id, resource) in alone.resources().filter(|(id, _)| !id.starts_with("RuntimeConfig") && *id != "SharedKey")
        {
            assert_eq!(whole.resource(id), Some(resource), "{name}: {id}");
        }
    }
}

/// `MONOTABLE_TEST_CFN_LINT` is the path of cfn-lint 1.58.0: `pip install cfn-lint==1.58.0` in a virtual environment.
#[test]
fn cfn_lint_accepts_every_template() {
    let Some(program) = std::env::var_os("MONOTABLE_TEST_CFN_LINT") else {
        eprintln!(
            "NOT RUN: cfn_lint_accepts_every_template, because MONOTABLE_TEST_CFN_LINT does not name the program cfn-lint"
        );
        return;
    };
    let folder = std::env::temp_dir().join(format!("monotable-infra-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let mut files = vec![];
    for (name, config) in corpus() {
        let environments = config.deploy.environments.keys().map(|name| Some(name.as_str()));
        for environment in [None].into_iter().chain(environments) {
            let file = folder.join(format!("{name}.{}.json", environment.unwrap_or("base")));
            fs::write(&file, template(&name, &config, environment).to_json()).unwrap();
            files.push(file);
        }
    }
    let whole = cloudformation::render(&Plan::new(&whole_corpus()).unwrap()).unwrap();
    files.push(folder.join("whole-corpus.json"));
    fs::write(files.last().unwrap(), whole.to_json()).unwrap();
    // A mistake that cfn-lint finds, so that a program that accepts everything fails the test.
    let wrong = folder.join("wrong.json");
    fs::write(&wrong, r#"{ "Resources": { "Table": { "Type": "AWS::DynamoDB::Table", "Properties": {} } } }"#).unwrap();
    let lint = |files: &[PathBuf]| Command::new(&program).args(files).output().unwrap();
    let accepted = lint(&files);
    let rejected = lint(&[wrong]);
    fs::remove_dir_all(&folder).unwrap();
    assert!(accepted.status.success(), "{}", String::from_utf8_lossy(&accepted.stdout));
    assert!(!rejected.status.success(), "cfn-lint must reject a table without a key");
}
