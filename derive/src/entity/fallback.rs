//! Generates stubs for an entity that does not compile. With them the rest of the user's code compiles, so that only the mistake
//! itself is reported.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Fields, Ident, LitStr, Path};

use super::attr::{Attrs, IndexAttrs, Key};
use super::builder;
use super::check::OPERATIONS;
use crate::ctxt::{constant, runtime, with_bound};
use crate::template::{self, Segment};

pub(crate) fn entity(input: &DeriveInput, attrs: &Attrs) -> Option<TokenStream> {
    // `ReadTarget` has the table as an associated type, so it cannot be implemented without one.
    let table = attrs.table.as_ref()?;
    let (name, krate) = (&input.ident, runtime(attrs.krate.as_ref()));
    let private = quote!(#krate::__private);
    let label = name.to_string();
    let is_generic = !input.generics.params.is_empty();
    let bound = quote!(::core::clone::Clone + ::core::marker::Send + ::core::marker::Sync + 'static);
    let generics = with_bound(&input.generics, &bound);
    let (parameters, arguments, bounds) = generics.split_for_impl();
    let ty = quote!(#name #arguments);
    // `check` reports two constants with the same name.
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
                    Some(quote!(#vis const #ident: #krate::Attribute<Self, #ty, #private::Anything> = #krate::Attribute::__new("", #private::Encoder::new(|_| ::core::result::Result::Ok(::core::option::Option::None)));))
                })
                .collect(),
            Fields::Unnamed(_) | Fields::Unit => Vec::new(),
        },
        Data::Enum(_) | Data::Union(_) => Vec::new(),
    };
    let functions = functions(input, attrs, &krate);
    let builder = attrs.builder.as_ref().filter(|_| !is_generic).and_then(|_| builder::stub(input));
    Some(quote! {
        #builder

        #[allow(dead_code, private_interfaces)]
        impl #parameters #ty {
            #(#constants)*
            #(#functions)*
        }

        impl #parameters #private::HasSchema for #ty #bounds {
            const __SCHEMA: &'static #private::EntitySchema = &#private::EntitySchema::__new(
                #label,
                #label,
                #private::KeyTemplates::__new(
                    #private::Template::__new("", &[]),
                    ::core::option::Option::None,
                ),
            );
        }

        impl #parameters #private::EntityModel for #ty #bounds {
            fn __serialize<S: #private::Serializer>(
                &self,
                _: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                ::core::unreachable!("this code does not compile")
            }
            fn __deserialize<'de, D: #private::Deserializer<'de>>(
                _: D,
            ) -> ::core::result::Result<Self, D::Error> {
                ::core::unreachable!("this code does not compile")
            }
            fn __field(
                &self,
                _: usize,
                _: &mut ::std::string::String,
            ) -> ::core::result::Result<bool, #krate::SegmentError> {
                ::core::unreachable!("this code does not compile")
            }
            fn __derive(
                _: usize,
                _: &#private::PartialItem,
                _: &mut ::std::string::String,
            ) -> ::core::result::Result<bool, #private::KeyTextError> {
                ::core::unreachable!("this code does not compile")
            }
            fn __restore(
                _: usize,
                _: &str,
            ) -> ::core::result::Result<#private::AttributeValue, #krate::SegmentError> {
                ::core::unreachable!("this code does not compile")
            }
        }

        impl #parameters #krate::ReadTarget for #ty #bounds {
            type Table = #table;
            const __TARGET: #private::EntitySet =
                #private::EntitySet { name: #label, entities: &[<Self as #private::HasSchema>::__SCHEMA], labels: &[], whole: false };
            fn __decode(_: usize, _: &#private::Stored<'_>) -> #krate::Result<Self> {
                ::core::unreachable!("this code does not compile")
            }
        }

        impl #parameters #private::Unversioned for #ty #bounds {
            const __DERIVED: () = ();
        }

        impl #parameters #private::InTable<#table> for #ty #bounds {
            const __VARIANT: #private::VariantEntity<Self> = #private::variant_entity();
        }

        impl #parameters #krate::KeyOf<#private::Anything> for #ty #bounds {
            const __DERIVED: () = ();
        }

        impl #parameters #krate::PartitionOf<#private::Anything, #private::Anything> for #ty #bounds {
            const __DERIVED: () = ();
        }
    })
}

