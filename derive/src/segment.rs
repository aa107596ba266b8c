//! Expands `#[derive(KeySegment)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DataEnum, DeriveInput, Fields, Type};

use crate::ctxt::{Ctxt, runtime};
use crate::serde;

pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let cx = Ctxt::default();
    let code = expand(&cx, input);
    let stub = || {
        let (name, krate) = (&input.ident, runtime(None));
        let (parameters, arguments, bounds) = input.generics.split_for_impl();
        quote! {
            impl #parameters #krate::KeySegment for #name #arguments #bounds {
                fn render(&self, _: &mut ::std::string::String) -> ::core::result::Result<(), #krate::SegmentError> {
                    ::core::unreachable!("this code does not compile")
                }
                fn parse(_: &str) -> ::core::result::Result<Self, #krate::SegmentError> {
                    ::core::unreachable!("this code does not compile")
                }
            }
        }
    };
    match cx.finish() {
        None => code.unwrap_or_default(),
        Some(errors) => {
            let stub = stub();
            quote!(#errors #stub)
        }
    }
}

fn expand(cx: &Ctxt, input: &DeriveInput) -> Option<TokenStream> {
    if !input.generics.params.is_empty() {
        cx.error(
            &input.generics,
            format_args!(
                "a key segment cannot have {}, because a key field has one concrete type",
                crate::ctxt::parameters(&input.generics)
            ),
        );
        return None;
    }
    match &input.data {
        Data::Struct(data) => newtype(cx, input, &data.fields),
        Data::Enum(data) => fieldless(cx, input, data),
        Data::Union(_) => {
            cx.error(&input.ident, "a union cannot be used in a key");
            None
        }
    }
}

fn newtype(cx: &Ctxt, input: &DeriveInput, fields: &Fields) -> Option<TokenStream> {
    let mut all = fields.iter();
    let (Some(field), None) = (all.next(), all.next()) else {
        cx.error(&input.ident, "a key segment must be a struct with one field, or an enum without fields");
        return None;
    };
    let (name, krate, inner) = (&input.ident, runtime(None), &field.ty);
    let member = match &field.ident {
        Some(ident) => quote!(#ident),
        None => quote!(0),
    };
    // A `&str` is accepted for a newtype of a string, as it is for a string.
    let text = is_string(inner).then(|| {
        quote! {
            #[automatically_derived]
            impl #krate::__private::KeyArg<#name> for &str {
                fn write(&self, out: &mut ::std::string::String) -> ::core::result::Result<(), #krate::SegmentError> {
                    out.push_str(self);
                    ::core::result::Result::Ok(())
                }
            }
        }
    });
    Some(quote! {
        #[automatically_derived]
        impl #krate::KeySegment for #name {
            fn render(&self, out: &mut ::std::string::String) -> ::core::result::Result<(), #krate::SegmentError> {
                <#inner as #krate::KeySegment>::render(&self.#member, out)
            }
            fn parse(text: &str) -> ::core::result::Result<Self, #krate::SegmentError> {
                ::core::result::Result::Ok(Self { #member: <#inner as #krate::KeySegment>::parse(text)? })
            }
        }
        #[automatically_derived]
        impl #krate::__private::Newtype for #name {
            type Inner = #inner;
        }
        #text
    })
}

pub(crate) fn is_string(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    path.path.segments.last().is_some_and(|segment| segment.ident == "String" && segment.arguments.is_none())
}

fn fieldless(cx: &Ctxt, input: &DeriveInput, data: &DataEnum) -> Option<TokenStream> {
    let container = serde::container(cx, input);
    let mut texts: Vec<String> = Vec::new();
    for variant in &data.variants {
        if !variant.fields.is_empty() {
            cx.error(variant, "a variant with fields cannot be used in a key; remove its fields");
        }
        let text = container.variant(cx, variant);
        if texts.contains(&text) {
            cx.error(variant, format_args!("two variants have the text `{text}` in a key; rename one of them"));
        }
        texts.push(text);
    }
    if data.variants.is_empty() {
        cx.error(&input.ident, "an enum without variants has no value for a key; add a variant");
    }
    let (name, krate) = (&input.ident, runtime(None));
    let variants: Vec<_> = data.variants.iter().map(|variant| &variant.ident).collect();
    let expected = format!("is not one of {}", texts.join(", "));
    Some(quote! {
        #[automatically_derived]
        impl #krate::KeySegment for #name {
            fn render(&self, out: &mut ::std::string::String) -> ::core::result::Result<(), #krate::SegmentError> {
                out.push_str(match self { #(Self::#variants => #texts,)* });
                ::core::result::Result::Ok(())
            }
            fn parse(text: &str) -> ::core::result::Result<Self, #krate::SegmentError> {
                match text {
                    #(#texts => ::core::result::Result::Ok(Self::#variants),)*
                    _ => ::core::result::Result::Err(#krate::SegmentError::new(#expected)),
                }
            }
        }
    })
}
