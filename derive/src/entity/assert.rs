//! Generates the checks that need the table, as constants that the compiler evaluates, with the user's spans.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::managed;
use super::model::{Entity, Field, Part, Template, span_of};
use super::schema::{segment, template_code};
use super::types::{private, segment_name, value_type};
use crate::ctxt::{message_of, respan};
use crate::template::{Placeholder, Transform};

/// Returns the checks that need the table. Each is a constant with the span of the word that it checks.
pub(super) fn checks(entity: &Entity) -> TokenStream {
    let Entity { table, ident, .. } = entity;
    let private = private(entity);
    let layout = quote!(<#table as #private::TableModel>::__SCHEMA.layout);
    let assert = |span: Span, holds: TokenStream, message: String| {
        let message = message_of(&message);
        quote_spanned!(span=> const _: () = ::core::assert!(#private::is_broken(#layout) || #holds, #message);)
    };
    let held = quote!(const _: () = #private::assert_held::<#table, #ident>(););
    let mut checks = vec![respan(held, table.span())];

    // The checks read an index from the entity's schema instead of calling the table's index function, so that an index that does
    // not exist is reported only once.
    for (number, index) in entity.indexes.iter().enumerate() {
        let word = &index.ident;
        let schema = quote!(<#ident as #private::HasSchema>::__SCHEMA.indexes[#number].index);
        let global = quote!(::core::matches!(#schema.kind, #private::IndexKind::Global));
        match &index.pk {
            Some(pk) => {
                let message = format!(
                    "`{word}` is a local secondary index, which uses the table's partition key; remove its `pk`"
                );
                checks.push(assert(pk.literal.span(), global, message));
            }
            None => {
                let message = format!(
                    "`{word}` is a global secondary index in config.json, but `{ident}` has no `pk` for it; add it"
                );
                checks.push(assert(word.span(), quote!(!#global), message));
            }
        }
        match &index.sk {
            Some(sk) => {
                let message =
                    format!("`{word}` has no sort key in config.json, but `{ident}` declares one; remove its `sk`");
                checks.push(assert(sk.literal.span(), quote!(!#schema.sort_keys.is_empty()), message));
            }
            None => {
                let message =
                    format!("`{word}` has a sort key in config.json, but `{ident}` declares none; add its `sk`");
                checks.push(assert(word.span(), quote!(#schema.sort_keys.is_empty()), message));
            }
        }
        let of_entity = quote!(<#ident as #private::HasSchema>::__SCHEMA);
        for (template, is_sort) in [(&index.pk, false), (&index.sk, true)] {
            let Some(template) = template else { continue };
            let check = quote!(#[allow(unused_qualifications)] const _: () = #private::check_index_key(#of_entity, #layout, #number, #is_sort););
            checks.push(respan(check, template.literal.span()));
        }
        let check = quote!(#[allow(unused_qualifications)] const _: () = #private::check_index_conditions(#of_entity, #layout, #number););
        checks.push(respan(check, word.span()));
        let single = quote!(#schema.partition_keys.len() < 2 && #schema.sort_keys.len() < 2);
        let message =
            format!("`{word}` has a multi-attribute key in config.json, for which entities cannot have templates yet");
        checks.push(assert(word.span(), single, message));
    }
    for (template, is_sort) in [(Some(&entity.pk), false), (entity.sk.as_ref(), true)] {
        let Some(template) = template else { continue };
        let of_entity = quote!(<#ident as #private::HasSchema>::__SCHEMA);
        let check = quote!(#[allow(unused_qualifications)] const _: () = #private::check_primary_key(#of_entity, #layout, #is_sort););
        checks.push(respan(check, template.literal.span()));
    }
    match &entity.sk {
        Some(sk) => {
            let message = format!("the table has no sort key in config.json, but `{ident}` declares one; remove `sk`");
            checks.push(assert(sk.literal.span(), quote!(#layout.sort_key.is_some()), message));
        }
        None => {
            let message = format!("the table has a sort key in config.json, but `{ident}` declares none; add `sk`");
            checks.push(assert(ident.span(), quote!(#layout.sort_key.is_none()), message));
        }
    }
    let numbers = [
        (Some(&entity.pk), quote!(::core::option::Option::Some(#layout.partition_key))),
        (entity.sk.as_ref(), quote!(#layout.sort_key)),
    ];
    for (template, key) in numbers {
        let Some(template) = template else { continue };
        let text = &template.literal;
        let segments: Vec<_> = template.segments.iter().map(|part| segment(entity, part)).collect();
        let template = template_code(&private, text, &segments);
        let fits = quote!(match #key {
            ::core::option::Option::Some(key) => #private::fits_key_type(&#template, &key),
            ::core::option::Option::None => true,
        });
        let message = format!(
            "this key is a number in config.json: its template must be a single field, as in `{{n}}`, not `{}`",
            text.value()
        );
        checks.push(assert(text.span(), fits, message));
    }
    for template in entity.templates() {
        checks.extend(separation(entity, template, &layout));
        for (field, placeholder) in template.fields() {
            checks.extend(placeholder_bound(entity, field, placeholder));
        }
    }
    for field in entity.fields.iter().filter(|field| field.is_attribute() && field.key_only.is_none()) {
        let (attribute, name) = (&field.attribute, field.ident.unraw().to_string());
        let of_entity = quote!(<#ident as #private::HasSchema>::__SCHEMA);
        let check = quote!(#[allow(unused_qualifications)] const _: () = #private::check_name(#of_entity, #layout, #name, #attribute););
        checks.push(respan(check, field.ident.span()));
    }
    checks.extend(managed::ttl_check(entity, &layout));
    checks.extend(entity.fields.iter().filter_map(|field| field.set_check.clone()));
    checks.extend(stored_times(entity));
    quote!(#(#checks)*)
}

/// Checks that a time in a key is stored in the same format as in the key.
fn stored_times(entity: &Entity) -> impl Iterator<Item = TokenStream> + '_ {
    let is_stored = |number: &&usize| {
        let field = &entity.fields[**number];
        field.is_attribute() && field.key_only.is_none() && field.serialize_with.is_none()
    };
    entity.key_fields.iter().filter(is_stored).map(move |number| {
        let Field { ident, ty, .. } = &entity.fields[*number];
        let message = format!(
            "a key contains `{ident}`, but serde stores it in another format than the key; add \
             `#[serde(with = \"monotable::timestamp\")]`"
        );
        let message = message_of(&message);
        let segment = segment_name(*number);
        quote_spanned!(span_of(ty)=> const _: () = ::core::assert!(!#segment.has_own_text, #message);)
    })
}

/// Checks that a literal with the delimiter is between two placeholders, or that the first one is padded.
fn separation(entity: &Entity, template: &Template, layout: &TokenStream) -> Option<TokenStream> {
    let private = private(entity);
    template.segments.windows(3).find(|parts| {
        matches!(parts, [Part::Field(_, Placeholder { width: None, .. }), Part::Literal(_), Part::Field(..)])
    })?;
    let text = &template.literal;
    let segments: Vec<_> = template.segments.iter().map(|part| segment(entity, part)).collect();
    let template = template_code(&private, text, &segments);
    let message = format!(
        "a value in `{}` may contain the text between two placeholders, so the key could not be read back; \
         put the delimiter between them, or pad the first one, as in `{{n:010}}`",
        text.value()
    );
    let message = message_of(&message);
    Some(quote_spanned! {text.span()=>
        const _: () = ::core::assert!(
            #private::separates(&#template, #layout.delimiter),
            #message
        );
    })
}

/// Returns a check that the field's type supports the padding or the transform of its placeholder.
fn placeholder_bound(entity: &Entity, field: usize, placeholder: &Placeholder) -> Option<TokenStream> {
    let private = private(entity);
    let bound = match placeholder {
        Placeholder { width: Some(_), .. } => "assert_padded",
        Placeholder { transform: Some(Transform::Year | Transform::Month | Transform::Day), .. } => "assert_date",
        Placeholder { transform: Some(Transform::Hour), .. } => "assert_time",
        _ => return None,
    };
    let (bound, ty) = (format_ident!("{bound}"), value_type(entity, field));
    Some(quote_spanned!(span_of(&entity.fields[field].ty)=> const _: () = #private::#bound::<#ty>();))
}
