//! Tests that the waves of random changes keep the rules of DynamoDB, and that an interrupted change goes on where it stopped.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use monotable_config::Config;
use monotable_infra::{Application, Change, Plan, Template, cloudformation};
use proptest::prelude::*;
use proptest::sample::subsequence;
use serde_json::{Value, json};

/// How many indexes have a name in the tests. Together with new ones, two tables can exceed DynamoDB's limit of 20.
const NAMES: usize = 22;

/// An index: its number and its key attributes.
type Index = (usize, Vec<usize>);

#[derive(Debug, Clone)]
struct Table {
    indexes: Vec<Index>,
    /// The types of the attributes that are only in keys of global indexes.
    types: Vec<&'static str>,
    /// The capacity, or `None` if the table is billed on demand.
    capacity: Option<u32>,
    keys_only: bool,
    scaling: bool,
    local_index: bool,
    team: Option<&'static str>,
}

fn indexes() -> impl Strategy<Value = Vec<Index>> {
    let count = prop_oneof![15 => 0..=5_usize, 1 => 17..=20_usize];
    let names = count.prop_flat_map(|count| subsequence((0..NAMES).collect::<Vec<_>>(), count).prop_shuffle());
    let keys = prop::collection::vec(subsequence(vec![0, 1, 2, 3], 1..=2).prop_shuffle(), NAMES);
    (names, keys).prop_map(|(names, keys)| names.into_iter().map(|name| (name, keys[name].clone())).collect())
}

fn table() -> impl Strategy<Value = Table> {
    let types = prop::collection::vec(prop_oneof![4 => Just("S"), 1 => Just("N")], 4);
    let settings = (proptest::option::of(1..3_u32), any::<bool>(), any::<bool>(), prop::bool::weighted(0.05));
    let team = proptest::option::of(prop_oneof![Just("orders"), Just("users")]);
    (indexes(), types, settings, team).prop_map(|(indexes, types, settings, team)| {
        let (capacity, keys_only, scaling, local_index) = settings;
        Table { indexes, types, capacity, keys_only, scaling, local_index, team }
    })
}

/// Two versions of a table. Often they have most of their indexes in common.
fn versions() -> impl Strategy<Value = (Option<Table>, Option<Table>)> {
    let related = (table(), table(), any::<bool>()).prop_map(|(old, mut new, is_related)| {
        if is_related {
            new.types.clone_from(&old.types);
            new.keys_only = old.keys_only;
            let keys: BTreeMap<_, _> = old.indexes.iter().cloned().collect();
            for (name, key) in new.indexes.iter_mut().filter(|(name, _)| name % 3 != 0) {
                if let Some(old) = keys.get(name) {
                    key.clone_from(old);
                }
            }
        }
        (Some(old), Some(new))
    });
    let one = table();
    prop_oneof![8 => related, 1 => one.prop_map(|table| (Some(table), None)), 1 => table().prop_map(|table| (None, Some(table)))]
}

impl Table {
    fn config(&self, key: &str) -> Config {
        let attribute = |number: &usize| json!({ "name": format!("a{number}"), "type": self.types[*number] });
        let index = |(name, key): &Index| {
            let mut index = json!({
                "indexName": format!("index-{name}"),
                "name": format!("index_{name}"),
                "partitionKey": attribute(&key[0]),
                "projection": if self.keys_only && name % 2 == 0 { "KEYS_ONLY" } else { "ALL" },
            });
            if let Some(sort_key) = key.get(1) {
                index["sortKey"] = attribute(sort_key);
            }
            if let Some(capacity) = self.capacity.filter(|_| self.scaling && name % 2 == 1) {
                index["autoscaling"] = json!({ "min": capacity, "max": 9, "targetPercent": 50 });
            }
            index
        };
        let mut table = json!({ "globalSecondaryIndexes": self.indexes.iter().map(index).collect::<Value>() });
        if let Some(capacity) = self.capacity {
            table["billing"] = "PROVISIONED".into();
            table["capacity"] = json!({ "read": capacity, "write": capacity });
        }
        if self.local_index {
            table["localSecondaryIndexes"] = json!([{ "indexName": "local", "sortKey": "l" }]);
        }
        let deploy = json!({ "tags": self.team.map(|team| json!({ "team": team })).unwrap_or_else(|| json!({})) });
        let local = json!({ "port": 8000, "tableName": "local" });
        let config = json!({ "runtimeConfigKey": key, "localDev": local, "tableConfig": table, "deploy": deploy });
        Config::parse(&config.to_string()).unwrap()
    }
}

fn template(tables: [&Option<Table>; 2]) -> Template {
    let tables = ["One", "Two"].iter().zip(tables);
    let tables = tables.filter_map(|(key, table)| Some(((*key).to_owned(), table.as_ref()?.config(key)))).collect();
    let application = Application { name: "app".into(), tables, ..Application::default() };
    cloudformation::render(&Plan::new(&application).unwrap()).unwrap()
}

