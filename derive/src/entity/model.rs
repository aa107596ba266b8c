//! The model of an entity for the later stages: options joined with fields, parsed templates, numbered fields.

use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, ExprPath, Ident, LitStr, Path, Type, Visibility};

use super::attr::{self, Attrs, Call, FieldAttrs, FieldPath, Key, Managed, NestedType};
use crate::ctxt::{Ctxt, did_you_mean, doc_comment, identifier, runtime};
use crate::serde;
use crate::template::{self, Placeholder, Segment};

pub(crate) struct Entity {
    pub ident: Ident,
    pub doc: String,
    pub vis: Visibility,
    pub krate: Path,
    pub table: Path,
    pub discriminator: String,
    pub aliases: Vec<LitStr>,
    /// Whether the struct gets a builder.
    pub builder: bool,
    /// The fields of the struct, followed by the nested fields and functions of its keys: see [`Origin`].
    pub fields: Vec<Field>,
    /// The fields that keys and `when` depend on, as indexes into `fields`, in order of first use.
    pub key_fields: Vec<usize>,
    pub pk: Template,
    pub sk: Option<Template>,
    pub indexes: Vec<Index>,
}

pub(crate) struct Field {
    /// The field's name. For a nested field `repo_owner`, for a function the function's name.
    pub ident: Ident,
    pub origin: Origin,
    pub doc: String,
    pub vis: Visibility,
    pub ty: Type,
    /// The name of its attribute.
    pub attribute: String,
    pub flatten: bool,
    pub skip: bool,
    pub skips: Option<Ident>,
    /// `skip_serializing_if`
    pub skip_if: Option<ExprPath>,
    /// The value that serde uses if the attribute does not exist.
    pub default: Option<serde::DefaultValue>,
    /// Whether serde cannot deserialize an item without it.
    pub is_required: bool,
    pub serialize_with: Option<ExprPath>,
    pub deserialize_with: Option<ExprPath>,
    pub key_only: Option<Ident>,
    /// The kind of managed field, and the word that declares it.
    pub managed: Option<(Managed, Ident)>,
    /// Code for whether its serde `with` module stores a set, if it has one.
    pub is_set: Option<TokenStream>,
    /// An assertion that its serde attributes are valid for a set.
    pub set_check: Option<TokenStream>,
}

/// The source of a field's value.
pub(crate) enum Origin {
    /// A field of the struct.
    Own,
    /// A field inside a field of the struct: `repo.owner`.
    Nested(Vec<Ident>),
    /// The result of a function of fields of the struct: the text of a key, or whether the item is in an index.
    Call { call: Call, is_condition: bool },
}

pub(crate) struct Index {
    pub ident: Ident,
    /// `None` for a local secondary index, which uses the table's partition key.
    pub pk: Option<Template>,
    pub sk: Option<Template>,
    /// The number of the `when` function in `Entity::fields`.
    pub when: Option<usize>,
    pub name: Option<Ident>,
}

pub(crate) struct Template {
    /// The template as written. For a function, its call as a literal with the function's span.
    pub literal: LitStr,
    pub segments: Vec<Part>,
}

pub(crate) enum Part {
    Literal(String),
    /// The field's number in `Entity::fields`, and its placeholder.
    Field(usize, Placeholder),
}

impl Template {
    /// Returns the fields of the template, each once and in order of first use, with the first placeholder of each.
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

    /// Returns the fields whose whole value is in the key. A field with a lossy transform does not count.
    pub fn given(&self) -> Vec<usize> {
        let whole = |part: &Part| match part {
            Part::Field(field, placeholder) if placeholder.is_whole() => Some(*field),
            _ => None,
        };
        self.segments.iter().filter_map(whole).collect()
    }
}

impl Field {
    /// Returns whether it is a field of the struct that serde neither flattens nor skips. Includes `key_only` fields.
    pub fn is_attribute(&self) -> bool {
        matches!(self.origin, Origin::Own) && !self.flatten && !self.skip
    }

    /// Returns the fields of the struct that its value depends on.
    pub fn roots(&self) -> Vec<&Ident> {
        match &self.origin {
            Origin::Own => vec![&self.ident],
            Origin::Nested(path) => vec![&path[0]],
            Origin::Call { call, .. } => call.fields.iter().map(|field| &field.0[0]).collect(),
        }
    }
}

