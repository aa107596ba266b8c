//! Serializes entities directly as DynamoDB's JSON. The fast path writes the fields of a struct without building an item. For any
//! other entity, and to report errors, this module builds the item and converts it.

use std::borrow::Cow;
use std::fmt::Display;

use aws_sdk_dynamodb::types::WriteRequest;
use aws_sdk_dynamodb::types::{DeleteRequest, PutRequest};
use serde::Serialize;
use serde::ser::{Impossible, SerializeStruct};

use crate::codec::json_reader::{ByteRange, ItemVisitor, read_item};
use crate::codec::json_writer::Json;
use crate::codec::serializer;
use crate::codec::serializer::partial::{Partial, PartialSerializer};
use crate::codec::value_ref::Entries;
use crate::codec::value_writer::{Output, Unsupported};
use crate::error::{Error, ErrorKind, Result, unbuilt};
use crate::key::{key_text, template};
use crate::model::entity::Of;
use crate::model::key::Key;
use crate::model::{EntityModel, EntityType, TableModel, encode, entity};
use crate::schema::{EntitySchema, KeyAttribute, KeyType};
use crate::value::batch_entry::BatchEntry;
use crate::value::item::Item;

/// The maximum size of a request.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>
const MAX_REQUEST: usize = 16 * 1024 * 1024;

fn unencoded(why: &dyn Display) -> Error {
    Error::new(ErrorKind::Encode, why.to_string()).with_operation("encode")
}

/// The JSON of one write in a batch request.
#[derive(Debug)]
pub(crate) struct WriteText(Vec<u8>);

const PUT: &[u8] = b"{\"PutRequest\":{\"Item\":";
const END: &[u8] = b"}}";
const DELETE: &[u8] = b"{\"DeleteRequest\":{\"Key\":";

impl WriteText {
    /// Returns the put of an entity, and the entity's key.
    pub fn put<E: EntityModel>(entity: &E) -> Result<(Self, Key<E::Table>)> {
        let mut text = Vec::with_capacity(512);
        text.extend_from_slice(PUT);
        let key = crate::model::encode_json::entity(entity, &mut text)?;
        text.extend_from_slice(END);
        Ok((Self::fitting(text).map_err(|error| error.entity(E::__SCHEMA.name))?, key))
    }

    /// Converts a write request of the SDK.
    pub fn of(request: &WriteRequest) -> Result<Self> {
        if request.put_request.is_some() == request.delete_request.is_some() {
            return Err(unencoded(&"an entry must be either a put or a delete, but this one is neither, or both"));
        }
        serde_json::to_vec(&Json::of(request)).map_err(|error| unencoded(&error)).and_then(Self::fitting)
    }

    /// Rejects a text that is larger than a request can be. This also ensures that a `ByteRange`, with 32 bits, fits.
    fn fitting(text: Vec<u8>) -> Result<Self> {
        match text.len() <= MAX_REQUEST {
            true => Ok(Self(text)),
            false => {
                Err(unencoded(&format_args!("the item has {} bytes, but a request has at most 16 MB", text.len())))
            }
        }
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub fn to_request(&self) -> WriteRequest {
        match write_request(self.to_entry()) {
            Ok(request) => request,
            Err(_) => unreachable!("the entry has its item"),
        }
    }

    pub fn to_entry(&self) -> BatchEntry {
        let (start, is_put) = if self.0.starts_with(PUT) { (PUT.len(), true) } else { (DELETE.len(), false) };
        let mut found = Found(None);
        // `fitting` has checked the length.
        let place = start as u32..self.0.len().saturating_sub(END.len()) as u32;
        let (Some(()), Some(item)) = (read_item(&self.0, place, &mut found), found.0) else {
            unreachable!("`read_item` reads everything that `Json` writes")
        };
        if is_put { BatchEntry::Put(item) } else { BatchEntry::Delete(item) }
    }
}

/// Converts an entry to a write request of the SDK.
///
/// # Errors
/// Fails if the SDK's builder rejects it, which it does not do if the entry has an item.
pub(crate) fn write_request(entry: BatchEntry) -> Result<WriteRequest> {
    let request = WriteRequest::builder();
    Ok(match entry {
        BatchEntry::Put(item) => {
            let put = PutRequest::builder().set_item(Some(item.into_inner())).build().map_err(unbuilt)?;
            request.put_request(put).build()
        }
        BatchEntry::Delete(key) => {
            let delete = DeleteRequest::builder().set_key(Some(key.into_inner())).build().map_err(unbuilt)?;
            request.delete_request(delete).build()
        }
    })
}

struct Found(Option<Item>);

impl ItemVisitor for Found {
    fn expect(&mut self, _: usize) {}

