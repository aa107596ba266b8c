//! What serde's attributes say of a field: the name that it is stored under, and how it is encoded. They are read by serde's own rules;
//! what is read here is where their words stand, for messages.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use serde_derive_internals::attr;
use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::{Attribute, DeriveInput, ExprPath, Field, Ident, LitStr, Path, Token};

use crate::ctxt::{Ctxt, message_of};

/// Of a struct or an enum.
pub(crate) struct Container {
    serde: attr::Container,
    pub has_default: bool,
}

/// What serde makes of an attribute that is not there.
#[derive(Clone)]
pub(crate) enum DefaultValue {
    /// The default of the field's type.
    Type,
    /// What this function gives.
    Path(ExprPath),
    /// What the field is in the default of the struct.
    Container,
}

/// Of a field.
pub(crate) struct Named {
    pub flatten: bool,
    /// Not stored at all.
    pub skip: bool,
    /// The word by which serde leaves it out, always or at times.
    pub skips: Option<Ident>,
    pub serialize_with: Option<ExprPath>,
    pub deserialize_with: Option<ExprPath>,
    /// `skip_serializing_if`
    pub skip_if: Option<ExprPath>,
    pub default: Option<DefaultValue>,
    /// The path of `with`, and as it is spelled.
    pub with: Option<(LitStr, ExprPath)>,
}

const TWO_NAMES: &str = "an attribute has one name in the table: give serde the same for both directions";

/// Where the words of a field or a variant stand.
#[derive(Default)]
struct Words {
    rename: Option<Path>,
    skips: Option<Ident>,
    with: Option<(LitStr, ExprPath)>,
}

/// serde's own derives report what is wrong with its attributes.
fn quiet<T>(read: impl FnOnce(&serde_derive_internals::Ctxt) -> T) -> T {
    let cx = serde_derive_internals::Ctxt::new();
    let read = read(&cx);
    let _ = cx.check();
    read
}

/// Whether the type is spelled as an `Option`, which serde reads from an item without the attribute.
pub(crate) fn is_option(ty: &syn::Type) -> bool {
    let syn::Type::Path(path) = ty else { return false };
    path.path.segments.last().is_some_and(|segment| segment.ident == "Option")
}

/// What is in a type that is spelled as an `Option`.
pub(crate) fn inner_of_option(ty: &syn::Type) -> Option<&syn::Type> {
    let syn::Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Option")?;
    match &last.arguments {
        syn::PathArguments::AngleBracketed(arguments) => match arguments.args.first() {
            Some(syn::GenericArgument::Type(inner)) => Some(inner),
            _ => None,
        },
        _ => None,
    }
}

/// Code for whether the module of this `with` stores a set. A module of this crate says so itself, by a constant that is found through
/// its path, however that is spelled.
pub(crate) fn is_set(with: &ExprPath) -> Option<TokenStream> {
    let last = with.path.segments.last()?;
    let is_generic = with.qself.is_some() || with.path.segments.iter().any(|segment| !segment.arguments.is_none());
    // `with` can name a type, which has associated functions, but no items to import.
    let is_module = last.ident.unraw().to_string().starts_with(|c: char| c.is_lowercase() || c == '_');
    // serde_dynamo's modules have no such constant.
    let names: Vec<_> = with.path.segments.iter().rev().take(2).map(|segment| segment.ident.to_string()).collect();
    if let [module, krate] = names.as_slice()
        && krate == "serde_dynamo"
        && ["string_set", "number_set", "binary_set"].contains(&module.as_str())
    {
        return Some(quote!(true));
    }
    (is_module && !is_generic).then(|| {
        quote!({
            #[allow(dead_code)]
            const __MONOTABLE_SET: bool = false;
            {
                #[allow(unused_imports)]
                use #with::*;
                __MONOTABLE_SET
            }
        })
    })
}

