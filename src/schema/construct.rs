//! Constructors for the code that the derives generate. That code is in other crates, which cannot create a `#[non_exhaustive]`
//! struct by its fields. A new field gets a default in the constructor, and a setter.

use crate::schema::{
    AttributeSchema, EntityIndex, EntitySchema, IndexKind, IndexProjection, IndexSchema, KeyAttribute, KeyField,
    KeyTemplates, KeyType, Managed, Placeholder, Segment, TableLayout, TableSchema, Template, Transform,
};

macro_rules! setters {
    ($type:ident { $($setter:ident $field:ident: $value:ty;)+ }) => {
        impl $type {
            $(
                #[doc(hidden)]
                #[must_use]
                pub const fn $setter(mut self, $field: $value) -> Self {
                    self.$field = $field;
                    self
                }
            )+
        }
    };
}

impl TableSchema {
    #[doc(hidden)]
    pub const fn __new(name: &'static str, layout: &'static TableLayout) -> Self {
        Self { name, layout, entities: &[], overlaps: &[] }
    }
}

setters! {
    TableSchema {
        __entities entities: &'static [&'static EntitySchema];
        __overlaps overlaps: &'static [(usize, usize)];
    }
}

impl TableLayout {
    #[doc(hidden)]
    pub const fn __new(partition_key: KeyAttribute, delimiter: char) -> Self {
        Self {
            partition_key,
            sort_key: None,
            indexes: &[],
            ttl_attribute: None,
            reserved: &[],
            reserved_lengths: 0,
            discriminator_attribute: None,
            delimiter,
        }
    }
}

setters! {
    TableLayout {
        __sort_key sort_key: Option<KeyAttribute>;
        __indexes indexes: &'static [IndexSchema];
        __ttl_attribute ttl_attribute: Option<&'static str>;
        __discriminator_attribute discriminator_attribute: Option<&'static str>;
    }
}

impl TableLayout {
    #[doc(hidden)]
    #[must_use]
    pub const fn __reserved(mut self, names: &'static [&'static str]) -> Self {
        self.reserved = names;
        let mut n = 0;
        while n < names.len() {
            self.reserved_lengths |= length_bit(names[n]);
            n += 1;
        }
        self
    }
}

/// Returns the bit of [`TableLayout::reserved_lengths`] for a name of this length.
pub(super) const fn length_bit(name: &str) -> u64 {
    1 << (name.len() % 64)
}

impl KeyAttribute {
    #[doc(hidden)]
    pub const fn __new(name: &'static str, key_type: KeyType) -> Self {
        Self { name, key_type }
    }
}

impl IndexSchema {
    #[doc(hidden)]
    pub const fn __new(
        name: &'static str,
        index_name: &'static str,
        kind: IndexKind,
        projection: IndexProjection,
    ) -> Self {
        Self { name, index_name, kind, partition_keys: &[], sort_keys: &[], projection }
    }
}

setters! {
    IndexSchema {
        __partition_keys partition_keys: &'static [KeyAttribute];
        __sort_keys sort_keys: &'static [KeyAttribute];
    }
}

impl EntitySchema {
    #[doc(hidden)]
    pub const fn __new(name: &'static str, discriminator: &'static str, primary: KeyTemplates) -> Self {
        Self {
            name,
            discriminator,
            discriminator_attribute: None,
            aliases: &[],
            fields: &[],
            attributes: &[],
            required: &[],
            managed: Managed::NONE,
            primary,
            indexes: &[],
        }
    }
}

setters! {
    EntitySchema {
        __discriminator_attribute discriminator_attribute: Option<&'static str>;
        __aliases aliases: &'static [&'static str];
        __fields fields: &'static [KeyField];
        __attributes attributes: &'static [&'static str];
        __required required: &'static [&'static str];
        __managed managed: Managed;
        __indexes indexes: &'static [EntityIndex];
    }
}

impl AttributeSchema {
    #[doc(hidden)]
    pub const fn __new(name: &'static str, field: &'static str, rust_type: &'static str) -> Self {
        Self { name, field, rust_type, doc: "", is_optional: false, is_key_only: false }
    }
}

setters! {
    AttributeSchema {
        __doc doc: &'static str;
        __is_optional is_optional: bool;
        __is_key_only is_key_only: bool;
    }
}

setters! {
    Managed {
        __version version: Option<&'static str>;
        __version_max version_max: Option<u64>;
        __write_id write_id: Option<&'static str>;
        __ttl ttl: Option<&'static str>;
        __created_at created_at: Option<&'static str>;
        __updated_at updated_at: Option<&'static str>;
    }
}

impl KeyField {
    #[doc(hidden)]
    pub const fn __new(name: &'static str, attributes: &'static [&'static str]) -> Self {
        Self { name, attributes, key_only: false, optional: false }
    }
}

setters! {
    KeyField {
        __key_only key_only: bool;
        __optional optional: bool;
    }
}

impl EntityIndex {
    #[doc(hidden)]
    pub const fn __new(index: &'static IndexSchema, keys: KeyTemplates) -> Self {
        Self { index, keys, when: None, query: None }
    }
}

setters! {
    EntityIndex {
        __when when: Option<usize>;
        __query query: Option<&'static str>;
    }
}

impl KeyTemplates {
    #[doc(hidden)]
    pub const fn __new(partition: Template, sort: Option<Template>) -> Self {
        Self { partition, sort }
    }
}

impl Template {
    #[doc(hidden)]
    pub const fn __new(text: &'static str, segments: &'static [Segment]) -> Self {
        Self { text, segments }
    }
}

impl Placeholder {
    #[doc(hidden)]
    pub const fn __new(field: usize) -> Self {
        Self { field, width: None, path: false, transform: None }
    }
}

setters! {
    Placeholder {
        __width width: Option<usize>;
        __path path: bool;
        __transform transform: Option<Transform>;
    }
}
