//! Reads the items of a response body one by one, as references into the body, without building `AttributeValue`s.
//!
//! This reader understands only the JSON of items as DynamoDB writes it, without whitespace between tokens. `serde_json` reads
//! everything around the items, and strings with escapes. For anything unexpected, the reader returns `None`. Then the SDK
//! deserializes the response, or reports what is wrong with it. The two differ in one case that DynamoDB never writes: if a map
//! contains a name twice, the SDK uses the last value, while this reader fails or uses one of the values. A general JSON parser
//! takes three times as long (docs/performance.md).
//!
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html>

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::value::RawValue;

use crate::codec::value_ref::{Entries, LazyValue, ValueRef, Values};

/// The operation of a response. It determines where the items are in the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReadOperation {
    Query,
    Scan,
    GetItem,
    BatchGetItem,
}

/// Receives the items of a response while it is read.
pub(crate) trait ItemVisitor {
    /// Called before the first item, with the approximate number of items.
    fn expect(&mut self, items: usize);

    /// Called for each item, with its attributes and its place in the response body.
    fn item(&mut self, attributes: Entries<'_>, place: ByteRange);
}

/// The place of an item in a response body.
pub(crate) type ByteRange = Range<u32>;

/// Reads a response body and passes its items to `look`. Returns the body without the items.
pub(crate) fn read(answer: &[u8], reads: ReadOperation, look: &mut dyn ItemVisitor) -> Option<String> {
    let mut reader = Reader::new(answer, look)?;
    reader.answer(reads)?;
    Some(reader.rest)
}

/// Reads only the item at this place.
pub(crate) fn read_item(answer: &[u8], place: ByteRange, look: &mut dyn ItemVisitor) -> Option<()> {
    Reader::new(answer.get(place.start as usize..place.end as usize)?, look)?.item()
}

/// The largest number of items to reserve memory for, whatever count the response contains.
const MOST_EXPECTED: usize = 10_000;

/// One item: its map and all values nested in it, in the order of the response body.
pub(crate) struct ItemTokens<'a> {
    /// The response body.
    text: &'a str,
    tokens: Vec<Token<'a>>,
    /// The strings that have escapes in the response body, unescaped and concatenated.
    unescaped: String,
}

/// One value of an item.
struct Token<'a> {
    kind: Kind,
    /// The key, if the value is in a map.
    name: JsonText<'a>,
    /// The text of a string, a number or a binary value.
    text: JsonText<'a>,
    /// The number of values in a map, a list or a set.
    length: u32,
    /// The index of the next token that is not nested in this one.
    end: u32,
}

#[derive(Clone, Copy)]
enum JsonText<'a> {
    Plain(&'a str),
    /// The start and the end in [`ItemTokens::unescaped`].
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

/// The greatest depth of nested maps, lists and sets, including the item's own map. The SDK counts two levels for each of them
/// and some around them, and accepts up to 128. DynamoDB accepts 32. The SDK rejects deeper values.
///
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

    /// Returns the value of the token with this index.
    #[inline]
    pub fn shape(&self, at: usize) -> ValueRef<'_> {
        let token = &self.tokens[at];
        let held = || TokenIter { tape: self, at: at + 1, left: token.length as usize };
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

/// Iterates over the values of a map, a list or a set.
#[derive(Clone)]
pub(crate) struct TokenIter<'a> {
    tape: &'a ItemTokens<'a>,
    at: usize,
    left: usize,
}

impl<'a> TokenIter<'a> {
    /// Returns the number of remaining values.
    pub fn len(&self) -> usize {
        self.left
    }
}

/// Yields each value with its key. The key is empty outside of maps.
impl<'a> Iterator for TokenIter<'a> {
    type Item = (&'a str, LazyValue<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let (tape, at) = (self.tape, self.at);
        let token = &tape.tokens[at];
        self.at = token.end as usize;
        Some((tape.text(token.name), LazyValue::Wire(tape, at)))
    }
}

struct Reader<'a, 'l> {
    at: usize,
    depth: usize,
    tape: ItemTokens<'a>,
    look: &'l mut dyn ItemVisitor,
    rest: String,
    /// The count in the response, if it precedes the items.
    count: Option<usize>,
    /// Whether the member with the items was read.
    has_items: bool,
    /// Whether [`ItemVisitor::expect`] was called.
    is_expected: bool,
}

impl<'a, 'l> Reader<'a, 'l> {
    fn new(answer: &'a [u8], look: &'l mut dyn ItemVisitor) -> Option<Self> {
        let text = str::from_utf8(answer).ok()?;
        u32::try_from(text.len()).ok()?;
        // JSON strings cannot contain control characters, and DynamoDB writes no line breaks between tokens.
        if has_control_character(answer) {
            return None;
        }
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

    /// Reads a whole response: reads the member with the items, and copies the other members.
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
            // The span of a name with an escape ends before the closing quote.
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

    /// Reads the items of each table.
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
            // The items of one response usually have similar sizes.
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
        // `new` has checked that even the length of the text fits.
        let end = self.tape.tokens.len() as u32 + 1;
        self.tape.tokens.push(Token { kind, name, text, length: 0, end });
    }

    /// Reads a map, a list or a set.
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
        let end = self.tape.tokens.len() as u32;
        let token = self.tape.tokens.get_mut(at)?;
        (token.length, token.end) = (length, end);
        Some(())
    }

    /// Reads elements that are separated by commas, up to `end`.
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

    /// Reads a string, and returns the range between its quotes, up to the first escape. Afterwards the reader is behind the
    /// closing quote.
    #[inline(always)]
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
        self.at = at + 1;
        Some(start..end)
    }

    /// Reads a value outside of the items, and returns its text.
    fn any(&mut self) -> Option<&'a str> {
        let mut values = serde_json::Deserializer::from_str(&self.tape.text[self.at..]).into_iter::<&RawValue>();
        let value = values.next()?.ok()?;
        self.at += values.byte_offset();
        Some(value.get())
    }
}

/// Returns whether the text is valid Base64, so that decoding it later cannot fail.
fn is_base64(text: &[u8]) -> bool {
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let (digits, last) = text.split_at(text.len().saturating_sub(4));
    text.len().is_multiple_of(4) && digits.iter().all(is_digit) && STANDARD.decode(last).is_ok()
}

/// Returns whether the text contains a control character. Looks at all bytes of a block, because the compiler vectorizes that.
fn has_control_character(text: &[u8]) -> bool {
    text.chunks(256).any(|block| block.iter().fold(false, |found, byte| found | (*byte < b' ')))
}

/// Finds the first quote or backslash at or after `from`, eight bytes at a time.
///
/// <https://graphics.stanford.edu/~seander/bithacks.html#ValueInWord>
#[inline]
fn special(bytes: &[u8], from: usize) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    const QUOTES: u64 = ONES * b'"' as u64;
    const BACKSLASHES: u64 = ONES * b'\\' as u64;
    let is_zero = |bytes: u64| bytes.wrapping_sub(ONES) & !bytes;
    let mut rest = bytes.get(from..)?;
    while let Some((eight, after)) = rest.split_first_chunk::<8>() {
        let eight = u64::from_le_bytes(*eight);
        let found = (is_zero(eight ^ QUOTES) | is_zero(eight ^ BACKSLASHES)) & HIGH;
        if found != 0 {
            // A borrow reaches only bytes above a match, so the lowest match is exact.
            return Some(bytes.len() - rest.len() + found.trailing_zeros() as usize / 8);
        }
        rest = after;
    }
    let at = bytes.len() - rest.len();
    rest.iter().position(|byte| matches!(byte, b'"' | b'\\')).map(|place| at + place)
}
