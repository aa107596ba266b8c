//! Serializes values straight into DynamoDB JSON, without building `AttributeValue`s: strings, integers, booleans, and lists and
//! structs of them. Anything else goes through [`serializer`], value by value.

use std::fmt::Display;
use std::io::Write;

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

/// Appends a value of the type S.
pub(crate) fn write_text(text: &str, out: &mut Vec<u8>) -> Result<(), Unsupported> {
    out.extend_from_slice(b"{\"S\":");
    write_str(text, out)?;
    out.push(b'}');
    Ok(())
}

fn write_str(text: &str, out: &mut Vec<u8>) -> Result<(), Unsupported> {
    Ok(serde_json::to_writer(out, text)?)
}

/// Appends an attribute or an entry of a map. Appends nothing if the value is absent.
pub(crate) fn write_entry<T: Serialize + ?Sized>(
    name: &str,
    value: &T,
    depth: usize,
    out: &mut Vec<u8>,
) -> Result<(), Unsupported> {
    let start = out.len();
    begin_entry(name, out)?;
    let place = out.len();
    let is_there = match value.serialize(Partial(ValueWriter { out, depth })) {
        Ok(is_there) => is_there,
        Err(Unsupported) => {
            out.truncate(place);
            match serializer::encode_operand(value)? {
                Some(value) => {
                    serde_json::to_writer(&mut *out, &Json::nested(&value, depth))?;
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

/// Appends the name of an entry, up to its value.
pub(crate) fn begin_entry(name: &str, out: &mut Vec<u8>) -> Result<(), Unsupported> {
    separate(b'{', out);
    write_str(name, out)?;
    out.push(b':');
    Ok(())
}

/// Appends a comma, unless the next value is the first one after `open`.
fn separate(open: u8, out: &mut Vec<u8>) {
    if out.last() != Some(&open) {
        out.push(b',');
    }
}

/// Serializes one value. Returns `false`, and may have written nothing, if the value is absent.
struct ValueWriter<'o> {
    out: &'o mut Vec<u8>,
    /// The number of maps, lists and sets around the value, without the item's own map.
    depth: usize,
}

impl<'o> ValueWriter<'o> {
    /// Begins a map or a list, and returns the number of maps, lists and sets around the values in it.
    fn open(self, text: &[u8]) -> Result<Self, Unsupported> {
        let depth = self.depth + 1;
        if depth >= MAX_DEPTH {
            return Err(Unsupported);
        }
        self.out.extend_from_slice(text);
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
        write!(self.out, "{{\"BOOL\":{value}}}")?;
        Ok(true)
    }

    fn integer(self, number: impl Display) -> Result<bool, Unsupported> {
        write!(self.out, "{{\"N\":\"{number}\"}}")?;
        Ok(true)
    }

    fn str(self, text: &str) -> Result<bool, Unsupported> {
        write_text(text, self.out)?;
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
        separate(b'[', out);
        let place = out.len();
        let is_there = value.serialize(Partial(ValueWriter { out, depth: *depth }));
        if !matches!(is_there, Ok(true)) {
            out.truncate(place);
            serde_json::to_writer(&mut **out, &Json::nested(&serializer::encode(value)?, *depth))?;
        }
        Ok(())
    }

    fn end(self) -> Result<bool, Unsupported> {
        self.0.out.extend_from_slice(b"]}");
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
        if self.names.contains(&name) {
            return Err(Unsupported);
        }
        self.names.push(name);
        write_entry(name, value, self.entries.depth, self.entries.out)
    }

    fn end(self) -> Result<bool, Unsupported> {
        self.entries.out.extend_from_slice(b"}}");
        Ok(true)
    }
}
