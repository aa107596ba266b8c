//! What the derive macros emit: inert, constant data that describes a table, its indexes and its entities.
//!
//! Nothing in here does anything; keys, requests and checks are computed from it elsewhere.

pub(crate) mod check;
mod config_source;
pub(crate) mod const_str;
pub(crate) mod discriminator;
pub(crate) mod overlap;
pub(crate) mod own_key;
pub(crate) mod projection;
pub(crate) mod target;

#[doc(hidden)]
pub use config_source::ConfigSource;
pub use monotable_config::KeyType;

/// The attribute that holds an item's discriminator, unless the table names another (`#[table(discriminator = "Type")]`). It is the
/// same as in the Python project of this design.
pub const DISCRIMINATOR: &str = "entity_type";

/// A table: its layout, and the entities it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableSchema {
    /// The name of the enum that stands for the table in code.
    pub name: &'static str,
    /// Keys and indexes, as `config.json` has them.
    pub layout: &'static TableLayout,
    /// One per variant, in the enum's order.
    pub entities: &'static [&'static EntitySchema],
    /// Pairs of entities, by their numbers, that can write the same primary key: `#[table(overlap(..))]`.
    pub overlaps: &'static [(usize, usize)],
}

/// The part of a table that `config.json` determines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableLayout {
    /// The table's partition key.
    pub partition_key: KeyAttribute,
    /// The table's sort key, unless it has a partition key alone.
    pub sort_key: Option<KeyAttribute>,
    /// Secondary indexes, the global ones first.
    pub indexes: &'static [IndexSchema],
    /// The attribute that holds an item's time of expiry, in seconds since 1970.
    pub ttl_attribute: Option<&'static str>,
    /// Key attributes of the table and of its indexes, and the discriminator: a field is stored under such a name only where it is
    /// that key itself.
    pub reserved: &'static [&'static str],
    /// The attribute that holds an item's discriminator; `None` where the key alone tells an item's entity.
    pub discriminator_attribute: Option<&'static str>,
    /// What separates the parts of a key. No value in a key may contain it, but for `{path..}`.
    pub delimiter: char,
}

/// An attribute that is part of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyAttribute {
    /// The attribute's name.
    pub name: &'static str,
    /// The attribute's type.
    pub key_type: KeyType,
}

/// A secondary index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexSchema {
    /// The name of its function in code, such as `gsi1`.
    pub name: &'static str,
    /// Its name in DynamoDB, such as `gsi1pk-gsi1sk-index`.
    pub index_name: &'static str,
    /// Global or local.
    pub kind: IndexKind,
    /// A list, because DynamoDB's multi-attribute keys have up to four. A local index has the table's.
    pub partition_keys: &'static [KeyAttribute],
    /// Empty for an index with a partition key alone.
    pub sort_keys: &'static [KeyAttribute],
    /// What it stores.
    pub projection: IndexProjection,
}

/// Whether an index has partitions of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexKind {
    /// Its own partition key; eventually consistent.
    Global,
    /// The table's partition key, another sort key.
    Local,
}

/// What an index stores beside its keys and the table's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexProjection {
    /// Every attribute.
    All,
    /// Nothing more.
    KeysOnly,
    /// These attributes.
    Include(&'static [&'static str]),
}

impl IndexProjection {
    /// Whether the index stores this attribute, which is no key.
    pub(crate) fn has(&self, attribute: &str) -> bool {
        match self {
            Self::All => true,
            Self::KeysOnly => false,
            Self::Include(names) => names.contains(&attribute),
        }
    }
}

/// An entity: a type of item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntitySchema {
    /// The struct's name.
    pub name: &'static str,
    /// What the items carry in the discriminator's attribute.
    pub discriminator: &'static str,
    /// That attribute, which is the table's; `None` where the key alone tells an item's entity.
    pub discriminator_attribute: Option<&'static str>,
    /// Older discriminators that reads accept.
    pub aliases: &'static [&'static str],
    /// The fields that templates name, in order of first use: the primary key's, then the indexes'.
    pub fields: &'static [KeyField],
    /// Names of the attributes stored for the fields. A field can be a key attribute itself.
    pub attributes: &'static [&'static str],
    /// Those of them that every item must have: their fields are neither `Option`s nor have a serde default.
    pub required: &'static [&'static str],
    /// Those of them that writes keep.
    pub managed: Managed,
    /// The key in the table.
    pub primary: KeyTemplates,
    /// The keys in the indexes it is listed in.
    pub indexes: &'static [EntityIndex],
}

