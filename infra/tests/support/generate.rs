//! Random `config.json` files.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

/// Returns valid files, whose indexes have up to this number of attributes in each key.
pub fn files(attributes: usize) -> impl Strategy<Value = Value> {
    let indexes =
        (prop::collection::vec(global_index(attributes), 0..=20), prop::collection::vec(local_index(), 0..=5));
    let provisioned = proptest::option::of(proptest::option::of(autoscaling()));
    (indexes, proptest::option::of(1..12_usize), provisioned, settings(), deploy()).prop_map(
        |((global, local), sort_key, provisioned, settings, deploy)| {
            let local = if sort_key.is_some() { local } else { Vec::new() };
            let mut table = settings;
            table["partitionKey"] = attribute(0);
            table["globalSecondaryIndexes"] = named("global", global);
            table["localSecondaryIndexes"] = named("local", local);
            if let Some(sort_key) = sort_key {
                table["sortKey"] = attribute(sort_key);
            }
            if let Some(autoscaling) = provisioned {
                table["billing"] = "PROVISIONED".into();
                table["capacity"] = json!({ "read": 3, "write": 2 });
                if let Some(autoscaling) = autoscaling {
                    provision(&mut table, &autoscaling);
                }
            }
            let local = json!({ "port": 8000, "tableName": "local" });
            json!({ "runtimeConfigKey": "T", "localDev": local, "tableConfig": table, "deploy": deploy })
        },
    )
}

/// The type of each attribute depends on its name, so that no attribute has two types.
fn attribute(number: usize) -> Value {
    let key_type = ["S", "N", "B"][number % 3];
    json!({ "name": format!("a{number}"), "type": key_type })
}

fn projection() -> impl Strategy<Value = Value> {
    prop_oneof![Just(json!("ALL")), Just(json!("KEYS_ONLY")), Just(json!(["total", "title"]))]
}

/// Some attributes as the partition key, and some others as the sort key, if there are any.
fn global_index(attributes: usize) -> impl Strategy<Value = Value> {
    let keys = subsequence((0..12).collect::<Vec<usize>>(), 1..=2 * attributes).prop_shuffle();
    (keys, projection(), any::<prop::sample::Index>()).prop_map(move |(keys, projection, split)| {
        let split = 1 + split.index(keys.len().min(attributes));
        let list = |keys: &[usize]| keys.iter().take(attributes).map(|number| attribute(*number)).collect::<Value>();
        json!({ "partitionKeys": list(&keys[..split]), "sortKeys": list(&keys[split..]), "projection": projection })
    })
}

fn local_index() -> impl Strategy<Value = Value> {
    (1..12_usize, projection())
        .prop_map(|(key, projection)| json!({ "sortKey": attribute(key), "projection": projection }))
}

/// Gives each index a different name.
fn named(kind: &str, indexes: Vec<Value>) -> Value {
    let name = |(number, mut index): (usize, Value)| {
        index["indexName"] = format!("{kind}-{number}-index").into();
        index["name"] = format!("{kind}_{number}").into();
        index
    };
    indexes.into_iter().enumerate().map(name).collect()
}

fn autoscaling() -> impl Strategy<Value = Value> {
    (1..10_u32, 10..100_u32, 20..=90_u32)
        .prop_map(|(min, max, target)| json!({ "min": min, "max": max, "targetPercent": target }))
}

/// Gives the table and every second global index auto scaling, and every third one its own capacity.
fn provision(table: &mut Value, autoscaling: &Value) {
    table["autoscaling"] = autoscaling.clone();
    for (number, index) in table["globalSecondaryIndexes"].as_array_mut().into_iter().flatten().enumerate() {
        if number % 2 == 0 {
            index["autoscaling"] = autoscaling.clone();
        }
        if number % 3 == 0 {
            index["capacity"] = json!({ "read": 1 + number, "write": 7 });
        }
    }
}

/// An object that has some of the keys.
fn some_of(values: Vec<(&'static str, BoxedStrategy<Value>)>) -> impl Strategy<Value = Value> {
    let entry = |(key, value): (&'static str, BoxedStrategy<Value>)| {
        proptest::option::of(value).prop_map(move |value| value.map(|value| (key.to_owned(), value)))
    };
    let entries: Vec<_> = values.into_iter().map(|pair| entry(pair).boxed()).collect();
    entries.prop_map(|entries| Value::Object(entries.into_iter().flatten().collect()))
}

fn one_of(values: &[Value]) -> BoxedStrategy<Value> {
    select(values.to_vec()).boxed()
}

fn settings() -> impl Strategy<Value = Value> {
    some_of(vec![
        ("ttlAttribute", one_of(&[json!("expires_at")])),
        ("stream", one_of(&[json!("KEYS_ONLY"), json!("NEW_IMAGE"), json!("OLD_IMAGE"), json!("NEW_AND_OLD_IMAGES")])),
    ])
}

fn deploy() -> impl Strategy<Value = Value> {
    let key = json!({ "keyArn": "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab" });
    some_of(vec![
        ("kms", one_of(&[json!("own"), json!("shared"), json!("aws-owned"), key])),
        ("keyRotation", one_of(&[json!(true), json!(false)])),
        ("pointInTimeRecovery", one_of(&[json!(false), json!(1), json!(14), json!(35)])),
        ("deletionProtection", one_of(&[json!(true), json!(false)])),
        ("onRemoval", one_of(&[json!("retain"), json!("delete")])),
        ("tags", one_of(&[json!({ "team": "orders" }), json!({ "a": "1", "b": "x y_.:/=+-@" })])),
        ("tableName", one_of(&[json!("fixed-name")])),
    ])
    .prop_map(|mut deploy| {
        // Only a key that the deployment creates has a rotation.
        if deploy["kms"] == "aws-owned" || deploy["kms"].is_object() {
            deploy.as_object_mut().unwrap().remove("keyRotation");
        }
        deploy
    })
}
