//! Serializes a value as an attribute value.
//!
//! The formats are those of `serde_dynamo`, which other Rust programs may use on the same table, plus sets and exact numbers. A
//! map omits an entry that is `None` or an empty set, because DynamoDB has no empty sets. A value without contents, such as `()`,
//! is NULL.

mod map_key;
pub(crate) mod partial;

use std::collections::HashSet;
use std::collections::hash_map::{self, HashMap};
use std::fmt::Display;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::ser::{
    self, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};

use crate::codec::joined;
use crate::codec::serializer::map_key::MapKey;
use crate::codec::serializer::partial::Partial;
use crate::value::decimal::Decimal;
use crate::value::marker::{NUMBER, NUMBER_SET, STRING_SET, set_kind};

/// The error of a value that cannot be an attribute value, with the path to it.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct EncodeError {
    /// For example `lines[2].price`.
    pub(crate) path: String,
    message: String,
}

impl EncodeError {
    fn in_variant(self, variant: Option<&'static str>) -> Self {
        match variant {
            Some(variant) => self.under(variant),
            None => self,
        }
    }

    /// Adds a name before the path.
    fn under(mut self, name: impl Display) -> Self {
        self.path = joined(name, &self.path);
        self
    }
}

impl ser::Error for EncodeError {
    fn custom<T: Display>(message: T) -> Self {
        Self { path: String::new(), message: message.to_string() }
    }
}

fn fail<T>(message: &str) -> Result<T, EncodeError> {
    Err(ser::Error::custom(message))
}

/// Marks a `None`, which is omitted if possible. No other value serializes to a NULL that is `false`.
const ABSENT: AttributeValue = AttributeValue::Null(false);

/// Returns the value to store if it cannot be omitted.
fn present(value: AttributeValue) -> Result<AttributeValue, EncodeError> {
    match value {
        ABSENT => Ok(AttributeValue::Null(true)),
        value if is_empty_set(&value) => {
            fail("DynamoDB has no empty sets: an empty set is allowed only in a field or a map, which omits it")
        }
        value => Ok(value),
    }
}

fn is_empty_set(value: &AttributeValue) -> bool {
    match value {
        AttributeValue::Ss(set) => set.is_empty(),
        AttributeValue::Ns(set) => set.is_empty(),
        AttributeValue::Bs(set) => set.is_empty(),
        _ => false,
    }
}

/// Creates a number from its text.
///
/// # Errors
/// If DynamoDB does not accept the number.
fn number(text: String) -> Result<AttributeValue, EncodeError> {
    match Decimal::parse(&text) {
        Some(_) => Ok(AttributeValue::N(text)),
        None => {
            fail("is not a number that DynamoDB accepts: at most 38 digits, below 1E+126, neither NaN nor infinite")
        }
    }
}

/// Serializes a value as it is stored.
pub(crate) fn encode<T: Serialize + ?Sized>(value: &T) -> Result<AttributeValue, EncodeError> {
    present(value.serialize(Serializer)?)
}

/// Serializes a value for an expression; `None` if a field with this value would be omitted.
pub(crate) fn encode_operand<T: Serialize + ?Sized>(value: &T) -> Result<Option<AttributeValue>, EncodeError> {
    let value = value.serialize(Serializer)?;
    Ok((value != ABSENT && !is_empty_set(&value)).then_some(value))
}

type Map = HashMap<String, AttributeValue>;

pub(crate) struct Serializer;

macro_rules! numbers {
    ($($method:ident $number:ty,)*) => {$(
        fn $method(self, number: $number) -> Result<AttributeValue, EncodeError> {
            // Floats and integers of 128 bits can be outside of DynamoDB's limits.
            self::number(number.to_string())
        }
    )*};
}

macro_rules! integers {
    ($($method:ident $number:ty,)*) => {$(
        fn $method(self, number: $number) -> Result<AttributeValue, EncodeError> {
            Ok(AttributeValue::N(number.to_string()))
        }
    )*};
}

