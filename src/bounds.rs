//! Traits and types that appear only in the signatures of this crate's functions. The derive macros and this crate implement the
//! traits; your program does not have to name them.
//!
//! Only two of the traits are for other types: a type that implements [`KeySegment`](trait@crate::KeySegment) without the derive can also
//! implement [`OrderedSegment`], and other types can implement [`KeyArg`] for it. The other traits are sealed, so later versions can add
//! methods to them.

pub use crate::expr::attribute::{
    FeedsIndex, KeyOnly, NotInIndexKey, Plain, PrimaryKey, SetField, SettableField, Size, StoredAsSet, StoredField,
    UnmanagedField, Version, WriteId,
};
pub use crate::expr::condition::IntoCondition;
pub use crate::expr::operand::{IntoOperand, IntoValue};
pub use crate::expr::path::{IntoPath, Untyped};
pub use crate::expr::update_values::{AddValue, Delta, IntoElement, ListOrSet, NumberField};
pub use crate::key::args::{
    Alone, DateOf, FieldArgs, KeyArg, Lossy, OrderedArgs, Padded, RawText, SortArg, SortKey, Tuple, UnderArg,
};
pub use crate::key::index_kind::{Consistent, Global, Local, NoSortKey, Primary, Raw, SortKeyFixed, Typed};
pub use crate::key::segment::{
    DateSegment, IndexSegment, KeyFnOutput, OrderedSegment, PaddedSegment, PrimaryKeyFnOutput, TimeSegment,
};
pub use crate::model::managed::{TimeField, VersionField, WriteIdField};
pub use crate::model::{EntityModel, TableModel};