/// Generates stubs of the key, index and query functions, which accept any arguments.
fn functions(input: &DeriveInput, attrs: &Attrs, krate: &Path) -> Vec<TokenStream> {
    let (vis, private) = (&input.vis, quote!(#krate::__private));
    // `check` reports functions with the same name, and queries that would shadow an operation.
    let mut names: Vec<String> = OPERATIONS[..].iter().map(ToString::to_string).chain(["update".to_owned()]).collect();
    names.retain(|name| name != "pk" && name != "sk");
    let mut is_new = |name: &Ident| {
        let name = name.unraw().to_string();
        let is_new = !names.contains(&name);
        names.push(name);
        is_new
    };
    let key = |name: Ident, key: &Key| {
        let args = arguments(key);
        let function = quote! {
            #vis fn #name(#(#args: impl ::core::marker::Sized),*) -> #krate::Result<::std::string::String> {
                ::core::unreachable!("this code does not compile")
            }
        };
        (name, function)
    };
    let text = |prefix: &Ident, suffix: &str| Ident::new(&format!("{}{suffix}", prefix.unraw()), prefix.span());
    let own = |suffix: &str| Ident::new(suffix, input.ident.span());
    // Every entity has a function `pk`, so it has one here even if the option is missing.
    let mut functions: Vec<Option<(Ident, TokenStream)>> = vec![
        Some(key(own("pk"), attrs.pk.as_ref().unwrap_or(&Key::Broken))),
        attrs.sk.as_ref().map(|sk| key(own("sk"), sk)),
    ];
    for IndexAttrs { index, pk, sk, name, .. } in &attrs.indexes {
        let kind = if pk.is_some() { quote!(#private::Global) } else { quote!(#private::Local) };
        let types = quote!(#kind, #private::Anything);
        functions.push(Some((
            index.clone(),
            quote! {
                #vis fn #index() -> #private::EntityIndexOf<Self, #types, #private::Anything> {
                    #private::EntityIndexOf::__new(0)
                }
            },
        )));
        functions.push(pk.as_ref().map(|pk| key(text(index, "pk"), pk)));
        functions.push(sk.as_ref().map(|sk| key(text(index, "sk"), sk)));
        let args = pk.as_ref().or(attrs.pk.as_ref()).map_or_else(|| arguments(&Key::Broken), arguments);
        let name = name.as_ref().and_then(|name: &LitStr| name.parse::<Ident>().ok());
        functions.push(name.map(|name| {
            let query = quote! {
                #vis fn #name(#(#args: impl ::core::marker::Sized),*) -> #krate::Query<Self, #types> {
                    ::core::unreachable!("this code does not compile")
                }
            };
            (name, query)
        }));
    }
    functions.into_iter().flatten().filter(|(name, _)| is_new(name)).map(|(_, function)| function).collect()
}

/// Returns a parameter for each field of the template. A function has one parameter, the text of the key. The number is a guess if
/// the key has a mistake.
fn arguments(key: &Key) -> Vec<Ident> {
    let count = match key {
        Key::Function(_) | Key::Broken => 1,
        Key::Template(text) => match template::parse(&text.value()) {
            Err(_) => text.value().matches('{').count(),
            Ok(segments) => {
                let fields = segments.into_iter().filter_map(|segment| match segment {
                    Segment::Field(placeholder) => Some(placeholder.field),
                    Segment::Literal(_) => None,
                });
                fields.collect::<BTreeSet<_>>().len()
            }
        },
    };
    (0..count).map(|number| format_ident!("_arg{number}")).collect()
}
