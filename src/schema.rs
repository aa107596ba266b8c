//! The constant data that the derives emit about a table, its indexes and its entities.
//!
//! This data has no behavior. Other modules compute keys, requests and checks from it. The types can get more fields and variants, so
//! only the derives create values of them.

pub(crate) mod check;
mod config_source;
pub(crate) mod const_str;
mod construct;
pub(crate) mod discriminator;
pub(crate) mod overlap;
pub(crate) mod own_key;
mod pattern;
pub(crate) mod projection;
pub(crate) mod sealed;
pub(crate) mod target;

#[doc(hidden)]
pub use config_source::ConfigSource;
pub use monotable_config::KeyType;

/// The attribute that stores the discriminator, unless the table has another one: `#[table(discriminator = "Type")]`.
pub const DISCRIMINATOR: &str = "entity_type";

/// A table: its layout and its entities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct TableSchema {
    /// The name of the table enum.
    pub name: &'static str,
    /// The keys and indexes, from `config.json`.
    pub layout: &'static TableLayout,
    /// One entity for each variant, in the order of the enum.
    pub entities: &'static [&'static EntitySchema],
    /// Pairs of entities, by their positions in `entities`, that may write the same primary key: `#[table(overlap(..))]`.
    pub overlaps: &'static [(usize, usize)],
}

/// The keys and indexes of a table, from `config.json`, with its discriminator attribute and its delimiter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct TableLayout {
    /// The table's partition key.
    pub partition_key: KeyAttribute,
    /// The table's sort key; `None` if the table has only a partition key.
    pub sort_key: Option<KeyAttribute>,
    /// The secondary indexes; global ones come first.
    pub indexes: &'static [IndexSchema],
    /// The attribute that stores when an item expires, in seconds since 1970.
    pub ttl_attribute: Option<&'static str>,
    /// The key attributes of the table, the discriminator attribute, and the key attributes of the indexes. A field can be
    /// stored under such a name only if it is that key itself.
    pub reserved: &'static [&'static str],
    /// One bit for each length of a reserved name, because most attributes have a name of another length.
    pub(crate) reserved_lengths: u64,
    /// The attribute that stores the discriminator; `None` if only the primary key determines the entity of an item.
    pub discriminator_attribute: Option<&'static str>,
    /// The character that separates the parts of a key. A value in a key must not contain it, except the value of `{path..}`.
    pub delimiter: char,
}

/// A key attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyAttribute {
    /// The attribute's name.
    pub name: &'static str,
    /// The attribute's type.
    pub key_type: KeyType,
}

/// A secondary index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct IndexSchema {
    /// The name of the index's function in code, for example `gsi1`.
    pub name: &'static str,
    /// The name of the index in DynamoDB, for example `gsi1pk-gsi1sk-index`.
    pub index_name: &'static str,
    /// Whether the index is global or local.
    pub kind: IndexKind,
    /// The partition key attributes: up to four, because DynamoDB has multi-attribute keys. A local index has the table's
    /// partition key.
    pub partition_keys: &'static [KeyAttribute],
    /// The sort key attributes; empty if the index has only a partition key.
    pub sort_keys: &'static [KeyAttribute],
    /// The attributes that the index stores.
    pub projection: IndexProjection,
}

/// The kind of a secondary index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum IndexKind {
    /// A global secondary index. It has its own partition key, and its reads are eventually consistent.
    Global,
    /// A local secondary index. It has the table's partition key and another sort key.
    Local,
}

/// The attributes that an index stores in addition to its own keys and the table's keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum IndexProjection {
    /// All attributes.
    All,
    /// No other attributes.
    KeysOnly,
    /// Only these attributes.
    Include(&'static [&'static str]),
}

impl IndexProjection {
    /// Returns whether the index stores this attribute, which must not be a key attribute.
    pub(crate) fn has(&self, attribute: &str) -> bool {
        match self {
            Self::All => true,
            Self::KeysOnly => false,
            Self::Include(names) => names.contains(&attribute),
        }
    }
}

/// An entity: its discriminators, its fields and its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct EntitySchema {
    /// The name of the struct.
    pub name: &'static str,
    /// The discriminator that its items are written with.
    pub discriminator: &'static str,
    /// The attribute that stores the discriminator. It is the same for all entities of a table; `None` if only the primary key
    /// determines the entity of an item.
    pub discriminator_attribute: Option<&'static str>,
    /// Other discriminators that reads accept as well.
    pub aliases: &'static [&'static str],
    /// The fields that templates use, in order of first use: those of the primary key, then those of the indexes.
    pub fields: &'static [KeyField],
    /// The names of the attributes that store the fields. Such an attribute can be a key attribute.
    pub attributes: &'static [&'static str],
    /// Those of `attributes` that every item must have: their fields are not an `Option` and have no serde default.
    pub required: &'static [&'static str],
    /// The attributes of the managed fields.
    pub managed: Managed,
    /// The templates of the primary key.
    pub primary: KeyTemplates,
    /// The templates of the index keys, for each index that the entity names.
    pub indexes: &'static [EntityIndex],
}

/// A field of an entity, for [`schema.json`](crate::Table::schema).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct AttributeSchema {
    /// The name of the attribute.
    pub name: &'static str,
    /// The name of the field.
    pub field: &'static str,
    /// The type of the field, as it is written in the struct.
    pub rust_type: &'static str,
    /// The doc comment of the field.
    pub doc: &'static str,
    /// Whether the attribute can be missing.
    pub is_optional: bool,
    /// Whether the field is stored only in the key.
    pub is_key_only: bool,
}

