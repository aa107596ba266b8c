//! Reads serde's attributes: the name under which a field is stored, and how it is encoded. serde's own parser interprets them.
//! The parser in this module only finds the spans of some options, for error messages.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use serde_derive_internals::attr;
use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::{Attribute, DeriveInput, ExprPath, Field, Ident, LitStr, Path, Token};

use crate::ctxt::{Ctxt, message_of};

/// The serde attributes of a struct or an enum.
pub(crate) struct Container {
    serde: attr::Container,
    pub has_default: bool,
}

/// The value that serde uses if an attribute does not exist.
#[derive(Clone)]
pub(crate) enum DefaultValue {
    /// The default of the field's type.
    Type,
    /// The result of this function.
    Path(ExprPath),
    /// The field of the struct's default.
    Container,
}

/// The serde attributes of a field.
pub(crate) struct Named {
    pub flatten: bool,
    /// Not stored at all.
    pub skip: bool,
    /// The word `skip`, `skip_serializing` or `skip_deserializing`.
    pub skips: Option<Ident>,
    pub serialize_with: Option<ExprPath>,
    pub deserialize_with: Option<ExprPath>,
    /// `skip_serializing_if`
    pub skip_if: Option<ExprPath>,
    pub default: Option<DefaultValue>,
    /// The path of `with`, as a literal and parsed.
    pub with: Option<(LitStr, ExprPath)>,
}

const TWO_NAMES: &str = "an attribute has only one name in the table; use the same name for both directions";

/// The options of a field or a variant whose spans are needed.
#[derive(Default)]
struct Words {
    rename: Option<Path>,
    skips: Option<Ident>,
    with: Option<(LitStr, ExprPath)>,
}

/// Reads with serde's parser and drops its errors, which serde's own derives report.
fn quiet<T>(read: impl FnOnce(&serde_derive_internals::Ctxt) -> T) -> T {
    let cx = serde_derive_internals::Ctxt::new();
    let read = read(&cx);
    let _ = cx.check();
    read
}

/// Returns whether the type is spelled `Option`. serde deserializes such a field as `None` if the attribute does not exist.
pub(crate) fn is_option(ty: &syn::Type) -> bool {
    let syn::Type::Path(path) = ty else { return false };
    path.path.segments.last().is_some_and(|segment| segment.ident == "Option")
}

/// Returns the type inside a type that is spelled `Option`.
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

/// Returns code for whether the module of this `with` stores a set. The set modules of monotable have a constant that says so.
/// The code finds it through the module's path, so renamed and imported modules work too.
pub(crate) fn is_set(with: &ExprPath) -> Option<TokenStream> {
    let last = with.path.segments.last()?;
    let is_generic = with.qself.is_some() || with.path.segments.iter().any(|segment| !segment.arguments.is_none());
    // `with` can also name a type. Its associated functions cannot be imported.
    let is_module = last.ident.unraw().to_string().starts_with(|c: char| c.is_lowercase() || c == '_');
    // serde_dynamo's modules do not have the constant.
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

/// Returns a check that a set has a default, which it needs because an empty set is not stored. Returns `None` if the field has a
/// default, or if its `with` cannot be that of a set.
pub(crate) fn set_check(named: &Named, container: &Container) -> Option<TokenStream> {
    let (text, path) = named.with.as_ref().filter(|_| named.default.is_none() && !container.has_default)?;
    let is_set = is_set(path)?;
    let message = format!(
        "an empty set is not stored, so the field needs a default; write `#[serde(default, with = \"{}\")]`",
        text.value()
    );
    let message = message_of(&message);
    Some(quote_spanned!(text.span()=> const _: () = ::core::assert!(!#is_set, #message);))
}

/// Calls `read` for each option of `#[serde(..)]`. Skips the options for which it returns `false`, because serde's derives check
/// them.
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
    let mut unfit: Vec<(Path, &str)> = Vec::new();
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
                unfit.push((meta.path.clone(), word));
            }
        }
        Ok(false)
    });
    // `into` and `from` occur together, as one mistake.
    if let Some((first, _)) = unfit.first() {
        let words: Vec<_> = unfit.iter().map(|(_, word)| *word).collect();
        let (all, removed) = (words.join(", "), words.join("` and `"));
        cx.error(
            first,
            format_args!("with `serde({all})`, stored attributes do not match the fields; remove `{removed}`"),
        );
    }
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
                    "an attribute has only one name in the table: an update would add this field next to the attribute \
                     `{old}`, and the item could not be deserialized. Rename the attribute in the stored items first, \
                     or keep `{old}` as a separate field of type `Option`",
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

/// Returns the name for both directions. Reports two different names.
fn one_name(cx: &Ctxt, words: &Words, names: &serde_derive_internals::name::MultiName) -> String {
    let name = names.serialize_name().value.clone();
    if let Some(rename) = words.rename.as_ref().filter(|_| names.deserialize_name().value != name) {
        cx.error(rename, TWO_NAMES);
    }
    name
}

impl Container {
    /// Returns the serde attributes of a field, and the name under which it is stored.
    pub fn field(&self, cx: &Ctxt, field: &Field) -> (Named, String) {
        let words = words(cx, &field.attrs);
        // serde uses this name only in the code for borrowed fields.
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

    /// Returns the serialized name of a variant.
    pub fn variant(&self, cx: &Ctxt, variant: &syn::Variant) -> String {
        let words = words(cx, &variant.attrs);
        let mut serde = quiet(|quiet| attr::Variant::from_ast(quiet, variant));
        serde.rename_by_rules(self.serde.rename_all_rules());
        one_name(cx, &words, serde.name())
    }
}
