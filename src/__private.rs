//! What the derives' expansions call. No part of the public interface.

use std::marker::PhantomData;

use chrono::{DateTime, Utc};

pub use aws_sdk_dynamodb::types::AttributeValue;
pub use monotable_config::KeyType;
pub use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use crate::codec::EncodeError;
pub use crate::error::WrongVariant;
pub use crate::expr::attribute::{FeedsIndex, KeyOnly, Plain, PrimaryKey, SetField, Version, WriteId};
pub use crate::expr::operand::Encoder;
pub use crate::key::args::{DateOf, Lossy, Padded};
pub use crate::key::index_kind::{Anything, Global, Local, NoSortKey, Primary, Raw, SortKeyFixed, Typed};
pub use crate::model::entity::{decode, decode_projection, key_of, loaded};
pub use crate::model::managed::ManagedValue;
pub use crate::model::partial_item::{KeyTextError, Loaded, PartialItem};
pub use crate::model::{EntityModel, Stored, TableModel};
pub use crate::op::{EntityIndexOf, Index, Unversioned};
pub use crate::schema::ConfigSource;
pub use crate::schema::check::*;
pub use crate::schema::const_str::same;
pub use crate::schema::discriminator::{count_labels, labels};
pub use crate::schema::own_key::{check_name, has_key, is_free, is_number};
pub use crate::schema::projection::{Selected, has_attribute};
pub use crate::schema::target::EntitySet;
pub use crate::schema::*;
pub use crate::value::encoded::Encoded;

use crate::error::Result;
pub use crate::key::args::KeyArg;
use crate::key::key_text::Args;
pub use crate::key::segment::Newtype;
use crate::key::segment::{
    DateSegment, IndexSegment, KeyFnOutput, KeySegment, PaddedSegment, PrimaryKeyFnOutput, SegmentError, TimeSegment,
};
use crate::key::template::{PARTITION_LIMIT, SORT_LIMIT};
use crate::model::managed::{TimeField, VersionField, WriteIdField};
use crate::model::table::Holds;

/// A field of the primary key. One function has the bound, so that a type that is no segment is one message.
pub const fn key_segment<T: KeySegment>() -> KeySegmentOf<T> {
    KeySegmentOf { write: T::render, text: T::__text, parse: T::parse, has_own_text: T::__HAS_OWN_TEXT }
}

/// What a field of the primary key is written and read back with.
#[derive(Debug)]
pub struct KeySegmentOf<T> {
    write: fn(&T, &mut String) -> Result<(), SegmentError>,
    text: fn(&T) -> Option<&str>,
    parse: fn(&str) -> Result<T, SegmentError>,
    /// Whether serde stores another text than a key has.
    pub has_own_text: bool,
}

impl<T> KeySegmentOf<T> {
    pub fn write(&self, value: &T, out: &mut String) -> Result<bool, SegmentError> {
        (self.write)(value, out).map(|()| true)
    }

    /// The text, of what is one.
    pub fn text<'v>(&self, value: &'v T) -> Option<&'v str> {
        (self.text)(value)
    }

    /// The attribute of the field, from its text in the key. `encode` is what serde does with it.
    pub fn restore(
        &self,
        text: &str,
        encode: impl FnOnce(&T) -> Result<AttributeValue, EncodeError>,
    ) -> Result<AttributeValue, SegmentError> {
        encode(&(self.parse)(text)?).map_err(|error| SegmentError::new(format!("cannot be encoded: {error}")))
    }
}

/// A field of an index's key alone. One function has the bound, for the same reason.
pub const fn index_segment<T: IndexSegment>() -> IndexSegmentOf<T> {
    let has_own_text = <T::Value as KeySegment>::__HAS_OWN_TEXT;
    IndexSegmentOf { write: write_index_key, optional: T::OPTIONAL, has_own_text }
}

/// What a field of an index's key is written with.
#[derive(Debug)]
pub struct IndexSegmentOf<T> {
    pub write: fn(&T, &mut String) -> Result<bool, SegmentError>,
    /// Whether there may be no value.
    pub optional: bool,
    /// Whether serde stores another text than a key has.
    pub has_own_text: bool,
}

fn write_index_key<T: IndexSegment>(value: &T, out: &mut String) -> Result<bool, SegmentError> {
    value.value().map_or(Ok(false), |value| key_segment().write(value, out))
}

/// What a function gives for the primary key.
pub fn write_function<T: PrimaryKeyFnOutput>(text: T, out: &mut String) -> Result<bool, SegmentError> {
    write_index_function(text, out)
}

/// What a function gives for an index's key.
pub fn write_index_function<T: KeyFnOutput>(text: T, out: &mut String) -> Result<bool, SegmentError> {
    let Some(text) = text.text() else { return Ok(false) };
    out.push_str(&text);
    Ok(true)
}

/// What the `when` of an index says.
pub fn write_condition(holds: bool, _: &mut String) -> Result<bool, SegmentError> {
    Ok(holds)
}

/// The value of a field that is a time.
pub fn time<T: TimeField>(time: DateTime<Utc>) -> T {
    T::__at(time)
}

/// The value of a field that is the id of a write.
pub fn write_id<T: WriteIdField>(id: &str) -> T {
    T::__of(id)
}

/// A field of a builder that was given.
#[derive(Debug, Clone)]
pub struct Is<T>(pub T);

