//! What the derives check while the program is compiled, in constants that the expansions name.

use crate::message::Message;
use crate::overlap::common_key;
use crate::schema::{EntitySchema, KeyAttribute, KeyType, Segment, TableLayout, TableSchema, Template};

/// Panics, which is the compile error, if an entity shares a discriminator or an alias with one before it.
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
                .text("` have one discriminator or alias, `")
                .text(label)
                .text("`");
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

/// Panics, which is the compile error, if an entity can write a primary key that one before it can write too, and the pair is
/// not among those that may.
#[expect(clippy::panic, reason = "the panic of a constant is a compile error")]
pub const fn check_keys(table: &TableSchema, variants: &[&str], number: usize, may: &[(usize, usize)]) {
    let entity = table.entities[number];
    let mut n = 0;
    while n < number {
        let other = table.entities[n];
        if !any_pair(may, n, number)
            && let Some((partition, sort)) = common_key(&other.primary, &entity.primary, table.layout.delimiter)
        {
            let message = Message::new().text("`").text(other.name).text("` and `").text(entity.name);
            let message = message.text("` can write the same primary key, such as `").text(partition.as_str());
            let message = match &sort {
                Some(sort) => message.text("` / `").text(sort.as_str()),
                None => message,
            };
            let message =
                message.text("`: begin the templates of one of them with another word, or say on the enum that ");
            let message =
                message.text("it is meant: `#[table(overlap(").text(variants[n]).text(", ").text(variants[number]);
            let message = message.text("))]`");
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

/// Whether an attribute of the table's keys, or the discriminator, has this name.
pub const fn is_reserved(layout: &TableLayout, name: &str) -> bool {
    let mut n = 0;
    while n < layout.reserved.len() {
        if same(layout.reserved[n], name) {
            return true;
        }
        n += 1;
    }
    false
}

/// Whether keys of the template can be read back: between any two placeholders is a literal with the delimiter, or the
/// first one is padded.
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

/// Whether a template can be a key of this type: a number's is one lone placeholder.
pub const fn fits_key_type(template: &Template, key: &KeyAttribute) -> bool {
    match (key.key_type, template.segments) {
        (KeyType::N, [Segment::Field(field)]) => field.width.is_none() && field.transform.is_none(),
        (KeyType::N, _) => false,
        (KeyType::S | KeyType::B, _) => true,
    }
}

pub(crate) const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut n = 0;
    while n < a.len() {
        if a[n] != b[n] {
            return false;
        }
        n += 1;
    }
    true
}
