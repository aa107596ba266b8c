//! What the derives check while the program is compiled, in constants that the expansions name.

use crate::schema::{DISCRIMINATOR, EntitySchema, KeyAttribute, KeyType, Segment, TableLayout, Template};

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

/// A text that is put together while the program is compiled. What does not fit is left out.
struct Message {
    bytes: [u8; Self::ROOM],
    length: usize,
}

impl Message {
    const ROOM: usize = 512;

    const fn new() -> Self {
        Self { bytes: [0; Self::ROOM], length: 0 }
    }

    const fn text(mut self, text: &str) -> Self {
        let text = text.as_bytes();
        if self.length + text.len() <= Self::ROOM {
            let mut n = 0;
            while n < text.len() {
                self.bytes[self.length + n] = text[n];
                n += 1;
            }
            self.length += text.len();
        }
        self
    }

    const fn as_str(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) => text,
            Err(_) => "two entities have one discriminator or alias",
        }
    }
}

/// Whether an attribute of the table's keys, or the discriminator, has this name.
pub const fn is_reserved(layout: &TableLayout, name: &str) -> bool {
    if same(name, DISCRIMINATOR) || same(name, layout.partition_key.name) {
        return true;
    }
    if let Some(sort) = layout.sort_key
        && same(name, sort.name)
    {
        return true;
    }
    let mut n = 0;
    while n < layout.indexes.len() {
        let index = &layout.indexes[n];
        if any_key(index.partition_keys, name) || any_key(index.sort_keys, name) {
            return true;
        }
        n += 1;
    }
    false
}

const fn any_key(keys: &[KeyAttribute], name: &str) -> bool {
    let mut n = 0;
    while n < keys.len() {
        if same(keys[n].name, name) {
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
        (KeyType::N, [Segment::Field(field)]) => field.width.is_none() && !field.path && field.transform.is_none(),
        (KeyType::N, _) => false,
        (KeyType::S | KeyType::B, _) => true,
    }
}

const fn same(a: &str, b: &str) -> bool {
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
