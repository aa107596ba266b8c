//! Tests that a template describes exactly the keys and indexes of its `config.json`, for random files.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;

use monotable_config::{Config, Index, IndexProjection, KeyAttribute};
use monotable_infra::{Application, Plan, cloudformation};
use proptest::prelude::*;
use serde_json::{Value, json};
use support::generate::files;

fn config() -> impl Strategy<Value = Config> {
    files(4).prop_map(|file| Config::parse(&file.to_string()).unwrap())
}

fn key_schema(partition: &[KeyAttribute], sort: &[KeyAttribute]) -> Value {
    let partition = partition.iter().map(|key| json!({ "AttributeName": key.name, "KeyType": "HASH" }));
    partition.chain(sort.iter().map(|key| json!({ "AttributeName": key.name, "KeyType": "RANGE" }))).collect()
}

fn check_index(config: &Config, index: &Index, rendered: &Value) {
    assert_eq!(rendered["IndexName"], index.index_name);
    assert_eq!(rendered["KeySchema"], key_schema(config.table.partition_keys_of(index), &index.sort_keys));
    let expected = match &index.projection {
        IndexProjection::All => json!({ "ProjectionType": "ALL" }),
        IndexProjection::KeysOnly => json!({ "ProjectionType": "KEYS_ONLY" }),
        IndexProjection::Include(names) => json!({ "ProjectionType": "INCLUDE", "NonKeyAttributes": names }),
    };
    assert_eq!(rendered["Projection"], expected);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_template_has_the_keys_indexes_and_attributes_of_the_config(config in config()) {
        let tables = vec![("table".to_owned(), config.clone())];
        let plan = Plan::new(&Application { name: "app".into(), tables, ..Application::default() }).unwrap();
        let template = cloudformation::render(&plan).unwrap();
        let properties = &template.resource("Table").unwrap()["Properties"];
        let table = &config.table;
        let sort: Vec<_> = table.sort_key.iter().cloned().collect();
        prop_assert_eq!(&properties["KeySchema"], &key_schema(std::slice::from_ref(&table.partition_key), &sort));
        for (key, indexes) in [
            ("GlobalSecondaryIndexes", &table.global_secondary_indexes),
            ("LocalSecondaryIndexes", &table.local_secondary_indexes),
        ] {
            let rendered = properties.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
            prop_assert_eq!(rendered.len(), indexes.len());
            indexes.iter().zip(&rendered).for_each(|(index, rendered)| check_index(&config, index, rendered));
        }
        // Every attribute of a key has exactly one definition, and no other attribute has one.
        let used = table.indexes().flat_map(|index| table.partition_keys_of(index).iter().chain(&index.sort_keys));
        let used: BTreeMap<_, _> = used.chain([&table.partition_key]).chain(&table.sort_key)
            .map(|key| (key.name.clone(), format!("{:?}", key.key_type))).collect();
        let defined = properties["AttributeDefinitions"].as_array().unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let by_name: BTreeMap<_, _> = defined.iter().map(|defined| (text(&defined["AttributeName"]), text(&defined["AttributeType"]))).collect();
        prop_assert_eq!(defined.len(), by_name.len());
        prop_assert_eq!(by_name, used);
    }
}
