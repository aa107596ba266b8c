//! The same `config.json` gives the same table, whether `ensure` creates it or a deployment.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../infra/tests/support/generate.rs"]
mod generate;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use monotable::aws::types::{KeySchemaElement, Projection};
use monotable::{ConfigTable, Connection};
use monotable_config::Config;
use monotable_infra::{Application, Plan, cloudformation};
use monotable_local::{Embedded, Engine};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

/// The parts of a table that items depend on, as CloudFormation writes them.
#[derive(Debug, PartialEq)]
struct Shape {
    keys: Value,
    attributes: BTreeMap<String, String>,
    /// The keys and the projection of each index by its name.
    global: BTreeMap<String, (Value, Value)>,
    local: BTreeMap<String, (Value, Value)>,
}

fn deployed(config: &Config) -> Shape {
    let tables = vec![("table".to_owned(), config.clone())];
    let application = Application { name: "app".into(), tables, ..Application::default() };
    let template = cloudformation::render(&Plan::new(&application).unwrap()).unwrap();
    let table = &template.resource("Table").unwrap()["Properties"];
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let indexes = |name: &str| {
        let indexes = list(&table[name]).into_iter();
        indexes
            .map(|index| (text(&index["IndexName"]), (index["KeySchema"].clone(), index["Projection"].clone())))
            .collect()
    };
    let attributes = list(&table["AttributeDefinitions"]).into_iter();
    Shape {
        keys: table["KeySchema"].clone(),
        attributes: attributes.map(|one| (text(&one["AttributeName"]), text(&one["AttributeType"]))).collect(),
        global: indexes("GlobalSecondaryIndexes"),
        local: indexes("LocalSecondaryIndexes"),
    }
}

fn keys(schema: &[KeySchemaElement]) -> Value {
    let key =
        |key: &KeySchemaElement| json!({ "AttributeName": key.attribute_name(), "KeyType": key.key_type().as_str() });
    schema.iter().map(key).collect()
}

fn projection(projection: Option<&Projection>) -> Value {
    let projection = projection.unwrap();
    let mut value = json!({ "ProjectionType": projection.projection_type().unwrap().as_str() });
    if !projection.non_key_attributes().is_empty() {
        value["NonKeyAttributes"] = projection.non_key_attributes().into();
    }
    value
}

async fn ensured(config: &Config, connection: &Connection) -> Shape {
    ConfigTable::new(&config.table, connection).ensure().await.unwrap();
    let described = connection.client().describe_table().table_name(connection.table_name()).send().await.unwrap();
    let table = described.table().unwrap();
    let name = |name: Option<&str>| name.unwrap().to_owned();
    let attributes = table.attribute_definitions().iter();
    Shape {
        keys: keys(table.key_schema()),
        attributes: attributes
            .map(|one| (one.attribute_name().to_owned(), one.attribute_type().as_str().to_owned()))
            .collect(),
        global: table
            .global_secondary_indexes()
            .iter()
            .map(|index| (name(index.index_name()), (keys(index.key_schema()), projection(index.projection()))))
            .collect(),
        local: table
            .local_secondary_indexes()
            .iter()
            .map(|index| (name(index.index_name()), (keys(index.key_schema()), projection(index.projection()))))
            .collect(),
    }
}

#[test]
fn ensure_and_a_deployment_create_the_same_table() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let engine = Embedded::in_memory().unwrap();
    let number = AtomicUsize::new(0);
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() });
    let checked = runner.run(&generate::files(1), |file| {
        let config = Config::parse(&file.to_string()).unwrap();
        let name = format!("table-{}", number.fetch_add(1, Ordering::Relaxed));
        let connection = Connection::new(engine.client(), &name).with_endpoint(engine.endpoint());
        prop_assert_eq!(runtime.block_on(ensured(&config, &connection)), deployed(&config));
        Ok(())
    });
    checked.unwrap();
}
