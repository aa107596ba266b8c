//! What serde's attributes say of a field: the name that it is stored under, and how it is encoded.

use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::{Attribute, ExprPath, Field, Ident, LitStr, Token};

use crate::ctxt::Ctxt;

/// Of a struct or an enum.
#[derive(Default)]
pub(crate) struct Container {
    pub rename_all: Option<Case>,
    has_default: bool,
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
    has_default: bool,
    /// The `with` of a set.
    set: Option<LitStr>,
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

/// Whether this `with` stores an empty collection as nothing.
fn is_set(path: &ExprPath) -> bool {
    const SETS: [&str; 3] = ["string_set", "number_set", "binary_set"];
    let segments: Vec<_> = path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    matches!(segments.as_slice(), [krate, set] if krate == "monotable" && SETS.contains(&set.as_str()))
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
                content.parse::<proc_macro2::TokenStream>()?;
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
            named.has_default = true;
            return Ok(false);
        }
        let with = meta.path.is_ident("with");
        if with || meta.path.is_ident("serialize_with") {
            let text: LitStr = meta.value()?.parse()?;
            let mut path: ExprPath = text.parse()?;
            if with && is_set(&path) {
                named.set = Some(text);
            }
            if with {
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

impl Named {
    pub fn is_set(&self) -> bool {
        self.set.is_some()
    }
}

impl Container {
    pub fn field(&self, cx: &Ctxt, field: &Field, ident: &Ident) -> (Named, String) {
        let named = named(cx, &field.attrs);
        if let Some(set) = named.set.as_ref().filter(|_| !named.has_default && !self.has_default) {
            let with = set.value();
            let remedy = format_args!(
                "an empty set is stored as no attribute, which `default` reads back: `#[serde(default, with = \"{with}\")]`"
            );
            cx.error(set, remedy);
        }
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
