//! The corpus: `config.json` files of every kind, and what each one becomes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::path::Path;

use monotable_infra::{Plan, Template, cloudformation};
use support::{corpus, template, whole_corpus, with_programs};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");

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

#[test]
fn the_template_of_functions_matches_the_golden_file() {
    let template = cloudformation::render_functions(&Plan::new(&with_programs()).unwrap()).unwrap().unwrap();
    check_golden(&Path::new(FOLDER).join("golden/functions/shop.template.json"), &template.to_json());
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
