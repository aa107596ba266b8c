//! The model of a table enum for the expansion.

use quote::ToTokens;
use syn::{Data, DeriveInput, Fields, GenericArgument, Ident, Path, PathArguments, Type, Visibility};

use super::attr::{self, Attrs};
use crate::ctxt::{Ctxt, did_you_mean, runtime};

pub(crate) struct Table {
    pub ident: Ident,
    pub vis: Visibility,
    pub krate: Path,
    pub delimiter: char,
    /// The attribute that contains the discriminator, if items have one.
    pub discriminator: Option<String>,
    pub entities: Vec<Variant>,
    pub unknown: Option<Variant>,
    /// Whether the enum has a variant that is not among these, which is an error.
    pub has_other_variants: bool,
    /// Whether each variant contains an entity. If not, only the conversions of the others are generated.
    pub is_complete: bool,
    /// Pairs of entities, by their numbers, that may write the same primary key.
    pub overlaps: Vec<(usize, usize)>,
}

pub(crate) struct Variant {
    pub ident: Ident,
    /// The type of the entity.
    pub ty: Type,
    /// Whether the variant contains it in a `Box`.
    pub is_boxed: bool,
}

impl Table {
    pub fn new(cx: &Ctxt, input: &DeriveInput, attrs: &Attrs) -> Option<Self> {
        let Data::Enum(data) = &input.data else {
            cx.error(&input.ident, "a table must be an enum with a variant for each entity, such as `User(User)`");
            return None;
        };
        if !input.generics.params.is_empty() {
            cx.error(
                &input.generics,
                format_args!(
                    "a table cannot have {}, because its variants contain concrete entities",
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
            has_other_variants: false,
            is_complete: true,
            overlaps: Vec::new(),
        };
        for variant in &data.variants {
            let ident = &variant.ident;
            let unknown = attr::unknown(cx, &variant.attrs);
            let ty = match &variant.fields {
                Fields::Unnamed(fields) if fields.unnamed.len() == 1 => fields.unnamed[0].ty.clone(),
                _ => {
                    cx.error(variant, format_args!("a variant must contain one entity, as in `{ident}({ident})`"));
                    table.is_complete = false;
                    table.has_other_variants = true;
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
                        "a part of a table reads only its entities; move `unknown` to the enum of the whole table",
                    );
                    table.has_other_variants = true;
                }
                Some(word) if table.unknown.is_some() => {
                    cx.error(word, "only one variant can be `unknown`; remove one of them");
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
                            format_args!(
                                "`{ident}` and `{other}` both contain `{ty}`, but an entity has only one variant; \
                                 remove one of them"
                            ),
                        );
                        table.has_other_variants = true;
                        continue;
                    }
                    table.entities.push(parsed);
                }
            }
        }
        if table.entities.is_empty() && table.is_complete {
            cx.error(&input.ident, "a table needs at least one entity, as in `User(User)`");
            return None;
        }
        table.overlaps =
            attrs.overlaps.iter().filter_map(|(a, b)| table.number(cx, a).zip(table.number(cx, b))).collect();
        Some(table)
    }

    /// Returns the number of the entity whose variant has this name.
    fn number(&self, cx: &Ctxt, name: &Ident) -> Option<usize> {
        let number = self.entities.iter().position(|variant| variant.ident == *name);
        // The variant may be one that has been reported already.
        if number.is_none() && !self.has_other_variants {
            let names: Vec<String> = self.entities.iter().map(|variant| variant.ident.to_string()).collect();
            let hint = did_you_mean(&name.to_string(), names.iter().map(String::as_str));
            cx.error(name, format_args!("`{name}` is not a variant of `{}` with an entity{hint}", self.ident));
        }
        number
    }
}

/// Returns the type inside a `Box`. A macro can only look at the spelling of a type, so it does not recognize other names of
/// `Box`.
fn unboxed(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Box")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first() {
        Some(GenericArgument::Type(inner)) if arguments.args.len() == 1 => Some(inner),
        _ => None,
    }
}
