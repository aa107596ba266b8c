//! Paths and types that several parts of the generated code use.

use super::model::{Entity, Part, Template};
use crate::template::{Placeholder, Transform};
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::Ident;

pub(super) fn private(entity: &Entity) -> TokenStream {
    let krate = &entity.krate;
    quote!(#krate::__private)
}

/// Returns the name of the constant with which a key field is written and read.
pub(super) fn segment_name(field: usize) -> Ident {
    format_ident!("SEGMENT_{field}")
}

/// Returns the type of the argument for a key field. For an `Option` in an index key, this is the type inside it.
pub(super) fn value_type(entity: &Entity, field: usize) -> TokenStream {
    let ty = &entity.fields[field].ty;
    if entity.in_primary(field) {
        return ty.to_token_stream();
    }
    // Looks at the spelling of the type. With an associated type, a type that is not valid in a key would be reported wherever
    // the entity is used.
    crate::serde::inner_of_option(ty).unwrap_or(ty).to_token_stream()
}

/// Returns the type of the argument for a field of these templates.
///
/// If the type is not valid in a key, the compiler reports that once, on the field. `Valid` keeps it from reporting each use
/// of the key as well. A type with the name of a valid type is used as it is, which keeps users' documentation short.
pub(super) fn given_type(entity: &Entity, field: usize, templates: &[&Template]) -> TokenStream {
    let (private, name, ty) = (private(entity), &entity.ident, value_type(entity, field));
    let ty = match is_known_segment(&ty) {
        true => ty,
        false => quote!(
            #private::Valid<#ty, { #private::is_valid(<#name as #private::HasSchema>::__SCHEMA) }>
        ),
    };
    transformed(entity, ty, field, templates)
}

/// Returns the same type as [`given_type`], for places where an error in a type causes other errors.
pub(super) fn unchecked_given_type(entity: &Entity, field: usize, templates: &[&Template]) -> TokenStream {
    transformed(entity, value_type(entity, field), field, templates)
}

fn is_known_segment(ty: &TokenStream) -> bool {
    let text = ty.to_string().replace(' ', "");
    let path = text.split('<').next().unwrap_or_default();
    let name = path.rsplit("::").next().unwrap_or_default();
    let bits = name.strip_prefix(['i', 'u']).unwrap_or_default();
    let is_integer = matches!(bits, "8" | "16" | "32" | "64" | "128");
    is_integer || matches!(name, "B" | "DateTime" | "NaiveDate" | "String" | "Uuid" | "bool" | "char")
}

fn transformed(entity: &Entity, ty: TokenStream, field: usize, templates: &[&Template]) -> TokenStream {
    let private = private(entity);
    let places = templates.iter().flat_map(|template| &template.segments).filter_map(|part| match part {
        Part::Field(named, placeholder) if *named == field => Some(placeholder.transform),
        _ => None,
    });
    // Only the date is in the key, so a date is accepted too.
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

/// Returns the type state of a query's sort key once the partition key is known. `keys` is code for the sort keys of the queried
/// table or index.
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
