//! Tests that each default can be turned off, and that mistakes of an application are errors. The tests use the assertions of this
//! crate.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use monotable_config::Config;
use monotable_infra::assertions::{absent, any_value, array_with, exact};
use monotable_infra::{Application, Error, Plan, Template, cloudformation};
use serde_json::{Value, json};

const TABLE: &str = "AWS::DynamoDB::Table";
const KEY: &str = "AWS::KMS::Key";

fn config(key: &str, table: &Value, deploy: &Value) -> Config {
    let local = json!({ "port": 8000, "tableName": "local" });
    let file = json!({ "runtimeConfigKey": key, "localDev": local, "tableConfig": table, "deploy": deploy });
    Config::parse(&file.to_string()).unwrap()
}

fn application(tables: Vec<(&str, Config)>) -> Application {
    let tables = tables.into_iter().map(|(name, config)| (name.to_owned(), config)).collect();
    Application { name: "shop".into(), tables, ..Application::default() }
}

fn render(application: &Application) -> Template {
    cloudformation::render(&Plan::new(application).unwrap()).unwrap()
}

fn with_deploy(deploy: &Value) -> Template {
    render(&application(vec![("orders", config("Orders", &json!({}), deploy))]))
}

#[test]
fn a_table_without_settings_is_encrypted_restorable_and_protected() {
    let template = with_deploy(&json!({}));
    template
        .has_resource(
            TABLE,
            json!({
                "DeletionPolicy": "Retain",
                "UpdateReplacePolicy": "Retain",
                "Properties": {
                    "BillingMode": "PAY_PER_REQUEST",
                    "DeletionProtectionEnabled": true,
                    "GlobalSecondaryIndexes": absent(),
                    "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true, "RecoveryPeriodInDays": 35 },
                    "ProvisionedThroughput": absent(),
                    "SSESpecification": { "KMSMasterKeyId": { "Fn::GetAtt": ["OrdersKey", "Arn"] }, "SSEType": "KMS" },
                    "TableName": absent(),
                },
            }),
        )
        .unwrap();
    template
        .has_resource(KEY, json!({ "DeletionPolicy": "Retain", "Properties": { "EnableKeyRotation": true } }))
        .unwrap();
    template.has_output("OrdersKeyArn", json!({ "Value": { "Fn::GetAtt": ["OrdersKey", "Arn"] } })).unwrap();
    template.has_output("OrdersTableName", json!({ "Value": { "Ref": "Orders" } })).unwrap();
    template.has_output("OrdersTableArn", json!({ "Value": any_value() })).unwrap();
    template.has_output("OrdersStreamArn", json!({})).unwrap_err();
}

#[test]
fn deletion_protection_can_be_turned_off() {
    let template = with_deploy(&json!({ "deletionProtection": false }));
    template.has_resource_properties(TABLE, json!({ "DeletionProtectionEnabled": false })).unwrap();
}

#[test]
fn provisioned_billing_sets_the_capacity_of_the_table_and_of_each_index() {
    let table = json!({
        "billing": "PROVISIONED", "capacity": { "read": 5, "write": 5 },
        "globalSecondaryIndexes": [
            { "indexName": "one", "partitionKey": "a", "capacity": { "read": 1, "write": 2 } },
            { "indexName": "two", "partitionKey": "b" } ],
    });
    let template = render(&application(vec![("orders", config("Orders", &table, &json!({})))]));
    let capacity = |read: u32, write: u32| json!({ "ReadCapacityUnits": read, "WriteCapacityUnits": write });
    let indexes = [
        json!({ "IndexName": "one", "ProvisionedThroughput": exact(capacity(1, 2)) }),
        json!({ "IndexName": "two", "ProvisionedThroughput": exact(capacity(5, 5)) }),
    ];
    let expected = json!({
        "BillingMode": "PROVISIONED", "ProvisionedThroughput": exact(capacity(5, 5)),
        "GlobalSecondaryIndexes": array_with(indexes),
    });
    template.has_resource_properties(TABLE, expected).unwrap();
}

