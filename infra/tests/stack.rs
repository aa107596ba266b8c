//! Tests stacks, grants, policies and assertions.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use monotable_config::{Config, SchemaFile};
use monotable_infra::assertions::{absent, any_value, array_with};
use monotable_infra::policy::{Arn, Target};
use monotable_infra::stack::{Function, Role, Stack};
use monotable_infra::{Access, Error, Resource, Template};
use serde_json::json;

fn config(key: &str, stream: bool) -> Config {
    let table = if stream { json!({ "stream": "NEW_IMAGE" }) } else { json!({}) };
    let local = json!({ "port": 8000, "tableName": "local" });
    Config::parse(&json!({ "runtimeConfigKey": key, "localDev": local, "tableConfig": table }).to_string()).unwrap()
}

#[test]
fn the_example_has_a_table_a_function_and_its_policy() {
    let mut stack = Stack::new("shop");
    let orders = stack.table("Orders", &config("Orders", false)).unwrap();
    let mut api = Function::new("Api", "bucket", "api.zip").variable("LOG", "info");
    orders.grant_read(&mut api);
    stack.function(api).unwrap();
    stack.output("Arn", orders.table_arn());
    let template = stack.template().unwrap();
    let variables = json!({ "LOG": "info", "RUNTIME_CONFIG_APP_ID": { "Ref": "RuntimeConfigApplication" } });
    let function = json!({ "Environment": { "Variables": variables }, "Role": { "Fn::GetAtt": ["ApiRole", "Arn"] } });
    template.has_resource_properties("AWS::Lambda::Function", function).unwrap();
    let application =
        "arn:${AWS::Partition}:appconfig:${AWS::Region}:${AWS::AccountId}:application/${RuntimeConfigApplication}/*";
    let statements = array_with([
        json!({ "Resource": [{ "Fn::GetAtt": ["Orders", "Arn"] }, { "Fn::Sub": "${Orders.Arn}/index/*" }] }),
        json!({ "Action": ["kms:Decrypt", "kms:DescribeKey"], "Resource": { "Fn::GetAtt": ["OrdersKey", "Arn"] } }),
        json!({
            "Action": ["appconfig:GetLatestConfiguration", "appconfig:StartConfigurationSession"],
            "Resource": { "Fn::Sub": application },
        }),
    ]);
    let policy = json!({ "PolicyDocument": { "Statement": statements }, "Roles": [{ "Ref": "ApiRole" }] });
    template.has_resource_properties("AWS::IAM::Policy", policy).unwrap();
    template.has_output("Arn", json!({ "Value": any_value() })).unwrap();
}

#[test]
fn each_access_has_exactly_its_actions() {
    let read = ["BatchGetItem", "ConditionCheckItem", "DescribeTable", "GetItem", "Query", "Scan"];
    let write = ["BatchWriteItem", "DeleteItem", "DescribeTable", "PutItem", "UpdateItem"];
    let mut both = [&read[..], &write].concat();
    both.sort_unstable();
    both.dedup();
    assert_eq!(both.len(), 10);
    let stream = ["DescribeStream", "GetRecords", "GetShardIterator"];
    let key_read = ["kms:Decrypt", "kms:DescribeKey"];
    let key_write = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"];
    for (access, actions, key) in [
        (Access::Read, &read[..], &key_read[..]),
        (Access::Write, &write, &key_write),
        (Access::ReadWrite, &both, &key_write),
        (Access::Full, &["*"], &key_write),
        (Access::Stream, &stream, &key_read),
    ] {
        let expected: Vec<_> = actions.iter().map(|action| format!("dynamodb:{action}")).collect();
        assert_eq!(access.actions(), expected, "{access:?}");
        assert_eq!(access.key_actions(), key, "{access:?}");
    }
}

#[test]
fn a_policy_of_a_known_table_has_texts_as_resources() {
    let target = Target::new(Arn::text("arn:aws:dynamodb:r:1:table/T")).key(Arn::text("arn:aws:kms:r:1:key/k"));
    let policy = target.policy(Access::Stream).to_value();
    assert_eq!(policy["Statement"][0]["Resource"], "arn:aws:dynamodb:r:1:table/T/stream/*");
    assert_eq!(policy["Statement"][1], json!({ "Effect": "Allow", "Action": "dynamodb:ListStreams", "Resource": "*" }));
    assert_eq!(policy["Statement"][2]["Resource"], "arn:aws:kms:r:1:key/k");
    assert_eq!(policy["Statement"].as_array().unwrap().len(), 3);
}

