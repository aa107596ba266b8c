//! Generates the code for managed fields: the version, the write id, the time of expiry, and the times of creation and of the
//! last change.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::attr::Managed;
use super::field::encoder;
use super::model::{Entity, Field, span_of};
use super::types::private;
use crate::ctxt::message_of;

/// Returns the attribute names of the managed fields, as constant data.
pub(super) fn schema(entity: &Entity) -> TokenStream {
    let private = private(entity);
    let attribute = |kind| match entity.managed(kind) {
        Some(Field { attribute, .. }) => quote!(::core::option::Option::Some(#attribute)),
        None => quote!(::core::option::Option::None),
    };
    let [version, ttl] = [Managed::Version, Managed::Ttl].map(attribute);
    let [created_at, updated_at] = [Managed::CreatedAt, Managed::UpdatedAt].map(attribute);
    let write_id = attribute(Managed::WriteId);
    let version_max = match entity.managed(Managed::Version) {
        Some(Field { ty, .. }) => quote_spanned!(span_of(ty)=> #private::version::<#ty>().max),
        None => quote!(::core::option::Option::None),
    };
    quote! {
        #private::Managed::NONE
            .__version(#version)
            .__version_max(#version_max)
            .__write_id(#write_id)
            .__ttl(#ttl)
            .__created_at(#created_at)
            .__updated_at(#updated_at)
    }
}

/// Generates the trait functions that set managed fields, if the entity has such fields.
pub(super) fn stamps(entity: &Entity) -> TokenStream {
    let private = private(entity);
    let times = [(Managed::CreatedAt, quote!(CreatedAt)), (Managed::UpdatedAt, quote!(UpdatedAt))];
    let times: Vec<_> = times.into_iter().filter_map(|(kind, name)| Some((entity.managed(kind)?, name))).collect();
    let version = entity.managed(Managed::Version);
    let set_times = times.iter().map(|(Field { ident, ty, .. }, name)| {
        quote_spanned!(span_of(ty)=> #private::ManagedValue::#name(now) => self.#ident = #private::time::<#ty>(now))
    });
    let set_version = version.iter().map(|Field { ident, ty, .. }| {
        quote_spanned!(span_of(ty)=> #private::ManagedValue::Version(number) => self.#ident = (#private::version::<#ty>().of)(number))
    });
    let write_id = entity.managed(Managed::WriteId);
    let set_write_id = write_id.iter().map(|Field { ident, ty, .. }| {
        quote_spanned!(span_of(ty)=> #private::ManagedValue::WriteId(id) => self.#ident = #private::write_id::<#ty>(id))
    });
    let sets: Vec<_> = set_times.chain(set_version).chain(set_write_id).collect();
    let stamp = (!sets.is_empty()).then(|| {
        quote! {
            fn __set_managed(&mut self, stamp: #private::ManagedValue<'_>) {
                match stamp {
                    #(#sets,)*
                    #[allow(unreachable_patterns)]
                    _ => {}
                }
            }
        }
    });
    let values = times.iter().map(|(Field { ty, serialize_with, .. }, name)| {
        let encode = encoder(&private, ty, serialize_with.as_ref(), "encode_operand");
        quote!(#private::ManagedValue::#name(now) => (#encode)(&#private::time::<#ty>(now)))
    });
    let stamped = (!times.is_empty()).then(|| {
        quote! {
            fn __stamped(
                stamp: #private::ManagedValue<'_>,
            ) -> ::core::result::Result<::core::option::Option<#private::AttributeValue>, #private::EncodeError> {
                match stamp {
                    #(#values,)*
                    #[allow(unreachable_patterns)]
                    _ => ::core::result::Result::Ok(::core::option::Option::None),
                }
            }
        }
    });
    let number = version.map(|Field { ident, ty, .. }| {
        let number = quote_spanned!(span_of(ty)=> (#private::version::<#ty>().number));
        quote! {
            fn __version(&self) -> ::core::option::Option<u64> {
                ::core::option::Option::Some(#number(&self.#ident))
            }
        }
    });
    quote!(#stamp #stamped #number)
}

/// Checks that the `ttl` field is the attribute that config.json declares.
pub(super) fn ttl_check(entity: &Entity, layout: &TokenStream) -> Option<TokenStream> {
    let private = private(entity);
    let field = entity.managed(Managed::Ttl)?;
    let (attribute, word) = (&field.attribute, &field.managed.as_ref()?.1);
    let message = format!(
        "`{attribute}` is `ttl`, but it is not the `ttlAttribute` in config.json, so DynamoDB would never delete an \
         item; write `\"ttlAttribute\": \"{attribute}\"` in `tableConfig`"
    );
    let message = message_of(&message);
    Some(quote_spanned! {word.span()=>
        const _: () = ::core::assert!(#private::is_ttl(#layout, #attribute), #message);
    })
}
