//! What an update may not do, found before it is sent.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::client::Attributes;
use crate::error::{Error, ErrorKind, Result};
use crate::expr::condition::{Comparison, Node, Operand};
use crate::expr::update::{Kind, UpdateClause};
use crate::key::key_text;
use crate::model::{self, EntityModel, Mismatch, TableModel, field_key, read_target};
use crate::schema::own_key;
use crate::value::document_path::{PathElement, shown};
use crate::value::encoded::Encoded;
use crate::value::item::Item;

fn refuse(message: String) -> Result<()> {
    Err(Error::new(ErrorKind::InvalidRequest, message))
}

/// The attribute is stored as this value. What serde omits may be stored all the same, by a program that does not.
pub(super) fn stored(name: &str, encoded: &Encoded) -> Node {
    let absent = || Node::Compare(Node::attribute(name), Comparison::Eq, Operand::Value(Ok(None)));
    match &encoded.value {
        None => absent(),
        Some(value) if encoded.is_skipped => Node::Or(vec![absent(), Node::is(name, value.clone())]),
        Some(value) => Node::is(name, value.clone()),
    }
}

/// What a path leads to may not be the caller's to change; of an attribute that keys are made from, all of it has to be known;
/// and what is stored has to be what the entity can read again.
pub(super) fn part<E: EntityModel>(change: &UpdateClause) -> Result<()> {
    let root = change.root();
    if <E::Table as TableModel>::__SCHEMA.layout.is_reserved(root) && !own_key::is_field(E::__SCHEMA, root) {
        return refuse(format!(
            "`{root}` is an attribute of the table's keys or its discriminator; set what it is made from"
        ));
    }
    let managed = E::__SCHEMA.managed;
    if managed.version == Some(root) {
        return refuse(format!("`{root}` is the version, which each write counts"));
    }
    if managed.write_id == Some(root) {
        return refuse(format!("`{root}` is the id of the write, which each write sets"));
    }
    let primary = key_text::key_fields(E::__SCHEMA);
    if primary.iter().any(|field| E::__SCHEMA.fields[*field].attributes.contains(&root)) {
        return refuse(format!(
            "the primary key is made from `{root}`, which cannot be set: put the item under its new key"
        ));
    }
    let is_whole = change.attribute().is_some() && change.kind == Kind::Set;
    if let (Some((key, limit)), Some(value)) = (field_key::of::<E>(root), &change.value)
        && matches!(change.kind, Kind::Set | Kind::IfNotExists)
    {
        field_key::check_value(&key, limit, value)?;
    }
    if !is_whole && feeds::<E>(change) && !own_key::is_free(E::__SCHEMA, root) {
        return refuse(format!("keys are made from `{root}`; set it as a whole, not `{}`", shown(&change.steps)));
    }
    if change.is_untyped { readable::<E>(change) } else { Ok(()) }
}

/// Whether keys are made from what is changed, or from a part of it.
fn feeds<E: EntityModel>(change: &UpdateClause) -> bool {
    let mut fields = E::__SCHEMA.fields.iter().filter(|field| field.attributes.contains(&change.root()));
    fields.any(|field| {
        let mut nested = field.name.split('.').skip(1).peekable();
        // The name of a nested field is the one in the struct; what it is stored as, only the struct's own serde knows.
        let parts: Vec<&str> = nested.by_ref().collect();
        if parts.is_empty() || field.is_function() {
            return true;
        }
        let mut before = vec![change.root()];
        for (part, step) in parts.iter().zip(&change.steps[1..]) {
            let PathElement::Name(name) = step else { return true };
            match model::nested_fields::<E>(&before) {
                Some(names) if names.contains(part) => {}
                _ => return true,
            }
            if name != part {
                return false;
            }
            before.push(part);
        }
        true
    })
}

/// A path that is given without a type must not lead to what its field could not read back.
fn readable<E: EntityModel>(change: &UpdateClause) -> Result<()> {
    let root = change.root();
    let name = shown(&change.steps);
    let Some(value) = &change.value else {
        return match change.attribute().filter(|name| E::__SCHEMA.required.contains(name)) {
            Some(_) => refuse(format!(
                "every `{}` has `{root}`, and one without it could not be read; set it, or make the field an `Option`",
                E::__SCHEMA.name
            )),
            None => Ok(()),
        };
    };
    // What is added to is of the type of what is added, and may be below 0.
    let sample = match (change.kind, value) {
        (Kind::Add | Kind::Increment, AttributeValue::N(_)) => &AttributeValue::N("1".to_owned()),
        (_, value) => value,
    };
    match model::check_readable::<E>(&change.steps, sample) {
        Ok(()) => Ok(()),
        Err(Mismatch(why)) => refuse(format!("`{name}` could not be read by `{}` again: {why}", E::__SCHEMA.name)),
    }
}

/// Whether what an update makes, where there is no item, is a whole entity.
pub(super) fn whole<E: EntityModel>(key: Attributes, changes: &[UpdateClause]) -> Result<()> {
    let mut item = Item::from(key);
    for change in changes {
        let Some(attribute) = change.attribute() else {
            return refuse(format!(
                "an upsert may make the item, in which there is no `{}` yet; set the whole attribute",
                shown(&change.steps)
            ));
        };
        if let (Some(value), false) = (&change.value, change.kind == Kind::Delete) {
            item.insert(attribute.to_owned(), value.clone());
        }
    }
    read_target::decode_item::<E>(&item).map(drop).map_err(|error| {
        let message =
            format!("an upsert may make the item, so it has to say what a whole one needs: {}", error.message());
        let whole = Error::new(ErrorKind::InvalidRequest, message);
        match error.attribute_name() {
            Some(attribute) => whole.attribute(attribute),
            None => whole,
        }
    })
}
