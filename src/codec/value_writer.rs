//! Serializes values straight into DynamoDB JSON, without building `AttributeValue`s: strings, integers, booleans, variants without
//! fields, and lists, structs and options of them. Anything else goes through [`serializer`], value by value.

use std::fmt::Display;
use std::io::Write;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::ser::{self, SerializeSeq, SerializeStruct};

use crate::codec::json_reader::MAX_DEPTH;
use crate::codec::json_writer::Json;
use crate::codec::serializer::partial::{Partial, PartialSerializer};
use crate::codec::serializer::{self, EncodeError};
use crate::error::Error;
use crate::value::marker::{NUMBER, set_kind};

/// The value has to be serialized in another way, which also reports errors.
#[derive(Debug, thiserror::Error)]
#[error("the value cannot be serialized directly")]
pub(crate) struct Unsupported;

impl ser::Error for Unsupported {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}

macro_rules! unsupported {
    ($($error:ty)*) => {$(
        impl From<$error> for Unsupported {
            fn from(_: $error) -> Self {
                Self
            }
        }
    )*};
}

unsupported! { Error EncodeError serde_json::Error std::io::Error }

/// The JSON that is written.
pub(crate) struct Output {
    pub text: Vec<u8>,
    /// Whether a value could not be serialized. The text is then not valid JSON, even if a `Serialize` that a user wrote ignores the
    /// error.
    pub has_failed: bool,
}

impl Output {
    /// Appends a value of the type S.
    pub fn write_text(&mut self, text: &str) -> Result<(), Unsupported> {
        self.text.extend_from_slice(b"{\"S\":");
        serde_json::to_writer(&mut self.text, text)?;
        self.text.push(b'}');
        Ok(())
    }

    /// Appends an attribute or an entry of a map. Appends nothing if the value is absent.
    pub fn write_entry<T: Serialize + ?Sized>(
        &mut self,
        name: &str,
        value: &T,
        depth: usize,
    ) -> Result<(), Unsupported> {
        let start = self.text.len();
        self.begin_entry(name)?;
        if !self.write_value(value, depth)? {
            self.text.truncate(start);
        }
        Ok(())
    }

    /// Appends the name of an entry, up to its value.
    pub fn begin_entry(&mut self, name: &str) -> Result<(), Unsupported> {
        self.separate(b'{');
        serde_json::to_writer(&mut self.text, name)?;
        self.text.push(b':');
        Ok(())
    }

    /// Appends a value. Returns `false`, and appends nothing, if it is absent.
    fn write_value<T: Serialize + ?Sized>(&mut self, value: &T, depth: usize) -> Result<bool, Unsupported> {
        if let Some(is_there) = self.write_directly(value, depth) {
            return Ok(is_there);
        }
        match self.check(serializer::encode_operand(value))? {
            Some(value) => self.write_attribute_value(&value, depth).map(|()| true),
            None => Ok(false),
        }
    }

    /// Appends an element of a list. An absent one is NULL, so that the following elements keep their positions.
    fn write_element<T: Serialize + ?Sized>(&mut self, value: &T, depth: usize) -> Result<(), Unsupported> {
        self.separate(b'[');
        if let Some(true) = self.write_directly(value, depth) {
            return Ok(());
        }
        let value = self.check(serializer::encode(value))?;
        self.write_attribute_value(&value, depth)
    }

    /// Appends a value, and returns whether it is there; `None`, and appends nothing, if it is not supported.
    fn write_directly<T: Serialize + ?Sized>(&mut self, value: &T, depth: usize) -> Option<bool> {
        let start = self.text.len();
        let is_there = value.serialize(Partial(ValueWriter { out: self, depth }));
        if is_there.is_err() {
            self.text.truncate(start);
        }
        is_there.ok()
    }

    fn write_attribute_value(&mut self, value: &AttributeValue, depth: usize) -> Result<(), Unsupported> {
        let written = serde_json::to_writer(&mut self.text, &Json::nested(value, depth));
        self.check(written)
    }

