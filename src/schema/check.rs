//! Checks that run at compile time, in constants that the derives emit. A panic in such a constant is a compile error.

use crate::schema::const_str::{Message, same};
use crate::schema::overlap::common_key;
use crate::schema::own_key;
use crate::schema::{
    EntityIndex, EntitySchema, IndexKind, KeyAttribute, KeyField, KeyType, Segment, TableLayout, TableSchema, Template,
};

/// Panics, which is a compile error, if the entity shares a discriminator or an alias with an entity before it.
#[expect(clippy::panic, reason = "the panic of a constant is a compile error")]
pub const fn check_labels(entities: &[&EntitySchema], number: usize) {
    let entity = entities[number];
    let mut other = 0;
    while other < number {
        if let Some(label) = common_label(entities[other], entity) {
            let message = Message::new()
                .text("`")
                .text(entities[other].name)
                .text("` and `")
                .text(entity.name)
                .text("` have the same discriminator or alias `")
                .text(label)
                .text("`: change it in one of them");
            panic!("{}", message.as_str());
        }
        other += 1;
    }
}

const fn common_label(a: &EntitySchema, b: &EntitySchema) -> Option<&'static str> {
    let mut i = 0;
    while i <= a.aliases.len() {
        let label = if i == 0 { a.discriminator } else { a.aliases[i - 1] };
        let mut j = 0;
        while j <= b.aliases.len() {
            if same(label, if j == 0 { b.discriminator } else { b.aliases[j - 1] }) {
                return Some(label);
            }
            j += 1;
        }
        i += 1;
    }
    None
}

/// Panics, which is a compile error, if the entity can write the same primary key as an entity before it, and `may` does not
/// contain the pair.
#[expect(clippy::panic, reason = "the panic of a constant is a compile error")]
pub const fn check_keys(table: &TableSchema, variants: &[&str], number: usize, may: &[(usize, usize)]) {
    let entity = table.entities[number];
    let mut n = 0;
    while n < number {
        let other = table.entities[n];
        // An entity that does not compile has empty templates.
        let has_keys = !other.primary.partition.text.is_empty() && !entity.primary.partition.text.is_empty();
        if has_keys
            && !any_pair(may, n, number)
            && let Some((partition, sort)) = common_key(&other.primary, &entity.primary, table.layout.delimiter)
        {
            let message = Message::new().text("`").text(other.name).text("` and `").text(entity.name);
            let message = message.text("` can write the same primary key, such as `").text(partition.as_str());
            let message = match &sort {
                Some(sort) => message.text("` / `").text(sort.as_str()),
                None => message,
            };
            let message = message.text("`: begin the templates of one of them with another word");
            // Without a discriminator, only the key determines the entity of an item.
            let message = match table.layout.discriminator_attribute {
                Some(_) => message
                    .text(", or allow it on the enum with `#[table(overlap(")
                    .text(variants[n])
                    .text(", ")
                    .text(variants[number])
                    .text("))]`"),
                None => message,
            };
            panic!("{}", message.as_str());
        }
        n += 1;
    }
}

const fn any_pair(pairs: &[(usize, usize)], a: usize, b: usize) -> bool {
    let mut n = 0;
    while n < pairs.len() {
        let (left, right) = pairs[n];
        if (left == a && right == b) || (left == b && right == a) {
            return true;
        }
        n += 1;
    }
    false
}

/// Returns whether the table itself does not compile. Then only the table's own error is shown. A valid table always has reserved
/// attributes.
pub const fn is_broken(layout: &TableLayout) -> bool {
    layout.reserved.is_empty()
}

/// Panics, which is a compile error, if a key attribute of the table stores the discriminator, but its template is another text.
#[expect(clippy::panic, reason = "the panic of a constant is a compile error")]
pub const fn check_primary_key(entity: &EntitySchema, layout: &TableLayout, is_sort: bool) {
    let (key, template) = match (is_sort, layout.sort_key, &entity.primary.sort) {
        (false, _, _) => (layout.partition_key, &entity.primary.partition),
        (true, Some(key), Some(template)) => (key, template),
        _ => return,
    };
    if let Some(message) = discriminator_conflict(entity, key.name, template) {
        panic!("{}", message.as_str());
    }
}

