//! Builds text at compile time. A panic with this text in a constant is a compile error.

/// A text of limited length. Parts that do not fit are dropped.
#[derive(Clone, Copy)]
pub(crate) struct Message {
    bytes: [u8; Self::ROOM],
    length: usize,
}

impl Message {
    const ROOM: usize = 1024;

    pub const fn new() -> Self {
        Self { bytes: [0; Self::ROOM], length: 0 }
    }

    pub const fn byte(mut self, byte: u8) -> Self {
        if self.length < Self::ROOM {
            self.bytes[self.length] = byte;
            self.length += 1;
        }
        self
    }

    pub const fn text(mut self, text: &str) -> Self {
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

    pub const fn as_str(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) => text,
            Err(_) => "(not UTF-8)",
        }
    }
}

/// Returns whether two texts are equal. `==` is not available in constants.
pub const fn same(a: &str, b: &str) -> bool {
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

pub(crate) const fn is_before(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return one.len() < other.len();
    }
    let mut n = 0;
    while n < one.len() {
        if one[n] != other[n] {
            return one[n] < other[n];
        }
        n += 1;
    }
    false
}
