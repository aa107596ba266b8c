use std::path::PathBuf;

use monotable_infra::{Plan, cloudformation};

use crate::support::{templates, whole_corpus, with_programs};
use crate::{Program, printed};

pub fn every_template(program: &Program) {
    let mut files: Vec<PathBuf> = Vec::new();
    for (name, template) in templates() {
        files.push(program.write(&format!("{name}.json"), &template.to_json()));
    }
    let whole = cloudformation::render(&Plan::new(&whole_corpus()).unwrap()).unwrap();
    files.push(program.write("whole-corpus.json", &whole.to_json()));
    let programs = cloudformation::render(&Plan::new(&with_programs()).unwrap()).unwrap();
    files.push(program.write("programs.json", &programs.to_json()));
    let functions = cloudformation::render_functions(&Plan::new(&with_programs()).unwrap()).unwrap().unwrap();
    files.push(program.write("functions.json", &functions.to_json()));
    // `aws cloudformation package` replaces the paths of the code.
    let mut arguments = vec!["--ignore-checks".into(), "W3002".into(), "--".into()];
    arguments.extend(files);
    let accepted = program.run(&arguments);
    assert!(accepted.status.success(), "{}", printed(&accepted));
    // A program that accepts everything fails the test.
    let wrong = r#"{ "Resources": { "Table": { "Type": "AWS::DynamoDB::Table", "Properties": {} } } }"#;
    let rejected = program.run([program.write("wrong.json", wrong)]);
    assert!(!rejected.status.success(), "cfn-lint must reject a table without a key");
}