#[test]
fn roles_get_one_policy_with_the_grants_of_all_tables() {
    let mut stack = Stack::new("shop");
    let one = stack.table("One", &config("One", true)).unwrap();
    let two = stack.table("Two", &config("Two", false)).unwrap();
    let mut role = Role::named("api-role");
    one.grant_stream(&mut role).unwrap();
    two.grant_write(&mut role);
    two.grant_write(&mut role);
    assert!(matches!(two.grant_stream(&mut role), Err(Error::NoStream { .. })));
    stack.role(role).unwrap();
    let template = stack.template().unwrap();
    template.has_resource_properties("AWS::IAM::Policy", json!({ "Roles": ["api-role"] })).unwrap();
    let policy = &template.resource("ApiRolePolicy").unwrap()["Properties"]["PolicyDocument"];
    // Stream, list of streams, key of `One`, runtime configuration, table `Two`, key of `Two`.
    assert_eq!(policy["Statement"].as_array().unwrap().len(), 6);
}

#[test]
fn a_role_that_the_stack_does_not_have_is_an_error() {
    let mut stack = Stack::new("shop");
    let table = stack.table("One", &config("One", false)).unwrap();
    let mut role = Role::in_stack("ApiRole");
    table.grant_full(&mut role);
    stack.role(role).unwrap();
    assert!(matches!(stack.template(), Err(Error::UnknownReference { to, .. }) if to == "ApiRole"));
    stack.resource("ApiRole", Resource::new("AWS::IAM::Role", json!({}))).unwrap();
    stack.template().unwrap();
}

#[test]
fn a_second_resource_with_the_same_id_is_an_error() {
    let mut stack = Stack::new("shop");
    stack.table("One", &config("One", false)).unwrap();
    assert!(matches!(stack.table("One", &config("Two", false)), Err(Error::DuplicateId { .. })));
    assert!(matches!(stack.table("Two", &config("One", false)), Err(Error::DuplicateRuntimeConfigKey { .. })));
    let queue = Resource::new("AWS::SQS::Queue", json!({}));
    assert!(matches!(stack.resource("One", queue.clone()), Err(Error::DuplicateId { .. })));
    stack.resource("Queue", queue.clone()).unwrap();
    assert!(matches!(stack.resource("Queue", queue), Err(Error::DuplicateId { .. })));
    stack.template().unwrap().resource_count_is("AWS::DynamoDB::Table", 1).unwrap();
}

fn schema() -> SchemaFile {
    let key = |partition: &str, arguments: &[&str]| json!({ "partition": partition, "sort": "X", "partitionArguments": arguments, "sortArguments": [] });
    let index = |name: &str, kind: &str| {
        json!({ "name": name, "indexName": format!("{name}-index"), "kind": kind, "partitionKeys": [format!("{name}pk")],
        "sortKeys": [format!("{name}sk")], "projection": "ALL" })
    };
    let entity = |name: &str, partition: &str, indexes: serde_json::Value| {
        json!({ "name": name, "discriminator": name,
        "primaryKey": key(partition, &["id"]), "indexes": indexes, "attributes": [] })
    };
    let by = |index: &str, partition: &str, query: &str| json!({ "index": index, "key": key(partition, &["x"]), "query": query });
    let schema = json!({
        "version": 1, "table": "Shop", "runtimeConfigKey": "Shop", "delimiter": "#", "partitionKey": "pk", "sortKey": "sk",
        "indexes": [index("gsi1", "global"), index("gsi2", "global")],
        "entities": [
            entity("Order", "ORDER#{id}", json!([by("gsi1", "USER#{x}", "list_by_user"), by("gsi2", "{x}", "list_all")])),
            entity("Review", "A*{{?#{id}", json!([by("gsi1", "OWNER#{x}", "list_by_user"), by("gsi2", "rank(x)", "list_ranked")])),
        ],
    });
    SchemaFile::parse(&schema.to_string()).unwrap()
}

fn statements(patterns: &[&str]) -> serde_json::Value {
    let target = Target::new(Arn::text("arn:T"));
    target.policy_for_patterns(&schema(), patterns).unwrap().to_value()["Statement"].clone()
}