    fn item(&mut self, attributes: Entries<'_>, _: ByteRange) {
        self.0 = Some(attributes.into_attributes().into());
    }
}

/// Appends the entity's item, and returns its key.
fn entity<E: EntityModel>(entity: &E, text: &mut Vec<u8>) -> Result<Key<E::Table>> {
    let start = text.len();
    let key = entity::key_of(entity)?;
    let mut out = Output { text: std::mem::take(text), has_failed: false };
    let is_written = fast(entity, &key, &mut out).is_ok() && !out.has_failed;
    *text = out.text;
    if !is_written {
        text.truncate(start);
        let item = encode::entity(entity)?;
        serde_json::to_writer(text, &Json::of(item.as_ref()))
            .map_err(|error| unencoded(&error).entity(E::__SCHEMA.name))?;
    }
    Ok(key)
}

fn fast<E: EntityModel>(entity: &E, key: &Key<E::Table>, out: &mut Output) -> Result<(), Unsupported> {
    // Fields that are key attributes are checked on the finished item.
    if E::__HAS_OWN_KEYS {
        return Err(Unsupported);
    }
    out.text.push(b'{');
    let reserved = <E::Table as TableModel>::__SCHEMA.layout.reserved;
    entity.__serialize(Partial(ItemJson { schema: E::__SCHEMA, reserved, out: &mut *out }))?;
    write_reserved(EntityType::of::<E>(), key.partition(), key.sort(), &Of(entity), out)
}

/// Appends the keys and the discriminator, and ends the item.
fn write_reserved(
    entity: EntityType,
    partition: &str,
    sort: Option<&str>,
    fields: &dyn template::Fields,
    out: &mut Output,
) -> Result<(), Unsupported> {
    let primary = (partition.into(), sort.map(Cow::from));
    encode::reserved(entity, primary, fields, |key, text| write_key(key, text, out))?;
    out.text.push(b'}');
    Ok(())
}

fn write_key(key: &KeyAttribute, text: Cow<'_, str>, out: &mut Output) -> Result<(), Unsupported> {
    out.begin_entry(key.name)?;
    match key.key_type {
        // Without a copy of the text.
        KeyType::S => out.write_text(&text),
        KeyType::N | KeyType::B => {
            let value = key_text::attribute_value(key, text.into_owned())?;
            Ok(serde_json::to_writer(&mut out.text, &Json::of(&value))?)
        }
    }
}

/// Serializes a struct as the attributes of an item.
struct ItemJson<'o> {
    schema: &'static EntitySchema,
    /// The names that an attribute of the entity cannot have.
    reserved: &'static [&'static str],
    out: &'o mut Output,
}

struct Fields<'o> {
    item: ItemJson<'o>,
    names: Vec<&'static str>,
}

impl<'o> PartialSerializer for ItemJson<'o> {
    type Ok = ();
    type Error = Unsupported;
    type SerializeSeq = Impossible<(), Unsupported>;
    type SerializeStruct = Fields<'o>;

    fn unsupported() -> Unsupported {
        Unsupported
    }

    fn structure(self, fields: usize) -> Result<Fields<'o>, Unsupported> {
        Ok(Fields { item: self, names: Vec::with_capacity(fields) })
    }
}

impl SerializeStruct for Fields<'_> {
    type Ok = ();
    type Error = Unsupported;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Unsupported> {
        let ItemJson { schema, reserved, out } = &mut self.item;
        // The slow path reports a name that occurs twice or is reserved.
        if self.names.contains(&name) || reserved.contains(&name) {
            return out.fail();
        }
        self.names.push(name);
        if schema.fields.iter().any(|field| field.key_only && field.attribute() == name) {
            return Ok(());
        }
        if schema.managed.ttl == Some(name)
            && let Some(value) = serializer::encode_operand(value)?
            && encode::check_ttl(&value).is_err()
        {
            return out.fail();
        }
        out.write_entry(name, value, 0)
    }

    fn end(self) -> Result<(), Unsupported> {
        Ok(())
    }
}
