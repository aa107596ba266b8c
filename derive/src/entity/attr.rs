//! Parses `#[entity(..)]` and keeps the user's spans.

use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
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
    /// Whether an attribute could not be parsed to its end, so that options may be missing here.
    pub is_broken: bool,
}

/// The source of a key's text.
pub(crate) enum Key {
    Template(LitStr),
    Function(Call),
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
        let content;
        parenthesized!(content in input);
        let fields = content.parse_terminated(FieldPath::parse, Token![,])?;
        Ok(Self { function, fields: fields.into_iter().collect() })
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
        if let Err(error) = attribute.parse_nested_meta(|meta| word(cx, &mut attrs, &meta)) {
            attrs.is_broken = true;
            cx.push(error);
        }
    }
    attrs
}

fn own(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("entity"))
}

fn word(cx: &Ctxt, attrs: &mut Attrs, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
    let Some(word) = meta.path.get_ident() else {
        return Err(meta.error("expected an option, such as `pk`"));
    };
    match word.to_string().as_str() {
        "table" => once(cx, word, &mut attrs.table, meta.value()?.parse()?),
        "crate" => once(cx, word, &mut attrs.krate, meta.value()?.parse()?),
        "discriminator" => once(cx, word, &mut attrs.discriminator, meta.value()?.parse()?),
        "pk" => once(cx, word, &mut attrs.pk, meta.value()?.parse()?),
        "sk" => once(cx, word, &mut attrs.sk, meta.value()?.parse()?),
        "builder" if !meta.input.peek(syn::token::Paren) => once(cx, word, &mut attrs.builder, word.clone()),
        "aliases" => {
            let content;
            parenthesized!(content in meta.input);
            attrs.aliases.extend(content.parse_terminated(<LitStr as Parse>::parse, Token![,])?);
        }
        "types" => {
            let content;
            parenthesized!(content in meta.input);
            attrs.types.extend(content.parse_terminated(NestedType::parse, Token![,])?);
        }
        // An option with a list in parentheses is an index. Only the table enum knows which indexes exist.
        unknown => match index(cx, word, meta)? {
            Some(index) => attrs.indexes.push(index),
            None => {
                let hint = did_you_mean(unknown, WORDS);
                cx.error(word, format_args!("`{unknown}` is not an option of `#[entity(..)]`{hint}"));
            }
        },
    }
    Ok(())
}

fn once<T>(cx: &Ctxt, word: &Ident, slot: &mut Option<T>, value: T) {
    if slot.replace(value).is_some() {
        cx.error(word, format_args!("`{word}` is set twice; keep one"));
    }
}

/// Parses `gsi1(pk = "..", sk = "..", when = .., name = "..")`. If the option has another form, skips it and returns `None`.
fn index(cx: &Ctxt, word: &Ident, meta: &ParseNestedMeta<'_>) -> syn::Result<Option<IndexAttrs>> {
    if meta.input.peek(Token![=]) {
        meta.value()?.parse::<syn::Expr>()?;
        return Ok(None);
    }
    let is_index = meta
        .input
        .fork()
        .parse::<proc_macro2::Group>()
        .is_ok_and(|group| !matches!(group.stream().into_iter().next(), Some(proc_macro2::TokenTree::Literal(_))));
    if !is_index {
        if meta.input.peek(syn::token::Paren) {
            meta.input.parse::<proc_macro2::Group>()?;
        }
        return Ok(None);
    }
    let mut index = IndexAttrs { index: word.clone(), pk: None, sk: None, when: None, name: None };
    meta.parse_nested_meta(|inner| {
        let Some(word) = inner.path.get_ident() else {
            return Err(inner.error("expected `pk`, `sk`, `when` or `name`"));
        };
        match word.to_string().as_str() {
            "pk" => once(cx, word, &mut index.pk, inner.value()?.parse()?),
            "sk" => once(cx, word, &mut index.sk, inner.value()?.parse()?),
            "when" => once(cx, word, &mut index.when, inner.value()?.parse()?),
            "name" => once(cx, word, &mut index.name, inner.value()?.parse()?),
            unknown => {
                let hint = did_you_mean(unknown, INDEX_WORDS);
                cx.error(
                    word,
                    format_args!(
                        "`{unknown}` is not an option of an index; the options are `pk`, `sk`, `when` and `name`{hint}"
                    ),
                );
                if inner.input.peek(Token![=]) {
                    inner.value()?.parse::<syn::Expr>()?;
                }
            }
        }
        Ok(())
    })?;
    Ok(Some(index))
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
