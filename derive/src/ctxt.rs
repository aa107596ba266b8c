use std::cell::RefCell;
use std::fmt::Display;

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::{Attribute, Expr, ExprLit, Ident, Lit, LitStr, Meta, Path, parse_quote};

/// Collects the errors of one derive.
#[derive(Default)]
pub(crate) struct Ctxt {
    errors: RefCell<Vec<syn::Error>>,
}

impl Ctxt {
    pub fn error(&self, at: impl ToTokens, message: impl Display) {
        self.push(syn::Error::new_spanned(at, message));
    }

    pub fn push(&self, error: syn::Error) {
        self.errors.borrow_mut().push(error);
    }

    pub fn is_clean(&self) -> bool {
        self.errors.borrow().is_empty()
    }

    /// Returns the errors as `compile_error!` invocations, or `None` if the derive has no errors.
    pub fn finish(self) -> Option<TokenStream> {
        let mut errors = self.errors.into_inner().into_iter();
        let mut first = errors.next()?;
        first.extend(errors);
        Some(first.into_compile_error())
    }
}

/// Returns `; did you mean ..?` if one of the known words is similar, and an empty string otherwise.
pub(crate) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().max(3) / 3)
        .min()
        .map(|(_, candidate)| format!("; did you mean `{candidate}`?"))
        .unwrap_or_default()
}

/// Returns the path of the runtime crate: the one in `crate = ..`, or `::monotable`.
pub(crate) fn runtime(given: Option<&Path>) -> Path {
    given.cloned().unwrap_or_else(|| parse_quote!(::monotable))
}

/// Gives all tokens the span of the user's word, so that the compiler reports errors in them there.
pub(crate) fn respan(tokens: TokenStream, span: Span) -> TokenStream {
    let respanned = |token: TokenTree| match token {
        TokenTree::Group(group) => {
            let mut respanned = Group::new(group.delimiter(), respan(group.stream(), span));
            respanned.set_span(span);
            TokenTree::Group(respanned)
        }
        mut other => {
            other.set_span(span);
            other
        }
    };
    tokens.into_iter().map(respanned).collect()
}

/// Parses a string as an identifier.
pub(crate) fn identifier(cx: &Ctxt, text: &LitStr) -> Option<Ident> {
    match text.parse::<Ident>() {
        Ok(ident) => Some(ident),
        Err(_) => {
            cx.error(
                text,
                format_args!(
                    "`{}` is not a function name; write a Rust identifier, such as `list_by_user`",
                    text.value()
                ),
            );
            None
        }
    }
}

/// Returns the name of a field's constant: `created_at` becomes `CREATED_AT`. The `r#` of a raw identifier is removed.
pub(crate) fn constant(field: &Ident) -> Ident {
    let name = syn::ext::IdentExt::unraw(field).to_string();
    format_ident!("{}", name.to_uppercase(), span = field.span())
}

/// Names the kind of the first generic parameter, for messages about types that cannot have any.
pub(crate) fn parameters(generics: &syn::Generics) -> &'static str {
    match generics.params.first() {
        Some(syn::GenericParam::Lifetime(_)) => "lifetimes",
        Some(syn::GenericParam::Const(_)) => "constant parameters",
        Some(syn::GenericParam::Type(_)) | None => "type parameters",
    }
}

/// Adds `Self: bound` to the `where` clause of a generic type's stub. The stub's traits require the bound, and whether the type meets it
/// depends on its parameters. A type without parameters gets none, because the compiler would check it at once and report a second
/// error.
pub(crate) fn with_bound(generics: &syn::Generics, bound: &TokenStream) -> syn::Generics {
    let mut generics = generics.clone();
    if !generics.params.is_empty() {
        generics.make_where_clause().predicates.push(syn::parse_quote!(Self: #bound));
    }
    generics
}

/// Converts to snake case: `UserProfile` becomes `user_profile`.
pub(crate) fn snake(name: &str) -> String {
    let mut snake = String::new();
    let mut previous_lower = false;
    let mut chars = name.chars().peekable();
    while let Some(c) = chars.next() {
        let starts_word = c.is_uppercase()
            && !snake.is_empty()
            && (previous_lower || chars.peek().is_some_and(|next| next.is_lowercase()));
        if starts_word && !snake.ends_with('_') {
            snake.push('_');
        }
        previous_lower = c.is_lowercase() || c.is_ascii_digit();
        snake.extend(c.to_lowercase());
    }
    snake
}

/// Escapes the braces of a message for `assert!`, which takes a format string.
pub(crate) fn message_of(message: &str) -> String {
    message.replace('{', "{{").replace('}', "}}")
}

/// Returns code for a slice of schema data. It is a constant, because the elements call functions: only the value of a constant can be
/// borrowed for `'static`.
pub(crate) fn slice(ty: &TokenStream, items: &[TokenStream]) -> TokenStream {
    match items {
        [] => quote!(&[]),
        items => quote!({ const __ITEMS: &[#ty] = &[#(#items),*]; __ITEMS }),
    }
}

/// Returns code for the `EntitySet` of a type. `entities` is code for a slice of the schemas of its entities; `whole` is `true`
/// for the enum of the whole table.
pub(crate) fn target(private: &TokenStream, name: &str, entities: &TokenStream, whole: bool) -> TokenStream {
    quote!({
        const ENTITIES: &[&#private::EntitySchema] = #entities;
        #private::EntitySet {
            name: #name,
            entities: ENTITIES,
            labels: &#private::labels::<{ #private::count_labels(ENTITIES) }>(ENTITIES),
            whole: #whole,
        }
    })
}

/// Returns the text of a doc comment, without the space after `///`.
pub(crate) fn doc_comment(attributes: &[Attribute]) -> String {
    let line = |attribute: &Attribute| match &attribute.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => {
                let text = text.value();
                Some(text.strip_prefix(' ').unwrap_or(&text).trim_end().to_owned())
            }
            _ => None,
        },
        _ => None,
    };
    attributes.iter().filter_map(line).collect::<Vec<_>>().join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variant_names_become_snake_case() {
        for (name, expected) in [("User", "user"), ("ArticleTag", "article_tag"), ("HTTPLog", "http_log"), ("V2", "v2")]
        {
            assert_eq!(snake(name), expected);
        }
    }

    #[test]
    fn only_similar_words_are_suggested() {
        assert_eq!(did_you_mean("discriminater", ["table", "discriminator"]), "; did you mean `discriminator`?");
        assert_eq!(did_you_mean("colour", ["table", "discriminator"]), "");
    }
}