/// An empty set is stored as no attribute, so the field needs a default. Where a `with` can be that of a set, a constant that
/// says so.
pub(crate) fn set_check(named: &Named, container: &Container) -> Option<TokenStream> {
    let (text, path) = named.with.as_ref().filter(|_| named.default.is_none() && !container.has_default)?;
    let is_set = is_set(path)?;
    let message = format!(
        "an empty set is stored as no attribute, which `default` reads back: `#[serde(default, with = \"{}\")]`",
        text.value()
    );
    let message = message_of(&message);
    Some(quote_spanned!(text.span()=> const _: () = ::core::assert!(!#is_set, #message);))
}

/// Calls `read` for each word of `#[serde(..)]`; what it does not know is skipped: serde checks its own attributes.
fn each(attributes: &[Attribute], mut read: impl FnMut(&ParseNestedMeta<'_>) -> syn::Result<bool>) {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        let _ = attribute.parse_nested_meta(|meta| {
            if read(&meta)? {
                return Ok(());
            }
            if meta.input.peek(Token![=]) {
                meta.value()?.parse::<syn::Expr>()?;
            } else if meta.input.peek(syn::token::Paren) {
                let content;
                syn::parenthesized!(content in meta.input);
                content.parse::<TokenStream>()?;
            }
            Ok(())
        });
    }
}

pub(crate) fn container(cx: &Ctxt, input: &DeriveInput) -> Container {
    let serde = quiet(|quiet| attr::Container::from_ast(quiet, input));
    each(&input.attrs, |meta| {
        if meta.path.is_ident("rename_all") && meta.input.peek(syn::token::Paren) {
            let mut rules: Vec<LitStr> = Vec::new();
            meta.parse_nested_meta(|inner| {
                rules.push(inner.value()?.parse()?);
                Ok(())
            })?;
            if rules.len() != 2 || rules[0].value() != rules[1].value() {
                cx.error(&meta.path, TWO_NAMES);
            }
            return Ok(true);
        }
        for word in ["into", "from", "try_from", "transparent", "tag", "untagged"] {
            if meta.path.is_ident(word) {
                cx.error(
                    &meta.path,
                    format_args!("with `serde({word})` the stored attributes are not the struct's fields"),
                );
            }
        }
        Ok(false)
    });
    let has_default = !serde.default().is_none();
    Container { serde, has_default }
}

fn words(cx: &Ctxt, attributes: &[Attribute]) -> Words {
    let mut words = Words::default();
    each(attributes, |meta| {
        if meta.path.is_ident("rename") {
            words.rename = Some(meta.path.clone());
        }
        if meta.path.is_ident("with") {
            let text: LitStr = meta.value()?.parse()?;
            let path = text.parse()?;
            words.with = Some((text, path));
            return Ok(true);
        }
        if meta.path.is_ident("alias") {
            let text: LitStr = meta.value()?.parse()?;
            cx.error(
                &text,
                format_args!(
                    "an attribute has one name in the table: an update would set this field beside the attribute `{old}`, and the \
                     item could not be read again. Rename the attribute in the stored items first, or keep `{old}` as a field of \
                     its own, an `Option`",
                    old = text.value()
                ),
            );
            return Ok(true);
        }
        for word in ["skip", "skip_serializing", "skip_deserializing"] {
            if meta.path.is_ident(word) {
                words.skips = meta.path.get_ident().cloned();
            }
        }
        Ok(false)
    });
    words
}

/// The name of both directions.
fn one_name(cx: &Ctxt, words: &Words, names: &serde_derive_internals::name::MultiName) -> String {
    let name = names.serialize_name().value.clone();
    if let Some(rename) = words.rename.as_ref().filter(|_| names.deserialize_name().value != name) {
        cx.error(rename, TWO_NAMES);
    }
    name
}

impl Container {
    /// What serde does with a field, and the name that it is stored under.
    pub fn field(&self, cx: &Ctxt, field: &Field) -> (Named, String) {
        let words = words(cx, &field.attrs);
        // Only the code of a borrowed field would name it.
        let private = Ident::new("__private", Span::call_site());
        let mut serde = quiet(|quiet| attr::Field::from_ast(quiet, 0, field, None, self.serde.default(), &private));
        serde.rename_by_rules(self.serde.rename_all_rules());
        let name = one_name(cx, &words, serde.name());
        let default = match serde.default() {
            attr::Default::None => None,
            attr::Default::Default => Some(DefaultValue::Type),
            attr::Default::Path(path) => Some(DefaultValue::Path(path.clone())),
        };
        let named = Named {
            flatten: serde.flatten(),
            skip: serde.skip_serializing(),
            skips: words.skips,
            serialize_with: serde.serialize_with().cloned(),
            deserialize_with: serde.deserialize_with().cloned(),
            skip_if: serde.skip_serializing_if().cloned(),
            default,
            with: words.with,
        };
        (named, name)
    }

    /// The name of a variant.
    pub fn variant(&self, cx: &Ctxt, variant: &syn::Variant) -> String {
        let words = words(cx, &variant.attrs);
        let mut serde = quiet(|quiet| attr::Variant::from_ast(quiet, variant));
        serde.rename_by_rules(self.serde.rename_all_rules());
        one_name(cx, &words, serde.name())
    }
}
