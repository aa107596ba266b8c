//! The bounds of this crate's methods, and the types that stand in their signatures. The derives and this crate implement these traits;
//! a program has no need to name them.

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
