//! Decides whether two templates can produce the same text, at compile time.
//!
//! A template is a pattern of bytes. Two patterns are compared position by position. Bytes are enough, because the delimiter is
//! ASCII, and a multi-byte UTF-8 character contains no ASCII bytes.

use crate::schema::const_str::Message;
use crate::schema::{Segment, Template, Transform};

/// A part of a pattern: a given byte, one byte of a class, or any number of bytes of a class.
#[derive(Clone, Copy)]
enum Token {
    Byte(u8),
    One(Class),
    Many(Class),
}

/// The bytes that a placeholder can produce.
#[derive(Clone, Copy)]
enum Class {
    Digit,
    NoDelimiter,
    Any,
}

/// The longest pattern that is compared completely. The rest of a longer pattern matches any text.
const ROOM: usize = 160;

pub(super) struct Pattern {
    tokens: [Token; ROOM],
    length: usize,
}

impl Pattern {
    pub const fn new() -> Self {
        Self { tokens: [Token::Many(Class::Any); ROOM], length: 0 }
    }

    pub const fn of(template: &Template) -> Self {
        let mut pattern = Self::new();
        let mut n = 0;
        while n < template.segments.len() {
            pattern = match &template.segments[n] {
                Segment::Literal(literal) => pattern.literal(literal),
                Segment::Field(placeholder) => match (placeholder.width, placeholder.path, placeholder.transform) {
                    (Some(width), _, _) => pattern.digits(width),
                    (None, true, _) => pattern.text(Class::Any),
                    (None, false, Some(Transform::Year)) => pattern.date(1),
                    (None, false, Some(Transform::Month)) => pattern.date(2),
                    (None, false, Some(Transform::Day)) => pattern.date(3),
                    (None, false, Some(Transform::Hour)) => pattern.date(3).literal("T").digits(2),
                    (None, false, Some(Transform::Upper | Transform::Lower | Transform::Escape) | None) => {
                        pattern.text(Class::NoDelimiter)
                    }
                },
            };
            n += 1;
        }
        pattern
    }

    /// Returns the pattern that matches every text that begins with `prefix`.
    pub const fn beginning_with(prefix: &str) -> Self {
        Self::new().literal(prefix).push(Token::Many(Class::Any))
    }

    const fn push(mut self, token: Token) -> Self {
        // The last token keeps its initial value, which matches any text.
        if self.length < ROOM - 1 {
            self.tokens[self.length] = token;
            self.length += 1;
        } else {
            self.length = ROOM;
        }
        self
    }

    pub const fn literal(mut self, literal: &str) -> Self {
        let bytes = literal.as_bytes();
        let mut n = 0;
        while n < bytes.len() {
            self = self.push(Token::Byte(bytes[n]));
            n += 1;
        }
        self
    }

    const fn digits(mut self, count: usize) -> Self {
        let mut n = 0;
        while n < count {
            self = self.push(Token::One(Class::Digit));
            n += 1;
        }
        self
    }

    /// Appends the first `parts` of year, month and day.
    const fn date(mut self, parts: usize) -> Self {
        self = self.digits(4);
        let mut n = 1;
        while n < parts {
            self = self.literal("-").digits(2);
            n += 1;
        }
        self
    }

    const fn text(self, class: Class) -> Self {
        self.push(Token::One(class)).push(Token::Many(class))
    }
}

/// Returns a byte that both tokens match, if one exists.
const fn meet(a: Token, b: Token, delimiter: u8) -> Option<u8> {
    let (class, other) = match (a, b) {
        (Token::Byte(a), Token::Byte(b)) => return if a == b { Some(a) } else { None },
        (Token::Byte(byte), Token::One(class) | Token::Many(class))
        | (Token::One(class) | Token::Many(class), Token::Byte(byte)) => {
            let fits = match class {
                Class::Digit => byte.is_ascii_digit(),
                Class::NoDelimiter => byte != delimiter,
                Class::Any => true,
            };
            return if fits { Some(byte) } else { None };
        }
        (Token::One(class) | Token::Many(class), Token::One(other) | Token::Many(other)) => (class, other),
    };
    // Any two classes have bytes in common, because the delimiter is not a letter or a digit.
    Some(if matches!(class, Class::Digit) || matches!(other, Class::Digit) { b'1' } else { b'a' })
}

/// How a pair of positions was reached: which of the two patterns advanced, and whether a byte was consumed.
#[derive(Clone, Copy, PartialEq)]
enum Parsed {
    None,
    Start,
    Skip { left: bool },
    Take { left: bool, right: bool },
}

