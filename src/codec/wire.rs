//! The items of an answer's text, without values made of them: DynamoDB's JSON as places in it.
//!
//! What is read here is the JSON of items as DynamoDB writes it, without a space between its words; all that is around the
//! items, and what has escapes, is left to `serde_json`. Whatever is not as expected is `None`: the SDK reads such an answer, or
//! says what is wrong with it. A general parser in this place takes three times as long (docs/performance.md).
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html>

use std::ops::Range;

use serde_json::value::RawValue;

use super::shape::Shape;

/// The answer of an operation, as to where its items are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reads {
    Query,
    Scan,
    GetItem,
    BatchGetItem,
}

/// Items in the text of an answer.
pub(crate) struct Wire {
    /// The answer, and behind it the texts that have escapes in it, without them.
    text: String,
    tokens: Vec<Token>,
    /// The token of each item's map.
    items: Vec<u32>,
}

/// A name, or a value. In an answer of up to 16 MB, which no answer is larger than, 32 bits are enough for every place.
#[derive(Clone, Copy)]
struct Token {
    kind: Kind,
    /// Where its text starts; of what holds others, the token behind the last of them.
    start: u32,
    /// The length of its text; of what holds others, how many.
    length: u32,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Name,
    S,
    N,
    B,
    True,
    False,
    Null,
    M,
    L,
    Ss,
    Ns,
    Bs,
}

/// As deep as the SDK reads. DynamoDB nests 32 levels deep.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-attributes>
const MAX_DEPTH: usize = 128;

impl Wire {
    /// Reads an answer; with the answer less its items.
    pub fn read(answer: &[u8], reads: Reads) -> Option<(Self, String)> {
        let text = std::str::from_utf8(answer).ok()?;
        u32::try_from(text.len()).ok()?;
        let mut reader = Reader {
            text,
            at: 0,
            depth: 0,
            unescaped: String::new(),
            tokens: Vec::new(),
            items: Vec::new(),
            rest: String::with_capacity(256),
        };
        reader.answer(reads)?;
        let Reader { unescaped, tokens, items, rest, .. } = reader;
        let mut all = String::with_capacity(text.len() + unescaped.len());
        all.push_str(text);
        all.push_str(&unescaped);
        Some((Self { text: all, tokens, items }, rest))
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// The attributes of the item with this number.
    pub fn item(&self, number: usize) -> Tokens<'_> {
        self.items.get(number).map_or(Tokens { wire: self, at: 0, left: 0 }, |item| self.held(*item as usize))
    }

    /// What the token holds.
    fn held(&self, at: usize) -> Tokens<'_> {
        Tokens { wire: self, at: at + 1, left: self.tokens[at].length }
    }

    fn text(&self, token: Token) -> &str {
        let start = token.start as usize;
        &self.text[start..start + token.length as usize]
    }

    fn shape(&self, at: usize) -> Shape<'_> {
        let token = self.tokens[at];
        match token.kind {
            Kind::S | Kind::Name => Shape::S(self.text(token)),
            Kind::N => Shape::N(self.text(token)),
            Kind::B => Shape::Base64(self.text(token)),
            Kind::True => Shape::Bool(true),
            Kind::False => Shape::Bool(false),
            Kind::Null => Shape::Null,
            Kind::M => Shape::M(self.held(at).into()),
            Kind::L => Shape::L(self.held(at).into()),
            Kind::Ss => Shape::Ss(self.held(at).into()),
            Kind::Ns => Shape::Ns(self.held(at).into()),
            Kind::Bs => Shape::Bs(self.held(at).into()),
        }
    }
}

/// Some tokens one after the other: entries of a map, or values.
#[derive(Clone)]
pub(crate) struct Tokens<'a> {
    wire: &'a Wire,
    at: usize,
    left: u32,
}

