//! `schema.json`: the entities of a table, their keys and their attributes as data.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use libtest_mimic::{Failed, Trial};
use monotable::config::{Role, SchemaFile, ValueKind};
use monotable::{B, Entity, KeySegment, N, Table};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test(
            "it::table::schema_file::each_attribute_has_the_kind_of_its_stored_value",
            each_attribute_has_the_kind_of_its_stored_value,
        ),
        Trial::test("it::table::schema_file::keys_queries_and_roles_are_listed", keys_queries_and_roles_are_listed),
        Trial::test(
            "it::table::schema_file::a_serialized_schema_parses_to_an_equal_schema",
            a_serialized_schema_parses_to_an_equal_schema,
        ),
        Trial::test("it::table::schema_file::another_version_is_rejected", another_version_is_rejected),
    ]
}

#[derive(Debug, Table)]
#[table(config_json = r#"{
    "runtimeConfigKey": "Kinds",
    "localDev": { "port": 8000, "tableName": "kinds" },
    "tableConfig": {
        "globalSecondaryIndexes": [{ "indexName": "gsi1pk-gsi1sk-index", "partitionKey": "gsi1pk", "sortKey": "gsi1sk" }],
        "ttlAttribute": "expires_at"
    }
}"#)]
enum Kinds {
    Sample(Sample),
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, KeySegment)]
#[serde(rename_all = "lowercase")]
enum Color {
    Red,
    DarkBlue,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum Shape {
    Circle(f64),
    Nothing,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Point {
    x: i32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Name(String);

/// One field of each kind.
///
/// The second paragraph.
#[derive(Debug, Clone, Serialize, Deserialize, Entity)]
#[entity(
    table = Kinds,
    discriminator = "sample",
    aliases("Example"),
    pk = "SAMPLE#{sample_id}",
    sk = "SAMPLE",
    gsi1(pk = "COLOR#{color}", sk = "{at}#{sample_id}", name = "list_by_color"),
)]
struct Sample {
    /// The id.
    #[entity(key_only)]
    sample_id: String,
    color: Color,
    #[serde(with = "monotable::timestamp")]
    at: DateTime<Utc>,
    #[serde(default, with = "monotable::utc_datetime")]
    left: Option<DateTime<Utc>>,
    chrono: DateTime<Utc>,
    #[entity(ttl)]
    #[serde(with = "monotable::epoch_seconds")]
    expires_at: DateTime<Utc>,
    day: NaiveDate,
    uuid: Uuid,
    #[serde(rename = "renamed")]
    name: Name,
    letter: char,
    count: u64,
    negative: Option<i8>,
    float: f32,
    exact: N<String>,
    flag: bool,
    bytes: B,
    #[serde(default, with = "monotable::string_set")]
    tags: BTreeSet<String>,
    #[serde(default, with = "monotable::number_set")]
    numbers: BTreeSet<u32>,
    list: Vec<Point>,
    pair: (String, u32),
    map: BTreeMap<String, u32>,
    point: Point,
    shape: Shape,
    any: serde_json::Value,
    #[serde(with = "monotable::json")]
    json: serde_json::Value,
    #[entity(version)]
    version: u64,
    #[serde(skip)]
    _cache: u32,
}

fn schema() -> SchemaFile {
    Kinds::schema()
}

fn each_attribute_has_the_kind_of_its_stored_value() -> Result<(), Failed> {
    let schema = schema();
    let kinds: Vec<_> =
        schema.entities[0].attributes.iter().map(|found| (found.name.as_str(), found.kind, found.optional)).collect();
    let expected = [
        ("sample_id", ValueKind::String, false),
        ("color", ValueKind::String, false),
        ("at", ValueKind::Timestamp, false),
        ("left", ValueKind::Timestamp, true),
        ("chrono", ValueKind::Timestamp, false),
        ("expires_at", ValueKind::Integer, false),
        ("day", ValueKind::Date, false),
        ("uuid", ValueKind::Uuid, false),
        ("renamed", ValueKind::String, false),
        ("letter", ValueKind::String, false),
        ("count", ValueKind::Integer, false),
        ("negative", ValueKind::Integer, true),
        ("float", ValueKind::Number, false),
        ("exact", ValueKind::Number, false),
        ("flag", ValueKind::Bool, false),
        ("bytes", ValueKind::Binary, false),
        ("tags", ValueKind::StringSet, true),
        ("numbers", ValueKind::NumberSet, true),
        ("list", ValueKind::List, false),
        ("pair", ValueKind::List, false),
        ("map", ValueKind::Map, false),
        ("point", ValueKind::Map, false),
        ("shape", ValueKind::Any, false),
        ("any", ValueKind::Any, false),
        ("json", ValueKind::String, false),
        ("version", ValueKind::Integer, false),
    ];
    assert_eq!(kinds, expected);
    let attribute = |name: &str| schema.entities[0].attributes.iter().find(|found| found.name == name).unwrap();
    assert_eq!(attribute("color").values, ["red", "darkblue"]);
    assert_eq!(attribute("left").rust_type, "Option<DateTime<Utc>>");
    assert_eq!(attribute("pair").rust_type, "(String, u32)");
    assert_eq!(attribute("any").rust_type, "serde_json::Value");
    assert_eq!(attribute("renamed").field, "name");
    Ok(())
}

fn keys_queries_and_roles_are_listed() -> Result<(), Failed> {
    let schema = schema();
    assert_eq!(schema.ttl_attribute.as_deref(), Some("expires_at"));
    assert_eq!((schema.table.as_str(), schema.delimiter), ("Kinds", '#'));
    assert_eq!(schema.indexes[0].index_name, "gsi1pk-gsi1sk-index");
    let entity = &schema.entities[0];
    assert_eq!(entity.doc, "One field of each kind.\n\nThe second paragraph.");
    assert_eq!(
        (entity.discriminator.as_str(), entity.aliases.as_slice()),
        ("sample", ["Example".to_owned()].as_slice())
    );
    assert_eq!(entity.primary_key.partition_arguments, ["sample_id"]);
    assert!(entity.primary_key.sort_arguments.is_empty());
    let index = &entity.indexes[0];
    assert_eq!(index.query.as_deref(), Some("list_by_color"));
    assert_eq!((index.key.partition.as_str(), index.key.sort.as_deref()), ("COLOR#{color}", Some("{at}#{sample_id}")));
    assert_eq!(index.key.sort_arguments, ["at", "sample_id"]);
    let roles = |name: &str| entity.attributes.iter().find(|found| found.name == name).unwrap().roles.clone();
    assert_eq!(roles("sample_id"), [Role::PrimaryKey, Role::IndexKey, Role::KeyOnly]);
    assert_eq!(roles("color"), [Role::IndexKey]);
    assert_eq!((roles("version"), roles("expires_at")), (vec![Role::Version], vec![Role::Ttl]));
    assert!(roles("tags").is_empty());
    assert_eq!(entity.attributes[0].doc, "The id.");
    Ok(())
}

fn a_serialized_schema_parses_to_an_equal_schema() -> Result<(), Failed> {
    for schema in [schema(), crate::guide::BaseModel::schema()] {
        assert_eq!(SchemaFile::parse(&schema.to_json()).unwrap(), schema);
    }
    assert_eq!(schema().to_json(), schema().to_json());
    Ok(())
}

fn another_version_is_rejected() -> Result<(), Failed> {
    let text = schema().to_json().replacen("\"version\": 1", "\"version\": 2", 1);
    let error = SchemaFile::parse(&text).unwrap_err();
    assert_eq!(error, "the format has version 2; this program reads version 1");
    Ok(())
}