/// Returns a text that both patterns match, if one exists.
pub(super) const fn common(a: &Pattern, b: &Pattern, delimiter: u8) -> Option<Message> {
    let mut steps = [[Parsed::None; ROOM + 1]; ROOM + 1];
    steps[0][0] = Parsed::Start;
    // Every step leads to a later position, so one pass in order finds all positions that can be reached.
    let mut i = 0;
    while i <= a.length {
        let mut j = 0;
        while j <= b.length {
            if !matches!(steps[i][j], Parsed::None) {
                let left = if i < a.length { Some(a.tokens[i]) } else { None };
                let right = if j < b.length { Some(b.tokens[j]) } else { None };
                if let Some(Token::Many(_)) = left {
                    steps[i + 1][j] = Parsed::Skip { left: true };
                }
                if let Some(Token::Many(_)) = right {
                    steps[i][j + 1] = Parsed::Skip { left: false };
                }
                if let (Some(left), Some(right)) = (left, right)
                    && meet(left, right, delimiter).is_some()
                {
                    let moves = (!matches!(left, Token::Many(_)), !matches!(right, Token::Many(_)));
                    if moves.0 || moves.1 {
                        let step = Parsed::Take { left: moves.0, right: moves.1 };
                        steps[i + moves.0 as usize][j + moves.1 as usize] = step;
                    }
                }
            }
            j += 1;
        }
        i += 1;
    }
    if matches!(steps[a.length][b.length], Parsed::None) {
        return None;
    }
    Some(text(a, b, delimiter, &steps))
}

/// Returns the text of the path that was found, by following it back from its end.
const fn text(a: &Pattern, b: &Pattern, delimiter: u8, steps: &[[Parsed; ROOM + 1]; ROOM + 1]) -> Message {
    let (mut i, mut j) = (a.length, b.length);
    let mut bytes = [0; 2 * ROOM];
    let mut length = 0;
    loop {
        match steps[i][j] {
            Parsed::Start | Parsed::None => break,
            Parsed::Skip { left: true } => i -= 1,
            Parsed::Skip { left: false } => j -= 1,
            Parsed::Take { left, right } => {
                i -= left as usize;
                j -= right as usize;
                if let Some(byte) = meet(a.tokens[i], b.tokens[j], delimiter) {
                    bytes[length] = byte;
                    length += 1;
                }
            }
        }
    }
    let mut text = Message::new();
    while length > 0 {
        length -= 1;
        text = text.byte(bytes[length]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Placeholder;

    const ID: Segment = Segment::Field(Placeholder { field: 0, width: None, path: false, transform: None });
    const NUMBER: Segment = Segment::Field(Placeholder { field: 0, width: Some(3), path: false, transform: None });
    const PATH: Segment = Segment::Field(Placeholder { field: 0, width: None, path: true, transform: None });
    const DAY: Segment =
        Segment::Field(Placeholder { field: 0, width: None, path: false, transform: Some(Transform::Day) });

    fn template(segments: &'static [Segment]) -> Template {
        Template { text: "", segments }
    }

    fn example(a: &Template, b: &Template) -> Option<String> {
        common(&Pattern::of(a), &Pattern::of(b), b'#').map(|text| text.as_str().to_owned())
    }

    #[test]
    fn overlapping_templates_have_a_common_key() {
        let user = template(&[Segment::Literal("USER#"), ID]);
        let users = template(&[Segment::Literal("USERS#"), ID]);
        let order = template(&[Segment::Literal("ORDER#"), ID]);
        let line = template(&[Segment::Literal("ORDER#"), ID, Segment::Literal("#LINE#"), NUMBER]);
        let (bare, path) = (template(&[ID]), template(&[PATH]));
        for (a, b, expected) in [
            (user, user, Some("USER#a")),
            (user, users, None),
            (user, order, None),
            (order, line, None),
            (bare, user, None),
            (path, line, Some("ORDER#a#LINE#111")),
            (bare, template(&[Segment::Literal("ORDER")]), Some("ORDER")),
            (template(&[NUMBER]), template(&[Segment::Literal("12")]), None),
            (template(&[NUMBER]), template(&[Segment::Literal("123")]), Some("123")),
            (template(&[DAY]), bare, Some("1111-11-11")),
            (template(&[DAY]), template(&[Segment::Literal("LATEST")]), None),
            (template(&[Segment::Literal("é#"), ID]), template(&[PATH]), Some("é#a")),
        ] {
            assert_eq!(example(&a, &b).as_deref(), expected, "{a:?} {b:?}");
            assert_eq!(example(&b, &a).is_some(), expected.is_some(), "{b:?} {a:?}");
        }
    }

    #[test]
    fn a_key_matches_only_prefixes_of_its_template() {
        let order = template(&[Segment::Literal("ORDER#"), ID]);
        let line = template(&[Segment::Literal("ORDER#"), ID, Segment::Literal("#LINE#"), NUMBER]);
        let bare = template(&[ID]);
        let can = |template: &Template, prefix: &str| {
            common(&Pattern::of(template), &Pattern::beginning_with(prefix), b'#').is_some()
        };
        assert!(can(&line, "ORDER#") && can(&order, ""));
        assert!(!can(&bare, "ORDER#") && can(&bare, "ORDER"));
        assert!(!can(&order, "ORDERS"));
    }

    #[test]
    fn the_rest_of_a_long_pattern_matches_any_text() {
        const LONG: &str = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\
                            xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
        let long = template(&[Segment::Literal(LONG)]);
        assert!(example(&long, &template(&[Segment::Literal(LONG), ID])).is_some());
        assert_eq!(example(&long, &template(&[Segment::Literal("y")])), None);
    }
}
