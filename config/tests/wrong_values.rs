//! Tests that wrong values are described in plain words, without names of Rust types and without serde's own words.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use monotable_config::Config;
use serde_json::{Value, json};

fn is_plain(message: &str) -> bool {
    let jargon = [
        "struct", "Spelled", "u8", "u16", "u32", "u64", "f64", "tuple", "elements", "invalid", "variant", "sequence",
        "boolean",
    ];
    !jargon.iter().any(|word| message.contains(word))
}

#[test]
fn a_value_of_the_wrong_type_is_described_in_plain_words() {
    let index = |words: &str| {
        format!(
            r#""tableConfig": {{ "globalSecondaryIndexes": [{{ "indexName": "one", "partitionKey": "a", {words} }}] }}"#
        )
    };
    let table = |words: &str| format!(r#""tableConfig": {{ {words} }}"#);
    let local = |words: &str| format!(r#""localDev": {{ "port": 8000, "tableName": "abc", {words} }}"#);
    let port = |port: &str| format!(r#""localDev": {{ "tableName": "abc", "port": {port} }}"#);
    // An entry of the file, the text at which the mistake is, and the message.
    let cases = [
        (r#""localDev": []"#.to_owned(), "[]", "`localDev` has to be a JSON object, `{ .. }`"),
        (r#""localDev": "x""#.to_owned(), "\"x\"", "`localDev` has to be a JSON object, `{ .. }`"),
        (
            r#""localDev": [8000, "abc", "embedded", null, null, null]"#.to_owned(),
            "[8000",
            "`localDev` has to be a JSON object, `{ .. }`",
        ),
        (r#""tableConfig": []"#.to_owned(), "[]", "`tableConfig` has to be a JSON object, `{ .. }`"),
        (r#""deploy": 1"#.to_owned(), "1 }", "`deploy` has to be a JSON object, `{ .. }`"),
        (r#""$schema": 1"#.to_owned(), "1,", "`$schema` has to be text in quotes, not the number 1"),
        (r#""runtimeConfigKey": null"#.to_owned(), "null", "`runtimeConfigKey` has to be text in quotes, not `null`"),
        (port("\"8000\""), "\"8000\"", "`localDev.port` has to be a whole number from 1 to 65535, not the text `8000`"),
        (port("70000"), "70000", "`localDev.port` has to be a whole number from 1 to 65535, not the number 70000"),
        (port("-1"), "-1", "`localDev.port` has to be a whole number from 1 to 65535, not the number -1"),
        (port("80.5"), "80.5", "`localDev.port` has to be a whole number from 1 to 65535, not the number 80.5"),
        (
            local(r#""engine": "java""#),
            "\"java\"",
            "`localDev.engine` has to be `embedded`, `dynamodb-local`, `container` or `endpoint`, not `java`",
        ),
        (
            local(r#""engine": {}"#),
            "{}",
            "`localDev.engine` has to be `embedded`, `dynamodb-local`, `container` or `endpoint`",
        ),
        (local(r#""image": true"#), "true", "`localDev.image` has to be text in quotes, not `true`"),
        (table(r#""capacity": []"#), "[]", "`tableConfig.capacity` has to be a JSON object, `{ .. }`, not a list"),
        (table(r#""capacity": [5, 5]"#), "[5", "`tableConfig.capacity` has to be a JSON object, `{ .. }`, not a list"),
        (
            table(r#""capacity": { "read": 5, "write": "5" }"#),
            "\"5\"",
            "`tableConfig.capacity.write` has to be a whole number from 1 to 4294967295, not the text `5`",
        ),
        (
            table(r#""autoscaling": { "min": 1, "max": 5, "targetPercent": "70" }"#),
            "\"70\"",
            "`tableConfig.autoscaling.targetPercent` has to be a positive whole number, not the text `70`",
        ),
        (
            table(r#""autoscaling": { "min": 1, "max": 5, "targetPercent": 300 }"#),
            "{ \"min\"",
            "`autoscaling.targetPercent` is 300; DynamoDB allows 20 to 90",
        ),
        (table(r#""capacity": { "read": 5 }"#), r#"{ "read""#, "`tableConfig.capacity` needs the key `write`"),
        (
            table(r#""capacity": { "read": 5, "writes": 5 }"#),
            r#"{ "read""#,
            "`tableConfig.capacity` has no key `writes`; its keys are `read`, `write`",
        ),
        (table(r#""capacity": { "read": 5, "read": 5, "write": 5 }"#), r#"{ "read""#, "`read` occurs twice; keep one"),
        (
            table(r#""globalSecondaryIndexes": {}"#),
            "{}",
            "`tableConfig.globalSecondaryIndexes` has to be a list of indexes, `[ .. ]`",
        ),
        (table(r#""globalSecondaryIndexes": ["one"]"#), "\"one\"", "an index has to be a JSON object, `{ .. }`"),
        (index(r#""projection": 5"#), "5 }", "a projection is \"ALL\", \"KEYS_ONLY\" or a list of attribute names"),
        (
            index(r#""sortKey": 5"#),
            "5 }",
            "`sortKey` of an index has to be the name of a key attribute, or { \"name\": \"..\", \"type\": \"S\" }, not the number 5",
        ),
        (index(r#""sortKeys": "b""#), "\"b\" }", "`sortKeys` of an index has to be a list, `[ .. ]`, not the text `b`"),
        (
            index(r#""sortKeys": ["b", { "name": "c", "type": "X" }]"#),
            "\"X\"",
            "`type` of an entry of `sortKeys` of an index has to be `S`, `N` or `B`, not `X`",
        ),
        (
            r#""deploy": { "tags": { "team": 1 } }"#.to_owned(),
            "1 }",
            "`deploy.tags.team` has to be text in quotes, not the number 1",
        ),
        (
            r#""deploy": { "deletionProtection": "no" }"#.to_owned(),
            "\"no\"",
            "`deploy.deletionProtection` has to be `true` or `false`, not the text `no`",
        ),
        // JSON cannot contain half of a surrogate pair.
        (table(r#""ttlAttribute": "\ud800""#), r#""\ud800""#, "not JSON: unexpected end of hex escape"),
    ];
    let entries = [
        r#""$schema": "x""#,
        r#""runtimeConfigKey": "T""#,
        r#""localDev": { "port": 8000, "tableName": "abc" }"#,
        r#""tableConfig": {}"#,
        r#""deploy": {}"#,
    ];
    for (entry, part, message) in cases {
        let key = entry.split(':').next().unwrap();
        let file = entries.map(|default| if default.starts_with(key) { entry.as_str() } else { default });
        let text = format!("{{ {} }}", file.join(", "));
        let error = Config::parse(&text).unwrap_err();
        assert_eq!(error.message(), message, "{text}");
        assert!(is_plain(message), "{message}");
        assert!(text[error.range().start..].starts_with(part), "{error} is not at {part}\n{text}");
        assert!(Config::check(&text).iter().any(|problem| problem.message() == message), "{text}");
    }
}

/// Replaces each value of a file that sets everything by many other values.
#[test]
fn check_and_parse_agree_about_every_wrong_value_and_describe_it_in_plain_words() {
    let capacity = json!({ "read": 5, "write": 4 });
    let autoscaling = json!({ "min": 1, "max": 9, "targetPercent": 50 });
    let file = json!({
        "$schema": "schema.json",
        "runtimeConfigKey": "T",
        "localDev": { "port": 8000, "tableName": "abc", "engine": "container", "image": "image" },
        "tableConfig": {
            "partitionKey": "user",
            "sortKey": { "name": "score", "type": "N" },
            "globalSecondaryIndexes": [{
                "indexName": "one", "name": "by_day", "partitionKeys": ["day", "kind"], "sortKeys": ["at"],
                "projection": ["total"], "capacity": capacity, "autoscaling": autoscaling,
            }],
            "localSecondaryIndexes": [{ "indexName": "two", "sortKey": "lsi1sk" }],
            "ttlAttribute": "expires", "stream": "NEW_IMAGE", "billing": "PROVISIONED",
            "capacity": capacity, "autoscaling": autoscaling,
        },
        "deploy": {
            "kms": { "keyArn": "arn:aws:kms:eu-central-1:111122223333:key/1234abcd" },
            "pointInTimeRecovery": 3, "deletionProtection": true, "onRemoval": "retain", "tags": { "a": "b" },
            "tableName": "abc",
            "environments": { "dev": { "kms": "own", "keyRotation": false, "tags": { "c": "d" }, "capacity": capacity } },
        },
    });
    assert!(Config::parse(&file.to_string()).is_ok());
    let mut places = Vec::new();
    list(&file, String::new(), &mut places);
    let others = json!([null, true, 0, 1, -5, 1.5, 1e30, 99_999_999_999_u64, "text", "", "pk", [], [1], ["a", "b"], {}, { "a": 1 }]);
    for place in places {
        for other in others.as_array().unwrap() {
            let mut changed = file.clone();
            *changed.pointer_mut(&place).unwrap() = other.clone();
            let text = changed.to_string();
            let problems = Config::check(&text);
            let error = Config::parse(&text).err();
            assert_eq!(error.as_ref().map(ToString::to_string), problems.first().map(ToString::to_string), "{text}");
            assert_eq!(error.is_some(), serde_json::from_str::<Config>(&text).is_err(), "{text}");
            for problem in problems {
                assert!(is_plain(problem.message()), "{problem}");
            }
        }
    }
}

/// Lists the JSON pointers of a value and of all values in it.
fn list(value: &Value, place: String, places: &mut Vec<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| list(value, format!("{place}/{key}"), places)),
        Value::Array(values) => {
            values.iter().enumerate().for_each(|(number, value)| list(value, format!("{place}/{number}"), places));
        }
        _ => {}
    }
    places.push(place);
}
