//! Expands `#[derive(Entity)]`.

mod assert;
mod attr;
mod attribute_list;
mod attributes;
mod builder;
mod check;
mod description;
mod expand;
mod fallback;
mod field;
mod keys;
mod managed;
mod model;
mod queries;
mod schema;
mod types;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::ctxt::Ctxt;

pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let cx = Ctxt::default();
    let attrs = attr::read(&cx, input);
    let entity = model::Entity::new(&cx, input, &attrs);
    // If an option could not be parsed, the checks would report what only seems to be missing.
    if let Some(entity) = entity.as_ref().filter(|_| !attrs.is_broken) {
        check::entity(&cx, entity);
    }
    match (cx.finish(), entity) {
        (None, Some(entity)) => expand::entity(&entity),
        (errors, _) => {
            let stub = fallback::entity(input, &attrs);
            quote!(#errors #stub)
        }
    }
}
