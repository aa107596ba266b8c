//! Text that is put together while a program is compiled, for the panics of constants, which are compile errors.

/// A text of limited length. What does not fit is left out.
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
