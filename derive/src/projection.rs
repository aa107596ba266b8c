//! Expands `#[derive(Projection)]`, for a type that reads some attributes of an entity.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields, LitStr, Path};

use crate::ctxt::{Ctxt, did_you_mean, respan, runtime, target, with_bound};
use crate::serde;

const WORDS: [&str; 2] = ["crate", "of"];

#[derive(Default)]
struct Attrs {
    of: Option<Path>,
    krate: Option<Path>,
}

struct Field {
    /// The name that serde deserializes.
    name: String,
    /// Its path in the item.
    path: Vec<String>,
    /// The span of the path in the user's code.
    at: proc_macro2::Span,
    set_check: Option<TokenStream>,
}

pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let cx = Ctxt::default();
    let attrs = attrs(&cx, input);
    let fields = fields(&cx, input);
    if attrs.of.is_none() {
        cx.error(&input.ident, "`#[projection(of = ..)]` is missing; name the entity that has these attributes");
    }
    for (number, field) in fields.iter().flatten().enumerate() {
        let others = fields.iter().flatten().take(number);
        let overlaps = |other: &&Field| field.path.starts_with(&other.path) || other.path.starts_with(&field.path);
        if let Some(other) = others.into_iter().find(overlaps) {
            let (one, other) = (field.path.join("."), other.path.join("."));
            let message = format!("`{one}` and `{other}` overlap, which DynamoDB rejects; keep the outer path");
            cx.push(syn::Error::new(field.at, message));
        }
    }
    match (cx.finish(), fields, attrs.of) {
        (None, Some(fields), Some(of)) => expand(input, &of, &runtime(attrs.krate.as_ref()), &fields),
        (errors, _, Some(of)) => {
            let stub = stub(input, &of, &runtime(attrs.krate.as_ref()));
            quote!(#errors #stub)
        }
        (errors, _, _) => quote!(#errors),
    }
}

/// Generates the stub of a projection that does not compile, so that reads with it compile.
fn stub(input: &DeriveInput, of: &Path, krate: &Path) -> TokenStream {
    let ident = &input.ident;
    let private = quote!(#krate::__private);
    let generics = with_bound(&input.generics, &quote!(#private::DeserializeOwned + ::core::marker::Send + 'static));
    let (parameters, arguments, bounds) = generics.split_for_impl();
    quote! {
        impl #parameters #krate::ReadTarget for #ident #arguments #bounds {
            type Table = <#of as #krate::ReadTarget>::Table;
            const __TARGET: #private::EntitySet = #private::EntitySet { name: "", entities: &[], labels: &[], whole: false };
            fn __decode(_: usize, _: &#private::Stored<'_>) -> #krate::Result<Self> {
                ::core::unreachable!("this code does not compile")
            }
        }
        impl #parameters #krate::Projection for #ident #arguments #bounds {
            type Of = #of;
        }
    }
}

fn attrs(cx: &Ctxt, input: &DeriveInput) -> Attrs {
    let mut attrs = Attrs::default();
    for attribute in input.attrs.iter().filter(|attribute| attribute.path().is_ident("projection")) {
        let read = attribute.parse_nested_meta(|meta| {
            let word = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
            match word.as_str() {
                "of" => attrs.of = Some(meta.value()?.parse()?),
                "crate" => attrs.krate = Some(meta.value()?.parse()?),
                unknown => {
                    let hint = did_you_mean(unknown, WORDS);
                    cx.error(&meta.path, format_args!("`{unknown}` is not an option of `#[projection(..)]`{hint}"));
                    if meta.input.peek(syn::Token![=]) {
                        meta.value()?.parse::<syn::Expr>()?;
                    }
                }
            }
            Ok(())
        });
        if let Err(error) = read {
            cx.push(error);
        }
    }
    attrs
}

fn fields(cx: &Ctxt, input: &DeriveInput) -> Option<Vec<Field>> {
    if !input.generics.params.is_empty() {
        cx.error(
            &input.generics,
            format_args!("a projection cannot have {}", crate::ctxt::parameters(&input.generics)),
        );
        return None;
    }
    let Data::Struct(syn::DataStruct { fields: Fields::Named(named), .. }) = &input.data else {
        cx.error(&input.ident, "a projection must be a struct with named fields, which are the attributes to read");
        return None;
    };
    let container = serde::container(cx, input);
    let mut fields = Vec::new();
    for field in &named.named {
        let Some(ident) = &field.ident else { continue };
        let (named, name) = container.field(cx, field);
        if named.flatten {
            cx.error(ident, "a projection reads only the attributes that it names; remove `flatten`");
        }
        let mut path = None;
        for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("projection")) {
            let read = attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("path") {
                    path = Some(meta.value()?.parse::<LitStr>()?);
                    return Ok(());
                }
                Err(meta.error("a field of a projection has only the option `path = \"..\"`, its path in the item"))
            });
            if let Err(error) = read {
                cx.push(error);
            }
        }
        if named.skip || named.skips.is_some() {
            continue;
        }
        let (text, at) = match &path {
            Some(path) => (path.value(), path.span()),
            None => (name.clone(), ident.span()),
        };
        let path: Vec<String> = match path {
            Some(_) => text.split('.').map(str::to_owned).collect(),
            // The name of an attribute may contain a dot.
            None => vec![text.clone()],
        };
        if path.iter().any(|part| part.is_empty() || part.contains(['[', ']'])) {
            let message = format!("`{text}` is not a path; write an attribute and map keys, such as `address.city`");
            cx.push(syn::Error::new(at, message));
        }
        fields.push(Field { name, path, at, set_check: serde::set_check(&named, &container) });
    }
    Some(fields)
}

fn expand(input: &DeriveInput, of: &Path, krate: &Path, fields: &[Field]) -> TokenStream {
    let ident = &input.ident;
    let private = quote!(#krate::__private);
    let label = ident.unraw().to_string();
    let selected =
        fields.iter().map(|Field { name, path, .. }| quote!(#private::Selected { name: #name, path: &[#(#path),*] }));
    let checks = fields.iter().map(|Field { path, at, .. }| {
        let root = &path[0];
        let check = quote!(#private::EntitySchema::__check_attribute(OF.schema, OF.attributes, #root));
        let check = respan(check, *at);
        quote_spanned!(*at=> const _: () = #check;)
    });
    let set_checks = fields.iter().map(|field| &field.set_check);
    // The rest of the code does not require that the type is an entity, so that a type that is none is reported once.
    let projected = respan(quote!(#private::projected::<#of>()), of.span());
    let entity = quote!(#private::Valid<#of, { #private::is_valid(OF.schema) }>);
    let target = target(&private, &label, &quote!(&[OF.schema]), false);
    quote! {
        #[doc(hidden)]
        const _: () = {
            const OF: #private::Projected = #projected;

            #[automatically_derived]
            impl #krate::ReadTarget for #ident {
                type Table = <#entity as #krate::ReadTarget>::Table;

                const __TARGET: #private::EntitySet =
                    #target;
                const __SELECT: ::core::option::Option<&'static [#private::Selected]> =
                    ::core::option::Option::Some(&[#(#selected),*]);

                fn __decode(_: usize, stored: &#private::Stored<'_>) -> #krate::Result<Self> {
                    #private::decode_projection(stored)
                }
            }

            #[automatically_derived]
            impl #krate::Projection for #ident {
                type Of = #entity;
            }

            #(#checks)*
            #(#set_checks)*
        };
    }
}
