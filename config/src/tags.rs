//! Tags, and the deserialization of JSON objects whose keys are names that the user chooses.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};

/// The maximum number of tags of a resource.
/// <https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html>
pub(crate) const MAX_TAGS: usize = 50;

/// Checks the key of a tag.
pub(crate) fn check_key(key: &str) -> Result<(), String> {
    let length = key.chars().count();
    if !(1..=128).contains(&length) {
        return Err(format!("the tag `{key}` has a key of {length} characters; AWS allows 1 to 128"));
    }
    check_characters(key, key)?;
    match key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:")) {
        true => Err(format!("the tag `{key}` starts with `aws:`, which AWS reserves; choose another key")),
        false => Ok(()),
    }
}

/// Checks the value of a tag.
pub(crate) fn check_value(key: &str, value: &str) -> Result<(), String> {
    let length = value.chars().count();
    match length <= 256 {
        true => check_characters(key, value),
        false => Err(format!("the tag `{key}` has a value of {length} characters; AWS allows up to 256")),
    }
}

fn check_characters(key: &str, text: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | '.' | ':' | '/' | '=' | '+' | '-' | '@');
    match text.chars().find(|c| !allowed(*c)) {
        Some(bad) => {
            Err(format!("the tag `{key}` has the character `{bad}`; use letters, digits, spaces and `_.:/=+-@`"))
        }
        None => Ok(()),
    }
}

/// Checks the number of tags.
pub(crate) fn check_count(count: usize) -> Result<(), String> {
    match count <= MAX_TAGS {
        true => Ok(()),
        false => Err(format!("`tags` has {count} tags, but AWS allows {MAX_TAGS}; remove some of them")),
    }
}

pub(crate) fn checked<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    let tags: BTreeMap<String, String> = unique_entries(deserializer, "tags", check_key)?;
    check_count(tags.len()).map_err(de::Error::custom)?;
    for (key, value) in &tags {
        check_value(key, value).map_err(de::Error::custom)?;
    }
    Ok(tags)
}

/// Deserializes an object whose keys all differ and pass `check`.
pub(crate) fn unique_entries<'de, D: Deserializer<'de>, V: Deserialize<'de>>(
    deserializer: D,
    what: &'static str,
    check: fn(&str) -> Result<(), String>,
) -> Result<BTreeMap<String, V>, D::Error> {
    struct Entries<V>(&'static str, fn(&str) -> Result<(), String>, PhantomData<V>);

    impl<'de, V: Deserialize<'de>> Visitor<'de> for Entries<V> {
        type Value = BTreeMap<String, V>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a JSON object for `{}`", self.0)
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut entries = BTreeMap::new();
            while let Some(key) = map.next_key::<String>()? {
                (self.1)(&key).map_err(de::Error::custom)?;
                let value = map.next_value()?;
                if entries.contains_key(&key) {
                    return Err(de::Error::custom(format!("`{key}` occurs twice; keep one")));
                }
                entries.insert(key, value);
            }
            Ok(entries)
        }
    }

    deserializer.deserialize_map(Entries(what, check, PhantomData))
}
