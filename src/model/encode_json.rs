//! Serializes entities directly as DynamoDB's JSON. The fast path writes strings, numbers and booleans of a struct without
//! building an item. For any other entity, and to report errors, this module builds the item and converts it.

use std::fmt::Display;
use std::io::Write;

use aws_sdk_dynamodb::types::WriteRequest;
use aws_sdk_dynamodb::types::{DeleteRequest, PutRequest};
use serde::Serialize;
use serde::ser::{self, Impossible, SerializeStruct};

use crate::codec::json_reader::{ByteRange, ItemVisitor, read_item};
use crate::codec::json_writer::Json;
use crate::codec::serializer::partial::{Partial, PartialSerializer};
use crate::codec::serializer::{self, EncodeError};
use crate::codec::value_ref::Entries;
use crate::error::{Error, ErrorKind, Result, unbuilt};
use crate::key::template;
use crate::model::entity::Of;
use crate::model::key::{Key, PrimaryValues};
use crate::model::{EntityModel, EntityType, TableModel, encode, entity};
use crate::schema::EntitySchema;
use crate::value::batch_entry::BatchEntry;
use crate::value::item::Item;
use crate::value::marker::{NUMBER, set_kind};

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
fn entity<E: EntityModel>(entity: &E, out: &mut Vec<u8>) -> Result<Key<E::Table>> {
    let start = out.len();
    let key = entity::key_of(entity)?;
    if fast(entity, key.clone(), out).is_err() {
        out.truncate(start);
        let item = encode::entity(entity)?;
        serde_json::to_writer(out, &Json::of(item.as_ref()))
            .map_err(|error| unencoded(&error).entity(E::__SCHEMA.name))?;
    }
    Ok(key)
}

/// The fast path cannot serialize the entity.
#[derive(Debug, thiserror::Error)]
#[error("the fast path does not support this value")]
struct Other;

impl ser::Error for Other {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}

macro_rules! reasons {
    ($($error:ty)*) => {$(
        impl From<$error> for Other {
            fn from(_: $error) -> Self {
                Self
            }
        }
    )*};
}

reasons! { Error EncodeError serde_json::Error std::io::Error }

fn fast<E: EntityModel>(entity: &E, key: Key<E::Table>, out: &mut Vec<u8>) -> Result<(), Other> {
    // Fields that are key attributes are checked on the finished item.
    if E::__HAS_OWN_KEYS {
        return Err(Other);
    }
    out.push(b'{');
    let reserved = <E::Table as TableModel>::__SCHEMA.layout.reserved;
    entity.__serialize(Partial(ItemJson { schema: E::__SCHEMA, reserved, out: &mut *out }))?;
    write_reserved(EntityType::of::<E>(), key.into_values()?, &Of(entity), out)
}

/// Appends the keys and the discriminator, and ends the item.
fn write_reserved(
    entity: EntityType,
    primary: PrimaryValues,
    fields: &dyn template::Fields,
    out: &mut Vec<u8>,
) -> Result<(), Other> {
    for (name, value) in encode::reserved(entity, primary, fields)? {
        begin(name, out)?;
        serde_json::to_writer(&mut *out, &Json::of(&value))?;
    }
    out.push(b'}');
    Ok(())
}

/// Appends an attribute's name, up to its value.
fn begin(name: &str, out: &mut Vec<u8>) -> Result<(), Other> {
    if out.last() != Some(&b'{') {
        out.push(b',');
    }
    serde_json::to_writer(&mut *out, name)?;
    out.push(b':');
    Ok(())
}

/// Serializes a struct as the attributes of an item.
struct ItemJson<'o> {
    schema: &'static EntitySchema,
    /// The names that an attribute of the entity cannot have.
    reserved: &'static [&'static str],
    out: &'o mut Vec<u8>,
}

struct Fields<'o> {
    item: ItemJson<'o>,
    names: Vec<&'static str>,
}

impl<'o> PartialSerializer for ItemJson<'o> {
    type Ok = ();
    type Error = Other;
    type SerializeStruct = Fields<'o>;

    fn unsupported() -> Other {
        Other
    }

    fn structure(self, fields: usize) -> Result<Fields<'o>, Other> {
        Ok(Fields { item: self, names: Vec::with_capacity(fields) })
    }
}

impl SerializeStruct for Fields<'_> {
    type Ok = ();
    type Error = Other;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Other> {
        let ItemJson { schema, reserved, out } = &mut self.item;
        // The slow path checks a time of expiry, and reports a name that occurs twice or is reserved.
        if schema.managed.ttl == Some(name) || self.names.contains(&name) || reserved.contains(&name) {
            return Err(Other);
        }
        self.names.push(name);
        if schema.fields.iter().any(|field| field.key_only && field.attribute() == name) {
            return Ok(());
        }
        let start = out.len();
        begin(name, out)?;
        let place = out.len();
        let is_there = match value.serialize(Partial(Scalar(out))) {
            Ok(is_there) => is_there,
            Err(Other) => {
                out.truncate(place);
                match serializer::encode_operand(value)? {
                    Some(value) => {
                        serde_json::to_writer(&mut **out, &Json::of(&value))?;
                        true
                    }
                    None => false,
                }
            }
        };
        if !is_there {
            out.truncate(start);
        }
        Ok(())
    }

    fn end(self) -> Result<(), Other> {
        Ok(())
    }
}

/// Serializes a string, a number or a boolean. Returns `false` if the value is absent.
struct Scalar<'o>(&'o mut Vec<u8>);

impl PartialSerializer for Scalar<'_> {
    type Ok = bool;
    type Error = Other;
    type SerializeStruct = Impossible<bool, Other>;

    fn unsupported() -> Other {
        Other
    }

    fn bool(self, value: bool) -> Result<bool, Other> {
        write!(self.0, "{{\"BOOL\":{value}}}")?;
        Ok(true)
    }

    fn integer(self, number: impl Display) -> Result<bool, Other> {
        write!(self.0, "{{\"N\":\"{number}\"}}")?;
        Ok(true)
    }

    fn str(self, text: &str) -> Result<bool, Other> {
        self.0.extend_from_slice(b"{\"S\":");
        serde_json::to_writer(&mut *self.0, text)?;
        self.0.push(b'}');
        Ok(true)
    }

    fn unit_variant(self, variant: &'static str) -> Result<bool, Other> {
        self.str(variant)
    }

    fn none(self) -> Result<bool, Other> {
        Ok(false)
    }

    fn some<T: Serialize + ?Sized>(self, value: &T) -> Result<bool, Other> {
        value.serialize(Partial(self))
    }

    fn newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<bool, Other> {
        if name == NUMBER || set_kind(name).is_some() { Err(Other) } else { value.serialize(Partial(self)) }
    }
}
