//! An entity as the later stages see it: attributes joined with fields, templates read, fields numbered.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, ExprPath, Fields, Ident, LitStr, Path, Type, Visibility};

use super::attr::{self, Attrs};
use crate::ctxt::{Ctxt, did_you_mean, identifier, runtime};
use crate::serde;
use crate::template::{self, Placeholder, Segment};

pub(crate) struct Entity {
    pub ident: Ident,
    pub vis: Visibility,
    pub krate: Path,
    pub table: Path,
    pub discriminator: String,
    pub aliases: Vec<LitStr>,
    pub fields: Vec<Field>,
    /// The fields that templates name, by their numbers in `fields`, in order of first use.
    pub key_fields: Vec<usize>,
    pub pk: Template,
    pub sk: Option<Template>,
    pub indexes: Vec<Index>,
}

pub(crate) struct Field {
    pub ident: Ident,
    pub vis: Visibility,
    pub ty: Type,
    /// The name it is stored under.
    pub attribute: String,
    pub flatten: bool,
    pub skip: bool,
    pub serialize_with: Option<ExprPath>,
    pub key_only: Option<Ident>,
}

pub(crate) struct Index {
    pub ident: Ident,
    /// A local index shares the table's partition key, and has none of its own.
    pub pk: Option<Template>,
    pub sk: Option<Template>,
    pub name: Option<Ident>,
}

pub(crate) struct Template {
    pub literal: LitStr,
    pub segments: Vec<Part>,
}

pub(crate) enum Part {
    Literal(String),
    /// With the field's number in `Entity::fields`.
    Field(usize, Placeholder),
}

impl Template {
    /// The fields it names, each once, in order of first use, with the placeholder that names them first.
    pub fn fields(&self) -> Vec<(usize, &Placeholder)> {
        let mut fields: Vec<(usize, &Placeholder)> = Vec::new();
        for part in &self.segments {
            if let Part::Field(field, placeholder) = part
                && !fields.iter().any(|(known, _)| known == field)
            {
                fields.push((*field, placeholder));
            }
        }
        fields
    }
}

impl Entity {
    /// The templates of the primary key.
    pub fn primary(&self) -> impl Iterator<Item = &Template> {
        [&self.pk].into_iter().chain(&self.sk)
    }

    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        self.primary().chain(self.indexes.iter().flat_map(|index| index.pk.iter().chain(&index.sk)))
    }

    /// Whether the primary key is made from the field.
    pub fn in_primary(&self, field: usize) -> bool {
        self.primary().any(|template| template.fields().iter().any(|(named, _)| *named == field))
    }

    /// The number of a field among the key fields.
    pub fn key_field(&self, field: usize) -> usize {
        self.key_fields.iter().position(|known| *known == field).unwrap_or_default()
    }

    /// `None` after an error, which `cx` has.
    pub fn new(cx: &Ctxt, input: &DeriveInput, attrs: &Attrs) -> Option<Self> {
        let fields = fields(cx, input)?;
        let missing = |word: &str, example: &str| {
            cx.error(&input.ident, format_args!("`#[entity({word} = ..)]` is missing; write {example}"));
        };
        let table = attrs.table.clone().or_else(|| {
            missing("table", "the enum that derives `Table` and has a variant for this entity");
            None
        });
        let template = |literal: &LitStr| template(cx, literal, &fields, input);
        let pk = match &attrs.pk {
            Some(pk) => template(pk),
            None => {
                missing("pk", "the partition key's template, such as `pk = \"USER#{user_id}\"`");
                None
            }
        };
        // Every template is read before anything is given up, so that all errors are shown.
        let sk = attrs.sk.as_ref().map(template);
        let indexes: Vec<_> = attrs
            .indexes
            .iter()
            .map(|index| {
                let (pk, sk) = (index.pk.as_ref().map(template), index.sk.as_ref().map(template));
                let name = index.name.as_ref().map(|name| identifier(cx, name));
                if pk.is_none() && sk.is_none() {
                    cx.error(&index.index, "an index has at least `pk` (or, if it is a local one, `sk`)");
                }
                Some(Index { ident: index.index.clone(), pk: all(pk)?, sk: all(sk)?, name: all(name)? })
            })
            .collect();
        let mut entity = Self {
            ident: input.ident.clone(),
            vis: input.vis.clone(),
            krate: runtime(attrs.krate.as_ref()),
            table: table?,
            discriminator: attrs.discriminator.as_ref().map_or_else(|| input.ident.unraw().to_string(), LitStr::value),
            aliases: attrs.aliases.clone(),
            fields,
            key_fields: Vec::new(),
            pk: pk?,
            sk: all(sk)?,
            indexes: indexes.into_iter().collect::<Option<_>>()?,
        };
        let mut key_fields: Vec<usize> = Vec::new();
        for (field, _) in entity.templates().flat_map(Template::fields) {
            if !key_fields.contains(&field) {
                key_fields.push(field);
            }
        }
        entity.key_fields = key_fields;
        Some(entity)
    }
}

