//! Generates the JSON Schemas of `config.json` and `schema.json`, next to this crate's `Cargo.toml`, from the types that deserialize
//! the files.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema, schema_for};

use crate::{Config, IndexProjection, KeyAttribute, SchemaFile};

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

/// To write the schema again, run `MONOTABLE_WRITE_SCHEMA=1 cargo test -p monotable-config`.
#[test]
fn the_shipped_schemas_match_the_types() {
    check(concat!(env!("CARGO_MANIFEST_DIR"), "/config.schema.json"), &schema_for!(Config));
    check(concat!(env!("CARGO_MANIFEST_DIR"), "/schema.schema.json"), &schema_for!(SchemaFile));
}

fn check(path: &str, schema: &Schema) {
    let generated = serde_json::to_string_pretty(schema).unwrap() + "\n";
    if std::env::var_os("MONOTABLE_WRITE_SCHEMA").is_some() {
        std::fs::write(path, &generated).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), generated);
}
