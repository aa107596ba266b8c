//! The bounds of this crate's methods, and the types that stand in their signatures. The derives and this crate implement these traits;
//! a program has no need to name them.

pub use crate::expr::attribute::{
    FeedsIndex, FreeField, KeyOnly, Plain, PrimaryKey, SetField, SetRole, SettableField, Size, StoredField,
    UnmanagedField, Version, WriteId,
};
pub use crate::expr::condition::IntoCondition;
pub use crate::expr::operand::{IntoOperand, IntoValue};
pub use crate::expr::path::{IntoPath, Untyped};
pub use crate::expr::update_values::{Addend, Delta, Elements, IntoElement, NumberField};
pub use crate::key::args::{
    Alone, DateOf, FieldArgs, KeyArg, Lossy, OrderedArgs, Padded, SortArg, SortKey, Text, Tuple, UnderArg,
};
pub use crate::key::index_kind::{Consistent, Global, HashOnly, Local, Primary, Raw, Set, Typed};
pub use crate::key::segment::{
    DateSegment, FunctionKey, IndexSegment, OrderedSegment, PaddedSegment, TimeSegment, WholeKey,
};
pub use crate::model::managed::{TimeField, VersionField, WriteIdField};
pub use crate::model::{EntityModel, TableModel};
