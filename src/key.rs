//! Keys as text: the values that can stand in them, templates, and the arguments that a call gives for a template's fields.

pub(crate) mod args;
pub(crate) mod index_kind;
pub(crate) mod key_text;
pub(crate) mod segment;
pub(crate) mod template;