impl<'a> Tokens<'a> {
    /// The next one, where they are values.
    pub fn value(&mut self) -> Option<Shape<'a>> {
        self.left = self.left.checked_sub(1)?;
        Some(self.take())
    }

    /// The next one, where they are entries.
    pub fn entry(&mut self) -> Option<(&'a str, Shape<'a>)> {
        self.left = self.left.checked_sub(1)?;
        let name = self.wire.text(self.wire.tokens[self.at]);
        self.at += 1;
        Some((name, self.take()))
    }

    /// How many are left.
    pub fn len(&self) -> usize {
        self.left as usize
    }

    fn take(&mut self) -> Shape<'a> {
        let (token, shape) = (self.wire.tokens[self.at], self.wire.shape(self.at));
        self.at = match token.kind {
            Kind::M | Kind::L | Kind::Ss | Kind::Ns | Kind::Bs => token.start as usize,
            _ => self.at + 1,
        };
        shape
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    unescaped: String,
    tokens: Vec<Token>,
    items: Vec<u32>,
    rest: String,
}

impl<'a> Reader<'a> {
    /// The answer: the member with the items is read, and the others are copied.
    fn answer(&mut self, reads: Reads) -> Option<()> {
        let holds_items = match reads {
            Reads::Query | Reads::Scan => "Items",
            Reads::GetItem => "Item",
            Reads::BatchGetItem => "Responses",
        };
        self.expect("{")?;
        self.rest.push('{');
        self.separated('}', |reader| {
            let start = reader.at;
            reader.expect("\"")?;
            let name = reader.span()?;
            reader.expect(":")?;
            if &reader.text[name] == holds_items {
                return match reads {
                    Reads::Query | Reads::Scan => reader.items(),
                    Reads::GetItem => reader.item(),
                    Reads::BatchGetItem => reader.responses(),
                };
            }
            reader.any()?;
            reader.rest.push_str(if reader.rest.len() > 1 { "," } else { "" });
            reader.rest.push_str(&reader.text[start..reader.at]);
            Some(())
        })?;
        self.rest.push('}');
        (self.at == self.text.len()).then_some(())
    }

    /// The items of each table.
    fn responses(&mut self) -> Option<()> {
        self.expect("{")?;
        self.separated('}', |reader| {
            reader.expect("\"")?;
            reader.span()?;
            reader.expect(":")?;
            reader.items()
        })
    }

    fn items(&mut self) -> Option<()> {
        self.expect("[")?;
        let start = self.at;
        self.separated(']', |reader| {
            reader.item()?;
            if reader.items.len() == 1 {
                // Items of one answer are much alike.
                let tokens = reader.tokens.len().saturating_mul(reader.text.len() - start) / (reader.at - start);
                reader.tokens.reserve(tokens);
            }
            Some(())
        })
    }

    fn item(&mut self) -> Option<()> {
        self.items.push(u32::try_from(self.tokens.len()).ok()?);
        self.map()
    }

    fn map(&mut self) -> Option<()> {
        self.expect("{")?;
        self.holds(Kind::M, '}', |reader| {
            reader.expect("\"")?;
            reader.string(Kind::Name)?;
            reader.expect(":")?;
            reader.value()
        })
    }

    fn value(&mut self) -> Option<()> {
        self.expect("{\"")?;
        let rest = &self.text.as_bytes()[self.at..];
        let (kind, tag) = match rest {
            [b'S', b'"', ..] => (Kind::S, 1),
            [b'N', b'"', ..] => (Kind::N, 1),
            [b'M', b'"', ..] => (Kind::M, 1),
            [b'L', b'"', ..] => (Kind::L, 1),
            [b'B', b'"', ..] => (Kind::B, 1),
            [b'B', b'O', b'O', b'L', b'"', ..] => (Kind::False, 4),
            [b'N', b'U', b'L', b'L', b'"', ..] => (Kind::Null, 4),
            [b'S', b'S', b'"', ..] => (Kind::Ss, 2),
            [b'N', b'S', b'"', ..] => (Kind::Ns, 2),
            [b'B', b'S', b'"', ..] => (Kind::Bs, 2),
            _ => return None,
        };
        self.at += tag + 1;
        self.expect(":")?;
        match kind {
            Kind::S | Kind::N | Kind::B | Kind::Name => {
                self.expect("\"")?;
                self.string(kind)?;
            }
            Kind::True | Kind::False => {
                let is_true = self.expect("true").is_some();
                if !is_true {
                    self.expect("false")?;
                }
                let kind = if is_true { Kind::True } else { Kind::False };
                self.tokens.push(Token { kind, start: 0, length: 0 });
            }
            Kind::Null => {
                self.expect("true")?;
                self.tokens.push(Token { kind, start: 0, length: 0 });
            }
            Kind::M => self.map()?,
            Kind::L => {
                self.expect("[")?;
                self.holds(kind, ']', Self::value)?;
            }
            Kind::Ss | Kind::Ns | Kind::Bs => {
                let element = match kind {
                    Kind::Ss => Kind::S,
                    Kind::Ns => Kind::N,
                    _ => Kind::B,
                };
                self.expect("[")?;
                self.holds(kind, ']', |reader| {
                    reader.expect("\"")?;
                    reader.string(element)
                })?;
            }
        }
        self.expect("}")
    }