#[test]
fn point_in_time_recovery_can_be_turned_off_and_shortened() {
    for (setting, expected) in [
        (json!(false), json!({ "PointInTimeRecoveryEnabled": false })),
        (json!(7), json!({ "PointInTimeRecoveryEnabled": true, "RecoveryPeriodInDays": 7 })),
    ] {
        let template = with_deploy(&json!({ "pointInTimeRecovery": setting }));
        template
            .has_resource_properties(TABLE, json!({ "PointInTimeRecoverySpecification": exact(expected) }))
            .unwrap();
    }
}

#[test]
fn key_rotation_can_be_turned_off() {
    with_deploy(&json!({ "keyRotation": false }))
        .has_resource_properties(KEY, json!({ "EnableKeyRotation": false }))
        .unwrap();
}

#[test]
fn a_table_with_the_key_of_dynamodb_has_no_key_resource_and_no_key_output() {
    let template = with_deploy(&json!({ "kms": "aws-owned" }));
    template.resource_count_is(KEY, 0).unwrap();
    template.has_resource_properties(TABLE, json!({ "SSESpecification": absent() })).unwrap();
    template.has_output("OrdersKeyArn", json!({})).unwrap_err();
}

#[test]
fn onremoval_delete_deletes_table_and_key() {
    let template = with_deploy(&json!({ "onRemoval": "delete" }));
    for kind in [TABLE, KEY] {
        template.has_resource(kind, json!({ "DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete" })).unwrap();
    }
}

#[test]
fn tables_that_share_a_key_have_one_key_with_the_safer_settings() {
    let one =
        config("One", &json!({}), &json!({ "kms": "shared", "onRemoval": "delete", "tags": { "a": "1", "b": "1" } }));
    let two =
        config("Two", &json!({}), &json!({ "kms": "shared", "keyRotation": false, "tags": { "a": "1", "b": "2" } }));
    let template = render(&application(vec![("one", one), ("two", two)]));
    template.resource_count_is(KEY, 1).unwrap();
    template
        .has_resource(
            KEY,
            json!({
                "DeletionPolicy": "Retain",
                "Properties": { "EnableKeyRotation": true, "Tags": [exact(json!({ "Key": "a", "Value": "1" }))] },
            }),
        )
        .unwrap();
    let shared = json!({ "SSESpecification": { "KMSMasterKeyId": { "Fn::GetAtt": ["SharedKey", "Arn"] } } });
    assert_eq!(template.find_resources(TABLE, shared), ["One", "Two"]);
}

#[test]
fn the_runtime_configuration_has_all_tables_in_one_document_with_one_deployment() {
    let tables =
        vec![("one", config("One", &json!({}), &json!({}))), ("two", config("${Two}", &json!({}), &json!({})))];
    let mut application = application(tables);
    application.extra_tables.insert("Other".into(), "other-table".into());
    let template = render(&application);
    let text = r#"{"${!Two}":{"tableName":"${Two}"},"One":{"tableName":"${One}"},"Other":{"tableName":"other-table"}}"#;
    let version = json!({ "Content": { "Fn::Sub": text }, "ContentType": "application/json" });
    template.has_resource_properties("AWS::AppConfig::HostedConfigurationVersion", version).unwrap();
    for (kind, count) in [("Deployment", 1), ("DeploymentStrategy", 1), ("Environment", 1), ("ConfigurationProfile", 1)]
    {
        template.resource_count_is(&format!("AWS::AppConfig::{kind}"), count).unwrap();
    }
    application.deployment_strategy = Some("abc1234".into());
    let template = render(&application);
    template.resource_count_is("AWS::AppConfig::DeploymentStrategy", 0).unwrap();
    template
        .has_resource_properties("AWS::AppConfig::Deployment", json!({ "DeploymentStrategyId": "abc1234" }))
        .unwrap();
}

