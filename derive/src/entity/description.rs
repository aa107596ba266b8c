//! Generates the implementations of the description traits: how an entity is serialized, and how its keys are written and read.

use super::attr::Managed;
use super::attribute_list::attribute_list;
use super::field::{derive, encoder, text, write};
use super::managed;
use super::model::{Entity, Field, Origin, Template, span_of};
use super::schema::{schema, table_keys};
use super::types::{field_tuple, given_type, private, segment_name, sort_state, tuple, unchecked_given_type};
use crate::ctxt::{constant, target};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;

/// Generates the function that returns the values of the stored fields that keys depend on.
pub(super) fn roots(entity: &Entity) -> TokenStream {
    let private = private(entity);
    let roots: Vec<_> = entity.key_fields.iter().flat_map(|field| entity.fields[*field].roots()).collect();
    let is_root = |field: &&Field| {
        let is_stored = field.is_attribute() && field.key_only.is_none();
        is_stored && roots.contains(&&field.ident)
    };
    let fields: Vec<_> = entity.fields.iter().filter(is_root).collect();
    if fields.is_empty() {
        return TokenStream::new();
    }
    let values = fields.iter().map(|field| {
        let (ident, attribute, constant) = (&field.ident, &field.attribute, constant(&field.ident));
        quote!((#attribute, Self::#constant.__encode(&self.#ident)?))
    });
    quote! {
        fn __roots(
            &self,
        ) -> ::core::result::Result<::std::vec::Vec<(&'static str, #private::Encoded)>, #private::EncodeError> {
            ::core::result::Result::Ok(::std::vec![#(#values),*])
        }
    }
}

/// Returns whether the template depends on the struct's field with this number.
pub(super) fn names(entity: &Entity, template: &Template, field: usize) -> bool {
    template.fields().iter().any(|(named, _)| entity.is_made_from(*named, field))
}

/// Generates the constants with which key fields are written and read. Only they require the traits of key fields, so a type that
/// is not valid in a key causes a single error, on the field's type.
pub(super) fn segments(entity: &Entity) -> TokenStream {
    let private = private(entity);
    let named = entity.key_fields.iter().filter(|field| !matches!(entity.fields[**field].origin, Origin::Call { .. }));
    let constants = named.map(|field| {
        let (name, ty) = (segment_name(*field), &entity.fields[*field].ty);
        match entity.in_primary(*field) {
            true => quote_spanned!(span_of(ty)=> const #name: #private::KeySegmentOf<#ty> = #private::key_segment::<#ty>();),
            false => quote_spanned!(span_of(ty)=> const #name: #private::IndexSegmentOf<#ty> = #private::index_segment::<#ty>();),
        }
    });
    quote!(#(#constants)*)
}

pub(super) fn traits(entity: &Entity) -> TokenStream {
    let (private, krate, name, table) = (private(entity), &entity.krate, &entity.ident, &entity.table);
    let segments = segments(entity);
    let label = name.unraw().to_string();
    let schema = schema(entity, &label);
    let target = target(&private, &label, &quote!(&[<#name as #private::HasSchema>::__SCHEMA]), false);
    let writes = entity.key_fields.iter().enumerate().map(|(number, field)| {
        let write = write(entity, *field, &quote!(self));
        quote!(#number => #write)
    });
    // Nested fields are left out, so that a wrong type in `types(..)` causes a single error, in `write`.
    let is_text = |field: &usize| entity.in_primary(*field) && matches!(entity.fields[*field].origin, Origin::Own);
    let texts = entity.key_fields.iter().enumerate().filter(|(_, field)| is_text(field)).map(|(number, field)| {
        let text = text(entity, *field);
        quote!(#number => #text)
    });
    let derives = entity.key_fields.iter().enumerate().map(|(number, field)| {
        let derive = derive(entity, *field);
        quote!(#number => #derive)
    });
    let is_restored = |field: usize| entity.in_primary(field) && matches!(entity.fields[field].origin, Origin::Own);
    let restores = entity.key_fields.iter().enumerate().filter(|(_, field)| is_restored(**field));
    let restores = restores.map(|(number, field)| {
        let Field { ty, serialize_with, .. } = &entity.fields[*field];
        let encode = encoder(&private, ty, serialize_with.as_ref(), "encode");
        let segment = segment_name(*field);
        quote!(#number => #segment.restore(text, #encode))
    });
    let (attributes, serde) = (attribute_list(entity), serde_functions(entity));
    let (stamps, roots) = (managed::stamps(entity), roots(entity));
    let unversioned = entity
        .managed(Managed::Version)
        .is_none()
        .then(|| quote!(#[automatically_derived] impl #private::Unversioned for #name { const __DERIVED: () = (); }));
    let key_fields = || entity.key_fields.iter().filter(|field| entity.in_primary(**field));
    let primary: Vec<_> = entity.primary().collect();
    let key_types = tuple(key_fields().map(|field| given_type(entity, *field, &primary)));
    // An error in the types of this implementation would make it conflict with the one for values.
    let own_key_types = tuple(key_fields().map(|field| unchecked_given_type(entity, *field, &primary)));
    let partition_types = field_tuple(entity, &entity.pk);
    let sort = sort_state(entity, &entity.pk, entity.sk.as_ref(), &table_keys(entity, true));
    quote! {
        #segments

        #[automatically_derived]
        impl #private::HasSchema for #name {
            const __SCHEMA: &'static #private::EntitySchema = &#schema;
        }

        #[automatically_derived]
        impl #private::EntityModel for #name {
            #attributes

            #serde

            fn __field(
                &self,
                field: usize,
                out: &mut ::std::string::String,
            ) -> ::core::result::Result<bool, #krate::SegmentError> {
                match field {
                    #(#writes,)*
                    _ => ::core::result::Result::Ok(false),
                }
            }

            fn __text(&self, field: usize) -> ::core::option::Option<&str> {
                match field {
                    #(#texts,)*
                    _ => ::core::option::Option::None,
                }
            }

            fn __derive(
                field: usize,
                known: &#private::PartialItem,
                out: &mut ::std::string::String,
            ) -> ::core::result::Result<bool, #private::KeyTextError> {
                match field {
                    #(#derives,)*
                    _ => ::core::result::Result::Ok(false),
                }
            }

            fn __restore(
                field: usize,
                text: &str,
            ) -> ::core::result::Result<#private::AttributeValue, #krate::SegmentError> {
                match field {
                    #(#restores,)*
                    _ => ::core::unreachable!("only fields of the primary key are restored"),
                }
            }

            #stamps
            #roots
        }

        #[automatically_derived]
        impl #krate::ReadTarget for #name {
            type Table = #table;

            const __TARGET: #private::EntitySet =
                #target;

            fn __decode(_: usize, stored: &#private::Stored<'_>) -> #krate::Result<Self> {
                #private::decode(stored)
            }
        }

        #unversioned

        #[automatically_derived]
        impl #private::InTable<#table> for #name {
            const __VARIANT: #private::VariantEntity<Self> = #private::variant_entity();
        }

        #[automatically_derived]
        impl #krate::KeyOf<#key_types> for #name {
            const __DERIVED: () = ();
        }

        #[automatically_derived]
        impl #krate::PartitionOf<#partition_types, #sort> for #name {
            const __DERIVED: () = ();
        }

        #[automatically_derived]
        impl #krate::IntoKey<#name, #own_key_types> for &#name {
            fn __key(self) -> #krate::Result<#krate::Key<#table>> {
                #private::key_of(self)
            }

            fn __loaded(&self) -> ::core::option::Option<#krate::Result<#private::Loaded>> {
                ::core::option::Option::Some(#private::loaded(*self))
            }
        }
    }
}

/// Generates the calls of serde. If one of serde's derives is missing, the compiler reports a single error, on the struct's name.
pub(super) fn serde_functions(entity: &Entity) -> TokenStream {
    let (private, name) = (private(entity), &entity.ident);
    let serialize = quote_spanned!(name.span()=> <#name as #private::Serialize>::serialize);
    let deserialize = quote_spanned!(name.span()=> <#name as #private::Deserialize>::deserialize);
    quote! {
        #[inline]
        fn __serialize<S: #private::Serializer>(
            &self,
            serializer: S,
        ) -> ::core::result::Result<S::Ok, S::Error> {
            #serialize(self, serializer)
        }

        #[inline]
        fn __deserialize<'de, D: #private::Deserializer<'de>>(
            deserializer: D,
        ) -> ::core::result::Result<Self, D::Error> {
            #deserialize(deserializer)
        }
    }
}