/// A field of a builder that was not given yet; `F` has its name.
#[derive(Debug, Clone)]
pub struct NotSet<F>(pub PhantomData<F>);

/// A field `F` of a builder that has its value.
#[diagnostic::on_unimplemented(
    message = "the field `{F}` is not set",
    label = "call `.{F}(..)` before",
    note = "each field without a default has to be given before the entity is built"
)]
pub trait Filled<F, T> {
    fn __value(self) -> T;
}

impl<F, T> Filled<F, T> for Is<T> {
    fn __value(self) -> T {
        self.0
    }
}

/// A field that is a version. One function has the bound, so that a type that is none is one message.
pub const fn version<T: VersionField>() -> VersionOf<T> {
    VersionOf { number: T::__number, of: T::__version, max: T::__MAX }
}

/// What a version is read and written with.
#[derive(Debug)]
pub struct VersionOf<T> {
    pub number: fn(&T) -> u64,
    pub of: fn(u64) -> T,
    /// The largest one, where counting can reach it.
    pub max: Option<u64>,
}

/// Whether the attribute is the table's time of expiry.
pub const fn is_ttl(layout: &TableLayout, attribute: &str) -> bool {
    match layout.ttl_attribute {
        Some(ttl) => same(ttl, attribute),
        None => false,
    }
}

/// How the values of an attribute without `#[serde(with)]` are encoded.
pub fn encode_operand<T: Serialize + ?Sized>(value: &T) -> Result<Option<AttributeValue>, EncodeError> {
    crate::codec::encode_operand(value)
}

pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<AttributeValue, EncodeError> {
    crate::codec::encode_value(value)
}

/// The role of a field whose `with` is that of a set, or not.
#[derive(Debug)]
pub struct IsSet<const IS_SET: bool>;

pub trait FieldRole {
    type Role;
}

impl FieldRole for IsSet<true> {
    type Role = SetField;
}

impl FieldRole for IsSet<false> {
    type Role = Plain;
}

pub type RoleOf<const IS_SET: bool> = <IsSet<IS_SET> as FieldRole>::Role;

/// The role of a field that index keys are made from, or that is one itself, which can change as other fields do.
#[derive(Debug)]
pub struct IsFree<const IS_FREE: bool>;

impl FieldRole for IsFree<true> {
    type Role = Plain;
}

impl FieldRole for IsFree<false> {
    type Role = FeedsIndex;
}

pub type IndexRoleOf<const IS_FREE: bool> = <IsFree<IS_FREE> as FieldRole>::Role;

/// The place of a field that is a whole sort key, which is a number or not: numbers sort as their values do.
#[derive(Debug)]
pub struct IsNumber<const IS_NUMBER: bool>;

pub trait SortFieldForm {
    type FieldForm<T: KeySegment>;
}

impl SortFieldForm for IsNumber<true> {
    type FieldForm<T: KeySegment> = Padded<T>;
}

impl SortFieldForm for IsNumber<false> {
    type FieldForm<T: KeySegment> = T;
}

pub type FieldFormOf<T, const IS_NUMBER: bool> = <IsNumber<IS_NUMBER> as SortFieldForm>::FieldForm<T>;

pub const fn assert_padded<T: PaddedSegment>() {}
pub const fn assert_date<T: DateSegment>() {}
pub const fn assert_time<T: TimeSegment>() {}

/// What stands for a type in an enum of a table has to be an entity of it.
pub const fn assert_entity_of<T, E: InTable<T>>() {}

/// An entity has to have a variant in the enum of its table.
pub const fn assert_held<T: Holds<E>, E>() {}

/// Says that the entity stands in the table `T`. Written by `derive(Entity)`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an entity of the table `{T}`",
    label = "not of this table",
    note = "it has to derive `Entity`, and its `#[entity(table = ..)]` to name `{T}`"
)]
pub trait InTable<T> {}

/// The texts of a key function's arguments.
pub fn arg<T>(arg: &impl KeyArg<T>) -> Result<String, SegmentError> {
    crate::key::args::text(arg)
}

/// One of an entity's key functions: the text of one key attribute. `index` is its number, `None` for the table.
pub fn key_text<E: EntityModel>(
    index: Option<usize>,
    sort: bool,
    texts: Result<Vec<String>, SegmentError>,
) -> Result<String> {
    let (schema, layout) = (E::__SCHEMA, <E::Table as TableModel>::__SCHEMA.layout);
    let keys = index.map_or(&schema.primary, |index| &schema.indexes[index].keys);
    let of_index = index.map(|index| schema.indexes[index].index);
    let (key, template, limit) = if sort {
        let key = match of_index {
            Some(index) => index.sort_keys.first().copied(),
            None => layout.sort_key,
        };
        (key, keys.sort.as_ref(), SORT_LIMIT)
    } else {
        let key = of_index.and_then(|index| index.partition_keys.first().copied());
        (Some(key.unwrap_or(layout.partition_key)), Some(&keys.partition), PARTITION_LIMIT)
    };
    let (Some(key), Some(template)) = (key, template) else {
        unreachable!("the derive writes a sort key's function where there is a sort template")
    };
    let args = Args::new(template.fields(), texts, schema)?;
    crate::key::key_text::complete(schema, layout, &key, template, limit, &args)
}
