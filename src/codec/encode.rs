use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;

use super::serializer::{self, EncodeError};
use crate::entity::{self, Entity};
use crate::error::{Error, ErrorKind, Result};
use crate::item::Item;
use crate::key;
use crate::schema::{DISCRIMINATOR, IndexKind};
use crate::table::Table;

/// The item of an entity: what serde gives of it, its keys and its discriminator.
pub(crate) fn entity<E: Entity>(entity: &E) -> Result<Item> {
    let schema = E::SCHEMA;
    let layout = <E::Table as Table>::SCHEMA.layout;
    let fail = |message: String| Error::new(ErrorKind::Encode, message).during("encode").entity(schema.name);

    let encoded = value(entity).map_err(|error| match error.path.as_str() {
        "" => fail(error.to_string()),
        path => fail(error.to_string()).attribute(path),
    })?;
    let AttributeValue::M(mut attributes) = encoded else {
        return Err(fail("serde gives no map of attributes".to_owned()));
    };
    for field in schema.fields.iter().filter(|field| field.key_only) {
        attributes.remove(field.attribute());
    }
    // A field cannot be stored under a reserved name (that does not compile); an entry of a flattened map can.
    if let Some(name) = layout.reserved().find(|name| attributes.contains_key(*name)) {
        let message =
            "is an attribute of the table's keys or its discriminator; a flattened map cannot hold it".to_owned();
        return Err(fail(message).attribute(name));
    }

    let primary = entity::key_of(entity)?;
    attributes.extend(primary.to_attributes()?);
    for index in schema.indexes {
        let Some((partition, sort)) = entity::index_key(entity, index)? else { continue };
        // A local index shares the table's partition key, which is there already.
        if index.index.kind == IndexKind::Global {
            for (name, text) in index.index.partition_keys.iter().zip([partition]) {
                attributes.insert(name.name.to_owned(), key::value(name, &text)?);
            }
        }
        for (name, text) in index.index.sort_keys.iter().zip(sort) {
            attributes.insert(name.name.to_owned(), key::value(name, &text)?);
        }
    }
    attributes.insert(DISCRIMINATOR.to_owned(), AttributeValue::S(schema.discriminator.to_owned()));
    Ok(attributes.into())
}

/// One value as its field would be stored.
pub(crate) fn value<T: Serialize + ?Sized>(value: &T) -> Result<AttributeValue, EncodeError> {
    serializer::encode(value)
}
