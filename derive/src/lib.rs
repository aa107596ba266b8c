//! The derive macros of [`monotable`](https://docs.rs/monotable), which re-exports them.
//!
//! Each derive has up to four stages, each in its own file: `attr` parses the options and keeps their spans, `model` joins them
//! with the fields, `check` checks the rules, and `expand` emits constant data and calls into `monotable::__private`. A derive
//! collects all errors before it reports them. If there is an error, `fallback` emits stubs with which the rest of the user's
//! code compiles, so that each mistake is reported once.

mod ctxt;
mod entity;
mod projection;
mod segment;
mod serde;
mod table;
mod template;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

#[doc = include_str!("../docs/entity.md")]
#[proc_macro_derive(Entity, attributes(entity))]
pub fn entity(input: TokenStream) -> TokenStream {
    entity::derive(&parse_macro_input!(input as DeriveInput)).into()
}

#[doc = include_str!("../docs/table.md")]
#[proc_macro_derive(Table, attributes(table))]
pub fn table(input: TokenStream) -> TokenStream {
    table::derive(&parse_macro_input!(input as DeriveInput)).into()
}

#[doc = include_str!("../docs/projection.md")]
#[proc_macro_derive(Projection, attributes(projection))]
pub fn projection(input: TokenStream) -> TokenStream {
    projection::derive(&parse_macro_input!(input as DeriveInput)).into()
}

#[doc = include_str!("../docs/key_segment.md")]
#[proc_macro_derive(KeySegment)]
pub fn key_segment(input: TokenStream) -> TokenStream {
    segment::derive(&parse_macro_input!(input as DeriveInput)).into()
}