#[test]
fn duplicates_are_errors_that_name_both_tables() {
    let plain = |key: &str| config(key, &json!({}), &json!({}));
    let named = |key: &str| config(key, &json!({}), &json!({ "tableName": "same" }));
    let message = |tables| Plan::new(&application(tables)).unwrap_err().to_string();
    let found = message(vec![("one", plain("Same")), ("two", plain("Same"))]);
    assert!(found.contains("`one`") && found.contains("`two`") && found.contains("`Same`"), "{found}");
    let found = message(vec![("my-table", plain("One")), ("my_table", plain("Two"))]);
    assert!(found.contains("logical id `MyTable`"), "{found}");
    let found = message(vec![("one", named("One")), ("two", named("Two"))]);
    assert!(found.contains("the same `deploy.tableName`, `same`"), "{found}");
    let mut with_extra = application(vec![("one", plain("Same"))]);
    with_extra.extra_tables.insert("Same".into(), "other".into());
    assert!(matches!(Plan::new(&with_extra), Err(Error::DuplicateRuntimeConfigKey { .. })));
    // The key of the table `one` and the table `OneKey` would have the same logical id.
    let plan = Plan::new(&application(vec![("one", plain("One")), ("one-key", plain("Two"))])).unwrap();
    assert!(matches!(cloudformation::render(&plan), Err(Error::DuplicateId { .. })));
}

#[test]
fn an_environment_that_a_table_does_not_have_is_an_error() {
    let with = config("One", &json!({}), &json!({ "environments": { "dev": { "kms": "aws-owned" } } }));
    let without = config("Two", &json!({}), &json!({}));
    let mut both = application(vec![("one", with), ("two", without.clone())]);
    both.environment = Some("dev".into());
    let template = render(&both);
    assert_eq!(template.find_resources(TABLE, json!({ "SSESpecification": absent() })), ["One"]);
    both.environment = Some("prod".into());
    let message = Plan::new(&both).unwrap_err().to_string();
    assert!(message.contains("the environment `prod` does not exist; the environments are `dev`"), "{message}");
    let mut none = application(vec![("two", without)]);
    none.environment = Some("dev".into());
    assert!(matches!(Plan::new(&none), Err(Error::NoEnvironments { .. })));
}

#[test]
fn autoscaling_has_a_target_and_a_policy_for_reads_and_writes_of_what_sets_it() {
    let limits = json!({ "min": 2, "max": 9, "targetPercent": 60 });
    let table = json!({
        "billing": "PROVISIONED", "capacity": { "read": 5, "write": 5 }, "autoscaling": limits,
        "globalSecondaryIndexes": [
            { "indexName": "by-a", "partitionKey": "a", "autoscaling": { "min": 1, "max": 3, "targetPercent": 70 } },
            { "indexName": "by-b", "partitionKey": "b" } ],
    });
    let template = render(&application(vec![("orders", config("Orders", &table, &json!({})))]));
    const TARGET: &str = "AWS::ApplicationAutoScaling::ScalableTarget";
    const POLICY: &str = "AWS::ApplicationAutoScaling::ScalingPolicy";
    template.resource_count_is(TARGET, 4).unwrap();
    template.resource_count_is(POLICY, 4).unwrap();
    for (resource, kind, min, max) in
        [("table/${Orders}", "table", 2, 9), ("table/${Orders}/index/by-a", "index", 1, 3)]
    {
        for dimension in ["Read", "Write"] {
            let expected = json!({
                "MinCapacity": min, "MaxCapacity": max, "ResourceId": { "Fn::Sub": resource },
                "ScalableDimension": format!("dynamodb:{kind}:{dimension}CapacityUnits"),
            });
            template.has_resource_properties(TARGET, expected).unwrap();
        }
    }
    let tracking = json!({
        "PredefinedMetricSpecification": { "PredefinedMetricType": "DynamoDBWriteCapacityUtilization" },
        "TargetValue": 60,
    });
    let expected = json!({
        "ScalingTargetId": { "Ref": "OrdersWriteScalingTarget" },
        "TargetTrackingScalingPolicyConfiguration": tracking,
    });
    template.has_resource_properties(POLICY, expected).unwrap();
}
