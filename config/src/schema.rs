//! The JSON Schema of the file, generated from the types that read it: `config.schema.json`, beside this crate's manifest.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema, schema_for};

use crate::{Config, IndexProjection, KeyAttribute};

impl JsonSchema for KeyAttribute {
    fn schema_name() -> Cow<'static, str> {
        "KeyAttribute".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The name of a string attribute, or a name with a type.",
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
            "description": "Everything, the keys alone, or the keys and these attributes.",
            "anyOf": [
                { "enum": ["ALL", "KEYS_ONLY"] },
                { "type": "array", "items": { "type": "string" }, "minItems": 1 },
            ],
        })
    }
}

/// `MONOTABLE_WRITE_SCHEMA=1 cargo test -p monotable-config` writes it anew.
#[test]
fn the_shipped_schema_is_that_of_the_types() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/config.schema.json");
    let generated = serde_json::to_string_pretty(&schema_for!(Config)).unwrap() + "\n";
    if std::env::var_os("MONOTABLE_WRITE_SCHEMA").is_some() {
        std::fs::write(path, &generated).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), generated);
}
