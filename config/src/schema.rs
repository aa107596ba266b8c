//! Generates the JSON Schemas of `config.json` and `schema.json`, next to this crate's `Cargo.toml`, from the types that deserialize
//! the files.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema, schema_for};

use crate::config::SpelledConfig;
use crate::{Environment, IndexProjection, KeyAttribute, Kms, PointInTimeRecovery, SchemaFile};

impl JsonSchema for KeyAttribute {
    fn schema_name() -> Cow<'static, str> {
        "KeyAttribute".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The name of a string attribute, or a name and a type.",
            "anyOf": [
                { "type": "string", "minLength": 1, "maxLength": 255 },
                {
                    "type": "object",
                    "properties": {
                        "name": { "type": "string", "minLength": 1, "maxLength": 255 },
                        "type": { "enum": ["S", "N", "B"], "default": "S" },
                    },
                    "required": ["name"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}

impl JsonSchema for IndexProjection {
    fn schema_name() -> Cow<'static, str> {
        "IndexProjection".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "`ALL` stores all attributes, `KEYS_ONLY` stores only the keys, and a list stores the keys and these attributes.",
            "anyOf": [
                { "enum": ["ALL", "KEYS_ONLY"] },
                { "type": "array", "items": { "type": "string" }, "minItems": 1 },
            ],
        })
    }
}

impl JsonSchema for Kms {
    fn schema_name() -> Cow<'static, str> {
        "Kms".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The key that encrypts a table.",
            "anyOf": [
                { "const": "own", "description": "A customer-managed key for this table. It costs about 1 USD a month." },
                { "const": "shared", "description": "One customer-managed key for all tables of the application that are `shared`." },
                { "const": "aws-owned", "description": "The key of DynamoDB, which costs nothing and which you cannot see." },
                {
                    "type": "object",
                    "description": "An existing key.",
                    "properties": { "keyArn": { "type": "string", "pattern": "^arn:aws[a-z-]*:kms:[^:]+:[0-9]{12}:key/[A-Za-z0-9-]+$" } },
                    "required": ["keyArn"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}

impl JsonSchema for PointInTimeRecovery {
    fn schema_name() -> Cow<'static, str> {
        "PointInTimeRecovery".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "How many days back you can restore the table to, or `false`.",
            "anyOf": [{ "const": false }, { "type": "integer", "minimum": 1, "maximum": 35 }],
        })
    }
}

pub(crate) fn tags(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "maxProperties": 50,
        "propertyNames": { "minLength": 1, "maxLength": 128, "not": { "pattern": "^[aA][wW][sS]:" } },
        "additionalProperties": { "type": "string", "maxLength": 256 },
    })
}

pub(crate) fn environments(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "propertyNames": { "pattern": "^[A-Za-z0-9_-]{1,64}$" },
        "additionalProperties": generator.subschema_for::<Environment>(),
    })
}

/// To write the schema again, run `MONOTABLE_WRITE_SCHEMA=1 cargo test -p monotable-config`.
#[test]
fn the_shipped_schemas_match_the_types() {
    check(concat!(env!("CARGO_MANIFEST_DIR"), "/config.schema.json"), &schema_for!(SpelledConfig));
    check(concat!(env!("CARGO_MANIFEST_DIR"), "/schema.schema.json"), &schema_for!(SchemaFile));
}

fn check(path: &str, schema: &Schema) {
    let generated = serde_json::to_string_pretty(schema).unwrap() + "\n";
    if std::env::var_os("MONOTABLE_WRITE_SCHEMA").is_some() {
        std::fs::write(path, &generated).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), generated);
}