/// The attributes that writes keep, if the entity has such.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Managed {
    /// How often the item was written; a write is made only if it is the one that was read.
    pub version: Option<&'static str>,
    /// The largest version that the field's type holds, where counting can reach it.
    pub version_max: Option<u64>,
    /// A random id of the write that stored the item last.
    pub write_id: Option<&'static str>,
    /// When the item expires, in seconds since 1970.
    pub ttl: Option<&'static str>,
    /// When the item was created.
    pub created_at: Option<&'static str>,
    /// When the item was written last.
    pub updated_at: Option<&'static str>,
}

impl Managed {
    /// None of them.
    pub const NONE: Self =
        Self { version: None, version_max: None, write_id: None, ttl: None, created_at: None, updated_at: None };
}

/// A field that a template names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyField {
    /// The field's name in the struct, such as `repo.owner`; of what a function gives, the function's, such as `rank(..)`.
    pub name: &'static str,
    /// The attributes that its value is made from: its own, the one that it is nested in, or those of the fields that a
    /// function is given.
    pub attributes: &'static [&'static str],
    /// Stored in the key alone.
    pub key_only: bool,
    /// Whether it may have no value, which keeps the item out of the index.
    pub optional: bool,
}

/// How an entity is found in one index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntityIndex {
    /// The index.
    pub index: &'static IndexSchema,
    /// Its templates; of a local index, the partition template is the table's.
    pub keys: KeyTemplates,
    /// The number of the field that says whether an item is in the index.
    pub when: Option<usize>,
    /// The named query, if there is one.
    pub query: Option<&'static str>,
}

/// The templates of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyTemplates {
    /// The partition key's.
    pub partition: Template,
    /// The sort key's, if there is one.
    pub sort: Option<Template>,
}

/// A key template, such as `ORDER#{order_id}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Template {
    /// As written.
    pub text: &'static str,
    /// Its parts. Between two fields stands a literal with the delimiter, or the first has a fixed width.
    pub segments: &'static [Segment],
}

/// A part of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Segment {
    /// Fixed text.
    Literal(&'static str),
    /// A field's value.
    Field(Placeholder),
}

/// A field's place in a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placeholder {
    /// Its number in [`EntitySchema::fields`].
    pub field: usize,
    /// `{n:010}`: padded with zeros to this many digits.
    pub width: Option<usize>,
    /// `{path..}`: the last one, and may contain the delimiter.
    pub path: bool,
    /// `{brand|upper}`: what is done to the text.
    pub transform: Option<Transform>,
}

/// What a placeholder does to a field's text. All but [`Transform::Escape`] lose something: such a field cannot be read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Transform {
    /// Capitals.
    Upper,
    /// Small letters.
    Lower,
    /// `2026`.
    Year,
    /// `2026-11`.
    Month,
    /// `2026-11-20`.
    Day,
    /// `2026-11-20T16`.
    Hour,
    /// `C$0 dev`, of `C# dev`: the text without the delimiter, in the same order.
    Escape,
}

impl EntitySchema {
    /// Whether items with this discriminator are of this entity.
    pub fn accepts(&self, discriminator: &str) -> bool {
        self.discriminator == discriminator || self.aliases.contains(&discriminator)
    }

    /// The discriminators of its items: the one that is written, then the aliases.
    pub fn labels(&self) -> impl Iterator<Item = &'static str> {
        [self.discriminator].into_iter().chain(self.aliases.iter().copied())
    }
}

impl Template {
    /// The fields it names, each once, in order of first use.
    pub fn fields(&self) -> Vec<usize> {
        let mut fields = Vec::new();
        for segment in self.segments {
            if let Segment::Field(Placeholder { field, .. }) = segment
                && !fields.contains(field)
            {
                fields.push(*field);
            }
        }
        fields
    }

    /// The fields whose value a key tells: what a transform leaves of a value is not the value.
    pub fn given(&self) -> Vec<usize> {
        let whole = |segment: &Segment| match segment {
            Segment::Field(Placeholder { field, transform: None | Some(Transform::Escape), .. }) => Some(*field),
            _ => None,
        };
        self.segments.iter().filter_map(whole).collect()
    }
}

impl Segment {
    /// The number of the field in this place, if it is one's.
    pub(crate) fn field(&self) -> Option<usize> {
        match self {
            Self::Literal(_) => None,
            Self::Field(placeholder) => Some(placeholder.field),
        }
    }
}

impl KeyField {
    /// Whether the field's value is what a function gives.
    pub(crate) fn is_function(&self) -> bool {
        self.name.ends_with(')')
    }

    /// The attribute that it is, or would be, stored as.
    pub(crate) fn attribute(&self) -> &'static str {
        self.attributes.first().copied().unwrap_or(self.name)
    }
}

impl TableLayout {
    /// Whether this is a key attribute, or the discriminator.
    pub(crate) fn is_reserved(&self, name: &str) -> bool {
        self.reserved.contains(&name)
    }
}
