//! Combines the generated code of an entity, which is constant data and calls into `__private`.

use super::assert;
use super::attributes::attribute;
use super::builder;
use super::description::traits;
use super::keys::{index_function, key_functions};
use super::model::Entity;
use super::queries::named_query;
use proc_macro2::TokenStream;
use quote::quote;

pub(crate) fn entity(entity: &Entity) -> TokenStream {
    let inherent = inherent(entity);
    let traits = traits(entity);
    let checks = assert::checks(entity);
    let builder = builder::builder(entity);
    quote! {
        #inherent
        #builder
        #[doc(hidden)]
        #[allow(unused_qualifications)]
        const _: () = {
            #traits
            #checks
        };
    }
}

/// Generates the inherent items, which users can name: constants, key functions, index functions and queries.
pub(super) fn inherent(entity: &Entity) -> TokenStream {
    let name = &entity.ident;
    let constants = entity.fields.iter().enumerate().filter(|(_, field)| field.is_attribute());
    let constants = constants.map(|(number, field)| attribute(entity, number, field));
    let keys = key_functions(entity);
    let indexes = entity.indexes.iter().enumerate().map(|(number, index)| index_function(entity, number, index));
    let queries = entity.indexes.iter().enumerate().filter_map(|(number, index)| named_query(entity, number, index));
    quote! {
        #[automatically_derived]
        #[allow(dead_code, private_interfaces, private_bounds, unused_qualifications, clippy::needless_pass_by_value)]
        impl #name {
            #(#constants)*
            #keys
            #(#indexes)*
            #(#queries)*
        }
    }
}
