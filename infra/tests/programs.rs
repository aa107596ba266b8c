//! The policies of the programs of an application.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use monotable_infra::plan::Program;
use monotable_infra::{Application, Error, Plan, cloudformation};
use serde_json::{Value, json};
use support::{table_use, with_programs};

/// Returns the statements of a policy in the template.
fn statements(application: &Application, id: &str) -> Vec<Value> {
    let template = cloudformation::render(&Plan::new(application).unwrap()).unwrap();
    let policy = template.resource(id).unwrap();
    assert_eq!(policy["Type"], "AWS::IAM::ManagedPolicy");
    assert!(template.outputs().any(|(name, output)| name == format!("{id}Arn") && output["Value"]["Ref"] == id));
    policy["Properties"]["PolicyDocument"]["Statement"].as_array().unwrap().clone()
}

fn actions(statements: &[Value]) -> Vec<&str> {
    let list = |statement: &Value| {
        statement["Action"].as_array().cloned().unwrap_or_else(|| vec![statement["Action"].clone()])
    };
    let all: Vec<Value> = statements.iter().flat_map(list).collect();
    let known = [
        "GetItem",
        "PutItem",
        "UpdateItem",
        "DeleteItem",
        "Query",
        "DescribeTable",
        "ListStreams",
        "GetRecords",
        "Scan",
    ];
    known
        .into_iter()
        .filter(|known| all.iter().any(|action| action.as_str().unwrap().ends_with(&format!(":{known}"))))
        .collect()
}

#[test]
fn a_program_is_allowed_what_it_does_with_each_table_and_nothing_else() {
    let application = with_programs();
    let api = statements(&application, "ShopApiPolicy");
    assert_eq!(actions(&api), ["GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "DescribeTable"]);
    let of = |resource: &Value| {
        api.iter().filter(|statement| statement["Resource"] == *resource).cloned().collect::<Vec<_>>()
    };
    let index = |name: &str| of(&json!({ "Fn::Sub": format!("${{{name}.Arn}}/index/gsi1pk-gsi1sk-index") }));
    let by_user = json!({ "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["USER#*"] } });
    for name in ["TwoIndexes", "Environments"] {
        let found = index(name);
        assert!(
            found.len() == 1 && found[0]["Action"] == "dynamodb:Query" && found[0]["Condition"] == by_user,
            "{found:?}"
        );
    }
    // It only reads the second table, and reads no index that no pattern needs.
    let second = of(&json!({ "Fn::GetAtt": ["Environments", "Arn"] }));
    assert_eq!(actions(&second), ["GetItem", "DescribeTable"]);
    let key = of(&json!({ "Fn::GetAtt": ["EnvironmentsKey", "Arn"] }));
    assert_eq!(key[0]["Action"], json!(["kms:Decrypt", "kms:DescribeKey"]));
    assert!(!api.iter().any(|statement| statement.to_string().contains("StreamBothImages")), "{api:?}");

    let lambda = statements(&application, "AuditLambdaPolicy");
    assert_eq!(actions(&lambda), ["GetItem", "DescribeTable", "ListStreams", "GetRecords"]);
    let stream = json!({ "Fn::GetAtt": ["StreamBothImages", "StreamArn"] });
    assert!(lambda.iter().any(|statement| statement["Resource"] == stream), "{lambda:?}");
}

#[test]
fn a_table_without_a_stream_gives_no_permission_for_one() {
    let mut application = with_programs();
    application.programs[0].tables[0].reads_stream = true;
    let api = statements(&application, "ShopApiPolicy");
    assert!(!api.iter().any(|statement| statement.to_string().contains("Stream")), "{api:?}");
}

#[test]
fn a_program_whose_table_is_missing_is_rejected() {
    let mut application = with_programs();
    application.tables.retain(|(name, _)| name != "environments");
    let error = Plan::new(&application).unwrap_err();
    assert_eq!(error.to_string(), "shop-api uses the table `Environments`, which has no config.json in the workspace");
}

#[test]
fn two_programs_with_the_same_policy_are_rejected() {
    let mut application = with_programs();
    application.programs[1].name = "shop_api".into();
    let error = Plan::new(&application).unwrap_err();
    assert!(matches!(&error, Error::DuplicateId { id, .. } if id == "ShopApiPolicy"), "{error}");
}

#[test]
fn a_policy_that_iam_would_reject_is_rejected() {
    let mut used = table_use("two-indexes", &["create", "get"], false);
    for number in 0..200 {
        let mut entity = used.schema.entities[0].clone();
        entity.name = format!("Entity{number}");
        entity.primary_key.partition = format!("A_LONG_PREFIX_OF_A_KEY_{number}#{{id}}");
        used.schema.entities.push(entity);
    }
    let programs = vec![Program { name: "api".into(), tables: vec![used], functions: Vec::new() }];
    let error = Plan::new(&Application { programs, ..with_programs() }).unwrap_err();
    assert!(matches!(&error, Error::PolicyLength { name, .. } if name == "api"), "{error}");
}
