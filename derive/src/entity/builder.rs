//! Generates the builder for `#[entity(builder)]`, which has no methods for the fields that writes set.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Data, DataStruct, DeriveInput, Fields, Ident, Type, Visibility};

use super::attr::Managed;
use super::model::{Entity, Field, Origin, span_of};
use super::types::private;
use crate::serde::{DefaultValue, inner_of_option, is_option};

/// Generates the builder. It has a type parameter for each required field, which says whether the field is set. `build` therefore
/// does not compile if one is missing.
pub(super) fn builder(entity: &Entity) -> TokenStream {
    if !entity.builder {
        return TokenStream::new();
    }
    let (private, name, vis) = (private(entity), &entity.ident, &entity.vis);
    let own: Vec<&Field> = entity.fields.iter().filter(|field| matches!(field.origin, Origin::Own)).collect();
    let given: Vec<&Field> = own.iter().copied().filter(|field| has_setter(field)).collect();
    let required: Vec<&Field> = given.iter().copied().filter(|field| is_required(field)).collect();
    let states: Vec<_> = (0..required.len()).map(|number| format_ident!("S{number}")).collect();
    let state_of = |field: &Field| required.iter().position(|other| other.ident == field.ident);

    let names: Vec<_> = required.iter().map(|field| &field.ident).collect();
    let fields = given.iter().map(|field| {
        let (ident, ty) = (&field.ident, &field.ty);
        match state_of(field) {
            Some(number) => {
                let state = &states[number];
                quote!(#ident: #state)
            }
            None => quote!(#ident: #ty),
        }
    });
    let begun = given.iter().map(|field| {
        let ident = &field.ident;
        match state_of(field) {
            Some(_) => quote!(#ident: #private::NotSet(::core::marker::PhantomData)),
            None => {
                let value = default(entity, field);
                quote!(#ident: #value)
            }
        }
    });
    let setters = given.iter().map(|field| {
        let setters = match state_of(field) {
            Some(number) => required_setter(entity, field, number, &given, &states),
            None => optional_setters(field),
        };
        quote!(#setters)
    });
    let built = own.iter().map(|field| {
        let ident = &field.ident;
        match (has_setter(field), state_of(field)) {
            (true, Some(_)) => quote!(#ident: #private::Filled::__value(self.#ident)),
            (true, None) => quote!(#ident: self.#ident),
            (false, _) => {
                let value = managed(entity, field).unwrap_or_else(|| default(entity, field));
                quote!(#ident: #value)
            }
        }
    });
    let filled = required.iter().zip(&states).map(|(field, state)| {
        let (ident, ty) = (&field.ident, &field.ty);
        quote!(#state: #private::Filled<__fields::#ident, #ty>)
    });
    let builder = format_ident!("{}Builder", name.unraw());
    let about = format!("Builds a `{}` field by field. The fields that writes set cannot be set here.", name.unraw());
    quote! {
        const _: () = {
            /// The names of the fields, for error messages of the compiler.
            mod __fields {
                #(#[allow(non_camel_case_types, dead_code)] #[derive(Debug)] pub struct #names;)*
            }

            #[must_use = "call `.build()` to get the entity"]
            #vis struct #builder<#(#states = #private::NotSet<__fields::#names>),*> {
                #(#fields,)*
            }

            #[automatically_derived]
            #[allow(dead_code, private_interfaces, private_bounds)]
            impl #name {
                #[doc = #about]
                #vis fn builder() -> #builder {
                    #builder { #(#begun,)* }
                }
            }

            #[automatically_derived]
            #[allow(dead_code, private_interfaces, private_bounds)]
            impl<#(#states),*> #builder<#(#states),*> {
                #(#setters)*

                /// Returns the entity. Compiles only if every field without a default is set.
                #vis fn build(self) -> #name
                where
                    #(#filled,)*
                {
                    #name { #(#built,)* }
                }
            }
        };
    }
}

/// Generates the stub of a builder for an entity that does not compile. Its methods take the same arguments, and none is required.
pub(super) fn stub(input: &DeriveInput) -> Option<TokenStream> {
    let Data::Struct(DataStruct { fields: Fields::Named(fields), .. }) = &input.data else { return None };
    let (name, vis) = (&input.ident, &input.vis);
    let builder = format_ident!("{}Builder", name.unraw());
    let mut names = vec!["build".to_owned()];
    let mut setter = |vis: &Visibility, name: Ident, parameter: TokenStream| {
        let is_new = !names.contains(&name.unraw().to_string());
        names.push(name.unraw().to_string());
        is_new.then(|| quote!(#vis fn #name(self, _: #parameter) -> Self { self }))
    };
    let mut setters = Vec::new();
    for field in &fields.named {
        let (Some(ident), ty, vis) = (&field.ident, &field.ty, &field.vis) else { continue };
        setters.push(setter(vis, ident.clone(), parameter(inner_of_option(ty).unwrap_or(ty)).0));
        if is_option(ty) {
            setters.push(setter(vis, format_ident!("maybe_{}", ident.unraw()), quote!(#ty)));
        }
    }
    Some(quote! {
        const _: () = {
            #vis struct #builder;

            #[allow(dead_code, private_interfaces)]
            impl #name {
                #vis fn builder() -> #builder {
                    #builder
                }
            }

            #[allow(dead_code, private_interfaces)]
            impl #builder {
                #(#setters)*

                #vis fn build(self) -> #name {
                    ::core::unreachable!("this code does not compile")
                }
            }
        };
    })
}

/// Returns whether the builder has a method for the field.
fn has_setter(field: &Field) -> bool {
    let is_kept = !matches!(field.managed, None | Some((Managed::Ttl, _)));
    !is_kept && !field.skip
}

fn is_required(field: &Field) -> bool {
    !is_option(&field.ty) && field.default.is_none()
}

/// Returns code for the value of a managed field before the first write.
fn managed(entity: &Entity, field: &Field) -> Option<TokenStream> {
    let (private, ty) = (private(entity), &field.ty);
    let (kind, _) = field.managed.as_ref()?;
    Some(match kind {
        Managed::Version => quote_spanned!(span_of(ty)=> (#private::version::<#ty>().of)(0)),
        Managed::WriteId => quote_spanned!(span_of(ty)=> #private::write_id::<#ty>("")),
        Managed::CreatedAt | Managed::UpdatedAt => {
            let krate = &entity.krate;
            quote_spanned!(span_of(ty)=> #private::time::<#ty>(#krate::timestamp::now()))
        }
        Managed::Ttl => return None,
    })
}

/// Returns code for the value that serde uses if the attribute does not exist.
fn default(entity: &Entity, field: &Field) -> TokenStream {
    let (name, ident) = (&entity.ident, &field.ident);
    match &field.default {
        Some(DefaultValue::Path(path)) => quote!(#path()),
        Some(DefaultValue::Container) => quote!(<#name as ::core::default::Default>::default().#ident),
        Some(DefaultValue::Type) | None => quote!(::core::default::Default::default()),
    }
}

fn required_setter(entity: &Entity, field: &Field, number: usize, given: &[&Field], states: &[Ident]) -> TokenStream {
    let (private, builder) = (private(entity), format_ident!("{}Builder", entity.ident.unraw()));
    let Field { ident, ty, vis, .. } = field;
    let types = states.iter().enumerate().map(|(n, state)| match n == number {
        true => quote!(#private::Is<#ty>),
        false => quote!(#state),
    });
    let others = given.iter().map(|other| &other.ident).filter(|other| *other != ident);
    let (parameter, value) = parameter(ty);
    let doc = format!("Sets `{}`.", ident.unraw());
    quote! {
        #[doc = #doc]
        #vis fn #ident(self, value: #parameter) -> #builder<#(#types),*> {
            #builder { #ident: #private::Is(#value), #(#others: self.#others,)* }
        }
    }
}

fn optional_setters(field: &Field) -> TokenStream {
    let Field { ident, ty, vis, .. } = field;
    let name = ident.unraw();
    let doc = format!("Sets `{name}`.");
    let Some(inner) = inner_of_option(ty) else {
        let (parameter, value) = parameter(ty);
        return quote! {
            #[doc = #doc]
            #vis fn #ident(mut self, value: #parameter) -> Self {
                self.#ident = #value;
                self
            }
        };
    };
    let (parameter, value) = parameter(inner);
    let (maybe, maybe_doc) = (format_ident!("maybe_{name}"), format!("Sets or clears `{name}`."));
    quote! {
        #[doc = #doc]
        #vis fn #ident(mut self, value: #parameter) -> Self {
            self.#ident = ::core::option::Option::Some(#value);
            self
        }

        #[doc = #maybe_doc]
        #vis fn #maybe(mut self, value: #ty) -> Self {
            self.#ident = value;
            self
        }
    }
}

/// Returns the parameter type of a setter, and code that converts the argument. A `String` field takes `impl Into<String>`.
fn parameter(ty: &Type) -> (TokenStream, TokenStream) {
    match crate::segment::is_string(ty) {
        true => (quote!(impl ::core::convert::Into<#ty>), quote!(value.into())),
        false => (quote!(#ty), quote!(value)),
    }
}
