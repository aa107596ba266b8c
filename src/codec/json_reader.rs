//! The items of an answer's text, one by one, without values made of them: DynamoDB's JSON as places in it.
//!
//! What is read here is the JSON of items as DynamoDB writes it, without a space between its words; all that is around the
//! items, and what has escapes, is left to `serde_json`. Whatever is not as expected is `None`: the SDK reads such an answer, or
//! says what is wrong with it. (Of a name that is in one map twice, which DynamoDB does not write, the SDK has the last value;
//! here it is an error, or one of them.) A general parser in this place takes three times as long (docs/performance.md).
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html>

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::value::RawValue;

use crate::codec::value_ref::{Entries, LazyValue, ValueRef, Values};

/// The answer of an operation, as to where its items are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReadOperation {
    Query,
    Scan,
    GetItem,
    BatchGetItem,
}

/// Who looks at the items.
pub(crate) trait ItemVisitor {
    /// Before the first one: there are about so many.
    fn expect(&mut self, items: usize);

    /// The attributes of an item, and where it is in the answer.
    fn item(&mut self, attributes: Entries<'_>, place: ByteRange);
}

/// Where an item is in an answer: from here to there.
pub(crate) type ByteRange = Range<u32>;

/// Reads an answer; gives it less its items.
pub(crate) fn read(answer: &[u8], reads: ReadOperation, look: &mut dyn ItemVisitor) -> Option<String> {
    let mut reader = Reader::new(answer, look)?;
    reader.answer(reads)?;
    Some(reader.rest)
}

/// Reads the item at this place.
pub(crate) fn read_item(answer: &[u8], place: ByteRange, look: &mut dyn ItemVisitor) -> Option<()> {
    Reader::new(answer.get(place.start as usize..place.end as usize)?, look)?.item()
}

/// The most items that room is made for before they are there, whatever an answer says of their number.
const MOST_EXPECTED: usize = 10_000;

/// One item: its map, and all that is in it, in the order of the text.
pub(crate) struct ItemTokens<'a> {
    /// The answer.
    text: &'a str,
    tokens: Vec<Token<'a>>,
    /// Texts that have escapes in the answer, without them, one behind the other.
    unescaped: String,
}

/// A value.
struct Token<'a> {
    kind: Kind,
    /// In a map.
    name: JsonText<'a>,
    /// Of a text, a number, or binary.
    text: JsonText<'a>,
    /// Of what holds others, how many.
    length: usize,
    /// The token of the next value that is not in this one.
    end: usize,
}

#[derive(Clone, Copy)]
enum JsonText<'a> {
    Plain(&'a str),
    /// From here to there in [`ItemTokens::unescaped`].
    Unescaped(usize, usize),
}

const NONE: JsonText<'_> = JsonText::Plain("");

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    S,
    N,
    B,
    True,
    False,
    Null,
    NotNull,
    M,
    L,
    Ss,
    Ns,
    Bs,
}

/// Maps, lists and sets, the item's own map among them. The SDK counts two for each of ours and some around them, up to 128;
/// DynamoDB nests 32 levels deep. What is deeper is for the SDK to refuse.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-attributes>
pub(super) const MAX_DEPTH: usize = 62;

impl<'a> ItemTokens<'a> {
    #[inline]
    fn text(&self, text: JsonText<'a>) -> &str {
        match text {
            JsonText::Plain(text) => text,
            JsonText::Unescaped(start, end) => &self.unescaped[start..end],
        }
    }

    /// The value of the token.
    #[inline]
    pub fn shape(&self, at: usize) -> ValueRef<'_> {
        let token = &self.tokens[at];
        let held = || TokenIter { tape: self, at: at + 1, left: token.length };
        match token.kind {
            Kind::S => ValueRef::S(self.text(token.text)),
            Kind::N => ValueRef::N(self.text(token.text)),
            Kind::B => ValueRef::Base64(self.text(token.text)),
            Kind::True => ValueRef::Bool(true),
            Kind::False => ValueRef::Bool(false),
            Kind::Null => ValueRef::Null(true),
            Kind::NotNull => ValueRef::Null(false),
            Kind::M => ValueRef::M(Entries::Wire(held())),
            Kind::L => ValueRef::L(Values::Wire(held())),
            Kind::Ss => ValueRef::Ss(Values::Wire(held())),
            Kind::Ns => ValueRef::Ns(Values::Wire(held())),
            Kind::Bs => ValueRef::Bs(Values::Wire(held())),
        }
    }
}