    /// A token that holds others.
    fn holds(&mut self, kind: Kind, end: char, mut read: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let at = self.tokens.len();
        self.tokens.push(Token { kind, start: 0, length: 0 });
        let mut length = 0;
        self.separated(end, |reader| {
            length += 1;
            read(reader)
        })?;
        self.depth -= 1;
        self.tokens[at] = Token { kind, start: u32::try_from(self.tokens.len()).ok()?, length };
        Some(())
    }

    /// What stands up to `end`, with commas between.
    fn separated(&mut self, end: char, mut read: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        let end = end as u8;
        if self.peek()? == end {
            self.at += 1;
            return Some(());
        }
        loop {
            read(self)?;
            let next = self.peek()?;
            self.at += 1;
            match next {
                b',' => {}
                next if next == end => return Some(()),
                _ => return None,
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn expect(&mut self, word: &str) -> Option<()> {
        if !self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            return None;
        }
        self.at += word.len();
        Some(())
    }

    /// A text whose quote was read.
    fn string(&mut self, kind: Kind) -> Option<()> {
        let from = self.at - 1;
        let span = self.span()?;
        let (mut start, mut length) = (span.start, span.len());
        if self.at - 1 != span.end {
            let text: String = serde_json::from_str(&self.text[from..self.at]).ok()?;
            (start, length) = (self.text.len() + self.unescaped.len(), text.len());
            self.unescaped.push_str(&text);
        }
        if kind == Kind::B && !is_base64(self.text[span].as_bytes()) {
            return None;
        }
        self.tokens.push(Token { kind, start: u32::try_from(start).ok()?, length: u32::try_from(length).ok()? });
        Some(())
    }

    /// A text whose quote was read, up to its other quote or its first escape. Then it is behind its other quote.
    fn span(&mut self) -> Option<Range<usize>> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        let end = special(bytes, start)?;
        let mut at = end;
        // An escape hides the byte behind it: a quote or another backslash.
        while bytes[at] == b'\\' {
            at = special(bytes, at + 2)?;
        }
        if bytes[at] != b'"' {
            return None;
        }
        self.at = at + 1;
        Some(start..end)
    }

    /// A value that is none of an item.
    fn any(&mut self) -> Option<()> {
        let mut values = serde_json::Deserializer::from_str(&self.text[self.at..]).into_iter::<&RawValue>();
        values.next()?.ok()?;
        self.at += values.byte_offset();
        Some(())
    }
}

/// What [`Shape::bytes`] can decode.
fn is_base64(text: &[u8]) -> bool {
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    let (digits, _) = text.split_at(text.len() - padding);
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    text.len().is_multiple_of(4) && padding <= 2 && digits.iter().all(is_digit)
}

/// The first quote, backslash or control character from here on, eight bytes at a time.
/// <https://graphics.stanford.edu/~seander/bithacks.html#HasLessInWord>
fn special(bytes: &[u8], from: usize) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    let of = |byte: u8| ONES * u64::from(byte);
    let mut at = from;
    while let Some(eight) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let eight = u64::from_le_bytes(*eight);
        let is_zero = |bytes: u64| bytes.wrapping_sub(ONES) & !bytes;
        let control = eight.wrapping_sub(of(b' ')) & !eight;
        let found = (is_zero(eight ^ of(b'"')) | is_zero(eight ^ of(b'\\')) | control) & HIGH;
        if found != 0 {
            // A borrow can only reach a byte above one that is found itself.
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    let rest = bytes.get(at..)?;
    rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..b' ')).map(|place| at + place)
}