/// `Some(None)` is an error; what is not given is none.
fn all<T>(given: Option<Option<T>>) -> Option<Option<T>> {
    match given {
        None => Some(None),
        Some(None) => None,
        Some(some) => Some(some),
    }
}

fn fields(cx: &Ctxt, input: &DeriveInput) -> Option<Vec<Field>> {
    if !input.generics.params.is_empty() {
        cx.error(&input.generics, "an entity has no type parameters: an item is stored as one type");
        return None;
    }
    let named = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(named) => &named.named,
            Fields::Unnamed(_) | Fields::Unit => {
                cx.error(&input.ident, "an entity has named fields, which become its attributes");
                return None;
            }
        },
        Data::Enum(_) | Data::Union(_) => {
            cx.error(&input.ident, "an entity is a struct; the enum of a table's entities derives `Table`");
            return None;
        }
    };
    let container = serde::container(cx, &input.attrs);
    let field = |field: &syn::Field| {
        let ident = field.ident.clone()?;
        let (named, attribute) = container.field(cx, field, &ident);
        Some(Field {
            vis: field.vis.clone(),
            ty: field.ty.clone(),
            attribute,
            flatten: named.flatten,
            skip: named.skip,
            serialize_with: named.serialize_with,
            key_only: attr::key_only(cx, &field.attrs),
            ident,
        })
    };
    Some(named.iter().filter_map(field).collect())
}

fn template(cx: &Ctxt, literal: &LitStr, fields: &[Field], input: &DeriveInput) -> Option<Template> {
    let segments = match template::parse(&literal.value()) {
        Ok(segments) => segments,
        Err(message) => {
            cx.error(literal, message);
            return None;
        }
    };
    let mut known = true;
    let parts = segments.into_iter().filter_map(|segment| match segment {
        Segment::Literal(text) => Some(Part::Literal(text)),
        Segment::Field(placeholder) => {
            let named = |field: &Field| field.ident.unraw() == placeholder.field.as_str();
            let field = fields.iter().position(named);
            if field.is_none() {
                known = false;
                unknown_field(cx, literal, &placeholder.field, fields, &input.ident);
            }
            field.map(|field| Part::Field(field, placeholder))
        }
    });
    let segments = parts.collect();
    known.then(|| Template { literal: literal.clone(), segments })
}

fn unknown_field(cx: &Ctxt, literal: &LitStr, name: &str, fields: &[Field], entity: &Ident) {
    let names: Vec<String> = fields.iter().map(|field| field.ident.unraw().to_string()).collect();
    let hint = did_you_mean(name, names.iter().map(String::as_str));
    cx.error(
        literal,
        format_args!("`{name}` is no field of `{}`, which has {}{hint}", entity.unraw(), names.join(", ")),
    );
}

/// The span of a type, for what the compiler has to say of it.
pub(crate) fn span_of(ty: &Type) -> Span {
    syn::spanned::Spanned::span(ty)
}
