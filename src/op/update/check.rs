//! Checks of an update before it is sent.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::client::Attributes;
use crate::error::{Error, ErrorKind, Result};
use crate::expr::condition::{Comparison, Node, Operand};
use crate::expr::update::{Kind, UpdateClause};
use crate::expr::update_values;
use crate::key::key_text;
use crate::model::{Mismatch, field_key};
use crate::op::update::entity::UpdatedEntity;
use crate::schema::own_key;
use crate::value::document_path::{PathElement, shown};
use crate::value::encoded::Encoded;
use crate::value::item::Item;

fn refuse(message: String) -> Result<()> {
    Err(Error::new(ErrorKind::InvalidRequest, message))
}

/// Builds the condition that an attribute is stored as this value. A value that serde omits matches with and without the
/// attribute, because another program may store it.
pub(super) fn stored(name: &str, encoded: &Encoded) -> Node {
    let absent = || Node::Compare(Node::attribute(name), Comparison::Eq, Operand::Value(Ok(None)));
    match &encoded.value {
        None => absent(),
        Some(value) if encoded.is_skipped => Node::Or(vec![absent(), Node::is(name, value.clone())]),
        Some(value) => Node::is(name, value.clone()),
    }
}

/// Checks one change of the caller.
///
/// The caller cannot change attributes that monotable writes, and can only set the whole of an attribute used in an index key.
/// The entity must be able to deserialize the result.
pub(super) fn part(target: &dyn UpdatedEntity, change: &UpdateClause) -> Result<()> {
    let entity = target.entity();
    let schema = entity.schema;
    let root = change.root();
    if entity.layout.is_reserved(root) && !own_key::is_field(schema, root) {
        return refuse(format!(
            "`{root}` is a key attribute or the discriminator, which monotable writes; set the entity's fields instead"
        ));
    }
    let managed = schema.managed;
    if managed.version == Some(root) {
        return refuse(format!("`{root}` is the version, which every write increments; remove it from the update"));
    }
    if managed.write_id == Some(root) {
        return refuse(format!("`{root}` is the write id, which every write sets; remove it from the update"));
    }
    let primary = key_text::key_fields(schema);
    if primary.iter().any(|field| schema.fields[*field].attributes.contains(&root)) {
        return refuse(format!(
            "`{root}` is part of the primary key and cannot be changed; put the item under its new key, and delete the \
             old item"
        ));
    }
    let is_whole = change.attribute().is_some() && change.kind == Kind::Set;
    if let (Some((key, limit)), Some(value)) = (field_key::of(entity, root), &change.value)
        && matches!(change.kind, Kind::Set | Kind::IfNotExists)
    {
        field_key::check_value(&key, limit, value)?;
    }
    if !is_whole && feeds(target, change) && !own_key::is_free(schema, root) {
        return refuse(format!(
            "an index key depends on `{root}`; replace the whole attribute with `set` instead of changing `{}`",
            shown(&change.steps)
        ));
    }
    if change.is_untyped { readable(target, change) } else { Ok(()) }
}

/// Returns whether a key depends on the changed part, or on something inside it.
fn feeds(target: &dyn UpdatedEntity, change: &UpdateClause) -> bool {
    let mut fields = target.entity().schema.fields.iter().filter(|field| field.attributes.contains(&change.root()));
    fields.any(|field| {
        let mut nested = field.name.split('.').skip(1).peekable();
        // A template has the Rust names of nested fields, but only the struct's serde attributes define the stored names. If
        // serde does not know the Rust name, assume that the key depends on the change.
        let parts: Vec<&str> = nested.by_ref().collect();
        if parts.is_empty() || field.is_function() {
            return true;
        }
        let mut before = vec![change.root()];
        for (part, step) in parts.iter().zip(&change.steps[1..]) {
            let PathElement::Name(name) = step else { return true };
            match target.nested_fields(&before) {
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

/// Checks that the entity can deserialize what an untyped path writes.
fn readable(target: &dyn UpdatedEntity, change: &UpdateClause) -> Result<()> {
    let schema = target.entity().schema;
    let name = shown(&change.steps);
    let Some(value) = &change.value else {
        let is_required = match change.attribute() {
            Some(attribute) => schema.required.contains(&attribute),
            None => target.is_required(&change.steps),
        };
        return match is_required {
            true => refuse(format!(
                "an item without `{name}` cannot be deserialized as `{}`; set it to a value, or make the field an \
                 `Option`",
                schema.name
            )),
            false => Ok(()),
        };
    };
    let sum = match (change.kind, value) {
        (Kind::Add | Kind::Increment, AttributeValue::N(delta)) => {
            Some(possible_sum(delta, change.attribute().is_some()))
        }
        _ => None,
    };
    let sample = sum.map(|number| AttributeValue::N(number.to_owned()));
    let Err(Mismatch(why)) = target.check_readable(&change.steps, sample.as_ref().unwrap_or(value)) else {
        return Ok(());
    };
    let remedy = match (sum, change.attribute()) {
        (Some(_), Some(_)) => "; use `add` or `increment` with the field's constant, which check the result",
        _ => "",
    };
    refuse(format!("after this update, `{}` could not deserialize `{name}`: {why}{remedy}", schema.name))
}

/// Returns a number that the attribute may contain after this one was added to it. A number inside an attribute has no operation
/// that checks its range, so only a fraction is refused there.
fn possible_sum(delta: &str, is_whole_field: bool) -> &'static str {
    match (update_values::whole(delta), is_whole_field) {
        (None, _) => "0.5",
        (Some(..=-1), true) => "-4294967296",
        (Some(1..), true) => "4294967296",
        _ => "1",
    }
}

/// Checks that an item that the upsert creates is a complete entity.
pub(super) fn whole(target: &dyn UpdatedEntity, key: Attributes, changes: &[UpdateClause]) -> Result<()> {
    let mut item = Item::from(key);
    for change in changes {
        let Some(attribute) = change.attribute() else {
            return refuse(format!(
                "an upsert that creates the item cannot change `{}`, a part of an attribute; set the whole attribute",
                shown(&change.steps)
            ));
        };
        if let (Some(value), false) = (&change.value, change.kind == Kind::Delete) {
            item.insert(attribute.to_owned(), value.clone());
        }
    }
    target.check_item(item.as_ref()).map_err(|error| {
        let message =
            format!("an upsert may create the item, so it has to provide all required fields: {}", error.message());
        let whole = Error::new(ErrorKind::InvalidRequest, message);
        match error.attribute_name() {
            Some(attribute) => whole.attribute(attribute),
            None => whole,
        }
    })
}