impl Entity {
    /// Returns the field if the template is only a placeholder of a stored field, without padding or transform.
    pub fn lone_field(&self, template: &Template) -> Option<&Field> {
        match template.segments.as_slice() {
            [Part::Field(number, Placeholder { width: None, transform: None, .. })] => {
                Some(&self.fields[*number]).filter(|field| field.is_attribute() && field.key_only.is_none())
            }
            _ => None,
        }
    }

    /// Returns whether the template of an index is only this field.
    pub fn is_ever_alone(&self, field: usize) -> bool {
        let of_indexes = self.indexes.iter().flat_map(|index| index.pk.iter().chain(&index.sk));
        let ident = &self.fields[field].ident;
        of_indexes.filter_map(|template| self.lone_field(template)).any(|alone| alone.ident == *ident)
    }

    /// Returns the templates of the primary key.
    pub fn primary(&self) -> impl Iterator<Item = &Template> {
        [&self.pk].into_iter().chain(&self.sk)
    }

    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        self.primary().chain(self.indexes.iter().flat_map(|index| index.pk.iter().chain(&index.sk)))
    }

    /// Returns whether the primary key contains the field.
    pub fn in_primary(&self, field: usize) -> bool {
        self.primary().any(|template| template.fields().iter().any(|(named, _)| *named == field))
    }

    /// Returns whether the value of `field` depends on `root`, a field of the struct.
    pub fn is_made_from(&self, field: usize, root: usize) -> bool {
        self.fields[field].roots().contains(&&self.fields[root].ident)
    }

    /// Returns the managed field of this kind.
    pub fn managed(&self, kind: Managed) -> Option<&Field> {
        self.fields.iter().find(|field| field.managed.as_ref().is_some_and(|(managed, _)| *managed == kind))
    }

    /// Returns the position of a field in `key_fields`.
    pub fn key_field(&self, field: usize) -> usize {
        self.key_fields.iter().position(|known| *known == field).unwrap_or_default()
    }

    /// Builds the model. Returns `None` if `cx` collected an error that makes this impossible.
    pub fn new(cx: &Ctxt, input: &DeriveInput, attrs: &Attrs) -> Option<Self> {
        let mut fields = Fields::new(cx, input, &attrs.types)?;
        let missing = |word: &str, example: &str| {
            // If an option has a mistake, it may be this one.
            if !attrs.is_broken {
                cx.error(&input.ident, format_args!("`#[entity({word} = ..)]` is missing; write {example}"));
            }
        };
        let table = attrs.table.clone().or_else(|| {
            missing("table", "the name of the enum that derives `Table` and has a variant for this entity");
            None
        });
        let pk = match &attrs.pk {
            Some(pk) => fields.key(pk),
            None => {
                missing("pk", "the template of the partition key, such as `pk = \"USER#{user_id}\"`");
                None
            }
        };
        // All templates are parsed before the first `?`, so that all errors are reported.
        let sk = attrs.sk.as_ref().map(|sk| fields.key(sk));
        let mut indexes = Vec::new();
        for index in &attrs.indexes {
            let pk = index.pk.as_ref().map(|pk| fields.key(pk));
            let sk = index.sk.as_ref().map(|sk| fields.key(sk));
            let when = index.when.as_ref().map(|when| fields.call(when, true));
            let name = index.name.as_ref().map(|name| identifier(cx, name));
            if pk.is_none() && sk.is_none() && !attrs.is_broken {
                cx.error(&index.index, "an index needs `pk`, or `sk` if it is a local secondary index");
            }
            let parts = (all(pk), all(sk), all(when), all(name));
            indexes.push(match parts {
                (Some(pk), Some(sk), Some(when), Some(name)) => {
                    Some(Index { ident: index.index.clone(), pk, sk, when, name })
                }
                _ => None,
            });
        }
        let fields = fields.finish();
        let mut entity = Self {
            ident: input.ident.clone(),
            doc: doc_comment(&input.attrs),
            vis: input.vis.clone(),
            krate: runtime(attrs.krate.as_ref()),
            table: table?,
            discriminator: attrs.discriminator.as_ref().map_or_else(|| input.ident.unraw().to_string(), LitStr::value),
            aliases: attrs.aliases.clone(),
            builder: attrs.builder.is_some(),
            fields,
            key_fields: Vec::new(),
            pk: pk?,
            sk: all(sk)?,
            indexes: indexes.into_iter().collect::<Option<_>>()?,
        };
        let mut key_fields: Vec<usize> = Vec::new();
        let named = entity.templates().flat_map(Template::fields).map(|(field, _)| field);
        for field in named.chain(entity.indexes.iter().filter_map(|index| index.when)) {
            if !key_fields.contains(&field) {
                key_fields.push(field);
            }
        }
        entity.key_fields = key_fields;
        Some(entity)
    }
}

