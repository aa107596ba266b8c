//! Parses `#[entity(..)]` and keeps the user's spans.

use proc_macro2::{Group, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, DeriveInput, Ident, LitStr, Path, Token, Type, parenthesized};

use crate::ctxt::{Ctxt, did_you_mean};

/// The options of `#[entity(..)]` on a struct. The name of an index is also an option.
const WORDS: [&str; 8] = ["aliases", "builder", "crate", "discriminator", "pk", "sk", "table", "types"];
const INDEX_WORDS: [&str; 4] = ["name", "pk", "sk", "when"];
const FIELD_WORDS: [&str; 6] = ["created_at", "key_only", "ttl", "updated_at", "version", "write_id"];

#[derive(Default)]
pub(crate) struct Attrs {
    pub table: Option<Path>,
    pub krate: Option<Path>,
    pub discriminator: Option<LitStr>,
    pub aliases: Vec<LitStr>,
    pub pk: Option<Key>,
    pub sk: Option<Key>,
    pub indexes: Vec<IndexAttrs>,
    /// The word `builder`, if the struct gets one.
    pub builder: Option<Ident>,
    /// The declared types of nested fields.
    pub types: Vec<NestedType>,
    /// Whether an option has a mistake, so that it may be missing here.
    pub is_broken: bool,
}

/// The source of a key's text.
pub(crate) enum Key {
    Template(LitStr),
    Function(Call),
    /// The key is set, but its value could not be parsed.
    Broken,
}

/// `front_page(score, day)`: a function and the fields that are its arguments.
pub(crate) struct Call {
    pub function: Path,
    pub fields: Vec<FieldPath>,
}

/// `score`, or a nested field, `repo.owner`.
#[derive(Clone)]
pub(crate) struct FieldPath(pub Vec<Ident>);

/// `repo.owner: String`
pub(crate) struct NestedType {
    pub field: FieldPath,
    pub ty: Type,
}

impl FieldPath {
    /// Returns the path as it is written in a template.
    pub fn name(&self) -> String {
        self.0.iter().map(|part| part.unraw().to_string()).collect::<Vec<_>>().join(".")
    }
}

impl Parse for Key {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(LitStr) { input.parse().map(Self::Template) } else { input.parse().map(Self::Function) }
    }
}

impl Parse for Call {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let expected = |error: syn::Error| {
            syn::Error::new(
                error.span(),
                "expected a key template in quotes, or a function and its fields, such as `rank(score, day)`",
            )
        };
        let function = input.call(Path::parse_mod_style).map_err(expected)?;
        if !input.peek(syn::token::Paren) {
            return Err(expected(syn::Error::new_spanned(&function, "")));
        }
        Ok(Self { function, fields: list(input)? })
    }
}

impl Parse for FieldPath {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Ok(Self(Punctuated::<Ident, Token![.]>::parse_separated_nonempty(input)?.into_iter().collect()))
    }
}

impl Parse for NestedType {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let field = input.parse()?;
        input.parse::<Token![:]>()?;
        Ok(Self { field, ty: input.parse()? })
    }
}

pub(crate) struct IndexAttrs {
    pub index: Ident,
    pub pk: Option<Key>,
    pub sk: Option<Key>,
    pub when: Option<Call>,
    pub name: Option<LitStr>,
}

pub(crate) fn read(cx: &Ctxt, input: &DeriveInput) -> Attrs {
    let mut attrs = Attrs::default();
    for attribute in own(&input.attrs) {
        let read = attribute.parse_args_with(|input: ParseStream<'_>| {
            let is_whole =
                options(cx, input, "expected an option, such as `pk`", |word| word_of(cx, &mut attrs, word, input));
            attrs.is_broken |= !is_whole;
            Ok(())
        });
        if let Err(error) = read {
            attrs.is_broken = true;
            cx.push(error);
        }
    }
    attrs
}

fn own(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("entity"))
}

/// Calls `read` with the word of each option, and returns whether all could be parsed. Skips the rest of an option with a mistake, so
/// that the options after it are known.
fn options(cx: &Ctxt, input: ParseStream<'_>, expected: &str, mut read: impl FnMut(&Ident) -> syn::Result<()>) -> bool {
    let mut is_whole = true;
    while !input.is_empty() {
        let word = input.call(Ident::parse_any).map_err(|error| syn::Error::new(error.span(), expected));
        let read = word.and_then(|word| read(&word)).and_then(|()| match input.is_empty() || input.peek(Token![,]) {
            true => Ok(()),
            false => Err(input.error("expected `,`")),
        });
        if let Err(error) = read {
            is_whole = false;
            cx.push(error);
            while !input.peek(Token![,]) && input.parse::<TokenTree>().is_ok() {}
        }
        if input.parse::<Token![,]>().is_err() {
            break;
        }
    }
    is_whole
}

/// Parses a list in parentheses. After a mistake, skips the rest of it, because syn reports tokens that nothing parses.
fn list<T: Parse>(input: ParseStream<'_>) -> syn::Result<Vec<T>> {
    let content;
    parenthesized!(content in input);
    let parsed = content.parse_terminated(T::parse, Token![,]);
    content.parse::<TokenStream>()?;
    Ok(parsed?.into_iter().collect())
}

fn value<T: Parse>(input: ParseStream<'_>) -> syn::Result<T> {
    input.parse::<Token![=]>()?;
    input.parse()
}

