//! Deserializes a part of the file. An error is in plain words, and names the innermost wrong value.
//!
//! serde_json's own messages name types of Rust and of this crate: `invalid type: string "8000", expected u16`.

use std::fmt;

use serde::Deserialize;
use serde::de::{
    self, DeserializeSeed, Deserializer, Expected, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::Value;
use serde_json::value::RawValue;

/// Deserializes `text`, the value that messages call `name`, such as "`localDev.port`".
pub(crate) fn read<'t, T: Deserialize<'t>>(text: &'t str, name: &str) -> Result<T, Problem<'t>> {
    let value = Part { text, name: name.to_owned() };
    T::deserialize(value.clone()).map_err(|problem| problem.of(&value))
}

/// Returns what messages call the value of `key` in the object that they call `object`.
pub(crate) fn name_of(object: &str, key: &str) -> String {
    match object.strip_suffix('`') {
        _ if object == FILE => format!("`{key}`"),
        Some(path) if !object.contains(' ') => format!("{path}.{key}`"),
        _ => format!("`{key}` of {object}"),
    }
}

/// What messages call the whole file.
pub(crate) const FILE: &str = "the file";

/// What is wrong, and the part of the text that is wrong.
#[derive(Debug)]
pub(crate) struct Problem<'t> {
    /// `None` until the error leaves the value that it concerns.
    pub part: Option<&'t str>,
    /// Whether the message continues the name of the value: "has to be ..".
    continues: bool,
    pub message: String,
}

impl<'t> Problem<'t> {
    /// Returns the problem with its place, unless it has one already.
    fn of(mut self, value: &Part<'t>) -> Self {
        if self.part.is_none() {
            self.part = Some(value.text);
            if self.continues {
                self.message = format!("{} {}", value.name, self.message);
            }
        }
        self
    }

    fn continuing(message: String) -> Self {
        Self { part: None, continues: true, message }
    }

    fn wrong(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::continuing(format!("has to be {}, not {}", plain(&expected.to_string()), name_found(found)))
    }
}

/// Returns serde's words for an expected value in plain words. A visitor of this crate says what it expects in plain words itself.
fn plain(expected: &str) -> String {
    match expected {
        // No number in the file can be 0.
        "u16" => format!("a whole number from 1 to {}", u16::MAX),
        "u32" => format!("a whole number from 1 to {}", u32::MAX),
        "u64" => "a positive whole number".into(),
        "a string" => "text in quotes".into(),
        "a boolean" => "`true` or `false`".into(),
        "a sequence" => "a list, `[ .. ]`".into(),
        _ if expected.starts_with("struct ") => "a JSON object, `{ .. }`".into(),
        _ => expected.into(),
    }
}

fn name_found(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Bool(value) => format!("`{value}`"),
        Unexpected::Unsigned(number) => format!("the number {number}"),
        Unexpected::Signed(number) => format!("the number {number}"),
        Unexpected::Float(number) => format!("the number {number}"),
        Unexpected::Str(text) => format!("the text `{text}`"),
        Unexpected::Seq => "a list".into(),
        Unexpected::Map => "a JSON object".into(),
        _ => "`null`".into(),
    }
}

/// Returns "`a`, `b` or `c`".
fn one_of(words: &[&str]) -> String {
    let words: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

impl fmt::Display for Problem<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem<'_> {}

impl de::Error for Problem<'_> {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { part: None, continues: false, message: message.to_string() }
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::wrong(found, expected)
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::wrong(found, expected)
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::continuing(format!("has to be {}, not `{variant}`", one_of(expected)))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let expected: Vec<_> = expected.iter().map(|key| format!("`{key}`")).collect();
        let are = if expected.len() == 1 { "key is" } else { "keys are" };
        Self::continuing(format!("has no key `{field}`; its {are} {}", expected.join(", ")))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::continuing(format!("needs the key `{field}`"))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::custom(format_args!("`{field}` occurs twice; keep one"))
    }
}

/// A JSON value in the text, and what messages call it.
#[derive(Clone)]
struct Part<'t> {
    text: &'t str,
    name: String,
}

