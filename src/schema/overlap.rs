//! Decides which entities can write the same primary key, and which part of a partition contains only one entity. All of it runs at
//! compile time.

use crate::schema::check::is_discriminator;
use crate::schema::const_str::{Message, same};
use crate::schema::pattern::{Pattern, common};
use crate::schema::{
    EntityIndex, EntitySchema, IndexKind, IndexSchema, KeyAttribute, KeyTemplates, TableLayout, TableSchema, Template,
};

/// Returns whether the literal prefixes of two templates already differ. This check is cheap, and it settles most cases.
const fn begin_apart(a: &Template, b: &Template) -> bool {
    differ(a.literal_prefix(), b.literal_prefix())
}

/// Returns whether no text can begin with both.
const fn differ(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut n = 0;
    while n < a.len() && n < b.len() {
        if a[n] != b[n] {
            return true;
        }
        n += 1;
    }
    false
}

/// Returns a partition key and a sort key that both can produce, if they exist.
pub(crate) const fn common_key(
    a: &KeyTemplates,
    b: &KeyTemplates,
    delimiter: char,
) -> Option<(Message, Option<Message>)> {
    let delimiter = delimiter as u8;
    if begin_apart(&a.partition, &b.partition) {
        return None;
    }
    let sort = match (&a.sort, &b.sort) {
        (Some(a), Some(b)) => {
            if begin_apart(a, b) {
                return None;
            }
            match common(&Pattern::of(a), &Pattern::of(b), delimiter) {
                Some(sort) => Some(sort),
                None => return None,
            }
        }
        _ => None,
    };
    match common(&Pattern::of(&a.partition), &Pattern::of(&b.partition), delimiter) {
        Some(partition) => Some((partition, sort)),
        None => None,
    }
}

/// The typed queries of an entity that need no filter. Such a query selects the items in one of the entity's partitions whose
/// sort key begins with the entity's literal prefix, and no other entity can have items among them.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnfilteredQueries(u32);

impl UnfilteredQueries {
    #[doc(hidden)]
    pub const fn __of(entity: &EntitySchema, table: &TableSchema) -> Self {
        let mut bits = 0;
        if alone(entity, &entity.primary, None, table) {
            bits |= 1;
        }
        let mut n = 0;
        while n < entity.indexes.len() {
            if alone(entity, &entity.indexes[n].keys, Some(entity.indexes[n].index), table) {
                bits |= 2 << n;
            }
            n += 1;
        }
        Self(bits)
    }

    /// Returns whether queries need no filter. `None` is the table; a number is the position of the index among the entity's
    /// indexes.
    pub(crate) const fn has(self, index: Option<usize>) -> bool {
        let bit = match index {
            None => 1,
            Some(n) => 2 << n,
        };
        self.0 & bit != 0
    }
}

const fn alone(entity: &EntitySchema, keys: &KeyTemplates, index: Option<&IndexSchema>, table: &TableSchema) -> bool {
    let mut n = 0;
    while n < table.entities.len() {
        let other = table.entities[n];
        n += 1;
        // Compares discriminators instead of names, because two structs in different modules may have the same name.
        if same(other.discriminator, entity.discriminator) {
            continue;
        }
        let theirs = match index {
            None => Some((Written::Template(&other.primary.partition), Written::of_sort(&other.primary.sort))),
            Some(index) => keys_in(other, table.layout, index),
        };
        if let Some((partition, sort)) = theirs
            && can_be_among(keys, &partition, &sort, table.layout.delimiter as u8)
        {
            return false;
        }
    }
    true
}

