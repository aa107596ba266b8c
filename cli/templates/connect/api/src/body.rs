//! Converts between the bodies of requests and entities, through the JSON form of the entity. So serde checks each value by the
//! rules of its field in the table crate.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::Problem;

/// How often a patch is applied again if the item changes between its read and its write.
pub const RETRIES: usize = 3;

/// Builds an entity from a body, and from fields that clients do not send.
pub fn entity<E: DeserializeOwned>(body: &impl Serialize, others: Value) -> Result<E, Problem> {
    let mut json = object(body)?;
    if let Value::Object(others) = others {
        json.extend(others);
    }
    parse(json)
}

/// Builds an entity from a body, and keeps these fields of the stored one.
pub fn replaced<E: Serialize + DeserializeOwned>(stored: &E, body: &impl Serialize, kept: &[&str]) -> Result<E, Problem> {
    let mut json = object(body)?;
    json.extend(object(stored)?.into_iter().filter(|(name, _)| kept.contains(&name.as_str())));
    parse(json)
}

/// Applies a JSON merge patch (RFC 7396) to an entity.
pub fn patched<E: Serialize + DeserializeOwned>(stored: &E, patch: &impl Serialize) -> Result<E, Problem> {
    let patch = object(patch)?;
    let has_objects = patch.values().any(Value::is_object);
    let mut json = object(stored)?;
    merge(&mut json, patch);
    parse(json).map_err(|problem| match has_objects {
        // Such a value is partly the stored one, which the error of serde can show.
        true => Problem::body("a value of the patch does not fit the item"),
        false => problem,
    })
}

/// Returns whether a patch changes nothing.
pub fn is_empty(patch: &impl Serialize) -> Result<bool, Problem> {
    Ok(object(patch)?.is_empty())
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
        Ok(_) => Err(Problem::body("the value is not an object")),
        Err(error) => Err(Problem::body(error.to_string())),
    }
}

fn parse<E: DeserializeOwned>(json: Map<String, Value>) -> Result<E, Problem> {
    serde_json::from_value(Value::Object(json)).map_err(|error| Problem::body(error.to_string()))
}

/// Returns the path of an item: the path of its collection, and the values of its key. `repo.name` is a value in another one.
pub fn location(collection: &str, item: &impl Serialize, key: &[&str]) -> Result<String, Problem> {
    let item = Value::Object(object(item)?);
    let mut path = collection.to_owned();
    for name in key {
        let text = match name.split('.').try_fold(&item, |value, name| value.get(name)) {
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
            None => String::new(),
        };
        path.push('/');
        for byte in text.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => path.push(char::from(byte)),
                _ => path.push_str(&format!("%{byte:02X}")),
            }
        }
    }
    Ok(path)
}

/// Reads a field of a patch. A missing field is `None`, and `null` is a value, if the field can be removed.
pub fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_location_has_the_values_of_the_key_with_escapes() {
        let item = json!({ "id": "a/b ü", "of": { "number": 7 } });
        let location = location("/items", &item, &["id", "of.number"]);
        assert_eq!(location, Ok("/items/a%2Fb%20%C3%BC/7".to_owned()));
    }

    #[test]
    fn an_error_of_a_merged_object_does_not_show_what_is_stored() {
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct Account {
            holder: Holder,
        }
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "type")]
        enum Holder {
            Person { id: String },
            Company { id: u32 },
        }
        let stored = Account { holder: Holder::Person { id: "secret".to_owned() } };
        let problem = patched(&stored, &json!({ "holder": { "type": "Company" } })).unwrap_err();
        assert!(problem.status == 422 && !problem.detail.contains("secret"), "{problem:?}");
        let company = json!({ "holder": { "type": "Company", "id": 7 } });
        assert_eq!(patched(&stored, &company), Ok(Account { holder: Holder::Company { id: 7 } }));
    }

    #[test]
    fn a_patch_replaces_adds_and_removes_also_in_nested_objects() {
        let Value::Object(mut target) = json!({ "a": 1, "b": { "c": 2, "d": 3 }, "e": 4 }) else { unreachable!() };
        let Value::Object(patch) = json!({ "a": [5], "b": { "c": null, "f": 6 }, "e": null, "g": { "h": null } }) else {
            unreachable!()
        };
        merge(&mut target, patch);
        assert_eq!(Value::Object(target), json!({ "a": [5], "b": { "d": 3, "f": 6 }, "g": {} }));
    }
}