    /// Appends a comma, unless the next value is the first one after `open`.
    fn separate(&mut self, open: u8) {
        if self.text.last() != Some(&open) {
            self.text.push(b',');
        }
    }

    /// Records an error.
    fn check<T, E: Into<Unsupported>>(&mut self, result: Result<T, E>) -> Result<T, Unsupported> {
        self.has_failed |= result.is_err();
        result.map_err(Into::into)
    }

    /// Records that a value cannot be serialized.
    pub fn fail<T>(&mut self) -> Result<T, Unsupported> {
        self.has_failed = true;
        Err(Unsupported)
    }
}

/// Serializes one value. Returns `false`, and writes nothing, if the value is absent. After an error, a part of the value may have been
/// written.
struct ValueWriter<'o> {
    out: &'o mut Output,
    /// The number of maps, lists and sets around the value, without the item's own map.
    depth: usize,
}

impl<'o> ValueWriter<'o> {
    /// Begins a map or a list, and returns the writer of the values in it.
    fn open(self, text: &[u8]) -> Result<Self, Unsupported> {
        let depth = self.depth + 1;
        if depth >= MAX_DEPTH {
            return Err(Unsupported);
        }
        self.out.text.extend_from_slice(text);
        Ok(Self { out: self.out, depth })
    }
}

impl<'o> PartialSerializer for ValueWriter<'o> {
    type Ok = bool;
    type Error = Unsupported;
    type SerializeSeq = ListWriter<'o>;
    type SerializeStruct = StructWriter<'o>;

    fn unsupported() -> Unsupported {
        Unsupported
    }

    fn bool(self, value: bool) -> Result<bool, Unsupported> {
        write!(self.out.text, "{{\"BOOL\":{value}}}")?;
        Ok(true)
    }

    fn integer(self, number: impl Display) -> Result<bool, Unsupported> {
        write!(self.out.text, "{{\"N\":\"{number}\"}}")?;
        Ok(true)
    }

    fn str(self, text: &str) -> Result<bool, Unsupported> {
        self.out.write_text(text)?;
        Ok(true)
    }

    fn unit_variant(self, variant: &'static str) -> Result<bool, Unsupported> {
        self.str(variant)
    }

    fn none(self) -> Result<bool, Unsupported> {
        Ok(false)
    }

    fn some<T: Serialize + ?Sized>(self, value: &T) -> Result<bool, Unsupported> {
        value.serialize(Partial(self))
    }

    fn newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<bool, Unsupported> {
        if name == NUMBER || set_kind(name).is_some() { Err(Unsupported) } else { value.serialize(Partial(self)) }
    }

    fn seq(self) -> Result<ListWriter<'o>, Unsupported> {
        self.open(b"{\"L\":[").map(ListWriter)
    }

    fn structure(self, fields: usize) -> Result<StructWriter<'o>, Unsupported> {
        Ok(StructWriter { entries: self.open(b"{\"M\":{")?, names: Vec::with_capacity(fields) })
    }
}

/// Writes the elements of a list.
struct ListWriter<'o>(ValueWriter<'o>);

impl SerializeSeq for ListWriter<'_> {
    type Ok = bool;
    type Error = Unsupported;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unsupported> {
        let ValueWriter { out, depth } = &mut self.0;
        out.write_element(value, *depth)
    }

    fn end(self) -> Result<bool, Unsupported> {
        self.0.out.text.extend_from_slice(b"]}");
        Ok(true)
    }
}

/// Writes the fields of a struct as the entries of a map.
struct StructWriter<'o> {
    entries: ValueWriter<'o>,
    names: Vec<&'static str>,
}

impl SerializeStruct for StructWriter<'_> {
    type Ok = bool;
    type Error = Unsupported;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Unsupported> {
        let ValueWriter { out, depth } = &mut self.entries;
        if self.names.contains(&name) {
            return out.fail();
        }
        self.names.push(name);
        out.write_entry(name, value, *depth)
    }

    fn end(self) -> Result<bool, Unsupported> {
        self.entries.out.text.extend_from_slice(b"}}");
        Ok(true)
    }
}
