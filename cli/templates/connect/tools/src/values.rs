//! Converts between arguments and entities, through the JSON form of the entity. So serde checks each value by the rules of its field
//! in the table crate.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::Problem;

/// How often changes are applied again if the item changes between its read and its write.
pub const RETRIES: usize = 3;

/// Builds an entity from arguments, and from fields that callers do not send.
pub fn entity<E: DeserializeOwned>(arguments: &impl Serialize, others: Value) -> Result<E, Problem> {
    let mut json = object(arguments)?;
    if let Value::Object(others) = others {
        json.extend(others);
    }
    parse(json)
}

/// Applies changes to an entity, by the rules of a JSON merge patch (RFC 7396).
pub fn changed<E: Serialize + DeserializeOwned>(stored: &E, changes: &impl Serialize) -> Result<E, Problem> {
    let changes = object(changes)?;
    if changes.is_empty() {
        return Err(Problem::argument("changes", "give at least one field"));
    }
    let mut json = object(stored)?;
    merge(&mut json, changes);
    parse(json)
}

fn merge(target: &mut Map<String, Value>, patch: Map<String, Value>) {
    for (name, value) in patch {
        match (value, target.get_mut(&name)) {
            (Value::Null, _) => {
                target.remove(&name);
            }
            (Value::Object(patch), Some(Value::Object(target))) => merge(target, patch),
            (Value::Object(patch), _) => {
                let mut value = Map::new();
                merge(&mut value, patch);
                target.insert(name, Value::Object(value));
            }
            (value, _) => {
                target.insert(name, value);
            }
        }
    }
}

fn object(value: &impl Serialize) -> Result<Map<String, Value>, Problem> {
    match serde_json::to_value(value) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Problem::new("the value is not an object")),
        Err(error) => Err(Problem::arguments(&error)),
    }
}

fn parse<E: DeserializeOwned>(json: Map<String, Value>) -> Result<E, Problem> {
    serde_json::from_value(Value::Object(json)).map_err(|error| Problem::arguments(&error))
}

/// Reads a field of changes. A missing field is `None`, and `null` is a value, if the field can be removed.
pub fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
@% if uses_conversions %@
/// Converts an argument to the type of a field of the entity. The closure only names the field, so that its type needs no import.
pub fn value<E, T: DeserializeOwned>(name: &str, text: &str, _field: fn(&E) -> Option<&T>) -> Result<T, Problem> {
    // The type may be made from a text, or from a number or a Boolean.
    let as_text = serde_json::from_value(Value::from(text));
    as_text.or_else(|error| serde_json::from_str(text).map_err(|_| Problem::argument(name, &error.to_string())))
}
@% endif %@
#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn changes_replace_add_and_remove_also_in_nested_objects() {
        let stored = json!({ "a": 1, "b": { "c": 2, "d": 3 }, "e": 4 });
        let changes = json!({ "a": [5], "b": { "c": null, "f": 6 }, "e": null, "g": { "h": null } });
        let expected = json!({ "a": [5], "b": { "d": 3, "f": 6 }, "g": {} });
        assert_eq!(changed(&stored, &changes), Ok(expected));
    }

    #[test]
    fn no_changes_are_a_problem() {
        let problem = changed(&json!({ "a": 1 }), &json!({})).unwrap_err();
        assert_eq!(problem.to_string(), "`changes`: give at least one field");
    }
}
