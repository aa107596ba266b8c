//! What the user's code needs of an entity that does not compile: enough that its own mistake is the one that is shown.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Fields};

use super::attr::Attrs;
use crate::ctxt::{constant, runtime};

pub(crate) fn entity(input: &DeriveInput, attrs: &Attrs) -> Option<TokenStream> {
    // Without a table there is no trait to implement, and with parameters no type to implement it for.
    let table = attrs.table.as_ref()?;
    if !input.generics.params.is_empty() {
        return None;
    }
    let (name, krate) = (&input.ident, runtime(attrs.krate.as_ref()));
    let private = quote!(#krate::__private);
    let label = name.to_string();
    // Two of one name are an error already.
    let mut names = Vec::new();
    let constants = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => fields
                .named
                .iter()
                .filter_map(|field| {
                    let (vis, ty, ident) = (&field.vis, &field.ty, constant(field.ident.as_ref()?));
                    if names.contains(&ident) {
                        return None;
                    }
                    names.push(ident.clone());
                    Some(quote!(#vis const #ident: #krate::Attribute<#name, #ty> = #krate::Attribute::__new("", #private::Encoder::new(|_| ::core::result::Result::Ok(::core::option::Option::None)));))
                })
                .collect(),
            Fields::Unnamed(_) | Fields::Unit => Vec::new(),
        },
        Data::Enum(_) | Data::Union(_) => Vec::new(),
    };
    Some(quote! {
        #[allow(dead_code, private_interfaces)]
        impl #name { #(#constants)* }

        impl #krate::Entity for #name {
            const SCHEMA: &'static #private::EntitySchema = &#private::EntitySchema {
                name: #label,
                discriminator: #label,
                aliases: &[],
                fields: &[],
                attributes: &[],
                required: &[],
                managed: #private::Managed::NONE,
                primary: #private::KeyTemplates {
                    partition: #private::Template { text: "", segments: &[] },
                    sort: ::core::option::Option::None,
                },
                indexes: &[],
            };
            fn __field(
                &self,
                _: usize,
                _: &mut ::std::string::String,
            ) -> ::core::result::Result<bool, #krate::SegmentError> {
                ::core::unreachable!("this code does not compile")
            }
            fn __derive(
                _: usize,
                _: &#private::Known,
                _: &mut ::std::string::String,
            ) -> ::core::result::Result<bool, #private::Unknown> {
                ::core::unreachable!("this code does not compile")
            }
            fn __restore(
                _: usize,
                _: &str,
            ) -> ::core::result::Result<#private::AttributeValue, #krate::SegmentError> {
                ::core::unreachable!("this code does not compile")
            }
        }

        impl #krate::Readable for #name {
            type Table = #table;
            const __TARGET: #private::Target =
                #private::Target { name: #label, entities: &[<#name as #krate::Entity>::SCHEMA], labels: &[], whole: false };
            fn __decode(_: usize, _: &#private::Stored<'_>) -> #krate::Result<Self> {
                ::core::unreachable!("this code does not compile")
            }
        }

        impl #private::Unversioned for #name {}

        impl #private::InTable<#table> for #name {}

        impl<F> #krate::KeyOf<F> for #name {}
    })
}
