//! Stored items of any program: each is either an entity or an error, and an entity that was read can be written and read again.
#![no_main]

use std::collections::HashMap;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use monotable::aws::primitives::Blob;
use monotable::aws::types::AttributeValue;
use monotable::{Entity, Item, Table};

#[allow(dead_code)]
mod model;

use model::{Base, Order, Tag};

#[derive(Arbitrary, Debug)]
enum Value {
    Text(String),
    Known(u8),
    Number(i64),
    Float(f64),
    Digits(String),
    Bool(bool),
    Null(bool),
    Bytes(Vec<u8>),
    Texts(Vec<String>),
    Numbers(Vec<i16>),
    List(Vec<Value>),
    Map(Vec<(Name, Value)>),
}

#[derive(Arbitrary, Debug)]
enum Name {
    Known(u8),
    Any(String),
}

const NAMES: [&str; 24] = [
    "pk", "sk", "gsi1pk", "gsi1sk", "entity_type", "n", "user", "path", "state", "total", "at", "version", "expires",
    "tags", "numbers", "bytes", "exact", "details", "json", "kind", "text", "count", "tag", "weight",
];

const TEXTS: [&str; 14] = [
    "Order", "OldOrder", "Tag", "ORDER#000001#ann", "ORDER#Open#a/b", "ORDER#Shut#", "TAG#x", "TAG", "Open",
    "2026-11-21T00:00:00.000000+00:00", "Text", "Count", "Nothing", "{\"a\":1}",
];

impl Name {
    fn text(self) -> String {
        match self {
            Self::Known(number) => NAMES[usize::from(number) % NAMES.len()].to_owned(),
            Self::Any(text) => text,
        }
    }
}

impl Value {
    fn attribute(self) -> AttributeValue {
        match self {
            Self::Text(text) => AttributeValue::S(text),
            Self::Known(number) => AttributeValue::S(TEXTS[usize::from(number) % TEXTS.len()].to_owned()),
            Self::Number(number) => AttributeValue::N(number.to_string()),
            Self::Float(number) => AttributeValue::N(number.to_string()),
            Self::Digits(text) => AttributeValue::N(text),
            Self::Bool(value) => AttributeValue::Bool(value),
            Self::Null(value) => AttributeValue::Null(value),
            Self::Bytes(bytes) => AttributeValue::B(Blob::new(bytes)),
            Self::Texts(texts) => AttributeValue::Ss(texts),
            Self::Numbers(numbers) => AttributeValue::Ns(numbers.iter().map(ToString::to_string).collect()),
            Self::List(list) => AttributeValue::L(list.into_iter().map(Self::attribute).collect()),
            Self::Map(map) => AttributeValue::M(attributes(map)),
        }
    }
}

fn attributes(map: Vec<(Name, Value)>) -> HashMap<String, AttributeValue> {
    map.into_iter().map(|(name, value)| (name.text(), value.attribute())).collect()
}

/// Checks that an entity that was read from the item is the same after it is written and read again. An entity may fail to be
/// written, because a value is not allowed in a key.
fn comes_back<E: Entity + PartialEq + std::fmt::Debug>(item: Item) {
    if let Ok(entity) = E::from_item(item)
        && let Ok(written) = entity.to_item()
    {
        let again = E::from_item(written).expect("what was written is read");
        // This also holds for floats: DynamoDB numbers are never NaN.
        assert_eq!(again, entity);
    }
}

fuzz_target!(|input: (bool, bool, Vec<(Name, Value)>)| {
    let (is_order, is_shut, map) = input;
    // Most items need a key and a discriminator, because other items fail early.
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let (pk, sk, label) = match is_order {
        true => ("ORDER#000001#ann", if is_shut { "ORDER#Shut#x#y" } else { "ORDER#Open#x" }, "Order"),
        false => ("TAG#x", "TAG", "Tag"),
    };
    let keys = [("pk", text(pk)), ("sk", text(sk)), ("entity_type", text(label))];
    let mut all: HashMap<String, AttributeValue> =
        keys.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    all.extend(attributes(map));
    let item = Item::from(all);
    let _ = Base::from_item(item.clone());
    comes_back::<Order>(item.clone());
    comes_back::<Tag>(item);
});