fn leading(keys: &[&str]) -> serde_json::Value {
    json!({ "ForAllValues:StringLike": { "dynamodb:LeadingKeys": keys } })
}

#[test]
fn a_query_needs_one_index_and_the_keys_of_its_template() {
    assert_eq!(
        statements(&["Order.list_by_user"]),
        json!([{ "Effect": "Allow", "Action": "dynamodb:Query", "Resource": "arn:T/index/gsi1-index", "Condition": leading(&["USER#*"]) }])
    );
    let both = statements(&["list_by_user"]);
    assert_eq!(both[0]["Condition"], leading(&["OWNER#*", "USER#*"]));
    for pattern in ["list_all", "list_ranked"] {
        assert_eq!(statements(&[pattern])[0].get("Condition"), None, "{pattern} has no constant prefix");
    }
}

#[test]
fn a_query_of_the_table_and_of_an_unnamed_index_is_a_pattern() {
    assert_eq!(
        statements(&["Order.query"]),
        json!([{ "Effect": "Allow", "Action": "dynamodb:Query", "Resource": "arn:T", "Condition": leading(&["ORDER#*"]) }])
    );
    assert_eq!(statements(&["Order.gsi1"]), statements(&["Order.list_by_user"]));
}

#[test]
fn operations_with_the_same_keys_share_a_statement() {
    assert_eq!(
        statements(&["Order.create", "Order.get", "Order.put"]),
        json!([{ "Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:PutItem"], "Resource": "arn:T",
                 "Condition": leading(&["ORDER#*"]) }])
    );
    // Characters with a meaning in policies are escaped.
    assert_eq!(statements(&["Review.delete"])[0]["Condition"], leading(&["A${*}{${?}#*"]));
    assert_eq!(statements(&["create"])[0]["Condition"], leading(&["A${*}{${?}#*", "ORDER#*"]));
}

#[test]
fn reads_need_less_of_the_key_than_writes() {
    let target = Target::new(Arn::text("arn:T")).key(Arn::text("arn:K"));
    let actions = |pattern: &str| {
        let policy = target.policy_for_patterns(&schema(), &[pattern]).unwrap();
        policy.statements()[1].actions.len()
    };
    assert_eq!((actions("get"), actions("list_all"), actions("check"), actions("create")), (2, 2, 2, 5));
}

#[test]
fn an_unknown_pattern_is_an_error_that_lists_the_known_ones() {
    for pattern in ["list", "Order.list_ranked", "User.get", ""] {
        let message =
            Target::new(Arn::text("arn:T")).policy_for_patterns(&schema(), &[pattern]).unwrap_err().to_string();
        assert!(message.contains("Order.list_by_user") && message.contains("create, get"), "{message}");
    }
}

#[test]
fn a_failed_assertion_shows_the_closest_resource_and_its_differences() {
    let mut stack = Stack::new("shop");
    stack.table("One", &config("One", true)).unwrap();
    stack.table("Two", &config("Two", false)).unwrap();
    let template: Template = stack.template().unwrap();
    let wrong = json!({ "StreamSpecification": { "StreamViewType": "OLD_IMAGE" }, "BillingMode": "PAY_PER_REQUEST", "TableName": absent() });
    let error = template.has_resource_properties("AWS::DynamoDB::Table", wrong).unwrap_err();
    let message = format!("{error:?}");
    assert_eq!(message, error.to_string());
    assert!(
        message.contains(
            "the closest is `One`:\n  - StreamSpecification.StreamViewType is \"NEW_IMAGE\", not \"OLD_IMAGE\""
        ),
        "{message}"
    );
    let error = template.resource_count_is("AWS::DynamoDB::Table", 1).unwrap_err().to_string();
    assert!(error.contains("has 2 resources of type AWS::DynamoDB::Table, not 1: One, Two"), "{error}");
    template.has_resource_properties("AWS::SQS::Queue", json!({})).unwrap_err();
    let missing =
        json!({ "KeySchema": array_with([json!({ "AttributeName": "sk" }), json!({ "AttributeName": "pk" })]) });
    let error = template.has_resource_properties("AWS::DynamoDB::Table", missing).unwrap_err().to_string();
    assert!(error.contains("KeySchema does not contain element 1"), "{error}");
    template.has_resource_properties("AWS::DynamoDB::Table", json!({ "KeySchema": [] })).unwrap_err();
}
