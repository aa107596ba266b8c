//! Items as DynamoDB JSON, such as `{"pk":{"S":"USER#1"},"age":{"N":"3"}}`, without loss.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html>

use std::collections::{BTreeMap, HashMap};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use monotable::aws::primitives::Blob;
use monotable::aws::types::AttributeValue;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, json};

pub type Item = HashMap<String, AttributeValue>;

/// Returns an item as JSON. The attributes are sorted by name, so that equal items have equal text.
pub fn to_json(item: &Item) -> Value {
    let sorted: BTreeMap<_, _> = item.iter().collect();
    Value::Object(sorted.into_iter().map(|(name, value)| (name.clone(), value_to_json(value))).collect())
}

fn value_to_json(value: &AttributeValue) -> Value {
    let sorted = |values: &[String]| {
        let mut values = values.to_vec();
        values.sort();
        values
    };
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::B(bytes) => json!({ "B": STANDARD.encode(bytes) }),
        AttributeValue::Bool(value) => json!({ "BOOL": value }),
        AttributeValue::Null(value) => json!({ "NULL": value }),
        AttributeValue::Ss(texts) => json!({ "SS": sorted(texts) }),
        AttributeValue::Ns(numbers) => json!({ "NS": sorted(numbers) }),
        AttributeValue::Bs(values) => {
            let texts: Vec<_> = values.iter().map(|bytes| STANDARD.encode(bytes)).collect();
            json!({ "BS": sorted(&texts) })
        }
        AttributeValue::L(values) => json!({ "L": values.iter().map(value_to_json).collect::<Vec<_>>() }),
        AttributeValue::M(map) => json!({ "M": to_json(map) }),
        other => json!({ "UNKNOWN": format!("{other:?}") }),
    }
}

/// Parses an item. A key that an object has twice is an error: one of its values would be lost.
pub fn parse(text: &str) -> Result<Item, String> {
    let parsed = serde_json::from_str(text);
    // An item is usually one line, so the first line needs no number.
    let Unique(json) = parsed.map_err(|error| error.to_string().replace(" at line 1 column ", " at column "))?;
    from_json(&json)
}

/// JSON whose objects have each key once.
struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor).map(Self)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            if map.contains_key(&key) {
                return Err(Error::custom(format_args!("`{key}` is there twice")));
            }
            map.insert(key, access.next_value::<Unique>()?.0);
        }
        Ok(Value::Object(map))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Unique(value)) = access.next_element()? {
            list.push(value);
        }
        Ok(Value::Array(list))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
}

/// Returns the item of a JSON value.
pub fn from_json(json: &Value) -> Result<Item, String> {
    let map = json.as_object().ok_or("an item must be a JSON object, such as {\"pk\":{\"S\":\"USER#1\"}}")?;
    from_map(map)
}

fn from_map(map: &Map<String, Value>) -> Result<Item, String> {
    let entry = |(name, value): (&String, &Value)| {
        value_from_json(value)
            .map(|value| (name.clone(), value))
            .map_err(|problem| format!("attribute `{name}`: {problem}"))
    };
    map.iter().map(entry).collect()
}

fn value_from_json(value: &Value) -> Result<AttributeValue, String> {
    const FORM: &str = "a value must have one type, such as {\"S\":\"text\"} or {\"N\":\"1\"}";
    let map = value.as_object().filter(|map| map.len() == 1).ok_or(FORM)?;
    let Some((kind, value)) = map.iter().next() else { return Err(FORM.to_owned()) };
    let text =
        |value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| format!("`{kind}` must contain a string"));
    let list = || value.as_array().ok_or_else(|| format!("`{kind}` must contain a list"));
    let bytes = |value: &Value| {
        STANDARD.decode(text(value)?).map(Blob::new).map_err(|error| format!("`{kind}` must contain Base64: {error}"))
    };
    let flag = || value.as_bool().ok_or_else(|| format!("`{kind}` must contain true or false"));
    Ok(match kind.as_str() {
        "S" => AttributeValue::S(text(value)?),
        "N" => AttributeValue::N(text(value)?),
        "B" => AttributeValue::B(bytes(value)?),
        "BOOL" => AttributeValue::Bool(flag()?),
        "NULL" => AttributeValue::Null(flag()?),
        "SS" => AttributeValue::Ss(list()?.iter().map(text).collect::<Result<_, _>>()?),
        "NS" => AttributeValue::Ns(list()?.iter().map(text).collect::<Result<_, _>>()?),
        "BS" => AttributeValue::Bs(list()?.iter().map(bytes).collect::<Result<_, _>>()?),
        "L" => AttributeValue::L(list()?.iter().map(value_from_json).collect::<Result<_, _>>()?),
        "M" => AttributeValue::M(from_map(value.as_object().ok_or("`M` must contain an object")?)?),
        other => {
            return Err(format!("`{other}` is not a type of DynamoDB; use S, N, B, BOOL, NULL, SS, NS, BS, L or M"));
        }
    })
}

