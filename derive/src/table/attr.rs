//! Parses `#[table(..)]` and keeps the user's spans.

use syn::meta::ParseNestedMeta;
use syn::parse::Parse;
use syn::{Attribute, DeriveInput, Ident, Lit, LitStr, Path, Token};

use crate::ctxt::{Ctxt, did_you_mean};

const WORDS: [&str; 8] =
    ["config", "config_json", "crate", "delimiter", "discriminator", "no_discriminator", "of", "overlap"];
const VARIANT_WORDS: [&str; 1] = ["unknown"];

pub(crate) struct Attrs {
    pub config: Option<LitStr>,
    pub config_json: Option<LitStr>,
    pub delimiter: char,
    /// The attribute that contains the discriminator.
    pub discriminator: Option<LitStr>,
    /// The word `no_discriminator`, if only the primary key identifies an item's entity.
    pub no_discriminator: Option<Path>,
    pub of: Option<Path>,
    pub krate: Option<Path>,
    /// Pairs of variants whose entities may write the same primary key.
    pub overlaps: Vec<(Ident, Ident)>,
}

impl Attrs {
    /// Returns the attribute that contains the discriminator. The default is `entity_type`, as in `monotable::schema`.
    pub fn discriminator(&self) -> Option<String> {
        match self.no_discriminator {
            Some(_) => None,
            None => Some(self.discriminator.as_ref().map_or("entity_type".to_owned(), LitStr::value)),
        }
    }
}

pub(crate) fn read(cx: &Ctxt, input: &DeriveInput) -> Attrs {
    let mut attrs = Attrs {
        config: None,
        config_json: None,
        delimiter: '#',
        discriminator: None,
        no_discriminator: None,
        of: None,
        krate: None,
        overlaps: Vec::new(),
    };
    for attribute in own(&input.attrs) {
        let read = attribute.parse_nested_meta(|meta| {
            let word = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
            match word.as_str() {
                "config" => attrs.config = Some(meta.value()?.parse()?),
                "config_json" => attrs.config_json = Some(meta.value()?.parse()?),
                "crate" => attrs.krate = Some(meta.value()?.parse()?),
                "overlap" => attrs.overlaps.extend(overlap(cx, &meta)?),
                "of" => attrs.of = Some(meta.value()?.parse()?),
                "discriminator" => attrs.discriminator = discriminator(cx, meta.value()?.parse()?),
                "no_discriminator" => attrs.no_discriminator = Some(meta.path),
                "delimiter" => attrs.delimiter = delimiter(cx, &meta.value()?.parse()?),
                unknown => {
                    let hint = did_you_mean(unknown, WORDS);
                    cx.error(&meta.path, format_args!("`{unknown}` is not an option of `#[table(..)]`{hint}"));
                    if meta.input.peek(Token![=]) {
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
    if let (Some(_), Some(json)) = (&attrs.config, &attrs.config_json) {
        cx.error(json, "`config` and `config_json` are both set; keep one");
    }
    if let (Some(_), Some(name)) = (&attrs.of, &attrs.discriminator) {
        cx.error(
            name,
            "`discriminator` is an option of the whole table; remove it from this enum, which is a part of it",
        );
    }
    if let Some(word) = &attrs.no_discriminator {
        if attrs.of.is_some() {
            cx.error(
                word,
                "`no_discriminator` is an option of the whole table; remove it from this enum, which is a part of it",
            );
        }
        if let Some(name) = &attrs.discriminator {
            cx.error(name, "`discriminator` and `no_discriminator` are both set; keep one");
        }
        if let Some((pair, _)) = attrs.overlaps.first() {
            cx.error(pair, "with `no_discriminator` only the key identifies the entity, so remove `overlap`");
        }
    }
    if let (Some(_), Some((pair, _))) = (&attrs.of, attrs.overlaps.first()) {
        cx.error(pair, "`overlap` is an option of the whole table; remove it from this enum, which is a part of it");
    }
    attrs
}

fn own(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("table"))
}

/// Parses `overlap(User, Customer)`.
fn overlap(cx: &Ctxt, meta: &ParseNestedMeta<'_>) -> syn::Result<Option<(Ident, Ident)>> {
    let content;
    syn::parenthesized!(content in meta.input);
    let mut names = content.parse_terminated(Ident::parse, Token![,])?.into_iter();
    match (names.next(), names.next(), names.next()) {
        (Some(a), Some(b), None) if a != b => Ok(Some((a, b))),
        _ => {
            cx.error(&meta.path, "`overlap` takes two different variants, as in `overlap(User, Customer)`");
            Ok(None)
        }
    }
}

/// Checks the length of an attribute name. DynamoDB allows up to 64 KB, but only 255 bytes for a key of an index.
fn discriminator(cx: &Ctxt, name: LitStr) -> Option<LitStr> {
    if (1..=255).contains(&name.value().len()) {
        return Some(name);
    }
    cx.error(&name, "the discriminator must be an attribute name of 1 to 255 bytes");
    None
}

/// Checks the delimiter. Letters, digits and the signs of numbers and times occur in most values, so they cannot be delimiters.
fn delimiter(cx: &Ctxt, literal: &Lit) -> char {
    let text = match literal {
        Lit::Str(text) => text.value(),
        Lit::Char(c) => c.value().to_string(),
        _ => String::new(),
    };
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) if c.is_ascii() && !c.is_alphanumeric() && !c.is_control() && !"-+.:".contains(c) => c,
        _ => {
            cx.error(
                literal,
                "the delimiter must be one ASCII character that no number or time contains, such as `#`, `|` or `/`",
            );
            '#'
        }
    }
}

/// Parses the options of a variant. Returns the word `unknown`, if the variant has it.
pub(crate) fn unknown(cx: &Ctxt, attributes: &[Attribute]) -> Option<Ident> {
    let mut unknown = None;
    for attribute in own(attributes) {
        let read = attribute.parse_nested_meta(|meta| {
            match meta.path.get_ident() {
                Some(word) if word == "unknown" => unknown = Some(word.clone()),
                _ => {
                    let word = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
                    let hint = did_you_mean(&word, VARIANT_WORDS);
                    cx.error(
                        &meta.path,
                        format_args!("`{word}` is not an option of `#[table(..)]` on a variant{hint}"),
                    );
                }
            }
            Ok(())
        });
        if let Err(error) = read {
            cx.push(error);
        }
    }
    unknown
}
