//! Tests the settings of a deployed table: which are accepted, their defaults, and their environments.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use monotable_config::{Autoscaling, Capacity, Config, Kms, PointInTimeRecovery, Removal};

/// Returns a file with these values of `tableConfig` and `deploy`.
fn file(table: &str, deploy: &str) -> String {
    format!(
        r#"{{ "runtimeConfigKey": "T", "localDev": {{ "port": 8000, "tableName": "abc" }}, "tableConfig": {table}, "deploy": {deploy} }}"#
    )
}

fn parse(table: &str, deploy: &str) -> Config {
    let text = file(table, deploy);
    let problems: Vec<_> = Config::check(&text).iter().map(ToString::to_string).collect();
    assert!(problems.is_empty(), "{problems:#?}");
    Config::parse(&text).unwrap()
}

const PROVISIONED: &str = r#"{ "billing": "PROVISIONED", "capacity": { "read": 5, "write": 4 } }"#;

#[test]
fn a_file_without_deploy_has_safe_defaults() {
    let config =
        Config::parse(r#"{ "runtimeConfigKey": "T", "localDev": { "port": 1, "tableName": "abc" } }"#).unwrap();
    assert!(config.deploy.is_empty());
    let settings = config.settings(None).unwrap();
    assert_eq!(settings.kms, Kms::Own);
    assert!(settings.key_rotation && settings.deletion_protection);
    assert_eq!(settings.recovery_days, Some(35));
    assert_eq!(settings.on_removal, Removal::Retain);
    assert!(settings.tags.is_empty());
    assert_eq!((settings.table_name, settings.capacity, settings.autoscaling), (None, None, None));
}

#[test]
fn every_word_is_read() {
    let config = parse(
        r#"{ "billing": "PROVISIONED", "capacity": { "read": 5, "write": 4 },
             "autoscaling": { "min": 5, "max": 100, "targetPercent": 70 },
             "globalSecondaryIndexes": [
                { "indexName": "one", "partitionKey": "gsi1pk", "capacity": { "read": 1, "write": 2 } },
                { "indexName": "two", "partitionKey": "gsi2pk", "autoscaling": { "min": 1, "max": 9, "targetPercent": 20 } } ] }"#,
        r#"{ "kms": "shared", "keyRotation": false, "pointInTimeRecovery": 7, "deletionProtection": false,
             "onRemoval": "delete", "tags": { "team": "orders" }, "tableName": "Users" }"#,
    );
    assert_eq!(config.deploy.point_in_time_recovery, Some(PointInTimeRecovery::Days(7)));
    let settings = config.settings(None).unwrap();
    assert_eq!(settings.kms, Kms::Shared);
    assert!(!settings.key_rotation && !settings.deletion_protection);
    assert_eq!((settings.recovery_days, settings.on_removal), (Some(7), Removal::Delete));
    assert_eq!(settings.tags["team"], "orders");
    assert_eq!(settings.table_name.as_deref(), Some("Users"));
    assert_eq!(settings.capacity, Some(Capacity { read: 5, write: 4 }));
    let table = Autoscaling { min: 5, max: 100, target_percent: 70 };
    assert_eq!(settings.autoscaling, Some(table));
    let [one, two] = &config.table.global_secondary_indexes[..] else { panic!("the file must have two indexes") };
    assert_eq!(settings.capacity_of(one), Some(Capacity { read: 1, write: 2 }));
    assert_eq!(settings.capacity_of(two), Some(Capacity { read: 5, write: 4 }));
    assert_eq!((one.autoscaling, two.autoscaling), (None, Some(Autoscaling { min: 1, max: 9, target_percent: 20 })));
}

#[test]
fn each_kind_of_key_is_read() {
    let arn = "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    for (text, kms) in [
        (r#""own""#.to_owned(), Kms::Own),
        (r#""shared""#.to_owned(), Kms::Shared),
        (r#""aws-owned""#.to_owned(), Kms::AwsOwned),
        (format!(r#"{{ "keyArn": "{arn}" }}"#), Kms::KeyArn(arn.to_owned())),
    ] {
        let config = parse("{}", &format!(r#"{{ "kms": {text} }}"#));
        assert_eq!(config.settings(None).unwrap().kms, kms);
    }
}

#[test]
fn an_environment_wins_over_deploy_and_deploy_over_the_defaults() {
    let config = parse(
        PROVISIONED,
        r#"{ "kms": "shared", "pointInTimeRecovery": 14, "tags": { "team": "orders", "stage": "none" },
             "environments": {
                "dev": { "kms": "aws-owned", "pointInTimeRecovery": false, "tags": { "stage": "dev" },
                         "capacity": { "read": 1, "write": 1 }, "autoscaling": { "min": 1, "max": 2, "targetPercent": 90 } },
                "prod": {} } }"#,
    );
    let tags = |environment| {
        let tags = config.settings(environment).unwrap().tags;
        tags.into_iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
    };
    let dev = config.settings(Some("dev")).unwrap();
    assert_eq!((dev.kms, dev.recovery_days), (Kms::AwsOwned, None));
    assert_eq!(dev.capacity, Some(Capacity { read: 1, write: 1 }));
    assert_eq!(dev.autoscaling, Some(Autoscaling { min: 1, max: 2, target_percent: 90 }));
    assert!(dev.deletion_protection, "neither `dev` nor `deploy` sets it");
    assert_eq!(tags(Some("dev")), "stage=dev,team=orders");
    let prod = config.settings(Some("prod")).unwrap();
    assert_eq!(prod, config.settings(None).unwrap());
    assert_eq!((prod.kms, prod.recovery_days, prod.autoscaling), (Kms::Shared, Some(14), None));
    assert_eq!(tags(None), "stage=none,team=orders");
}

#[test]
fn an_unknown_environment_is_an_error_that_lists_the_known_ones() {
    let config = parse("{}", r#"{ "environments": { "prod": {}, "dev": {} } }"#);
    let message = config.settings(Some("stage")).unwrap_err().to_string();
    assert!(
        message.contains("the environment `stage` does not exist; the environments are `dev`, `prod`"),
        "{message}"
    );
    let message = parse("{}", "{}").settings(Some("dev")).unwrap_err().to_string();
    assert!(message.contains("`deploy.environments` is empty; add `\"dev\": {}`"), "{message}");
}

#[test]
fn a_serialized_config_with_deploy_parses_to_an_equal_config() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/tests/corpus");
    let mut number = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(Config::check(&text).len(), 0, "{}", path.display());
        let config = Config::parse(&text).unwrap();
        assert_eq!(Config::parse(&serde_json::to_string(&config).unwrap()).unwrap(), config, "{}", path.display());
        number += 1;
    }
    assert!(number >= 24, "the corpus has {number} files");
}
