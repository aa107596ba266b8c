//! Tests the errors for wrong settings of a deployed table.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use monotable_config::Config;

/// Returns a file with these values of `tableConfig` and `deploy`.
fn file(table: &str, deploy: &str) -> String {
    format!(
        r#"{{ "runtimeConfigKey": "T", "localDev": {{ "port": 8000, "tableName": "abc" }}, "tableConfig": {table}, "deploy": {deploy} }}"#
    )
}

const PROVISIONED: &str = r#"{ "billing": "PROVISIONED", "capacity": { "read": 5, "write": 4 } }"#;

#[test]
fn each_wrong_value_is_an_error_at_its_place_for_check_and_an_error_for_parse() {
    let index = |words: &str| {
        format!(r#"{{ "globalSecondaryIndexes": [{{ "indexName": "one", "partitionKey": "a", {words} }}] }}"#)
    };
    let many: Vec<_> = (0..51).map(|n| format!("\"t{n}\": \"\"")).collect();
    let many = format!(r#"{{ "tags": {{ {} }} }}"#, many.join(", "));
    let merged: Vec<_> = (0..50).map(|n| format!("\"t{n}\": \"\"")).collect();
    let merged = format!(
        r#"{{ "tags": {{ {} }}, "environments": {{ "dev": {{ "tags": {{ "x": "" }} }} }} }}"#,
        merged.join(", ")
    );
    // The values of `tableConfig` and `deploy`, the text at which `check` reports the mistake, and a part of its message.
    let cases = [
        (r#"{ "billing": "PROVISIONED" }"#.to_owned(), "{}".to_owned(), "\"PROVISIONED\"", "`capacity` is missing; add"),
        (
            r#"{ "billing": "PROVISIONED", "capacity": null }"#.to_owned(),
            "{}".to_owned(),
            "\"PROVISIONED\"",
            "`capacity` is missing; add",
        ),
        (
            r#"{ "capacity": { "read": 1, "write": 1 } }"#.to_owned(),
            "{}".to_owned(),
            r#"{ "read""#,
            "`capacity` needs `\"billing\": \"PROVISIONED\"`",
        ),
        (
            r#"{ "autoscaling": { "min": 1, "max": 1, "targetPercent": 50 } }"#.to_owned(),
            "{}".to_owned(),
            r#"{ "min""#,
            "`autoscaling` needs `\"billing\": \"PROVISIONED\"`",
        ),
        (index(r#""capacity": { "read": 1, "write": 1 }"#), "{}".to_owned(), r#"{ "read""#, "`capacity"),
        (index(r#""autoscaling": { "min": 1, "max": 1, "targetPercent": 50 }"#), "{}".to_owned(), r#"{ "min""#, "`autoscaling"),
        (
            PROVISIONED.replace('5', "0"),
            "{}".to_owned(),
            r#"{ "read""#,
            "`capacity.read` is 0; DynamoDB needs at least 1",
        ),
        (
            PROVISIONED.replace('4', "0"),
            "{}".to_owned(),
            r#"{ "read""#,
            "`capacity.write` is 0; DynamoDB needs at least 1",
        ),
        (
            PROVISIONED.replace(" } }", r#" }, "autoscaling": { "min": 3, "max": 2, "targetPercent": 50 } }"#),
            "{}".to_owned(),
            r#"{ "min""#,
            "`autoscaling.min` is 3, more than `max`, 2",
        ),
        (
            PROVISIONED.replace(" } }", r#" }, "autoscaling": { "min": 0, "max": 2, "targetPercent": 50 } }"#),
            "{}".to_owned(),
            r#"{ "min""#,
            "`autoscaling.min` is 0",
        ),
        (
            PROVISIONED.replace(" } }", r#" }, "autoscaling": { "min": 1, "max": 2, "targetPercent": 91 } }"#),
            "{}".to_owned(),
            r#"{ "min""#,
            "`autoscaling.targetPercent` is 91; DynamoDB allows 20 to 90",
        ),
        (
            PROVISIONED.replace(" } }", r#" }, "autoscaling": { "min": 1, "max": 2, "targetPercent": 19 } }"#),
            "{}".to_owned(),
            r#"{ "min""#,
            "`autoscaling.targetPercent` is 19; DynamoDB allows 20 to 90",
        ),
        (
            PROVISIONED.replace(
                " } }",
                r#" }, "localSecondaryIndexes": [{ "indexName": "one", "sortKey": "a", "capacity": { "read": 1, "write": 1 } }] }"#,
            ),
            "{}".to_owned(),
            r#"{ "indexName""#,
            "local index `one` uses the capacity of the table; remove `capacity`",
        ),
        ("{}".to_owned(), r#"{ "kms": "mine" }"#.to_owned(), "\"mine\"", "`kms` is \"own\", \"shared\", \"aws-owned\" or"),
        (
            "{}".to_owned(),
            r#"{ "kms": { "keyArn": "arn:aws:kms:eu-central-1:111122223333:alias/mine" } }"#.to_owned(),
            r#"{ "keyArn""#,
            "is not the ARN of a KMS key; give it the form",
        ),
        ("{}".to_owned(), r#"{ "kms": { "arn": "x" } }"#.to_owned(), r#"{ "arn""#, "`deploy.kms` has no key `arn`; its key is `keyArn`"),
        (
            "{}".to_owned(),
            r#"{ "kms": "aws-owned", "keyRotation": true }"#.to_owned(),
            "true",
            "`deploy.keyRotation` concerns a key that the deployment creates",
        ),
        (
            "{}".to_owned(),
            r#"{ "environments": { "dev": { "kms": "aws-owned", "keyRotation": true } } }"#.to_owned(),
            "true",
            "`deploy.environments.dev.keyRotation` concerns a key that the deployment creates",
        ),
        (
            "{}".to_owned(),
            r#"{ "kms": "aws-owned", "environments": { "dev": { "keyRotation": false } } }"#.to_owned(),
            "false",
            "`deploy.environments.dev.keyRotation` concerns a key that the deployment creates",
        ),
        ("{}".to_owned(), r#"{ "pointInTimeRecovery": true }"#.to_owned(), "true", "a number of days from 1 to 35"),
        ("{}".to_owned(), r#"{ "pointInTimeRecovery": 0 }"#.to_owned(), "0 } }", "a number of days from 1 to 35"),
        ("{}".to_owned(), r#"{ "pointInTimeRecovery": 36 }"#.to_owned(), "36 }", "a number of days from 1 to 35"),
        ("{}".to_owned(), r#"{ "onRemoval": "keep" }"#.to_owned(), "\"keep\"", "`deploy.onRemoval` has to be `retain` or `delete`, not `keep`"),
        ("{}".to_owned(), r#"{ "tableName": "a b" }"#.to_owned(), "\"a b\"", "`deploy.tableName` `a b` has the character ` `"),
        ("{}".to_owned(), r#"{ "tableName": "ab" }"#.to_owned(), "\"ab\"", "`deploy.tableName` `ab` has 2 characters"),
        ("{}".to_owned(), r#"{ "tags": { "aws:x": "" } }"#.to_owned(), "\"aws:x\"", "starts with `aws:`, which AWS reserves"),
        ("{}".to_owned(), r#"{ "tags": { "": "" } }"#.to_owned(), "\"\": \"\"", "has a key of 0 characters; AWS allows 1 to 128"),
        (
            "{}".to_owned(),
            format!(r#"{{ "tags": {{ "{}": "" }} }}"#, "k".repeat(129)),
            "\"kkk",
            "has a key of 129 characters; AWS allows 1 to 128",
        ),
        (
            "{}".to_owned(),
            format!(r#"{{ "tags": {{ "k": "{}" }} }}"#, "v".repeat(257)),
            "\"vvv",
            "has a value of 257 characters; AWS allows up to 256",
        ),
        ("{}".to_owned(), r#"{ "tags": { "k": "a;b" } }"#.to_owned(), "\"a;b\"", "has the character `;`"),
        ("{}".to_owned(), r#"{ "tags": { "k": "a", "k": "b" } }"#.to_owned(), "\"k\": \"b\"", "`k` occurs twice; keep one"),
        ("{}".to_owned(), many, "{ \"t0\"", "has 51 tags, but AWS allows 50; remove some of them"),
        ("{}".to_owned(), merged, "", "the environment `dev` has too many"),
        ("{}".to_owned(), r#"{ "environments": { "a b": {} } }"#.to_owned(), "\"a b\"", "cannot be the name of an environment"),
        (
            "{}".to_owned(),
            r#"{ "environments": { "dev": {}, "dev": {} } }"#.to_owned(),
            "\"dev\": {} }",
            "`dev` occurs twice; keep one",
        ),
        (
            "{}".to_owned(),
            r#"{ "environments": { "dev": { "capacity": { "read": 1, "write": 1 } } } }"#.to_owned(),
            r#"{ "read""#,
            "capacity` needs `\"billing\": \"PROVISIONED\"`",
        ),
        (
            "{}".to_owned(),
            r#"{ "environments": { "dev": { "autoscaling": { "min": 1, "max": 1, "targetPercent": 50 } } } }"#.to_owned(),
            r#"{ "min""#,
            "autoscaling` needs `\"billing\": \"PROVISIONED\"`",
        ),
    ];
    for (table, deploy, place, message) in cases {
        let text = file(&table, &deploy);
        let error = Config::parse(&text).unwrap_err().to_string();
        assert!(error.contains(message), "parse said: {error}\nnot: {message}");
        let problems = Config::check(&text);
        let [problem] = &problems[..] else { panic!("one mistake expected, not {problems:#?}\n{text}") };
        assert!(problem.to_string().contains(message), "check said: {problem}\nnot: {message}");
        assert!(text[problem.range().start..].starts_with(place), "{problem} is not at {place}\n{text}");
    }
}

#[test]
fn unknown_words_are_errors() {
    for (deploy, message) in [
        (r#"{ "encryption": "own" }"#, "`deploy` has no key `encryption`; its keys are `kms`"),
        (r#"{ "capacity": { "read": 1, "write": 1 } }"#, "`deploy` has no key `capacity`"),
        (r#"{ "environments": { "dev": { "environments": {} } } }"#, "an environment has no key `environments`"),
        (r#"[]"#, "`deploy` has to be a JSON object"),
        (r#"{ "tags": [] }"#, "`tags` has to be a JSON object"),
        (r#"{ "environments": { "dev": 1 } }"#, "an environment has to be a JSON object"),
    ] {
        let text = file("{}", deploy);
        assert!(Config::parse(&text).is_err(), "{text}");
        let problems = Config::check(&text);
        assert_eq!(problems.len(), 1, "{problems:#?}");
        assert!(problems[0].message().contains(message), "{}", problems[0]);
    }
}

#[test]
fn mistakes_in_several_words_are_all_reported() {
    let text = file(
        r#"{ "billing": "PROVISIONED" }"#,
        r#"{ "kms": "mine", "keyRotation": 1, "tags": { "aws:a": "", "b": 1 }, "environments": { "dev": { "onRemoval": "keep" } } }"#,
    );
    assert_eq!(Config::check(&text).len(), 6, "{:#?}", Config::check(&text));
}
