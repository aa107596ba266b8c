//! Generates the attribute constants, such as `Order::TOTAL`.

use super::attr::Managed;
use super::description::names;
use super::field::encoder;
use super::model::{Entity, Field};
use super::types::private;
use crate::ctxt::constant;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ext::IdentExt;

pub(super) fn attribute(entity: &Entity, number: usize, field: &Field) -> TokenStream {
    let (private, krate, name) = (private(entity), &entity.krate, &entity.ident);
    let Field { vis, ty, attribute, .. } = field;
    let ident = constant(&field.ident);
    let feeds: Vec<String> = entity
        .indexes
        .iter()
        .filter(|index| {
            index.pk.iter().chain(&index.sk).any(|template| names(entity, template, number))
                || index.when.is_some_and(|when| entity.is_made_from(when, number))
        })
        .map(|index| index.ident.unraw().to_string())
        .collect();
    let in_primary = entity.primary().any(|template| names(entity, template, number));
    let role = match (in_primary, field.key_only.is_some(), feeds.is_empty()) {
        (_, true, _) => quote!(KeyOnly),
        (true, false, _) => quote!(PrimaryKey),
        _ if matches!(field.managed, Some((Managed::Version, _))) => quote!(Version),
        _ if matches!(field.managed, Some((Managed::WriteId, _))) => quote!(WriteId),
        _ if field.is_set.is_some() && feeds.is_empty() => quote!(SetField),
        (false, false, false) if entity.is_ever_alone(number) => {
            quote!(IndexRoleOf<{ #private::is_free(<Self as #private::HasSchema>::__SCHEMA, #attribute) }>)
        }
        (false, false, false) => quote!(FeedsIndex),
        (false, false, true) => quote!(Plain),
    };
    let role = match &field.is_set {
        Some(is_set) if role.to_string() == "SetField" => quote!(RoleOf<#is_set>),
        _ => role,
    };
    let encoder = attribute_encoder(entity, field);
    let mut doc = format!("The attribute `{attribute}`: `{}`.", ty.to_token_stream());
    if !feeds.is_empty() {
        doc.push_str(&format!(" The index keys of {} depend on it.", feeds.join(", ")));
    }
    quote! {
        #[doc = #doc]
        #vis const #ident: #krate::Attribute<#name, #ty, #private::#role> =
            #krate::Attribute::__new(#attribute, #encoder);
    }
}

/// Returns code for the encoder of the attribute's values, including the `skip_serializing_if` of serde.
pub(super) fn attribute_encoder(entity: &Entity, field: &Field) -> TokenStream {
    let private = private(entity);
    let ty = &field.ty;
    let encode = encoder(&private, ty, field.serialize_with.as_ref(), "encode_operand");
    let skipping = field.skip_if.as_ref().map(|skips| quote!(.skipping(|value: &#ty| #skips(value))));
    quote!(#private::Encoder::new(#encode)#skipping)
}