/// Panics, which is a compile error, if the template of an index key does not fit its attribute: the attribute is a number, or it
/// stores the discriminator, or another key writes a different value to it.
#[expect(clippy::panic, reason = "the panic of a constant is a compile error")]
pub const fn check_index_key(entity: &EntitySchema, layout: &TableLayout, number: usize, is_sort: bool) {
    let Some((attribute, template)) = key_of(&entity.indexes[number], is_sort) else { return };
    if let Some(message) = discriminator_conflict(entity, attribute, template) {
        panic!("{}", message.as_str());
    }
    let keys =
        if is_sort { entity.indexes[number].index.sort_keys } else { entity.indexes[number].index.partition_keys };
    if let [key, ..] = keys
        && !fits_key_type(template, key)
    {
        let message =
            Message::new().text("this key is a number in config.json: its template must be a single field, as in ");
        panic!("{}", message.text("`{n}`, not `").text(template.text).text("`").as_str());
    }
    if same(attribute, layout.partition_key.name) {
        check_same(attribute, "the table", &entity.primary.partition, entity.indexes[number].index.name, template);
    }
    if let (Some(key), Some(sort)) = (layout.sort_key, &entity.primary.sort)
        && same(attribute, key.name)
    {
        check_same(attribute, "the table", sort, entity.indexes[number].index.name, template);
    }
    let mut n = 0;
    while n < number {
        let mut sort = false;
        loop {
            if let Some((other, theirs)) = key_of(&entity.indexes[n], sort)
                && same(attribute, other)
            {
                let names = (
                    Message::new().text("`").text(entity.indexes[n].index.name).text("`"),
                    entity.indexes[number].index.name,
                );
                check_same(attribute, names.0.as_str(), theirs, names.1, template);
            }
            if sort {
                break;
            }
            sort = true;
        }
        n += 1;
    }
}

/// Panics, which is a compile error, if an item that should not be in the index has all key attributes of the index, because
/// other keys or fields use the same attributes.
#[expect(clippy::panic, reason = "the panic of a constant is a compile error")]
pub const fn check_index_conditions(entity: &EntitySchema, layout: &TableLayout, number: usize) {
    let index = &entity.indexes[number];
    if is_broken(layout) || !is_conditional(entity, index) {
        return;
    }
    let mut sort = false;
    loop {
        if let Some((attribute, _)) = key_of(index, sort)
            && !is_primary(layout, attribute)
            && !is_discriminator(layout.discriminator_attribute, attribute)
            && !own_key::is_field(entity, attribute)
            && is_absent_with(entity, number, attribute)
        {
            return;
        }
        if sort {
            break;
        }
        sort = true;
    }
    if own_key::tell_conditions(entity, index) || own_key::is_misnamed(entity, index) {
        return;
    }
    let message = Message::new().text("some items should not be in `").text(index.index.name);
    let message = message.text(
        "`, but they would be, because all of its key attributes are stored anyway, for another key or as a field: ",
    );
    let message = message.text("give the index a separate key attribute in config.json, or remove its `when` ");
    let message = message.text("and its `Option` fields");
    panic!("{}", message.as_str());
}

/// Returns whether the item never has this attribute if it should not be in the index: every other index that uses the attribute
/// has at least the same conditions.
const fn is_absent_with(entity: &EntitySchema, number: usize, attribute: &str) -> bool {
    let mut n = 0;
    while n < entity.indexes.len() {
        let other = &entity.indexes[n];
        let uses = uses(other, false, attribute) || uses(other, true, attribute);
        if n != number && uses && !implies(entity, other, &entity.indexes[number]) {
            return false;
        }
        n += 1;
    }
    true
}

const fn uses(index: &EntityIndex, is_sort: bool, attribute: &str) -> bool {
    match key_of(index, is_sort) {
        Some((name, _)) => same(name, attribute),
        None => false,
    }
}

/// Returns whether every item in `index` should be in `other` as well.
const fn implies(entity: &EntitySchema, index: &EntityIndex, other: &EntityIndex) -> bool {
    let when = match (index.when, other.when) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(one), Some(other)) => same_field(&entity.fields[one], &entity.fields[other]),
    };
    let mut n = 0;
    while n < entity.fields.len() {
        if entity.fields[n].optional && names(other, n) && !names(index, n) {
            return false;
        }
        n += 1;
    }
    when
}

const fn same_field(one: &KeyField, other: &KeyField) -> bool {
    if !same(one.name, other.name) || one.attributes.len() != other.attributes.len() {
        return false;
    }
    let mut n = 0;
    while n < one.attributes.len() {
        if !same(one.attributes[n], other.attributes[n]) {
            return false;
        }
        n += 1;
    }
    true
}

const fn is_conditional(entity: &EntitySchema, index: &EntityIndex) -> bool {
    let mut n = 0;
    while n < entity.fields.len() {
        if entity.fields[n].optional && names(index, n) {
            return true;
        }
        n += 1;
    }
    index.when.is_some()
}

/// Returns whether a key of the index uses the field.
pub(crate) const fn names(index: &EntityIndex, field: usize) -> bool {
    let mut sort = false;
    loop {
        if let Some((_, template)) = key_of(index, sort) {
            let mut n = 0;
            while n < template.segments.len() {
                if let Segment::Field(placeholder) = &template.segments[n]
                    && placeholder.field == field
                {
                    return true;
                }
                n += 1;
            }
        }
        if sort {
            return false;
        }
        sort = true;
    }
}

