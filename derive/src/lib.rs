//! The derive macros of `monotable`, which re-exports them; their documentation is there.
//!
//! Each derive is attributes → model → check → expand, one stage a file: `attr` reads the user's words and keeps their
//! spans, `model` joins them with the fields, `check` holds the rules, `expand` emits constant data and calls into
//! `monotable::__private`. All errors of a derive are collected; after one, `fallback` emits what else the user's code
//! needs to compile, so that one mistake is one message.

mod ctxt;
mod entity;
mod projection;
mod segment;
mod serde;
mod table;
mod template;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct an entity: see `monotable::Entity`.
#[proc_macro_derive(Entity, attributes(entity))]
pub fn entity(input: TokenStream) -> TokenStream {
    entity::derive(&parse_macro_input!(input as DeriveInput)).into()
}

/// Makes an enum of entities a table, or a part of one: see `monotable::Table`.
#[proc_macro_derive(Table, attributes(table))]
pub fn table(input: TokenStream) -> TokenStream {
    table::derive(&parse_macro_input!(input as DeriveInput)).into()
}

/// Makes a struct a projection of an entity: see `monotable::Projection`.
#[proc_macro_derive(Projection, attributes(projection))]
pub fn projection(input: TokenStream) -> TokenStream {
    projection::derive(&parse_macro_input!(input as DeriveInput)).into()
}

/// Makes a newtype, or an enum without fields, fit for key templates: see `monotable::KeySegment`.
#[proc_macro_derive(KeySegment)]
pub fn key_segment(input: TokenStream) -> TokenStream {
    segment::derive(&parse_macro_input!(input as DeriveInput)).into()
}
