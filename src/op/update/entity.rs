//! The entity of an update, as a value.

use std::marker::PhantomData;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::client::Attributes;
use crate::codec::EncodeError;
use crate::error::Result;
use crate::key::segment::SegmentError;
use crate::model::managed::ManagedValue;
use crate::model::partial_item::{KeyTextError, PartialItem};
use crate::model::{self, EntityModel, EntityType, Mismatch, read_target};
use crate::value::document_path::PathElement;

/// What the plan of an update needs from its entity.
pub(super) trait UpdatedEntity {
    fn entity(&self) -> EntityType;
    fn restore(&self, field: usize, text: &str) -> Result<AttributeValue, SegmentError>;
    fn derive(&self, field: usize, known: &PartialItem, out: &mut String) -> Result<bool, KeyTextError>;
    fn stamped(&self, value: ManagedValue<'_>) -> Result<Option<AttributeValue>, EncodeError>;
    fn nested_fields(&self, path: &[&str]) -> Option<&'static [&'static str]>;
    fn check_readable(&self, steps: &[PathElement], value: &AttributeValue) -> Result<(), Mismatch>;
    fn is_required(&self, steps: &[PathElement]) -> bool;
    fn check_item(&self, item: &Attributes) -> Result<()>;
}

impl<E: EntityModel> UpdatedEntity for PhantomData<E> {
    fn entity(&self) -> EntityType {
        EntityType::of::<E>()
    }

    fn restore(&self, field: usize, text: &str) -> Result<AttributeValue, SegmentError> {
        E::__restore(field, text)
    }

    fn derive(&self, field: usize, known: &PartialItem, out: &mut String) -> Result<bool, KeyTextError> {
        E::__derive(field, known, out)
    }

    fn stamped(&self, value: ManagedValue<'_>) -> Result<Option<AttributeValue>, EncodeError> {
        E::__stamped(value)
    }

    fn nested_fields(&self, path: &[&str]) -> Option<&'static [&'static str]> {
        model::nested_fields::<E>(path)
    }

    fn check_readable(&self, steps: &[PathElement], value: &AttributeValue) -> Result<(), Mismatch> {
        model::check_readable::<E>(steps, value)
    }

    fn is_required(&self, steps: &[PathElement]) -> bool {
        model::is_required::<E>(steps)
    }

    fn check_item(&self, item: &Attributes) -> Result<()> {
        read_target::decode_item::<E>(item).map(drop)
    }
}
