//! Comparable keys, to find keys that a batch contains twice. DynamoDB rejects a request that contains the same key twice.

use std::borrow::Cow;

use crate::model::key::Key;
use crate::model::{Stored, TableModel};
use crate::schema::{KeyAttribute, KeyType};
use crate::value::decimal;
use crate::value::item::Item;

/// The texts of a partition key and a sort key. They are equal for equal keys.
pub(super) type KeyText = (String, Option<String>);

pub(super) fn key_text<T: TableModel>(key: &Key<T>) -> KeyText {
    let layout = T::__SCHEMA.layout;
    let sort = layout.sort_key.as_ref().zip(key.sort());
    (
        canonical_text(&layout.partition_key, key.partition().into()),
        sort.map(|(of, text)| canonical_text(of, text.into())),
    )
}

/// Returns the key of a stored item.
pub(super) fn key_text_of_item<T: TableModel>(item: &Item) -> KeyText {
    let stored = Stored::new(item.as_ref(), T::__SCHEMA.layout);
    let text = |key: &KeyAttribute| match (stored.key_text(key), stored.get(key.name)) {
        (Some(text), _) => canonical_text(key, text),
        // Bytes that are not text. The text of a key never contains this character, so no text equals the result.
        (None, found) => format!("\u{10FFFF}{:?}", found.and_then(|value| value.bytes())),
    };
    (text(&T::__SCHEMA.layout.partition_key), T::__SCHEMA.layout.sort_key.as_ref().map(text))
}

/// Returns the canonical text of a key. A number has several texts, and DynamoDB can return a different one than it received.
pub(super) fn canonical_text(key: &KeyAttribute, text: Cow<'_, str>) -> String {
    match key.key_type {
        KeyType::N => decimal::Decimal::canonical(&text).unwrap_or_else(|| text.into_owned()),
        KeyType::S | KeyType::B => text.into_owned(),
    }
}
