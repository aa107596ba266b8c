//! What serde's attributes say of a field: the name that it is stored under, and how it is encoded.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::{Attribute, ExprPath, Field, Ident, LitStr, Token};

use crate::ctxt::{Ctxt, message_of};

/// Of a struct or an enum.
#[derive(Default)]
pub(crate) struct Container {
    pub rename_all: Option<Case>,
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

/// Of a field or a variant.
#[derive(Default)]
pub(crate) struct Named {
    rename: Option<String>,
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

/// serde's cases, by its own names. <https://serde.rs/container-attrs.html#rename_all>
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Case {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

impl Case {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "lowercase" => Self::Lower,
            "UPPERCASE" => Self::Upper,
            "PascalCase" => Self::Pascal,
            "camelCase" => Self::Camel,
            "snake_case" => Self::Snake,
            "SCREAMING_SNAKE_CASE" => Self::ScreamingSnake,
            "kebab-case" => Self::Kebab,
            "SCREAMING-KEBAB-CASE" => Self::ScreamingKebab,
            // serde reports it.
            _ => return None,
        })
    }

    /// As serde renames a field, which is in snake case.
    fn field(self, field: &str) -> String {
        match self {
            Self::Lower | Self::Snake => field.to_owned(),
            Self::Upper | Self::ScreamingSnake => field.to_ascii_uppercase(),
            Self::Pascal => pascal(field),
            Self::Camel => lower_first(&pascal(field)),
            Self::Kebab => field.replace('_', "-"),
            Self::ScreamingKebab => field.to_ascii_uppercase().replace('_', "-"),
        }
    }

    /// As serde renames a variant, which is in Pascal case.
    fn variant(self, variant: &str) -> String {
        let snake = || {
            let mut snake = String::new();
            for (n, c) in variant.char_indices() {
                if n > 0 && c.is_uppercase() {
                    snake.push('_');
                }
                snake.push(c.to_ascii_lowercase());
            }
            snake
        };
        match self {
            Self::Pascal => variant.to_owned(),
            Self::Lower => variant.to_ascii_lowercase(),
            Self::Upper => variant.to_ascii_uppercase(),
            Self::Camel => lower_first(variant),
            Self::Snake => snake(),
            Self::ScreamingSnake => snake().to_ascii_uppercase(),
            Self::Kebab => snake().replace('_', "-"),
            Self::ScreamingKebab => snake().to_ascii_uppercase().replace('_', "-"),
        }
    }
}

fn pascal(field: &str) -> String {
    let mut capital = true;
    let mut pascal = String::new();
    for c in field.chars() {
        if c == '_' {
            capital = true;
        } else {
            pascal.push(if std::mem::take(&mut capital) { c.to_ascii_uppercase() } else { c });
        }
    }
    pascal
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_ascii_lowercase().to_string() + chars.as_str()).unwrap_or_default()
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

/// `= ".."`, or `(serialize = "..", deserialize = "..")`, which must agree: there is one name in the table.
fn one_name(cx: &Ctxt, meta: &ParseNestedMeta<'_>) -> syn::Result<Option<LitStr>> {
    if meta.input.peek(Token![=]) {
        return meta.value()?.parse().map(Some);
    }
    let mut names: Vec<LitStr> = Vec::new();
    meta.parse_nested_meta(|inner| {
        names.push(inner.value()?.parse()?);
        Ok(())
    })?;
    if names.len() != 2 || names[0].value() != names[1].value() {
        cx.error(&meta.path, "an attribute has one name in the table: give serde the same for both directions");
    }
    Ok(names.into_iter().next())
}

pub(crate) fn container(cx: &Ctxt, attributes: &[Attribute]) -> Container {
    let mut container = Container::default();
    each(attributes, |meta| {
        if meta.path.is_ident("rename_all") {
            let case = one_name(cx, meta)?;
            container.rename_all = case.and_then(|case| Case::parse(&case.value()));
            return Ok(true);
        }
        container.has_default |= meta.path.is_ident("default");
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
    container
}

fn named(cx: &Ctxt, attributes: &[Attribute]) -> Named {
    let mut named = Named::default();
    each(attributes, |meta| {
        if meta.path.is_ident("rename") {
            named.rename = one_name(cx, meta)?.map(|name| name.value());
            return Ok(true);
        }
        if meta.path.is_ident("default") {
            named.default = Some(DefaultValue::Type);
            if meta.input.peek(Token![=]) {
                let text: LitStr = meta.value()?.parse()?;
                named.default = Some(DefaultValue::Path(text.parse()?));
            }
            return Ok(true);
        }
        let with = meta.path.is_ident("with");
        if with || meta.path.is_ident("serialize_with") {
            let text: LitStr = meta.value()?.parse()?;
            let mut path: ExprPath = text.parse()?;
            if with {
                named.with = Some((text, path.clone()));
                let mut deserialize = path.clone();
                deserialize.path.segments.push(Ident::new("deserialize", proc_macro2::Span::call_site()).into());
                named.deserialize_with = Some(deserialize);
                path.path.segments.push(Ident::new("serialize", proc_macro2::Span::call_site()).into());
            }
            named.serialize_with = Some(path);
            return Ok(true);
        }
        if meta.path.is_ident("deserialize_with") {
            let text: LitStr = meta.value()?.parse()?;
            named.deserialize_with = Some(text.parse()?);
            return Ok(true);
        }
        if meta.path.is_ident("skip_serializing_if") {
            let text: LitStr = meta.value()?.parse()?;
            named.skip_if = Some(text.parse()?);
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
        named.flatten |= meta.path.is_ident("flatten");
        named.skip |= meta.path.is_ident("skip") || meta.path.is_ident("skip_serializing");
        for word in ["skip", "skip_serializing", "skip_deserializing"] {
            if meta.path.is_ident(word) {
                named.skips = meta.path.get_ident().cloned();
            }
        }
        Ok(false)
    });
    named
}

impl Container {
    pub fn field(&self, cx: &Ctxt, field: &Field, ident: &Ident) -> (Named, String) {
        let named = named(cx, &field.attrs);
        let plain = ident.unraw().to_string();
        let name =
            named.rename.clone().unwrap_or_else(|| self.rename_all.map_or(plain.clone(), |case| case.field(&plain)));
        (named, name)
    }

    pub fn variant(&self, cx: &Ctxt, variant: &syn::Variant) -> String {
        let plain = variant.ident.unraw().to_string();
        let renamed = named(cx, &variant.attrs).rename;
        renamed.unwrap_or_else(|| self.rename_all.map_or(plain.clone(), |case| case.variant(&plain)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_renamed_as_serde_does() {
        let cases = [
            (Case::Camel, "createdAt"),
            (Case::Pascal, "CreatedAt"),
            (Case::Kebab, "created-at"),
            (Case::ScreamingSnake, "CREATED_AT"),
            (Case::ScreamingKebab, "CREATED-AT"),
            (Case::Upper, "CREATED_AT"),
            (Case::Snake, "created_at"),
            (Case::Lower, "created_at"),
        ];
        for (case, expected) in cases {
            assert_eq!(case.field("created_at"), expected);
        }
        assert_eq!(Case::Kebab.variant("NotYetPaid"), "not-yet-paid");
        assert_eq!(Case::Camel.variant("NotYetPaid"), "notYetPaid");
    }
}
