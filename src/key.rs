//! Keys as text: the values that a key can contain, the templates, and the argument types that a key accepts.

pub(crate) mod args;
pub(crate) mod index_kind;
pub(crate) mod key_text;
pub(crate) mod segment;
pub(crate) mod template;
