//! Checkov over the CloudFormation templates of the corpus and a Terraform project.

use std::collections::{BTreeMap, BTreeSet};

use monotable_infra::{Plan, cloudformation, terraform};
use serde_json::Value;

use crate::support::{templates, with_programs};
use crate::{Program, printed};

/// What Checkov finds, and why it stays. A test fails for any other failure, and if a file here no longer has its failure.
const EXPECTED: [Expected; 13] = [
    Expected {
        check: "CKV_AWS_119",
        why: "the file asks for the key of DynamoDB, which costs nothing",
        files: &[
            "cloudformation/environments.dev.json",
            "cloudformation/everything-off.json",
            "cloudformation/kms-aws-owned.json",
        ],
    },
    Expected {
        check: "CKV_AWS_28",
        why: "the file turns point-in-time recovery off",
        files: &[
            "cloudformation/environments.dev.json",
            "cloudformation/everything-off.json",
            "cloudformation/pitr-off.json",
        ],
    },
    Expected {
        check: "CKV_AWS_7",
        why: "the file turns the rotation of the key off",
        files: &["cloudformation/key-rotation-off.json"],
    },
    Expected {
        check: "CKV_AWS_119",
        why: "Checkov does not evaluate which key config.json selects, so the module skips the check; table.tftest.hcl tests the key",
        files: &["terraform/core/table/main.tf"],
    },
    Expected {
        check: "CKV_AWS_115",
        why: "reserved capacity is taken from all other functions of the account, so the user decides",
        files: &FUNCTIONS,
    },
    Expected {
        check: "CKV_AWS_116",
        why: "a dead-letter queue is for asynchronous invocations; the stream has a queue for failed records",
        files: &FUNCTIONS,
    },
    Expected {
        check: "CKV_AWS_117",
        why: "a function that uses only DynamoDB and AppConfig needs no VPC",
        files: &FUNCTIONS,
    },
    Expected {
        check: "CKV_AWS_158",
        why: "a customer-managed key for logs costs money; Lambda's logs contain no items by default",
        files: &FUNCTIONS,
    },
    Expected {
        check: "CKV_AWS_173",
        why: "Lambda encrypts environment variables with an AWS managed key; a customer-managed key costs money",
        files: &FUNCTIONS,
    },
    Expected {
        check: "CKV_AWS_27",
        why: "`SqsManagedSseEnabled` encrypts the queue, which Checkov does not know",
        files: &["cloudformation/functions.json"],
    },
    Expected {
        check: "CKV_AWS_272",
        why: "signatures of the code need a signing profile of the account",
        files: &["terraform/core/function/main.tf"],
    },
    Expected {
        check: "CKV_AWS_338",
        why: "the logs are kept for a month; `log_retention_days` sets another time",
        files: &["terraform/core/function/main.tf"],
    },
    Expected {
        check: "CKV_AWS_50",
        why: "the programs write no traces of X-Ray",
        files: &["terraform/core/function/main.tf"],
    },
];

/// The functions in each output that Checkov reads.
const FUNCTIONS: [&str; 2] = ["cloudformation/functions.json", "terraform/core/function/main.tf"];

struct Expected {
    check: &'static str,
    why: &'static str,
    files: &'static [&'static str],
}

pub fn expected_failures(program: &Program) {
    let mut written = BTreeSet::new();
    for (name, template) in templates() {
        let path = format!("cloudformation/{name}.json");
        program.write(&path, &template.to_json());
        written.insert(path);
    }
    // A few tables are enough: the modules are the same for every config.json, and Checkov does not read these files.
    let application = with_programs();
    let template = cloudformation::render(&Plan::new(&application).unwrap()).unwrap();
    program.write("cloudformation/programs.json", &template.to_json());
    written.insert("cloudformation/programs.json".to_owned());
    let functions = cloudformation::render_functions(&Plan::new(&application).unwrap()).unwrap().unwrap();
    program.write("cloudformation/functions.json", &functions.to_json());
    written.insert("cloudformation/functions.json".to_owned());
    let configs: BTreeMap<String, String> =
        application.tables.iter().map(|(name, _)| (name.clone(), format!("{name}/config.json"))).collect();
    for file in terraform::render(&application, &configs).unwrap() {
        program.write(&format!("terraform/{}", file.path), &file.text);
    }

    let arguments = "--directory . --framework cloudformation terraform --skip-download --compact --output json";
    let output = program.run(arguments.split(' '));
    let reports: Vec<Value> =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", printed(&output)));
    let of_kind = |kind: &str| {
        let results = |report: &Value| report["results"][kind].as_array().cloned().unwrap_or_default();
        reports.iter().flat_map(results).map(|result| finding(&result)).collect::<BTreeSet<(String, String)>>()
    };
    for report in &reports {
        assert_eq!(report["summary"]["parsing_errors"], 0, "{}", report["results"]["parsing_errors"]);
    }
    let passed = of_kind("passed_checks");
    let found: BTreeSet<_> = of_kind("failed_checks").union(&of_kind("skipped_checks")).cloned().collect();
    let mut unexpected = found.clone();
    for Expected { check, why, files } in EXPECTED {
        for file in files {
            let is_found = unexpected.remove(&(check.to_owned(), (*file).to_owned()));
            assert!(is_found, "{file} no longer fails {check}, so remove it from the list ({why})");
        }
    }
    assert!(unexpected.is_empty(), "correct the templates, or add to the list: {unexpected:?}");
    // Checkov silently leaves out a file that it does not take for a template.
    let checked: BTreeSet<_> = passed.union(&found).map(|(_, file)| file.clone()).collect();
    written.extend(
        [
            "terraform/core/function/main.tf",
            "terraform/core/key/main.tf",
            "terraform/core/program/main.tf",
            "terraform/core/table/main.tf",
        ]
        .map(str::to_owned),
    );
    for file in written {
        assert!(checked.contains(&file), "Checkov left out {file}");
    }
}

/// Returns the check and the file of a result.
fn finding(result: &Value) -> (String, String) {
    let text = |key: &str| result[key].as_str().unwrap_or_else(|| panic!("{key} is missing: {result}")).to_owned();
    (text("check_id"), text("file_path").trim_start_matches('/').to_owned())
}