impl<'t> Part<'t> {
    fn parse<T: Deserialize<'t>>(&self) -> Result<T, Problem<'t>> {
        serde_json::from_str(self.text).map_err(|error| {
            let said = error.to_string();
            let message = said.rsplit_once(" at line ").map_or(said.as_str(), |(message, _)| message);
            de::Error::custom(format_args!("not JSON: {message}"))
        })
    }
}

impl<'t> Deserializer<'t> for Part<'t> {
    type Error = Problem<'t>;

    fn deserialize_any<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Problem<'t>> {
        match self.text.as_bytes().first() {
            Some(b'{') => {
                let Entries(entries) = self.parse()?;
                visitor.visit_map(Map { name: self.name, entries: entries.into_iter(), value: None })
            }
            Some(b'[') => {
                let list: Vec<&'t RawValue> = self.parse()?;
                visitor.visit_seq(List { name: format!("an entry of {}", self.name), list: list.into_iter() })
            }
            _ => match self.parse()? {
                Value::Bool(value) => visitor.visit_bool(value),
                Value::String(text) => visitor.visit_string(text),
                Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                    (Some(number), ..) => visitor.visit_u64(number),
                    (_, Some(number), _) => visitor.visit_i64(number),
                    (.., number) => visitor.visit_f64(number.unwrap_or(f64::NAN)),
                },
                Value::Null | Value::Array(_) | Value::Object(_) => visitor.visit_unit(),
            },
        }
    }

    fn deserialize_option<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Problem<'t>> {
        match self.text {
            "null" => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    /// serde also accepts a list of the fields' values, which this format does not have.
    fn deserialize_struct<V: Visitor<'t>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem<'t>> {
        match self.text.starts_with('[') {
            true => Err(Problem::wrong(Unexpected::Seq, &visitor)),
            false => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'t>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem<'t>> {
        match self.text.starts_with('"') {
            true => self.parse::<String>()?.into_deserializer().deserialize_enum(name, variants, visitor),
            false => Err(Problem::continuing(format!("has to be {}", one_of(variants)))),
        }
    }

    forward_to_deserialize_any! {
        <V: Visitor<'t>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct newtype_struct seq
        tuple tuple_struct map identifier ignored_any
    }
}

struct Map<'t> {
    name: String,
    entries: std::vec::IntoIter<(String, &'t RawValue)>,
    value: Option<Part<'t>>,
}

impl<'t> MapAccess<'t> for Map<'t> {
    type Error = Problem<'t>;

    fn next_key_seed<K: DeserializeSeed<'t>>(&mut self, seed: K) -> Result<Option<K::Value>, Problem<'t>> {
        let Some((key, value)) = self.entries.next() else { return Ok(None) };
        self.value = Some(Part { text: value.get(), name: name_of(&self.name, &key) });
        seed.deserialize(key.into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'t>>(&mut self, seed: V) -> Result<V::Value, Problem<'t>> {
        match self.value.take() {
            Some(value) => seed.deserialize(value.clone()).map_err(|problem| problem.of(&value)),
            None => Err(de::Error::custom("the value has no key")),
        }
    }
}

struct List<'t> {
    /// What messages call an entry.
    name: String,
    list: std::vec::IntoIter<&'t RawValue>,
}

impl<'t> SeqAccess<'t> for List<'t> {
    type Error = Problem<'t>;

    fn next_element_seed<T: DeserializeSeed<'t>>(&mut self, seed: T) -> Result<Option<T::Value>, Problem<'t>> {
        let Some(entry) = self.list.next() else { return Ok(None) };
        let value = Part { text: entry.get(), name: self.name.clone() };
        seed.deserialize(value.clone()).map(Some).map_err(|problem| problem.of(&value))
    }
}

/// The entries of an object in the order of the text, with duplicates.
pub(crate) struct Entries<'t>(pub Vec<(String, &'t RawValue)>);

impl<'de: 't, 't> Deserialize<'de> for Entries<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntriesVisitor<'t>(std::marker::PhantomData<&'t ()>);

        impl<'de: 't, 't> Visitor<'de> for EntriesVisitor<'t> {
            type Value = Entries<'t>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<'t>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(EntriesVisitor(std::marker::PhantomData))
    }
}