/// Swaps the two levels of `Option`. An option with an error is `Some(None)`, and one that is not set is `None`.
fn all<T>(given: Option<Option<T>>) -> Option<Option<T>> {
    match given {
        None => Some(None),
        Some(None) => None,
        Some(some) => Some(some),
    }
}

/// Collects the fields of an entity: first those of the struct, then the nested fields and functions of its templates.
struct Fields<'a> {
    cx: &'a Ctxt,
    input: &'a DeriveInput,
    fields: Vec<Field>,
    own: usize,
    types: &'a [NestedType],
}

impl<'a> Fields<'a> {
    fn new(cx: &'a Ctxt, input: &'a DeriveInput, types: &'a [NestedType]) -> Option<Self> {
        let fields = own_fields(cx, input)?;
        let mut known: Vec<String> = Vec::new();
        for nested in types {
            let name = nested.field.name();
            if nested.field.0.len() < 2 {
                cx.error(
                    &nested.field.0[0],
                    format_args!("`{name}` is not a nested field; remove it from `types(..)`"),
                );
            } else if known.contains(&name) {
                cx.error(&nested.field.0[0], format_args!("the type of `{name}` is declared twice; keep one"));
            }
            known.push(name);
        }
        Some(Self { cx, input, own: fields.len(), fields, types })
    }

    fn finish(self) -> Vec<Field> {
        // After another error, a template that uses the nested field may be missing.
        if !self.cx.is_clean() {
            return self.fields;
        }
        for nested in self.types.iter().filter(|nested| nested.field.0.len() > 1) {
            let name = nested.field.name();
            let is_used = |field: &Field| matches!(&field.origin, Origin::Nested(_)) && field.attribute == name;
            if !self.fields.iter().any(is_used) {
                self.cx.error(&nested.field.0[0], format_args!("no template contains `{{{name}}}`; remove its type"));
            }
        }
        self.fields
    }

    /// Returns the number of the struct's field with this name.
    fn own(&self, name: &str) -> Option<usize> {
        self.fields[..self.own].iter().position(|field| field.ident.unraw() == name)
    }

    fn unknown(&self, at: impl quote::ToTokens, name: &str) {
        let own = &self.fields[..self.own];
        let names: Vec<String> = own.iter().map(|field| field.ident.unraw().to_string()).collect();
        let hint = match own.iter().find(|field| field.is_attribute() && field.attribute == name) {
            Some(field) => format!("; the field `{0}` is stored as `{name}`, so write `{{{0}}}`", field.ident.unraw()),
            None => did_you_mean(name, names.iter().map(String::as_str)),
        };
        let entity = self.input.ident.unraw();
        self.cx.error(at, format_args!("`{entity}` has no field `{name}`; its fields are {}{hint}", names.join(", ")));
    }

    fn key(&mut self, key: &Key) -> Option<Template> {
        match key {
            Key::Template(literal) => self.template(literal),
            Key::Function(call) => {
                let field = self.call(call, false)?;
                let names: Vec<_> = call.fields.iter().map(FieldPath::name).collect();
                let text = format!("{}({})", self.fields[field].ident, names.join(", "));
                // The function returns the whole text of the key, so its result may contain the delimiter.
                let whole = Placeholder { field: text.clone(), width: None, path: true, transform: None };
                let segments = vec![Part::Field(field, whole)];
                Some(Template { literal: LitStr::new(&text, self.fields[field].ident.span()), segments })
            }
            Key::Broken => None,
        }
    }

    fn template(&mut self, literal: &LitStr) -> Option<Template> {
        let segments = match template::parse(&literal.value()) {
            Ok(segments) => segments,
            Err(message) => {
                self.cx.error(literal, message);
                return None;
            }
        };
        let parts: Vec<_> = segments
            .into_iter()
            .map(|segment| match segment {
                Segment::Literal(text) => Some(Part::Literal(text)),
                Segment::Field(placeholder) => {
                    self.named(literal, &placeholder.field).map(|field| Part::Field(field, placeholder))
                }
            })
            .collect();
        let segments = parts.into_iter().collect::<Option<_>>()?;
        Some(Template { literal: literal.clone(), segments })
    }