fn word_of(cx: &Ctxt, attrs: &mut Attrs, word: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
    match word.to_string().as_str() {
        "table" => once(cx, word, &mut attrs.table, value(input)?),
        "crate" => once(cx, word, &mut attrs.krate, value(input)?),
        "discriminator" => once(cx, word, &mut attrs.discriminator, value(input)?),
        "pk" => return key(cx, word, &mut attrs.pk, input),
        "sk" => return key(cx, word, &mut attrs.sk, input),
        "builder" if !input.peek(syn::token::Paren) => once(cx, word, &mut attrs.builder, word.clone()),
        "aliases" => attrs.aliases.extend(list::<LitStr>(input)?),
        "types" => attrs.types.extend(list::<NestedType>(input)?),
        // An option with a list in parentheses is an index. Only the table enum knows which indexes exist.
        unknown if !is_index(input) => {
            let hint = did_you_mean(unknown, WORDS);
            let message = format!("`{unknown}` is not an option of `#[entity(..)]`{hint}");
            return Err(syn::Error::new(word.span(), message));
        }
        _ => {
            let (index, is_whole) = index(cx, word, input)?;
            attrs.indexes.push(index);
            attrs.is_broken |= !is_whole;
        }
    }
    Ok(())
}

fn once<T>(cx: &Ctxt, word: &Ident, slot: &mut Option<T>, value: T) {
    if slot.replace(value).is_some() {
        cx.error(word, format_args!("`{word}` is set twice; keep one"));
    }
}

/// Parses the value of `pk` or `sk`. Sets the key also after a mistake, so that it is not reported as missing.
fn key(cx: &Ctxt, word: &Ident, slot: &mut Option<Key>, input: ParseStream<'_>) -> syn::Result<()> {
    let key = value(input);
    let result = key.as_ref().map(|_| ()).map_err(Clone::clone);
    once(cx, word, slot, key.unwrap_or(Key::Broken));
    result
}

/// Returns whether the next token is a list of the options of an index.
fn is_index(input: ParseStream<'_>) -> bool {
    input
        .fork()
        .parse::<Group>()
        .is_ok_and(|group| !matches!(group.stream().into_iter().next(), Some(TokenTree::Literal(_))))
}

/// Parses `gsi1(pk = "..", sk = "..", when = .., name = "..")`. Also returns whether all of it could be parsed.
fn index(cx: &Ctxt, word: &Ident, input: ParseStream<'_>) -> syn::Result<(IndexAttrs, bool)> {
    let content;
    parenthesized!(content in input);
    let mut index = IndexAttrs { index: word.clone(), pk: None, sk: None, when: None, name: None };
    let is_whole = options(cx, &content, "expected `pk`, `sk`, `when` or `name`", |word| {
        match word.to_string().as_str() {
            "pk" => return key(cx, word, &mut index.pk, &content),
            "sk" => return key(cx, word, &mut index.sk, &content),
            "when" => once(cx, word, &mut index.when, value(&content)?),
            "name" => once(cx, word, &mut index.name, value(&content)?),
            unknown => {
                let hint = did_you_mean(unknown, INDEX_WORDS);
                let message = format!(
                    "`{unknown}` is not an option of an index; the options are `pk`, `sk`, `when` and `name`{hint}"
                );
                return Err(syn::Error::new(word.span(), message));
            }
        }
        Ok(())
    });
    Ok((index, is_whole))
}

/// The options of `#[entity(..)]` on a field.
#[derive(Default)]
pub(crate) struct FieldAttrs {
    pub key_only: Option<Ident>,
    /// The kind of managed field, and the word that declares it.
    pub managed: Option<(Managed, Ident)>,
}

/// The kinds of managed fields, which writes set.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Managed {
    Version,
    Ttl,
    CreatedAt,
    UpdatedAt,
    WriteId,
}

impl Managed {
    fn parse(word: &Ident) -> Option<Self> {
        Some(match word.to_string().as_str() {
            "version" => Self::Version,
            "ttl" => Self::Ttl,
            "created_at" => Self::CreatedAt,
            "updated_at" => Self::UpdatedAt,
            "write_id" => Self::WriteId,
            _ => return None,
        })
    }
}

pub(crate) fn field(cx: &Ctxt, attributes: &[Attribute]) -> FieldAttrs {
    let mut attrs = FieldAttrs::default();
    for attribute in own(attributes) {
        let read = attribute.parse_nested_meta(|meta| {
            let word = meta.path.get_ident();
            if let Some(word) = word.filter(|word| *word == "key_only") {
                once(cx, word, &mut attrs.key_only, word.clone());
            } else if let Some((word, managed)) = word.and_then(|word| Some((word, Managed::parse(word)?))) {
                match &attrs.managed {
                    Some((other, first)) if *other != managed => {
                        cx.error(
                            word,
                            format_args!("the field is already `{first}`, so it cannot also be `{word}`; keep one"),
                        );
                    }
                    _ => once(cx, word, &mut attrs.managed, (managed, word.clone())),
                }
            } else {
                let word = word.map(ToString::to_string).unwrap_or_default();
                let hint = did_you_mean(&word, FIELD_WORDS);
                cx.error(&meta.path, format_args!("`{word}` is not an option of `#[entity(..)]` on a field{hint}"));
                if meta.input.peek(Token![=]) {
                    meta.value()?.parse::<syn::Expr>()?;
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
