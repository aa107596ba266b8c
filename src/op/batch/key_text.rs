//! Which keys of a batch are the same: DynamoDB refuses a batch that names one key twice.

use std::borrow::Cow;

use crate::model::key::Key;
use crate::model::{Stored, TableModel};
use crate::schema::{KeyAttribute, KeyType};
use crate::value::decimal;
use crate::value::item::Item;

/// The text of a partition key and a sort key, equal for equal keys.
pub(super) type KeyText = (String, Option<String>);

pub(super) fn key_text<T: TableModel>(key: &Key<T>) -> KeyText {
    let layout = T::__SCHEMA.layout;
    let sort = layout.sort_key.as_ref().zip(key.sort());
    (
        canonical_text(&layout.partition_key, key.partition().into()),
        sort.map(|(of, text)| canonical_text(of, text.into())),
    )
}

/// What tells the key of a stored item apart.
pub(super) fn key_text_of_item<T: TableModel>(item: &Item) -> KeyText {
    let stored = Stored::new(item, T::__SCHEMA.layout);
    let text = |key: &KeyAttribute| match (stored.key_text(key), stored.get(key.name)) {
        (Some(text), _) => canonical_text(key, text),
        // Bytes that are no text. No text of a key has this character.
        (None, found) => format!("\u{10FFFF}{:?}", found.and_then(|value| value.bytes())),
    };
    (text(&T::__SCHEMA.layout.partition_key), T::__SCHEMA.layout.sort_key.as_ref().map(text))
}

/// A number has more than one text, and DynamoDB gives back another than it was given.
pub(super) fn canonical_text(key: &KeyAttribute, text: Cow<'_, str>) -> String {
    match key.key_type {
        KeyType::N => decimal::Decimal::canonical(&text).unwrap_or_else(|| text.into_owned()),
        KeyType::S | KeyType::B => text.into_owned(),
    }
}
