//! The functions and types that generated code uses. This module is not part of the public API.

use std::marker::PhantomData;

use chrono::{DateTime, Utc};

pub use aws_sdk_dynamodb::types::AttributeValue;
pub use monotable_config::KeyType;
pub use serde::de::DeserializeOwned;
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
pub use crate::model::table::Described;
pub use crate::model::{EntityModel, HasSchema, Stored, TableModel};
pub use crate::op::{EntityIndexOf, Index, Unversioned};
pub use crate::schema::ConfigSource;
pub use crate::schema::check::*;
pub use crate::schema::const_str::same;
pub use crate::schema::discriminator::{count_labels, labels};
pub use crate::schema::own_key::{check_name, has_key, is_free, is_number};
pub use crate::schema::projection::Selected;
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
use crate::model::table::{Holds, describe};

/// Returns the functions of a field in the primary key. Only this function has the bound, so an unsuitable type causes one
/// compile error.
pub const fn key_segment<T: KeySegment>() -> KeySegmentOf<T> {
    KeySegmentOf {
        write: T::render,
        text: T::__text,
        parse: T::parse,
        optional: false,
        has_own_text: T::__HAS_OWN_TEXT,
    }
}

/// The functions that write and read a field in the text of the primary key.
#[derive(Debug)]
pub struct KeySegmentOf<T> {
    write: fn(&T, &mut String) -> Result<(), SegmentError>,
    text: fn(&T) -> Option<&str>,
    parse: fn(&str) -> Result<T, SegmentError>,
    /// Always `false`: a field of the primary key is not an `Option`. The schema reads it, so that it depends on this constant.
    pub optional: bool,
    /// Whether serde stores the value as another text than a key does.
    pub has_own_text: bool,
}

impl<T> KeySegmentOf<T> {
    pub fn write(&self, value: &T, out: &mut String) -> Result<bool, SegmentError> {
        (self.write)(value, out).map(|()| true)
    }

    /// Returns the text of a value that is a string.
    pub fn text<'v>(&self, value: &'v T) -> Option<&'v str> {
        (self.text)(value)
    }

    /// Converts the field's text in the key to its attribute. `encode` serializes the field's value with serde.
    pub fn restore(
        &self,
        text: &str,
        encode: impl FnOnce(&T) -> Result<AttributeValue, EncodeError>,
    ) -> Result<AttributeValue, SegmentError> {
        encode(&(self.parse)(text)?).map_err(|error| SegmentError::new(format!("cannot be encoded: {error}")))
    }
}

/// Returns the functions of a field that only index keys use. Only this function has the bound, as for [`key_segment`].
pub const fn index_segment<T: IndexSegment>() -> IndexSegmentOf<T> {
    let has_own_text = <T::Value as KeySegment>::__HAS_OWN_TEXT;
    IndexSegmentOf { write: write_index_key, optional: T::OPTIONAL, has_own_text }
}

/// The function that writes a field in the text of an index key.
#[derive(Debug)]
pub struct IndexSegmentOf<T> {
    pub write: fn(&T, &mut String) -> Result<bool, SegmentError>,
    /// Whether the field is an `Option`.
    pub optional: bool,
    /// Whether serde stores the value as another text than a key does.
    pub has_own_text: bool,
}

fn write_index_key<T: IndexSegment>(value: &T, out: &mut String) -> Result<bool, SegmentError> {
    value.value().map_or(Ok(false), |value| key_segment().write(value, out))
}

/// Appends the text that a key function returned for the primary key.
pub fn write_function<T: PrimaryKeyFnOutput>(text: T, out: &mut String) -> Result<bool, SegmentError> {
    write_index_function(text, out)
}

/// Appends the text that a key function returned for an index key. Returns `false` for `None`.
pub fn write_index_function<T: KeyFnOutput>(text: T, out: &mut String) -> Result<bool, SegmentError> {
    let Some(text) = text.text() else { return Ok(false) };
    out.push_str(&text);
    Ok(true)
}

/// Returns the result of an index's `when` function. It has the signature of the functions that write a field.
pub fn write_condition(holds: bool, _: &mut String) -> Result<bool, SegmentError> {
    Ok(holds)
}

/// Converts a time to the type of a `created_at` or `updated_at` field.
pub fn time<T: TimeField>(time: DateTime<Utc>) -> T {
    T::__at(time)
}

/// Converts a write id to the type of a `write_id` field.
pub fn write_id<T: WriteIdField>(id: &str) -> T {
    T::__of(id)
}

/// A builder's field that is set.
#[derive(Debug, Clone)]
pub struct Is<T>(pub T);

/// A builder's field that is not set yet. The name of the type `F` is the name of the field.
#[derive(Debug, Clone)]
pub struct NotSet<F>(pub PhantomData<F>);

