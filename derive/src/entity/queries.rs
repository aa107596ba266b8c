//! Generates the named queries, such as `Order::list_by_user`.

use super::keys::{index_types, templates_doc};
use super::model::{Entity, Index};
use super::types::{given_type, private};
use proc_macro2::TokenStream;
use quote::quote;

pub(super) fn named_query(entity: &Entity, number: usize, index: &Index) -> Option<TokenStream> {
    let name = index.name.as_ref()?;
    let (private, krate, vis) = (private(entity), &entity.krate, &entity.vis);
    let [kind, partition_types, sort] = index_types(entity, index);
    let partition = index.pk.as_ref().unwrap_or(&entity.pk);
    let fields: Vec<_> = partition.fields().into_iter().map(|(field, _)| field).collect();
    let args: Vec<_> = fields.iter().map(|field| &entity.fields[*field].ident).collect();
    let types = fields.iter().map(|field| given_type(entity, *field, &[partition]));
    let given = match args.as_slice() {
        [one] => quote!(#one),
        many => quote!((#(#many),*)),
    };
    let doc = format!(
        "Queries the entities in one partition of the index `{}`. Key templates: {}.",
        index.ident,
        templates_doc(index)
    );
    Some(quote! {
        #[doc = #doc]
        #vis fn #name(#(#args: impl #krate::__private::KeyArg<#types>),*) -> #krate::Query<Self, #kind, #sort> {
            #private::EntityIndexOf::<Self, #kind, #partition_types, #sort>::__new(#number).query(#given)
        }
    })
}