impl ser::Serializer for Serializer {
    type Ok = AttributeValue;
    type Error = EncodeError;
    type SerializeSeq = List;
    type SerializeTuple = List;
    type SerializeTupleStruct = List;
    type SerializeTupleVariant = List;
    type SerializeMap = Entries;
    type SerializeStruct = Entries;
    type SerializeStructVariant = Entries;

    integers! {
        serialize_i8 i8,
        serialize_i16 i16,
        serialize_i32 i32,
        serialize_i64 i64,
        serialize_u8 u8,
        serialize_u16 u16,
        serialize_u32 u32,
        serialize_u64 u64,
    }

    numbers! {
        serialize_i128 i128,
        serialize_u128 u128,
        serialize_f32 f32,
        serialize_f64 f64,
    }

    fn serialize_bool(self, value: bool) -> Result<AttributeValue, EncodeError> {
        Ok(AttributeValue::Bool(value))
    }

    fn serialize_char(self, value: char) -> Result<AttributeValue, EncodeError> {
        Ok(AttributeValue::S(value.to_string()))
    }

    fn serialize_str(self, text: &str) -> Result<AttributeValue, EncodeError> {
        Ok(AttributeValue::S(text.to_owned()))
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<AttributeValue, EncodeError> {
        Ok(AttributeValue::B(Blob::new(bytes)))
    }

    fn serialize_none(self) -> Result<AttributeValue, EncodeError> {
        Ok(ABSENT)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<AttributeValue, EncodeError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<AttributeValue, EncodeError> {
        Ok(AttributeValue::Null(true))
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<AttributeValue, EncodeError> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _number: u32,
        variant: &'static str,
    ) -> Result<AttributeValue, EncodeError> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<AttributeValue, EncodeError> {
        let value = value.serialize(self)?;
        if let Some(kind) = set_kind(name) {
            return set(kind, value);
        }
        match name {
            NUMBER => match value {
                AttributeValue::S(text) => number(text),
                _ => fail("an `N` must be serialized as text"),
            },
            _ => Ok(value),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _number: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<AttributeValue, EncodeError> {
        Ok(of_variant(Some(variant), encode(value).map_err(|error| error.under(variant))?))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<List, EncodeError> {
        Ok(List { variant: None, values: Vec::with_capacity(length.unwrap_or_default()) })
    }

    fn serialize_tuple(self, length: usize) -> Result<List, EncodeError> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(self, _name: &'static str, length: usize) -> Result<List, EncodeError> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _number: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<List, EncodeError> {
        Ok(List { variant: Some(variant), values: Vec::with_capacity(length) })
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Entries, EncodeError> {
        Ok(Entries {
            variant: None,
            entries: Map::with_capacity(length.unwrap_or_default()),
            absent: HashSet::new(),
            key: None,
        })
    }

    fn serialize_struct(self, _name: &'static str, length: usize) -> Result<Entries, EncodeError> {
        self.serialize_map(Some(length))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _number: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Entries, EncodeError> {
        Ok(Entries { variant: Some(variant), entries: Map::with_capacity(length), absent: HashSet::new(), key: None })
    }
}

/// Puts the contents of a variant into a map, under the variant's name.
fn of_variant(variant: Option<&'static str>, value: AttributeValue) -> AttributeValue {
    match variant {
        Some(variant) => AttributeValue::M(HashMap::from([(variant.to_owned(), value)])),
        None => value,
    }
}

fn set(kind: &str, value: AttributeValue) -> Result<AttributeValue, EncodeError> {
    let values = match value {
        AttributeValue::L(values) => values,
        ABSENT => return Ok(ABSENT),
        _ => return fail("a set must be serialized from a collection, such as a `HashSet`"),
    };
    use AttributeValue::{B, Bs, N, Ns, S, Ss};
    let mut set = match kind {
        STRING_SET => Ss(Vec::new()),
        NUMBER_SET => Ns(Vec::new()),
        _ => Bs(Vec::new()),
    };
    // A collection may contain a value twice, but DynamoDB rejects a set that does.
    let (mut bytes, mut numbers) = (HashSet::new(), HashSet::new());
    for value in values {
        match (&mut set, value) {
            (Ss(set), S(text)) if bytes.insert(text.as_bytes().to_vec()) => set.push(text),
            (Ns(set), N(number)) if numbers.insert(Decimal::parse(&number)) => set.push(number),
            (Bs(set), B(blob)) if bytes.insert(blob.as_ref().to_vec()) => set.push(blob),
            (Ss(_), S(_)) | (Ns(_), N(_)) | (Bs(_), B(_)) => {}
            _ => return fail(&format!("a `{kind}` contains a value of the wrong type")),
        }
    }
    Ok(set)
}

pub(crate) struct List {
    variant: Option<&'static str>,
    values: Vec<AttributeValue>,
}

impl SerializeSeq for List {
    type Ok = AttributeValue;
    type Error = EncodeError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        // A list stores NULL for `None`, so that the following elements keep their positions.
        let number = self.values.len();
        self.values
            .push(encode(value).map_err(|error| error.under(format_args!("[{number}]")).in_variant(self.variant))?);
        Ok(())
    }

    fn end(self) -> Result<AttributeValue, EncodeError> {
        Ok(of_variant(self.variant, AttributeValue::L(self.values)))
    }
}

impl SerializeTuple for List {
    type Ok = AttributeValue;
    type Error = EncodeError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        SerializeSeq::serialize_element(self, value)
    }

    fn end(self) -> Result<AttributeValue, EncodeError> {
        SerializeSeq::end(self)
    }
}

pub(crate) struct Entries {
    variant: Option<&'static str>,
    entries: Map,
    /// The keys of omitted entries.
    absent: HashSet<String>,
    key: Option<String>,
}

impl Entries {
    fn insert(&mut self, key: String, value: Result<AttributeValue, EncodeError>) -> Result<(), EncodeError> {
        let value = value.map_err(|error| error.under(&key).in_variant(self.variant))?;
        let is_absent = value == ABSENT || is_empty_set(&value);
        // If a field and an entry of a flattened map had the same name, one of them would be lost, now or when the item is read.
        let twice = |key: &str, variant| {
            let error: EncodeError =
                ser::Error::custom("is written twice, by a field and by a flattened one; rename one of them");
            Err(error.under(key).in_variant(variant))
        };
        if self.absent.contains(&key) || is_absent && self.entries.contains_key(&key) {
            return twice(&key, self.variant);
        }
        if is_absent {
            self.absent.insert(key);
            return Ok(());
        }
        match self.entries.entry(key) {
            hash_map::Entry::Occupied(place) => twice(place.key(), self.variant),
            hash_map::Entry::Vacant(place) => {
                place.insert(value);
                Ok(())
            }
        }
    }

    fn finish(self) -> AttributeValue {
        of_variant(self.variant, AttributeValue::M(self.entries))
    }
}

impl SerializeMap for Entries {
    type Ok = AttributeValue;
    type Error = EncodeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EncodeError> {
        self.key = Some(key.serialize(Partial(MapKey))?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        let Some(key) = self.key.take() else { return fail("a map's value came before its key") };
        self.insert(key, value.serialize(Serializer))
    }

    fn end(self) -> Result<AttributeValue, EncodeError> {
        Ok(self.finish())
    }
}

macro_rules! as_fields {
    ($($trait:ident)*) => {$(
        impl $trait for Entries {
            type Ok = AttributeValue;
            type Error = EncodeError;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), EncodeError> {
                self.insert(key.to_owned(), value.serialize(Serializer))
            }

            fn end(self) -> Result<AttributeValue, EncodeError> {
                Ok(self.finish())
            }
        }
    )*};
}

as_fields! { SerializeStruct SerializeStructVariant }

macro_rules! as_fields_of_tuple {
    ($($trait:ident)*) => {$(
        impl $trait for List {
            type Ok = AttributeValue;
            type Error = EncodeError;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
                SerializeSeq::serialize_element(self, value)
            }

            fn end(self) -> Result<AttributeValue, EncodeError> {
                SerializeSeq::end(self)
            }
        }
    )*};
}

as_fields_of_tuple! { SerializeTupleStruct SerializeTupleVariant }