/// Implemented by the field `F` of a builder if the field is set.
#[diagnostic::on_unimplemented(
    message = "the field `{F}` is not set",
    label = "call `.{F}(..)` first",
    note = "set each field without a default before you call `build`"
)]
pub trait Filled<F, T> {
    fn __value(self) -> T;
}

impl<F, T> Filled<F, T> for Is<T> {
    fn __value(self) -> T {
        self.0
    }
}

/// Returns the functions of a `version` field. Only this function has the bound, so an unsuitable type causes one compile error.
pub const fn version<T: VersionField>() -> VersionOf<T> {
    VersionOf { number: T::__number, of: T::__version, max: T::__MAX }
}

/// The functions that read and set a version.
#[derive(Debug)]
pub struct VersionOf<T> {
    pub number: fn(&T) -> u64,
    pub of: fn(u64) -> T,
    /// The largest version, for types that counting can exhaust.
    pub max: Option<u64>,
}

/// Returns `true` if the attribute is the table's `ttlAttribute`.
pub const fn is_ttl(layout: &TableLayout, attribute: &str) -> bool {
    match layout.ttl_attribute {
        Some(ttl) => same(ttl, attribute),
        None => false,
    }
}

/// Serializes an operand for an attribute without `#[serde(with)]`.
pub fn encode_operand<T: Serialize + ?Sized>(value: &T) -> Result<Option<AttributeValue>, EncodeError> {
    crate::codec::encode_operand(value)
}

pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<AttributeValue, EncodeError> {
    crate::codec::encode_value(value)
}

/// Selects the role of a field by whether its `with` module stores a set.
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

/// Selects the role of a field that index keys use. A field is free if it is an index key itself and no other key depends on it:
/// then an update can change it like any other field.
#[derive(Debug)]
pub struct IsFree<const IS_FREE: bool>;

impl FieldRole for IsFree<true> {
    type Role = Plain;
}

impl FieldRole for IsFree<false> {
    type Role = FeedsIndex;
}

pub type IndexRoleOf<const IS_FREE: bool> = <IsFree<IS_FREE> as FieldRole>::Role;

/// Selects the form of a field that is a whole sort key, by whether the key has type N: numeric keys sort like their values.
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

/// The type `T`. Generated code computes `IS_VALID` from a schema. If the compiler cannot evaluate that schema, it has already reported
/// why, and reports no use of this type.
pub type Valid<T, const IS_VALID: bool> = <IsValid<IS_VALID> as TypeIfValid>::Type<T>;

#[derive(Debug)]
pub struct IsValid<const IS_VALID: bool>;

pub trait TypeIfValid {
    type Type<T>;
}

impl TypeIfValid for IsValid<true> {
    type Type<T> = T;
}

/// Returns `true`. A schema that cannot be evaluated makes the result an error.
pub const fn is_valid(_: &EntitySchema) -> bool {
    true
}

pub const fn assert_padded<T: PaddedSegment>() {}
pub const fn assert_date<T: DateSegment>() {}
pub const fn assert_time<T: TimeSegment>() {}

/// Returns the schema of the entity that a projection is of, and its attributes. Only this function has the bound, so a type that is
/// not an entity causes one compile error.
pub const fn projected<E: EntityModel>() -> Projected {
    Projected { schema: E::__SCHEMA, attributes: E::__ATTRIBUTES }
}

/// What the code of a projection needs from its entity.
#[derive(Debug)]
pub struct Projected {
    pub schema: &'static EntitySchema,
    pub attributes: &'static [AttributeSchema],
}

/// Returns what the code of a table enum needs from an entity.
pub const fn variant_entity<E: EntityModel>() -> VariantEntity<E> {
    VariantEntity { schema: E::__SCHEMA, describe: describe::<E>, decode: decode::<E> }
}

/// The description and the functions of a variant's entity.
#[derive(Debug)]
pub struct VariantEntity<E> {
    pub schema: &'static EntitySchema,
    pub describe: fn() -> Described,
    pub decode: fn(&Stored<'_>) -> Result<E>,
}

/// Asserts that the table enum has a variant for the entity.
pub const fn assert_held<T: Holds<E>, E>() {}

/// Implemented by an entity for its table `T`, by `derive(Entity)`. The code of a table enum mentions it once for each variant, so an
/// unsuitable type causes one compile error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an entity of the table `{T}`",
    label = "not an entity of this table",
    note = "derive `Entity` for it, with `#[entity(table = {T})]`"
)]
pub trait InTable<T>: Sized {
    const __VARIANT: VariantEntity<Self>;
}

/// Returns the text of one argument of a key function.
pub fn arg<T>(arg: &impl KeyArg<T>) -> Result<String, SegmentError> {
    crate::key::args::text(arg)
}

/// Returns the text of one key attribute, for an entity's key functions such as `Order::gsi1pk`. `index` is the number of the
/// index among the entity's indexes, or `None` for the table.
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