/// The attributes of the managed fields, which writes set. An entity need not have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Managed {
    /// The version counts the writes of the item. A write is applied only if the stored version is the one that was read.
    pub version: Option<&'static str>,
    /// The largest version that fits the type of the field; `None` if counting cannot reach it.
    pub version_max: Option<u64>,
    /// A random ID of the last write.
    pub write_id: Option<&'static str>,
    /// When the item expires, in seconds since 1970.
    pub ttl: Option<&'static str>,
    /// When the item was created.
    pub created_at: Option<&'static str>,
    /// When the item was last written.
    pub updated_at: Option<&'static str>,
}

impl Managed {
    /// No managed fields.
    pub const NONE: Self =
        Self { version: None, version_max: None, write_id: None, ttl: None, created_at: None, updated_at: None };
}

/// A field that a template uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyField {
    /// The name of the field in the struct, for example `repo.owner`. For the result of a function, the name of the function, for
    /// example `rank(..)`.
    pub name: &'static str,
    /// The attributes that the value depends on: the field's own attribute, the attribute that contains the nested field, or the
    /// attributes of the fields that are passed to the function.
    pub attributes: &'static [&'static str],
    /// Whether the field is stored only in the key.
    pub key_only: bool,
    /// Whether the value may be absent. Then the item is not in the index.
    pub optional: bool,
}

/// The keys of an entity in one index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct EntityIndex {
    /// The index.
    pub index: &'static IndexSchema,
    /// The templates of the keys. The partition template of a local index is that of the primary key.
    pub keys: KeyTemplates,
    /// The field that decides whether an item is in the index, as a position in [`EntitySchema::fields`].
    pub when: Option<usize>,
    /// The name of the query function, if the entity has one for this index.
    pub query: Option<&'static str>,
}

/// The templates of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyTemplates {
    /// The template of the partition key.
    pub partition: Template,
    /// The template of the sort key, if the table or the index has one.
    pub sort: Option<Template>,
}

/// A key template, for example `ORDER#{order_id}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Template {
    /// The template as you wrote it.
    pub text: &'static str,
    /// The parts of the template. Between two placeholders is a literal that contains the delimiter, or the first placeholder has
    /// a fixed width.
    pub segments: &'static [Segment],
}

/// A part of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Segment {
    /// Fixed text.
    Literal(&'static str),
    /// A placeholder for the value of a field.
    Field(Placeholder),
}

/// A placeholder of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Placeholder {
    /// The position of the field in [`EntitySchema::fields`].
    pub field: usize,
    /// `{n:010}`: the number of digits that the value is padded to with zeros.
    pub width: Option<usize>,
    /// `{path..}`: the last placeholder, whose value may contain the delimiter.
    pub path: bool,
    /// `{brand|upper}`: the transform of the text.
    pub transform: Option<Transform>,
}

/// A transform of a field's text in a key. All transforms except [`Transform::Escape`] lose information, so the field cannot be
/// read back from the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Transform {
    /// Uppercase.
    Upper,
    /// Lowercase.
    Lower,
    /// The year: `2026`.
    Year,
    /// The month: `2026-11`.
    Month,
    /// The day: `2026-11-20`.
    Day,
    /// The hour: `2026-11-20T16`.
    Hour,
    /// The text with the delimiter replaced, for example `C$0 dev` for `C# dev`. Escaped texts sort in the same order.
    Escape,
}

impl EntitySchema {
    /// Returns whether items with this discriminator belong to this entity.
    pub fn accepts(&self, discriminator: &str) -> bool {
        self.discriminator == discriminator || self.aliases.contains(&discriminator)
    }

    /// Returns the discriminators of the entity's items: first the one that is written, then the aliases.
    pub fn labels(&self) -> impl Iterator<Item = &'static str> {
        [self.discriminator].into_iter().chain(self.aliases.iter().copied())
    }
}

impl Template {
    /// Returns the fields of the template, each once, in order of first use.
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

    /// Returns the fields whose values can be read back from a key. This excludes fields with a transform that loses information.
    pub fn given(&self) -> Vec<usize> {
        let whole = |segment: &Segment| match segment {
            Segment::Field(Placeholder { field, transform: None | Some(Transform::Escape), .. }) => Some(*field),
            _ => None,
        };
        self.segments.iter().filter_map(whole).collect()
    }
}

impl Segment {
    /// Returns the position of the placeholder's field; `None` for a literal.
    pub(crate) fn field(&self) -> Option<usize> {
        match self {
            Self::Literal(_) => None,
            Self::Field(placeholder) => Some(placeholder.field),
        }
    }
}

impl KeyField {
    /// Returns whether the value is the result of a function.
    pub(crate) fn is_function(&self) -> bool {
        self.name.ends_with(')')
    }

    /// Returns the name of the attribute that stores the field, or would store it.
    pub(crate) fn attribute(&self) -> &'static str {
        self.attributes.first().copied().unwrap_or(self.name)
    }
}

impl TableLayout {
    /// Returns whether this is a key attribute or the discriminator attribute.
    pub(crate) fn is_reserved(&self, name: &str) -> bool {
        self.reserved_number(name).is_some()
    }

    /// Returns the position in the list of reserved attributes. The partition key has position 0, a sort key position 1.
    pub(crate) fn reserved_number(&self, name: &str) -> Option<usize> {
        if self.reserved_lengths & construct::length_bit(name) == 0 {
            return None;
        }
        self.reserved.iter().position(|reserved| *reserved == name)
    }
}