/// Returns a value as people read it.
pub fn display(value: &AttributeValue) -> String {
    match value {
        AttributeValue::S(text) => text.clone(),
        AttributeValue::N(number) => number.clone(),
        AttributeValue::Bool(value) => value.to_string(),
        AttributeValue::Null(_) => "null".to_owned(),
        AttributeValue::B(bytes) => format!("{} bytes", bytes.as_ref().len()),
        AttributeValue::Ss(texts) | AttributeValue::Ns(texts) => format!("{{{}}}", texts.join(", ")),
        AttributeValue::Bs(values) => format!("{} binary values", values.len()),
        AttributeValue::L(values) => format!("[{}]", values.iter().map(display).collect::<Vec<_>>().join(", ")),
        AttributeValue::M(map) => {
            let sorted: BTreeMap<_, _> = map.iter().collect();
            let entries = sorted.into_iter().map(|(name, value)| format!("{name}: {}", display(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value() -> impl Strategy<Value = AttributeValue> {
        let leaf = prop_oneof![
            ".*".prop_map(AttributeValue::S),
            any::<i64>().prop_map(|n| AttributeValue::N(n.to_string())),
            any::<Vec<u8>>().prop_map(|bytes| AttributeValue::B(Blob::new(bytes))),
            any::<bool>().prop_map(AttributeValue::Bool),
            Just(AttributeValue::Null(true)),
            prop::collection::btree_set(".*", 1..4).prop_map(|set| AttributeValue::Ss(set.into_iter().collect())),
            prop::collection::btree_set(0u8..9, 1..4)
                .prop_map(|set| AttributeValue::Ns(set.into_iter().map(|n| n.to_string()).collect())),
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(AttributeValue::L),
                prop::collection::hash_map(".*", inner, 0..4).prop_map(AttributeValue::M),
            ]
        })
    }

    proptest! {
        #[test]
        fn an_item_is_parsed_from_its_json(item in prop::collection::hash_map(".*", value(), 0..6)) {
            let text = to_json(&item).to_string();
            prop_assert_eq!(parse(&text).unwrap(), item);
        }
    }

    #[test]
    fn invalid_json_is_rejected_with_the_attribute() {
        let cases = [
            (json!([]), "an item must be a JSON object"),
            (json!({ "a": "x" }), "attribute `a`: a value must have one type"),
            (json!({ "a": { "N": 1 } }), "attribute `a`: `N` must contain a string"),
            (json!({ "a": { "M": { "b": { "X": "1" } } } }), "attribute `a`: attribute `b`: `X` is not a type"),
            (json!({ "a": { "B": "%" } }), "`B` must contain Base64"),
        ];
        for (json, problem) in cases {
            let found = parse(&json.to_string()).unwrap_err();
            assert!(found.contains(problem), "{found}");
        }
    }

    #[test]
    fn a_key_that_an_object_has_twice_is_rejected() {
        for text in [r#"{"a":{"S":"1"},"a":{"S":"2"}}"#, r#"{"b":{"M":{"a":{"S":"1"},"a":{"S":"1"}}}}"#] {
            assert!(parse(text).unwrap_err().starts_with("`a` is there twice at column "), "{text}");
        }
        assert!(parse(r#"{"b":{"L":[{"S":"1","S":"2"}]}}"#).unwrap_err().starts_with("`S` is there twice"));
        assert!(parse(r#"{"a":{"S":"1"},"b":{"S":"1"}}"#).is_ok());
    }
}
