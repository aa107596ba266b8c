use std::collections::BTreeMap;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;

/// The key that marks a matcher inside of a JSON value. Properties of a template never have this name.
const MARK: &str = "\u{0}monotable::matcher";

/// What a value has to be.
///
/// A plain JSON value is a matcher: objects must have at least these keys, and arrays and all other values must be equal. You can use
/// the other matchers inside of `serde_json::json!`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Matcher {
    /// An object with at least these keys. See [`object_like`].
    ObjectLike(BTreeMap<String, Self>),
    /// An array that contains matches in this order. See [`array_with`].
    ArrayWith(Vec<Self>),
    /// An array with exactly these elements.
    Array(Vec<Self>),
    /// Exactly this value. See [`exact`].
    Exact(Value),
    /// Any value except `null`. See [`any_value`].
    Any,
    /// No value. See [`absent`].
    Absent,
}

/// Matches an object with at least these keys.
pub fn object_like(value: impl Into<Matcher>) -> Matcher {
    value.into()
}

/// Matches an array that contains matches of these, in this order. Other elements can be before, between and behind them.
pub fn array_with<T: Into<Matcher>>(elements: impl IntoIterator<Item = T>) -> Matcher {
    Matcher::ArrayWith(elements.into_iter().map(Into::into).collect())
}

/// Matches exactly this value, also inside of objects.
pub fn exact(value: impl Into<Value>) -> Matcher {
    Matcher::Exact(value.into())
}

/// Matches any value except `null`.
pub fn any_value() -> Matcher {
    Matcher::Any
}

/// Matches a missing value.
pub fn absent() -> Matcher {
    Matcher::Absent
}

impl From<Value> for Matcher {
    fn from(value: Value) -> Self {
        match value {
            Value::Object(mut map) => match map.remove(MARK) {
                Some(Value::Array(mut parts)) if parts.len() == 2 => {
                    let argument = parts.pop().unwrap_or_default();
                    match (parts[0].as_str(), argument) {
                        (Some("arrayWith"), Value::Array(list)) => array_with(list),
                        (Some("exact"), value) => Self::Exact(value),
                        (Some("any"), _) => Self::Any,
                        _ => Self::Absent,
                    }
                }
                _ => Self::ObjectLike(map.into_iter().map(|(key, value)| (key, value.into())).collect()),
            },
            Value::Array(list) => Self::Array(list.into_iter().map(Into::into).collect()),
            value => Self::Exact(value),
        }
    }
}

// `json!` serializes what it contains, so a matcher has a form as a value.
impl Serialize for Matcher {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        fn marked<S: Serializer>(serializer: S, name: &str, argument: impl Serialize) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(Some(1))?;
            map.serialize_entry(MARK, &(name, argument))?;
            map.end()
        }
        match self {
            Self::ObjectLike(map) => map.serialize(serializer),
            Self::Array(list) => list.serialize(serializer),
            Self::ArrayWith(list) => marked(serializer, "arrayWith", list),
            Self::Exact(value) => marked(serializer, "exact", value),
            Self::Any => marked(serializer, "any", ()),
            Self::Absent => marked(serializer, "absent", ()),
        }
    }
}

impl Matcher {
    /// Returns how a value differs from what it has to be, each difference with its path. The list is empty if the value matches.
    pub fn differences(&self, value: Option<&Value>) -> Vec<String> {
        let mut found = Vec::new();
        self.compare("", value, &mut found);
        found
    }

    fn compare(&self, path: &str, value: Option<&Value>, found: &mut Vec<String>) {
        let place = if path.is_empty() { "the value" } else { path };
        let Some(value) = value.filter(|value| !value.is_null() || matches!(self, Self::Exact(Value::Null))) else {
            if *self != Self::Absent {
                found.push(format!("{place} is missing"));
            }
            return;
        };
        match (self, value) {
            (Self::Any, _) => {}
            (Self::Absent, _) => found.push(format!("{place} is {value}, but must be absent")),
            (Self::Exact(expected), _) if expected == value => {}
            (Self::Exact(expected), _) => found.push(format!("{place} is {value}, not {expected}")),
            (Self::ObjectLike(map), Value::Object(object)) => {
                for (key, matcher) in map {
                    let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    matcher.compare(&path, object.get(key), found);
                }
            }
            (Self::ObjectLike(_), _) => found.push(format!("{place} is {value}, not an object")),
            (Self::Array(matchers), Value::Array(list)) => {
                if matchers.len() != list.len() {
                    found.push(format!("{place} has {} elements, not {}", list.len(), matchers.len()));
                }
                for (number, (matcher, value)) in matchers.iter().zip(list).enumerate() {
                    matcher.compare(&format!("{path}[{number}]"), Some(value), found);
                }
            }
            (Self::ArrayWith(matchers), Value::Array(list)) => {
                let mut rest = list.iter();
                for (number, matcher) in matchers.iter().enumerate() {
                    if !rest.any(|value| matcher.differences(Some(value)).is_empty()) {
                        let expected =
                            serde_json::to_string(matcher).unwrap_or_default().replace("\\u0000monotable::", "");
                        found.push(format!(
                            "{place} does not contain element {number} of the expected ones, in order: {expected}"
                        ));
                        break;
                    }
                }
            }
            (Self::Array(_) | Self::ArrayWith(_), _) => found.push(format!("{place} is {value}, not an array")),
        }
    }
}
