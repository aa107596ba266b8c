//! The policies of the programs of an application.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use monotable_infra::plan::{LambdaFunction, Program, Trigger};
use monotable_infra::{Application, Error, Plan, Template, cloudformation};
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

fn functions(application: &Application) -> Option<Template> {
    let template = cloudformation::render_functions(&Plan::new(application).unwrap()).unwrap();
    template.inspect(|template| template.check_references().unwrap())
}

#[test]
fn a_function_for_requests_has_a_url_for_callers_with_permission() {
    let template = functions(&with_programs()).unwrap();
    let function = json!({
        "Code": "../../target/lambda/audit-lambda",
        "Environment": { "Variables": {
            "CURSOR_KEY": { "Ref": "CursorKey" },
            "RUNTIME_CONFIG_APP_ID": { "Ref": "RuntimeConfigApplicationId" },
        } },
        "Handler": "bootstrap",
        "LoggingConfig": { "LogGroup": { "Ref": "AuditLambdaFunctionLogs" } },
        "Role": { "Fn::GetAtt": ["AuditLambdaFunctionRole", "Arn"] },
        "Runtime": "provided.al2023",
    });
    assert_eq!(template.resource("AuditLambdaFunction").unwrap()["Type"], "AWS::Lambda::Function");
    template.has_resource_properties("AWS::Lambda::Function", function).unwrap();
    let url = json!({ "AuthType": "AWS_IAM", "TargetFunctionArn": { "Fn::GetAtt": ["AuditLambdaFunction", "Arn"] } });
    template.has_resource_properties("AWS::Lambda::Url", url).unwrap();
    template.resource_count_is("AWS::Lambda::Url", 1).unwrap();
    let role = &template.resource("AuditLambdaFunctionRole").unwrap()["Properties"];
    assert_eq!(role["ManagedPolicyArns"][1], json!({ "Ref": "AuditLambdaPolicyArn" }));
    assert!(role["Policies"].is_null(), "{role}");
}

#[test]
fn a_function_for_streams_is_invoked_by_them_and_loses_no_record() {
    let template = functions(&with_programs()).unwrap();
    let queue = json!({ "Fn::GetAtt": ["AuditLambdaStreamFunctionFailedRecords", "Arn"] });
    let mapping = json!({
        "BisectBatchOnFunctionError": true,
        "DestinationConfig": { "OnFailure": { "Destination": queue } },
        "EventSourceArn": { "Ref": "StreamBothImagesStreamArn" },
        "FunctionName": { "Ref": "AuditLambdaStreamFunction" },
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "MaximumRetryAttempts": 10,
        "StartingPosition": "TRIM_HORIZON",
    });
    template.has_resource_properties("AWS::Lambda::EventSourceMapping", mapping).unwrap();
    template.resource_count_is("AWS::Lambda::EventSourceMapping", 1).unwrap();
    let role = &template.resource("AuditLambdaStreamFunctionRole").unwrap()["Properties"];
    let statement = &role["Policies"][0]["PolicyDocument"]["Statement"][0];
    assert_eq!((&statement["Action"], &statement["Resource"]), (&json!("sqs:SendMessage"), &queue));
}

#[test]
fn the_parameters_of_the_functions_are_outputs_of_the_tables() {
    let application = with_programs();
    let tables = cloudformation::render(&Plan::new(&application).unwrap()).unwrap();
    let functions = functions(&application).unwrap();
    let parameters = functions.as_value()["Parameters"].as_object().unwrap();
    for (name, parameter) in parameters {
        let is_output = tables.outputs().any(|(output, _)| output == name);
        assert!(is_output || !parameter["Default"].is_null(), "{name} has neither a value nor a default");
    }
    assert!(parameters.len() > 3, "{parameters:?}");
}

#[test]
fn a_table_without_a_stream_has_no_function_for_it() {
    let mut application = with_programs();
    for (_, config) in &mut application.tables {
        config.table.stream = None;
    }
    let template = functions(&application).unwrap();
    assert!(template.resource("AuditLambdaFunction").is_some());
    assert!(template.resource("AuditLambdaStreamFunction").is_none());
    application.programs.retain(|program| program.functions.is_empty());
    assert_eq!(functions(&application), None);
}

#[test]
fn two_functions_with_the_same_id_are_rejected() {
    let application = with_programs();
    let same = LambdaFunction { package: "x".into(), binary: "audit_lambda".into(), trigger: Trigger::Requests };
    // In another program, and in the same one.
    for program in 0..2 {
        let mut application = application.clone();
        application.programs[program].functions.push(same.clone());
        let error = Plan::new(&application).unwrap_err();
        assert!(matches!(&error, Error::DuplicateId { id, .. } if id == "AuditLambdaFunction"), "{error}");
    }
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