/// Returns the attribute of an index's own key, and its template; `None` for the partition key of a local index, which is the
/// table's.
pub(crate) const fn key_of(index: &EntityIndex, is_sort: bool) -> Option<(&'static str, &Template)> {
    if is_sort {
        return match (index.index.sort_keys, &index.keys.sort) {
            ([key, ..], Some(template)) => Some((key.name, template)),
            _ => None,
        };
    }
    match (index.index.kind, index.index.partition_keys) {
        (IndexKind::Global, [key, ..]) => Some((key.name, &index.keys.partition)),
        _ => None,
    }
}

const fn is_primary(layout: &TableLayout, attribute: &str) -> bool {
    match layout.sort_key {
        Some(key) if same(key.name, attribute) => true,
        _ => same(layout.partition_key.name, attribute),
    }
}

/// Returns the message if the attribute stores the discriminator, but the template is not the entity's discriminator.
const fn discriminator_conflict(entity: &EntitySchema, attribute: &str, template: &Template) -> Option<Message> {
    if !is_discriminator(entity.discriminator_attribute, attribute) {
        return None;
    }
    let name = attribute;
    if let [Segment::Literal(text)] = template.segments
        && same(text, entity.discriminator)
    {
        return None;
    }
    let message = Message::new().text("`").text(name).text("` stores the discriminator of `").text(entity.name);
    let message =
        message.text("`, so its template must be `").text(entity.discriminator).text("`, not `").text(template.text);
    Some(message.text("`"))
}

#[expect(clippy::panic, reason = "the panic of a constant is a compile error")]
const fn check_same(attribute: &str, one: &str, template: &Template, other: &str, theirs: &Template) {
    if same_template(template, theirs) {
        return;
    }
    let message = Message::new().text("`").text(attribute).text("` is a key attribute of ").text(one).text(" and of `");
    let message =
        message.text(other).text("`, but an item stores only one value in it: the templates are `").text(template.text);
    let message = message
        .text("` and `")
        .text(theirs.text)
        .text("`. Give both keys the same template, or give the index a separate attribute");
    panic!("{}", message.as_str());
}

const fn same_template(one: &Template, other: &Template) -> bool {
    if one.segments.len() != other.segments.len() {
        return false;
    }
    let mut n = 0;
    while n < one.segments.len() {
        let is_same = match (&one.segments[n], &other.segments[n]) {
            (Segment::Literal(one), Segment::Literal(other)) => same(one, other),
            (Segment::Field(one), Segment::Field(other)) => {
                let widths = match (one.width, other.width) {
                    (Some(one), Some(other)) => one == other,
                    (None, None) => true,
                    _ => false,
                };
                let transforms = match (one.transform, other.transform) {
                    (Some(one), Some(other)) => one as u8 == other as u8,
                    (None, None) => true,
                    _ => false,
                };
                one.field == other.field && widths && transforms && one.path == other.path
            }
            _ => false,
        };
        if !is_same {
            return false;
        }
        n += 1;
    }
    true
}

/// Returns whether this is the name of a key attribute or of the discriminator attribute.
pub(crate) const fn is_reserved(layout: &TableLayout, name: &str) -> bool {
    let mut n = 0;
    while n < layout.reserved.len() {
        if same(layout.reserved[n], name) {
            return true;
        }
        n += 1;
    }
    false
}

/// Returns whether keys of the template can be parsed: between two placeholders is a literal that contains the delimiter, or the
/// first placeholder is padded.
pub const fn separates(template: &Template, delimiter: char) -> bool {
    let segments = template.segments;
    let mut n = 0;
    while n + 2 < segments.len() {
        if let (Segment::Field(field), Segment::Literal(literal), Segment::Field(_)) =
            (segments[n], segments[n + 1], segments[n + 2])
            && field.width.is_none()
            && !contains(literal, delimiter)
        {
            return false;
        }
        n += 1;
    }
    true
}

const fn contains(text: &str, delimiter: char) -> bool {
    let mut buffer = [0; 4];
    let wanted: &[u8] = delimiter.encode_utf8(&mut buffer).as_bytes();
    let text = text.as_bytes();
    let mut start = 0;
    while start + wanted.len() <= text.len() {
        let mut n = 0;
        while n < wanted.len() && text[start + n] == wanted[n] {
            n += 1;
        }
        if n == wanted.len() {
            return true;
        }
        start += 1;
    }
    false
}

/// Returns whether the template fits a key of this type. A numeric key needs a single placeholder without padding or transform.
pub const fn fits_key_type(template: &Template, key: &KeyAttribute) -> bool {
    match (key.key_type, template.segments) {
        (KeyType::N, [Segment::Field(field)]) => field.width.is_none() && field.transform.is_none(),
        (KeyType::N, _) => false,
        (KeyType::S | KeyType::B, _) => true,
    }
}

/// Returns whether this attribute stores the discriminator.
pub(crate) const fn is_discriminator(discriminator: Option<&str>, attribute: &str) -> bool {
    match discriminator {
        Some(name) => same(name, attribute),
        None => false,
    }
}