/// The value that an entity writes to a key attribute.
#[derive(Clone, Copy)]
enum Written {
    Template(&'static Template),
    Text(&'static str),
    Nothing,
}

impl Written {
    const fn of_sort(sort: &'static Option<Template>) -> Self {
        match sort {
            Some(template) => Self::Template(template),
            None => Self::Nothing,
        }
    }

    /// Returns what the entity writes to this attribute, for any of its keys.
    const fn to(entity: &'static EntitySchema, layout: &TableLayout, attribute: &str) -> Self {
        if is_discriminator(layout.discriminator_attribute, attribute) {
            return Self::Text(entity.discriminator);
        }
        if same(attribute, layout.partition_key.name) {
            return Self::Template(&entity.primary.partition);
        }
        if let Some(key) = layout.sort_key
            && same(attribute, key.name)
        {
            return Self::of_sort(&entity.primary.sort);
        }
        let mut n = 0;
        while n < entity.indexes.len() {
            let EntityIndex { index, keys, .. } = &entity.indexes[n];
            if let [key, ..] = index.partition_keys
                && same(attribute, key.name)
            {
                return Self::Template(&keys.partition);
            }
            if let [key, ..] = index.sort_keys
                && same(attribute, key.name)
            {
                return Self::of_sort(&keys.sort);
            }
            n += 1;
        }
        Self::Nothing
    }

    const fn pattern(&self) -> Pattern {
        match self {
            Self::Template(template) => Pattern::of(template),
            Self::Text(text) => Pattern::new().literal(text),
            Self::Nothing => Pattern::new(),
        }
    }

    const fn literal_prefix(&self) -> &'static str {
        match self {
            Self::Template(template) => template.literal_prefix(),
            Self::Text(text) => text,
            Self::Nothing => "",
        }
    }
}

/// Returns what the entity writes to the key attributes of the index; `None` if its items are not in the index. An entity that
/// does not name the index is in it nevertheless if it writes these attributes for other keys.
const fn keys_in(
    entity: &'static EntitySchema,
    layout: &TableLayout,
    index: &IndexSchema,
) -> Option<(Written, Written)> {
    // An entity that names the index writes these templates, because different values for one attribute do not compile. The compiler
    // needs less time to find the name than to compare the names of all attributes.
    let mut n = 0;
    while n < entity.indexes.len() {
        let EntityIndex { index: named, keys, .. } = &entity.indexes[n];
        if same(named.name, index.name) {
            return Some((Written::Template(&keys.partition), Written::of_sort(&keys.sort)));
        }
        n += 1;
    }
    if !is_in(entity, layout, index) {
        return None;
    }
    let partition = match (index.kind, index.partition_keys) {
        (IndexKind::Global, [key, ..]) => Written::to(entity, layout, key.name),
        _ => Written::Template(&entity.primary.partition),
    };
    let sort = match index.sort_keys {
        [key, ..] => Written::to(entity, layout, key.name),
        [] => Written::Nothing,
    };
    Some((partition, sort))
}

/// Returns whether items of the entity can be in the index: the entity writes all key attributes of the index.
pub(crate) const fn is_in(entity: &'static EntitySchema, layout: &TableLayout, index: &IndexSchema) -> bool {
    has_all(entity, layout, index.partition_keys) && has_all(entity, layout, index.sort_keys)
}

const fn has_all(entity: &'static EntitySchema, layout: &TableLayout, keys: &[KeyAttribute]) -> bool {
    let mut n = 0;
    while n < keys.len() {
        if matches!(Written::to(entity, layout, keys[n].name), Written::Nothing) {
            return false;
        }
        n += 1;
    }
    true
}

/// Returns whether a key with this partition and sort key can be in a partition of `ours`, and begin like the sort keys of
/// `ours`.
const fn can_be_among(ours: &KeyTemplates, partition: &Written, sort: &Written, delimiter: u8) -> bool {
    if differ(ours.partition.literal_prefix(), partition.literal_prefix()) {
        return false;
    }
    if let Some(ours) = &ours.sort
        && !matches!(sort, Written::Nothing)
    {
        let prefix = ours.literal_prefix();
        if differ(prefix, sort.literal_prefix())
            || common(&Pattern::beginning_with(prefix), &sort.pattern(), delimiter).is_none()
        {
            return false;
        }
    }
    common(&Pattern::of(&ours.partition), &partition.pattern(), delimiter).is_some()
}
