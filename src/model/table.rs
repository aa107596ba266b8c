//! The traits that describe a table and its entities.

use monotable_config::ValueKind;

use crate::model::EntityModel;
use crate::model::read_target::ReadTarget;
use crate::model::value_kind::value_kind;
use crate::schema::{AttributeSchema, ConfigSource, TableLayout, TableSchema};

/// What `schema.json` says about an entity that the constants do not.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Described {
    pub(crate) doc: &'static str,
    pub(crate) attributes: &'static [AttributeSchema],
    pub(crate) value_kind: fn(&str) -> (ValueKind, Vec<String>),
}

impl Default for Described {
    fn default() -> Self {
        Self { doc: "", attributes: &[], value_kind: |_| (ValueKind::Any, Vec::new()) }
    }
}

#[doc(hidden)]
pub fn describe<E: EntityModel>() -> Described {
    Described { doc: E::__DOC, attributes: E::__ATTRIBUTES, value_kind: value_kind::<E> }
}

/// The description of a table: its keys, its indexes and its entities.
///
/// `#[derive(Table)]` implements this trait. The operations are in [`Table`](crate::Table).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a table",
    note = "add `#[derive(Table)]` to an enum of the table's entities"
)]
pub trait TableModel: ReadTarget<Table = Self> {
    #[doc(hidden)]
    const __SCHEMA: &'static TableSchema;

    #[doc(hidden)]
    const __CONFIG: ConfigSource;

    /// The layout is a separate constant, because the schemas of the entities need it, and the schema of the table contains
    /// those.
    #[doc(hidden)]
    const __LAYOUT: &'static TableLayout;

    /// Describes the entity with this number, for `schema.json`.
    #[doc(hidden)]
    fn __describe(_: usize) -> Described {
        Described::default()
    }
}

/// A table with a variant for the entity `E`. `derive(Table)` implements this trait.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no variant for `{E}`",
    label = "`{E}` names `{Self}` as its table",
    note = "add `{E}({E})` to the enum `{Self}`"
)]
pub trait Holds<E> {
    /// Only `derive(Table)` names this constant, so that no other code implements the trait.
    #[doc(hidden)]
    const __DERIVED: ();
}
