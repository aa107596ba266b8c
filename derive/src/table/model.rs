//! The enum of a table as the expansion sees it.

use quote::ToTokens;
use syn::{Data, DeriveInput, Fields, GenericArgument, Ident, Path, PathArguments, Type, Visibility};

use super::attr::{self, Attrs};
use crate::ctxt::{Ctxt, did_you_mean, runtime};

pub(crate) struct Table {
    pub ident: Ident,
    pub vis: Visibility,
    pub krate: Path,
    pub delimiter: char,
    /// The attribute that holds an item's discriminator, if there is one.
    pub discriminator: Option<String>,
    pub entities: Vec<Variant>,
    pub unknown: Option<Variant>,
    /// Variants that repeat another's type: an error, but there.
    pub has_duplicates: bool,
    /// Pairs of entities, by their numbers, that may write one key.
    pub overlaps: Vec<(usize, usize)>,
}

pub(crate) struct Variant {
    pub ident: Ident,
    /// The entity.
    pub ty: Type,
    /// The variant holds it as `Box<Order>`.
    pub is_boxed: bool,
}

impl Table {
    pub fn new(cx: &Ctxt, input: &DeriveInput, attrs: &Attrs) -> Option<Self> {
        let Data::Enum(data) = &input.data else {
            cx.error(&input.ident, "a table is an enum with a variant for each of its entities, such as `User(User)`");
            return None;
        };
        if !input.generics.params.is_empty() {
            cx.error(
                &input.generics,
                format_args!(
                    "a table has no {}: it holds the entities that its enum names",
                    crate::ctxt::parameters(&input.generics)
                ),
            );
            return None;
        }
        let mut table = Self {
            ident: input.ident.clone(),
            vis: input.vis.clone(),
            krate: runtime(attrs.krate.as_ref()),
            delimiter: attrs.delimiter,
            discriminator: attrs.discriminator(),
            entities: Vec::new(),
            unknown: None,
            has_duplicates: false,
            overlaps: Vec::new(),
        };
        let mut complete = true;
        for variant in &data.variants {
            let ident = &variant.ident;
            let unknown = attr::unknown(cx, &variant.attrs);
            let ty = match &variant.fields {
                Fields::Unnamed(fields) if fields.unnamed.len() == 1 => fields.unnamed[0].ty.clone(),
                _ => {
                    cx.error(variant, format_args!("a variant holds one entity, as in `{ident}({ident})`"));
                    complete = false;
                    continue;
                }
            };
            let (ty, is_boxed) = match unboxed(&ty) {
                Some(inner) if unknown.is_none() => (inner.clone(), true),
                _ => (ty, false),
            };
            let parsed = Variant { ident: ident.clone(), ty, is_boxed };
            match unknown {
                Some(word) if attrs.of.is_some() => {
                    cx.error(
                        word,
                        "a part of a table reads just its entities: only the table itself has an unknown item",
                    );
                }
                Some(word) if table.unknown.is_some() => {
                    cx.error(word, "two variants are `unknown`; one item, one place");
                }
                Some(_) => table.unknown = Some(parsed),
                None => {
                    let same = |other: &&Variant| {
                        other.ty.to_token_stream().to_string() == parsed.ty.to_token_stream().to_string()
                    };
                    if let Some(other) = table.entities.iter().find(same) {
                        let ty = parsed.ty.to_token_stream();
                        let other = &other.ident;
                        cx.error(
                            &parsed.ty,
                            format_args!("`{ident}` and `{other}` both hold `{ty}`: an entity has one variant"),
                        );
                        table.has_duplicates = true;
                        continue;
                    }
                    table.entities.push(parsed);
                }
            }
        }
        if table.entities.is_empty() && complete {
            cx.error(&input.ident, "a table holds at least one entity, as in `User(User)`");
            return None;
        }
        table.overlaps =
            attrs.overlaps.iter().filter_map(|(a, b)| table.number(cx, a).zip(table.number(cx, b))).collect();
        complete.then_some(table)
    }

    /// The number of the variant with this name among the entities.
    fn number(&self, cx: &Ctxt, name: &Ident) -> Option<usize> {
        let number = self.entities.iter().position(|variant| variant.ident == *name);
        if number.is_none() {
            let names: Vec<String> = self.entities.iter().map(|variant| variant.ident.to_string()).collect();
            let hint = did_you_mean(&name.to_string(), names.iter().map(String::as_str));
            cx.error(name, format_args!("`{name}` is not a variant with an entity of `{}`{hint}", self.ident));
        }
        number
    }
}

/// The type in a `Box`. Macros see no types, only what is written.
fn unboxed(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Box")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first() {
        Some(GenericArgument::Type(inner)) if arguments.args.len() == 1 => Some(inner),
        _ => None,
    }
}
