//! Generates the key functions, such as `Order::pk`, and the index functions, such as `Order::gsi1`.

use super::model::{Entity, Index, Template};
use super::schema::index_keys;
use super::types::{field_tuple, given_type, private, sort_state};
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::Ident;
use syn::ext::IdentExt;

/// Generates `pk`, `sk`, `gsi1pk` and `gsi1sk`, each of which returns the text of one key attribute.
pub(super) fn key_functions(entity: &Entity) -> TokenStream {
    let one = |index: Option<usize>, sort: bool, prefix: &str, span: Span, template: &Template| {
        let (private, krate, vis) = (private(entity), &entity.krate, &entity.vis);
        let name = Ident::new(&format!("{prefix}{}", if sort { "sk" } else { "pk" }), span);
        let fields: Vec<_> = template.fields().into_iter().map(|(field, _)| field).collect();
        let args: Vec<_> = fields.iter().map(|field| entity.fields[*field].ident.clone()).collect();
        let types: Vec<_> = fields.iter().map(|field| given_type(entity, *field, &[template])).collect();
        let index = match index {
            Some(index) => quote!(::core::option::Option::Some(#index)),
            None => quote!(::core::option::Option::None),
        };
        let doc = format!(
            "Returns the text of the key `{}`.\n\n# Errors\nReturns an error if a value is not valid in a key.",
            template.literal.value()
        );
        quote! {
            #[doc = #doc]
            #vis fn #name(#(#args: impl #krate::__private::KeyArg<#types>),*) -> #krate::Result<::std::string::String> {
                let texts = || ::core::result::Result::Ok(::std::vec![#(#private::arg::<#types>(&#args)?),*]);
                #private::key_text::<Self>(#index, #sort, texts())
            }
        }
    };
    let primary = one(None, false, "", entity.pk.literal.span(), &entity.pk);
    let sort = entity.sk.iter().map(|sk| one(None, true, "", sk.literal.span(), sk));
    let indexes = entity.indexes.iter().enumerate().flat_map(|(number, index)| {
        let prefix = index.ident.unraw().to_string();
        let pk = index.pk.as_ref().map(|pk| one(Some(number), false, &prefix, index.ident.span(), pk));
        let sk = index.sk.as_ref().map(|sk| one(Some(number), true, &prefix, index.ident.span(), sk));
        pk.into_iter().chain(sk)
    });
    quote!(#primary #(#sort)* #(#indexes)*)
}

/// Returns the type arguments of an index: its kind, its partition key fields, and the state of its sort key.
pub(super) fn index_types(entity: &Entity, index: &Index) -> [TokenStream; 3] {
    let private = private(entity);
    let kind = if index.pk.is_some() { quote!(#private::Global) } else { quote!(#private::Local) };
    let partition = index.pk.as_ref().unwrap_or(&entity.pk);
    let keys = index_keys(entity, index, "sort_keys");
    [kind, field_tuple(entity, partition), sort_state(entity, partition, index.sk.as_ref(), &keys)]
}

pub(super) fn index_function(entity: &Entity, number: usize, index: &Index) -> TokenStream {
    let (private, vis, ident) = (private(entity), &entity.vis, &index.ident);
    let [kind, partition, sort] = index_types(entity, index);
    let doc =
        format!("Returns the index `{ident}`, for reads of this entity. Key templates: {}.", templates_doc(index));
    quote! {
        #[doc = #doc]
        #vis fn #ident() -> #private::EntityIndexOf<Self, #kind, #partition, #sort> {
            #private::EntityIndexOf::__new(#number)
        }
    }
}

pub(super) fn templates_doc(index: &Index) -> String {
    let text = |template: &Template| format!("`{}`", template.literal.value());
    let texts: Vec<_> = index.pk.iter().chain(&index.sk).map(text).collect();
    texts.join(", ")
}