/// Some values one after the other.
#[derive(Clone)]
pub(crate) struct TokenIter<'a> {
    tape: &'a ItemTokens<'a>,
    at: usize,
    left: usize,
}

impl<'a> TokenIter<'a> {
    /// How many are left.
    pub fn len(&self) -> usize {
        self.left
    }
}

/// With their names, where they are of a map.
impl<'a> Iterator for TokenIter<'a> {
    type Item = (&'a str, LazyValue<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let (tape, at) = (self.tape, self.at);
        let token = &tape.tokens[at];
        self.at = token.end;
        Some((tape.text(token.name), LazyValue::Wire(tape, at)))
    }
}

struct Reader<'a, 'l> {
    at: usize,
    depth: usize,
    tape: ItemTokens<'a>,
    look: &'l mut dyn ItemVisitor,
    rest: String,
    /// How many items the answer says that it has, if it says so before them.
    count: Option<usize>,
    /// The member with the items was there.
    has_items: bool,
    /// Who looks knows of the first item.
    is_expected: bool,
}

impl<'a, 'l> Reader<'a, 'l> {
    fn new(answer: &'a [u8], look: &'l mut dyn ItemVisitor) -> Option<Self> {
        let text = str::from_utf8(answer).ok()?;
        u32::try_from(text.len()).ok()?;
        let tape = ItemTokens { text, tokens: Vec::with_capacity(64), unescaped: String::new() };
        Some(Self {
            at: 0,
            depth: 0,
            tape,
            look,
            rest: String::with_capacity(256),
            count: None,
            has_items: false,
            is_expected: false,
        })
    }

    /// The answer: the member with the items is read, and the others are copied.
    fn answer(&mut self, reads: ReadOperation) -> Option<()> {
        let holds_items = match reads {
            ReadOperation::Query | ReadOperation::Scan => "Items",
            ReadOperation::GetItem => "Item",
            ReadOperation::BatchGetItem => "Responses",
        };
        self.expect("{")?;
        self.rest.push('{');
        self.separated('}', |reader| {
            let start = reader.at;
            let name = reader.span()?;
            // A name with an escape in it ends there.
            if reader.at - 1 != name.end {
                return None;
            }
            reader.expect(":")?;
            let name = &reader.tape.text[name];
            if name == holds_items {
                if std::mem::replace(&mut reader.has_items, true) {
                    return None;
                }
                return match reads {
                    ReadOperation::Query | ReadOperation::Scan => reader.items(),
                    ReadOperation::GetItem => reader.item(),
                    ReadOperation::BatchGetItem => reader.responses(),
                };
            }
            let value = reader.any()?;
            if name == "Count" {
                reader.count = value.parse().ok();
            }
            reader.rest.push_str(if reader.rest.len() > 1 { "," } else { "" });
            reader.rest.push_str(&reader.tape.text[start..reader.at]);
            Some(())
        })?;
        self.rest.push('}');
        (self.at == self.tape.text.len()).then_some(())
    }

    /// The items of each table.
    fn responses(&mut self) -> Option<()> {
        self.expect("{")?;
        self.separated('}', |reader| {
            reader.span()?;
            reader.expect(":")?;
            reader.items()
        })
    }

    fn items(&mut self) -> Option<()> {
        self.expect("[")?;
        self.separated(']', Self::item)
    }

    fn item(&mut self) -> Option<()> {
        let start = self.at;
        self.tape.tokens.clear();
        self.tape.unescaped.clear();
        self.map(NONE)?;
        if !std::mem::replace(&mut self.is_expected, true) {
            // Items of one answer are much alike.
            let alike = (self.tape.text.len() - start) / (self.at - start);
            self.look.expect(self.count.unwrap_or(alike).min(MOST_EXPECTED));
        }
        if let ValueRef::M(attributes) = self.tape.shape(0) {
            self.look.item(attributes, u32::try_from(start).ok()?..u32::try_from(self.at).ok()?);
        }
        Some(())
    }

