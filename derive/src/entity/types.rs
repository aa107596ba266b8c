//! Paths and types that several parts of the generated code name.

use super::model::{Entity, Part, Template};
use crate::template::{Placeholder, Transform};
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::Ident;

pub(super) fn private(entity: &Entity) -> TokenStream {
    let krate = &entity.krate;
    quote!(#krate::__private)
}

/// The name of the constant that a key field is written and read with.
pub(super) fn segment_name(field: usize) -> Ident {
    format_ident!("SEGMENT_{field}")
}

/// The type that a call gives for a field of the primary key, or of an index, where an `Option` is what is inside it.
pub(super) fn value_type(entity: &Entity, field: usize) -> TokenStream {
    let ty = &entity.fields[field].ty;
    if entity.in_primary(field) {
        return ty.to_token_stream();
    }
    // As it is spelled: by its trait, a type that is no segment would be an error wherever the entity is used.
    crate::serde::inner_of_option(ty).unwrap_or(ty).to_token_stream()
}

/// The type that a call gives for a field that these templates name.
pub(super) fn given_type(entity: &Entity, field: usize, templates: &[&Template]) -> TokenStream {
    let (private, ty) = (private(entity), value_type(entity, field));
    let places = templates.iter().flat_map(|template| &template.segments).filter_map(|part| match part {
        Part::Field(named, placeholder) if *named == field => Some(placeholder.transform),
        _ => None,
    });
    // What is left of a date and time is its date: that is enough.
    let is_date = |transform| matches!(transform, Some(Transform::Year | Transform::Month | Transform::Day));
    let transforms: Vec<_> = places.collect();
    match !transforms.is_empty() && transforms.into_iter().all(is_date) {
        true => quote!(#private::DateOf<#ty>),
        false => ty,
    }
}

pub(super) fn tuple(types: impl IntoIterator<Item = TokenStream>) -> TokenStream {
    let types = types.into_iter();
    quote!((#(#types,)*))
}

pub(super) fn field_tuple(entity: &Entity, template: &Template) -> TokenStream {
    tuple(template.fields().into_iter().map(|(field, _)| given_type(entity, field, &[template])))
}

/// The state of a query's sort key, once `partition` is given. `keys`: code for the sort keys of what is queried.
pub(super) fn sort_state(
    entity: &Entity,
    partition: &Template,
    sort: Option<&Template>,
    keys: &TokenStream,
) -> TokenStream {
    let private = private(entity);
    let Some(sort) = sort else { return quote!(#private::NoSortKey) };
    let given = partition.given();
    let open: Vec<_> = sort.fields().into_iter().filter(|(field, _)| !given.contains(field)).collect();
    if open.is_empty() {
        return quote!(#private::SortKeyFixed);
    }
    let places = tuple(open.into_iter().map(|(field, placeholder)| {
        let ty = given_type(entity, field, &[sort]);
        match placeholder {
            Placeholder { width: Some(_), .. } => quote!(#private::Padded<#ty>),
            placeholder if !placeholder.is_whole() => quote!(#private::Lossy<#ty>),
            Placeholder { transform: None, .. } if sort.segments.len() == 1 => {
                quote!(#private::FieldFormOf<#ty, { #private::is_number(#keys) }>)
            }
            _ => ty,
        }
    }));
    quote!(#private::Typed<#places>)
}
