//! The expressions of requests: conditions, updates, projections and sort conditions, and the placeholders that they share.

pub(crate) mod attribute;
pub(crate) mod condition;
pub(crate) mod entity_filter;
pub(crate) mod evaluate;
pub(crate) mod operand;
pub(crate) mod path;
pub(crate) mod placeholders;
pub(crate) mod projection;
pub(crate) mod sort_condition;
pub(crate) mod update;
pub(crate) mod update_values;