    fn map(&mut self, name: JsonText<'a>) -> Option<()> {
        self.expect("{")?;
        self.holds(Kind::M, name, '}', |reader| {
            let name = reader.string()?;
            reader.expect(":")?;
            reader.value(name)
        })
    }

    fn value(&mut self, name: JsonText<'a>) -> Option<()> {
        self.expect("{\"")?;
        let rest = &self.tape.text.as_bytes()[self.at..];
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
            Kind::S | Kind::N | Kind::B => self.scalar(kind, name)?,
            Kind::True | Kind::False | Kind::Null | Kind::NotNull => {
                let kind = match (self.expect("true"), kind) {
                    (Some(()), Kind::Null) => Kind::Null,
                    (Some(()), _) => Kind::True,
                    (None, Kind::Null) => Kind::NotNull,
                    (None, _) => Kind::False,
                };
                if matches!(kind, Kind::False | Kind::NotNull) {
                    self.expect("false")?;
                }
                self.push(kind, name, NONE);
            }
            Kind::M => self.map(name)?,
            Kind::L => {
                self.expect("[")?;
                self.holds(kind, name, ']', |reader| reader.value(NONE))?;
            }
            Kind::Ss | Kind::Ns | Kind::Bs => {
                let element = match kind {
                    Kind::Ss => Kind::S,
                    Kind::Ns => Kind::N,
                    _ => Kind::B,
                };
                self.expect("[")?;
                self.holds(kind, name, ']', |reader| reader.scalar(element, NONE))?;
            }
        }
        self.expect("}")
    }

    #[inline]
    fn scalar(&mut self, kind: Kind, name: JsonText<'a>) -> Option<()> {
        let text = self.string()?;
        if kind == Kind::B && !is_base64(self.tape.text(text).as_bytes()) {
            return None;
        }
        self.push(kind, name, text);
        Some(())
    }

    #[inline]
    fn push(&mut self, kind: Kind, name: JsonText<'a>, text: JsonText<'a>) {
        let end = self.tape.tokens.len() + 1;
        self.tape.tokens.push(Token { kind, name, text, length: 0, end });
    }

    /// A token that holds others.
    fn holds(
        &mut self,
        kind: Kind,
        name: JsonText<'a>,
        end: char,
        mut read: impl FnMut(&mut Self) -> Option<()>,
    ) -> Option<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let at = self.tape.tokens.len();
        self.push(kind, name, NONE);
        let mut length = 0;
        self.separated(end, |reader| {
            length += 1;
            read(reader)
        })?;
        self.depth -= 1;
        let end = self.tape.tokens.len();
        let token = self.tape.tokens.get_mut(at)?;
        (token.length, token.end) = (length, end);
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

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.tape.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn expect(&mut self, word: &str) -> Option<()> {
        if !self.tape.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            return None;
        }
        self.at += word.len();
        Some(())
    }

    #[inline]
    fn string(&mut self) -> Option<JsonText<'a>> {
        let from = self.at;
        let span = self.span()?;
        let (text, unescaped) = (self.tape.text, &mut self.tape.unescaped);
        if self.at - 1 == span.end {
            return Some(JsonText::Plain(&text[span]));
        }
        let plain: String = serde_json::from_str(&text[from..self.at]).ok()?;
        let start = unescaped.len();
        unescaped.push_str(&plain);
        Some(JsonText::Unescaped(start, unescaped.len()))
    }

    /// A text between its quotes, up to its first escape. Then the reader is behind all of it.
    #[inline]
    fn span(&mut self) -> Option<Range<usize>> {
        self.expect("\"")?;
        let bytes = self.tape.text.as_bytes();
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
    fn any(&mut self) -> Option<&'a str> {
        let mut values = serde_json::Deserializer::from_str(&self.tape.text[self.at..]).into_iter::<&RawValue>();
        let value = values.next()?.ok()?;
        self.at += values.byte_offset();
        Some(value.get())
    }
}

/// What can be decoded.
fn is_base64(text: &[u8]) -> bool {
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let (digits, last) = text.split_at(text.len().saturating_sub(4));
    text.len().is_multiple_of(4) && digits.iter().all(is_digit) && STANDARD.decode(last).is_ok()
}

/// The first quote, backslash or control character from here on, eight bytes at a time.
/// <https://graphics.stanford.edu/~seander/bithacks.html#HasLessInWord>
#[inline]
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
