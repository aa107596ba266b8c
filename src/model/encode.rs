use std::borrow::Cow;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Serialize, Serializer};

use crate::codec::serializer::{self, EncodeError};
use crate::error::{Error, ErrorKind, Result};
use crate::key::key_text;
use crate::key::template::Fields;
use crate::model::entity::Of;
use crate::model::{EntityModel, EntityType, field_key, index_key, key};
use crate::schema::{KeyAttribute, KeyType, own_key};
use crate::value::attribute_type::type_tag;
use crate::value::item::Item;

/// Serializes an entity as an item, with its keys and its discriminator.
pub(crate) fn entity<E: EntityModel>(entity: &E) -> Result<Item> {
    complete(EntityType::of::<E>(), E::__HAS_OWN_KEYS, whole(entity), &Of(entity))
}

/// Completes the serialized fields of an entity. Not generic: every entity would otherwise have its own copy.
fn complete(
    entity: EntityType,
    has_own_keys: bool,
    encoded: Result<AttributeValue, EncodeError>,
    fields: &dyn Fields,
) -> Result<Item> {
    let EntityType { schema, layout } = entity;
    let fail = |message: String| Error::new(ErrorKind::Encode, message).with_operation("encode").entity(schema.name);

    let encoded = encoded.map_err(|error| match error.path.as_str() {
        "" => fail(error.to_string()),
        path => fail(error.to_string()).attribute(path),
    })?;
    let AttributeValue::M(mut attributes) = encoded else {
        return Err(fail("the entity is not serialized as a map; derive its `Serialize`, or write a map".to_owned()));
    };
    for field in schema.fields.iter().filter(|field| field.key_only) {
        attributes.remove(field.attribute());
    }
    if has_own_keys {
        field_key::check(entity, fields, &attributes)?;
    }
    // A field that is stored under a reserved name does not compile, but an entry of a flattened map can have one.
    let is_foreign = |name: &&&str| attributes.contains_key(**name) && !own_key::is_field(schema, name);
    if let Some(name) = layout.reserved.iter().find(is_foreign) {
        let message =
            "is a key attribute of the table or its discriminator; remove it from the flattened map".to_owned();
        return Err(fail(message).attribute(*name));
    }

    if let Some((name, value)) = schema.managed.ttl.and_then(|ttl| attributes.get_key_value(ttl)) {
        check_ttl(value)
            .map_err(|error| error.with_operation("encode").entity(schema.name).attribute(name.as_str()))?;
    }

    let (partition, sort) = key::primary_texts(entity, fields)?;
    reserved(entity, (partition.into(), sort.map(Cow::from)), fields, |key, text| {
        let value = key_text::attribute_value(key, text.into_owned()).map_err(|error| error.entity(schema.name))?;
        attributes.insert(key.name.to_owned(), value);
        Ok(())
    })?;
    Ok(attributes.into())
}

/// Passes the texts of an item's key attributes, for the table and its indexes, and of its discriminator to `put`. The second
/// argument is the primary key.
pub(super) fn reserved<E: From<Error>>(
    entity: EntityType,
    (partition, sort): (Cow<'_, str>, Option<Cow<'_, str>>),
    fields: &dyn Fields,
    mut put: impl FnMut(&KeyAttribute, Cow<'_, str>) -> Result<(), E>,
) -> Result<(), E> {
    let EntityType { schema, layout } = entity;
    put(&layout.partition_key, partition)?;
    if let Some((key, text)) = layout.sort_key.as_ref().zip(sort) {
        put(key, text)?;
    }
    for key in index_key::all(entity) {
        if let Some(text) = key.text(entity, fields)? {
            put(&key.attribute, text.into())?;
        }
    }
    // A key of the table can be the discriminator. The template of this key is then the discriminator's text.
    if let Some(name) = schema.discriminator_attribute
        && !index_key::is_primary(layout, name)
    {
        put(&KeyAttribute { name, key_type: KeyType::S }, schema.discriminator.into())?;
    }
    Ok(())
}

/// The smallest number that is too large for a time of expiry. In seconds it is in the year 5138, but in milliseconds in 1973.
const NO_SECONDS: f64 = 1e11;

/// Rejects a time of expiry that DynamoDB would not understand. The item would never expire.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-before-you-start.html>
pub(crate) fn check_ttl(value: &AttributeValue) -> Result<()> {
    let fail = |message: String| Err(Error::new(ErrorKind::Encode, message));
    match value {
        AttributeValue::N(seconds) if seconds.parse::<f64>().is_ok_and(|seconds| seconds < NO_SECONDS) => Ok(()),
        AttributeValue::N(_) => fail(
            "a time of expiry is a number of seconds since 1970, and this number is too large; is it in milliseconds?"
                .to_owned(),
        ),
        other => fail(format!(
            "a time of expiry is a number of seconds since 1970 (N), but this field would be stored as {}; add \
             `#[serde(with = \"monotable::epoch_seconds\")]` to the field",
            type_tag(other)
        )),
    }
}

/// Serializes all fields of an entity.
pub(super) fn whole<E: EntityModel>(entity: &E) -> Result<AttributeValue, EncodeError> {
    struct Whole<'e, E>(&'e E);
    impl<E: EntityModel> Serialize for Whole<'_, E> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            self.0.__serialize(serializer)
        }
    }
    value(&Whole(entity))
}

/// Serializes one value in the form of its field.
pub(crate) fn value<T: Serialize + ?Sized>(value: &T) -> Result<AttributeValue, EncodeError> {
    serializer::encode(value)
}