fn tables(template: &Template) -> impl Iterator<Item = (&str, &Value)> {
    let tables = template.resources().filter(|(_, resource)| resource["Type"] == "AWS::DynamoDB::Table");
    tables.map(|(id, resource)| (id, &resource["Properties"]))
}

fn list(properties: &Value, name: &str) -> Vec<Value> {
    properties[name].as_array().cloned().unwrap_or_default()
}

/// What DynamoDB cannot change in an index: its name, its key with the types, and its projection.
fn identities(properties: &Value) -> BTreeSet<String> {
    let types: BTreeMap<_, _> = list(properties, "AttributeDefinitions")
        .into_iter()
        .map(|one| (one["AttributeName"].to_string(), one["AttributeType"].to_string()))
        .collect();
    let identity = |index: Value| {
        let key = list(&index, "KeySchema");
        let types: Vec<_> = key.iter().map(|element| types[&element["AttributeName"].to_string()].clone()).collect();
        format!("{} {key:?} {types:?} {}", index["IndexName"], index["Projection"])
    };
    list(properties, "GlobalSecondaryIndexes").into_iter().map(identity).collect()
}

/// Checks what DynamoDB and CloudFormation demand from each template.
fn check_template(template: &Template) {
    template.check_references().unwrap();
    for (id, properties) in tables(template) {
        let (global, local) = (list(properties, "GlobalSecondaryIndexes"), list(properties, "LocalSecondaryIndexes"));
        let schemas = global.iter().chain(&local).map(|index| list(index, "KeySchema"));
        let elements = schemas.chain([list(properties, "KeySchema")]).flatten();
        let used: BTreeSet<_> = elements.map(|element| element["AttributeName"].to_string()).collect();
        let definitions = list(properties, "AttributeDefinitions");
        let defined: BTreeSet<_> = definitions.iter().map(|one| one["AttributeName"].to_string()).collect();
        assert_eq!(defined, used, "{id}");
        assert_eq!(defined.len(), definitions.len(), "{id} defines an attribute twice");
        let names: BTreeSet<_> = global.iter().map(|index| index["IndexName"].as_str().unwrap()).collect();
        assert_eq!(names.len(), global.len(), "{id} has two indexes with one name");
        assert!(names.len() <= 20, "{id} has more than 20 indexes");
        let is_provisioned = properties["BillingMode"] == "PROVISIONED";
        for index in &global {
            assert_eq!(index["ProvisionedThroughput"].is_object(), is_provisioned, "{id}: {index}");
        }
        let prefix = format!("table/${{{id}}}/index/");
        for (_, resource) in template.resources() {
            let scaled =
                resource["Properties"]["ResourceId"]["Fn::Sub"].as_str().and_then(|id| id.strip_prefix(&prefix));
            if let Some(index) = scaled {
                assert!(names.contains(index), "{index} of {id} has capacity, but does not exist");
                assert!(is_provisioned, "{index} of {id} has capacity, but is billed on demand");
            }
        }
    }
}

/// Checks that each existing table changes one index at most.
fn check_update(before: &Template, after: &Template) {
    for (id, new) in tables(after) {
        let Some((_, old)) = tables(before).find(|(old, _)| *old == id) else { continue };
        // A local index that comes or goes replaces the table. The new table can have all its indexes at once.
        if old["LocalSecondaryIndexes"] == new["LocalSecondaryIndexes"] {
            let (old, new) = (identities(old), identities(new));
            let changes: Vec<_> = old.symmetric_difference(&new).collect();
            assert!(changes.len() <= 1, "{id} changes {changes:?} in one update");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_waves_lead_to_the_target_also_after_an_interruption((one, two) in (versions(), versions())) {
        prop_assume!(one.0.is_some() || two.0.is_some());
        prop_assume!(one.1.is_some() || two.1.is_some());
        let (current, target) = (template([&one.0, &two.0]), template([&one.1, &two.1]));
        let change = Change::between(Some(&current), &target);
        prop_assert_eq!(change.is_empty(), change.differences.is_empty());
        // For the longest changes, a few interruptions are enough.
        let distance = 1 + change.waves.len() / 8;
        let mut before = &current;
        for (number, wave) in change.waves.iter().enumerate() {
            prop_assert!(!wave.steps.is_empty(), "a wave without steps");
            check_template(&wave.template);
            check_update(before, &wave.template);
            before = &wave.template;
            if number % distance != 0 {
                continue;
            }
            let rest = Change::between(Some(&wave.template), &target);
            prop_assert_eq!(&rest.waves[..], &change.waves[number + 1..], "after wave {}", number);
            let is_known = |name: &String| change.losses.iter().any(|loss| loss.name == *name);
            prop_assert!(rest.losses.iter().all(|loss| is_known(&loss.name)), "a new loss after wave {}", number);
        }
        if let Some(last) = change.waves.last() {
            prop_assert_eq!(&last.template, &target);
            prop_assert!(Change::between(Some(&last.template), &target).is_empty());
        }
    }
}