    /// Returns the number of the field that a placeholder names. Adds a nested field that is not known yet.
    fn named(&mut self, literal: &LitStr, name: &str) -> Option<usize> {
        let Some((root, _)) = name.split_once('.') else {
            let own = self.own(name);
            if own.is_none() {
                self.unknown(literal, name);
            }
            return own;
        };
        if self.own(root).is_none() {
            self.unknown(literal, root);
            return None;
        }
        let known = |field: &Field| matches!(field.origin, Origin::Nested(_)) && field.attribute == name;
        if let Some(known) = self.fields.iter().position(known) {
            return Some(known);
        }
        let Some(nested) = self.types.iter().find(|nested| nested.field.name() == name) else {
            let message = format_args!("the nested field `{name}` has no type; declare it: `types({name}: String)`");
            self.cx.error(literal, message);
            return None;
        };
        let path = nested.field.0.clone();
        let joined: Vec<_> = path.iter().map(|part| part.unraw().to_string()).collect();
        self.push(
            Ident::new(&joined.join("_"), nested.field.0[0].span()),
            nested.ty.clone(),
            name.to_owned(),
            Origin::Nested(path),
        )
    }

    /// Adds the result of a function, and returns its number.
    fn call(&mut self, call: &Call, is_condition: bool) -> Option<usize> {
        let mut known = true;
        for field in &call.fields {
            let root = field.0[0].unraw().to_string();
            if self.own(&root).is_none() {
                self.unknown(&field.0[0], &root);
                known = false;
            }
        }
        if call.fields.is_empty() {
            self.cx.error(&call.function, "the function has no arguments; pass it a field, or write a template");
            known = false;
        }
        let name = call.function.segments.last().map(|segment| segment.ident.clone())?;
        let call = Call { function: call.function.clone(), fields: call.fields.clone() };
        let number = self.push(
            name,
            syn::parse_quote!(::std::string::String),
            String::new(),
            Origin::Call { call, is_condition },
        );
        known.then_some(number).flatten()
    }

    fn push(&mut self, ident: Ident, ty: Type, attribute: String, origin: Origin) -> Option<usize> {
        self.fields.push(Field {
            doc: String::new(),
            ident,
            origin,
            vis: Visibility::Inherited,
            ty,
            attribute,
            flatten: false,
            skip: false,
            skips: None,
            skip_if: None,
            default: None,
            is_required: false,
            serialize_with: None,
            deserialize_with: None,
            key_only: None,
            managed: None,
            is_set: None,
            set_check: None,
        });
        Some(self.fields.len() - 1)
    }
}

fn own_fields(cx: &Ctxt, input: &DeriveInput) -> Option<Vec<Field>> {
    if !input.generics.params.is_empty() {
        cx.error(
            &input.generics,
            format_args!(
                "an entity cannot have {}, because its items are stored as one concrete type",
                crate::ctxt::parameters(&input.generics)
            ),
        );
        return None;
    }
    let named = match &input.data {
        Data::Struct(data) => match &data.fields {
            syn::Fields::Named(named) => &named.named,
            syn::Fields::Unnamed(_) | syn::Fields::Unit => {
                cx.error(&input.ident, "an entity must be a struct with named fields, which become attributes");
                return None;
            }
        },
        Data::Enum(_) | Data::Union(_) => {
            cx.error(&input.ident, "an entity must be a struct; an enum of entities derives `Table` instead");
            return None;
        }
    };
    let container = serde::container(cx, input);
    let field = |field: &syn::Field| {
        let ident = field.ident.clone()?;
        let (named, attribute) = container.field(cx, field);
        let FieldAttrs { key_only, managed } = attr::field(cx, &field.attrs);
        let is_set = named.with.as_ref().and_then(|(_, path)| serde::is_set(path));
        let set_check = serde::set_check(&named, &container);
        let is_optional = serde::is_option(&field.ty) && named.deserialize_with.is_none();
        let of_container = container.has_default.then_some(serde::DefaultValue::Container);
        let default = named.default.clone().or(of_container);
        let is_required = !is_optional && default.is_none();
        Some(Field {
            doc: doc_comment(&field.attrs),
            vis: field.vis.clone(),
            ty: field.ty.clone(),
            attribute,
            flatten: named.flatten,
            skip: named.skip,
            skips: named.skips,
            key_only,
            managed,
            is_set,
            set_check,
            skip_if: named.skip_if,
            default,
            is_required,
            serialize_with: named.serialize_with,
            deserialize_with: named.deserialize_with,
            origin: Origin::Own,
            ident,
        })
    };
    Some(named.iter().filter_map(field).collect())
}

/// Returns the span of a type, at which the compiler reports errors about it.
pub(crate) fn span_of(ty: &Type) -> Span {
    ty.span()
}
