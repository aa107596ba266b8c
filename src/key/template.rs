//! Templates rendered to key text, and key text parsed back.

use std::borrow::Cow;

use crate::error::{Error, ErrorKind, Result};
use crate::key::segment::SegmentError;
use crate::schema::{EntitySchema, Placeholder, Segment, Template, Transform};

/// Where the values of a template's fields come from: an entity, or the arguments of a call.
pub trait Fields {
    /// Appends the text of the field with this number; `false`, and nothing appended, if it has no value.
    ///
    /// # Errors
    /// If the value cannot stand in a key.
    fn write(&self, field: usize, out: &mut String) -> Result<bool, SegmentError>;

    /// The same text, where it need not be made.
    fn text(&self, _: usize) -> Option<&str> {
        None
    }
}

/// What a key is rendered for.
#[derive(Clone, Copy)]
pub(crate) struct Rendering<'a> {
    pub entity: &'a EntitySchema,
    /// The key attribute.
    pub attribute: &'a str,
    pub delimiter: char,
    /// The most bytes that DynamoDB takes.
    pub limit: usize,
}

/// Sorts after every text that begins with what stands before it: the highest character there is, which no key has.
pub(crate) const END: char = '\u{10FFFF}';

/// The most bytes of a partition key's value.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-partition-sort-keys>
pub(crate) const PARTITION_LIMIT: usize = 2048;
/// The most bytes of a sort key's value.
pub(crate) const SORT_LIMIT: usize = 1024;

/// A key as far as the values given allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rendered {
    pub text: String,
    /// The field whose value was missing, if the text ends there.
    pub missing: Option<usize>,
}

impl Rendering<'_> {
    /// Renders up to the first field without a value.
    pub fn render(&self, template: &Template, fields: &dyn Fields) -> Result<Rendered> {
        let mut text = String::with_capacity(template.text.len() + 32);
        for segment in template.segments {
            match segment {
                Segment::Literal(literal) => text.push_str(literal),
                Segment::Field(placeholder) => {
                    if !self.field(*placeholder, fields, &mut text)? {
                        return Ok(Rendered { text, missing: Some(placeholder.field) });
                    }
                }
            }
        }
        self.check_length(&text)?;
        Ok(Rendered { text, missing: None })
    }

    /// A key is refused here, before it is sent, with the length that DynamoDB would refuse.
    pub fn check_length(&self, text: &str) -> Result<()> {
        if text.is_empty() {
            return Err(self.error("the key is empty"));
        }
        if text.len() > self.limit {
            return Err(self.error(format!("the key has {} bytes; DynamoDB takes {}", text.len(), self.limit)));
        }
        Ok(())
    }

    /// Appends the text of one placeholder; `false` if its field has no value.
    pub fn field(&self, placeholder: Placeholder, fields: &dyn Fields, text: &mut String) -> Result<bool> {
        let start = text.len();
        let name = self.entity.fields[placeholder.field].name;
        let written = fields
            .write(placeholder.field, text)
            .map_err(|error| self.error(format!("field `{name}` {error}")).caused_by(error))?;
        if !written {
            return Ok(false);
        }
        if let Some(transform) = placeholder.transform {
            let value = transform.apply(&text[start..], self.delimiter).into_owned();
            text.replace_range(start.., &value);
        }
        if let Some(width) = placeholder.width {
            let digits = text.len() - start;
            if text[start..].starts_with('-') {
                return Err(self.error(format!(
                    "field `{name}` is negative ({}); padded numbers sort only from 0 up",
                    &text[start..]
                )));
            }
            if digits > width {
                return Err(self.error(format!("field `{name}` has {digits} digits, but its place only {width}")));
            }
            text.insert_str(start, &"0".repeat(width - digits));
        }
        let value = &text[start..];
        if value.is_empty() {
            return Err(self.error(format!("field `{name}` is empty; give it a value")));
        }
        if value.contains(END) {
            return Err(self.error(format!(
                "field `{name}` has the character U+10FFFF, which the ends of ranges are made of; no text needs it"
            )));
        }
        if !placeholder.path && value.contains(self.delimiter) {
            return Err(self.error(format!(
                "field `{name}` has the delimiter `{}` in its value `{value}`, so the key could not be read back; \
                 only a `{{path..}}` at the end of a template may, or an escaped one, such as `{{title|escape}}`",
                self.delimiter
            )));
        }
        Ok(true)
    }

    fn error(&self, message: impl Into<String>) -> Error {
        Error::new(ErrorKind::InvalidKey, message).entity(self.entity.name).attribute(self.attribute)
    }
}

/// The character that stands before an escaped one: the next after the delimiter, so that escaped texts sort as the texts do. The
/// delimiter is ASCII, but not its last character, which is a control character.
fn mark(delimiter: char) -> char {
    char::from_u32(u32::from(delimiter) + 1).unwrap_or(delimiter)
}

/// Without the delimiter. Of `#` it is `$0`, and `$` is `$1`: two texts then sort as they did before.
fn escape(text: &str, delimiter: char) -> Cow<'_, str> {
    let mark = mark(delimiter);
    if !text.contains([delimiter, mark]) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 4);
    for c in text.chars() {
        match c {
            c if c == delimiter => escaped.extend([mark, '0']),
            c if c == mark => escaped.extend([mark, '1']),
            c => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
}

/// The text before it was escaped; `None` if it never was one.
fn unescape(text: &str, delimiter: char) -> Option<Cow<'_, str>> {
    let mark = mark(delimiter);
    if !text.contains(mark) {
        return Some(Cow::Borrowed(text));
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        plain.push(match c {
            c if c == mark => match rest.next()? {
                '0' => delimiter,
                '1' => mark,
                _ => return None,
            },
            c => c,
        });
    }
    Some(Cow::Owned(plain))
}

impl Transform {
    fn apply(self, text: &str, delimiter: char) -> Cow<'_, str> {
        // Dates are ASCII and of one width, so that a shorter form is a prefix.
        let prefix = |length: usize| Cow::Borrowed(text.get(..length).unwrap_or(text));
        match self {
            Self::Upper => Cow::Owned(text.to_uppercase()),
            Self::Lower => Cow::Owned(text.to_lowercase()),
            Self::Year => prefix(4),
            Self::Month => prefix(7),
            Self::Day => prefix(10),
            Self::Hour => prefix(13),
            Self::Escape => escape(text, delimiter),
        }
    }
}

impl Transform {
    /// Whether the text has the form of what the transform gives.
    fn can_give(self, text: &str) -> bool {
        let form = match self {
            Self::Upper | Self::Lower | Self::Escape => return true,
            Self::Year => "0000",
            Self::Month => "0000-00",
            Self::Day => "0000-00-00",
            Self::Hour => "0000-00-00T00",
        };
        let is_like = |(form, byte): (u8, u8)| if form == b'0' { byte.is_ascii_digit() } else { byte == form };
        text.len() == form.len() && form.bytes().zip(text.bytes()).all(is_like)
    }
}

impl Template {
    /// The text of each placeholder, in the template's order; `None` if `text` is none of this template's keys.
    ///
    /// There is one way to read a key at most: a value without the delimiter ends before it, a padded one has its width,
    /// and between two placeholders is a literal with the delimiter, or the first one is padded.
    pub(crate) fn parse<'t>(&self, text: &'t str, delimiter: char) -> Option<Vec<(usize, Cow<'t, str>)>> {
        let mut rest = text;
        let mut values = Vec::new();
        let mut segments = self.segments.iter().peekable();
        while let Some(segment) = segments.next() {
            let placeholder = match segment {
                Segment::Literal(literal) => {
                    rest = rest.strip_prefix(literal)?;
                    continue;
                }
                Segment::Field(placeholder) => placeholder,
            };
            let after = match segments.peek() {
                Some(Segment::Literal(literal)) => literal,
                _ => "",
            };
            let end = match (placeholder.width, after.find(delimiter)) {
                (Some(width), _) => width,
                // The literal's delimiter is the first one that follows the value.
                (None, Some(offset)) => rest.find(delimiter)?.checked_sub(offset)?,
                // The last placeholder: all that remains, but for a literal behind it.
                (None, None) => rest.len().checked_sub(after.len())?,
            };
            let (value, remaining) = rest.split_at_checked(end)?;
            let fits = !value.is_empty() && (placeholder.path || !value.contains(delimiter));
            let has_form = placeholder.transform.is_none_or(|transform| transform.can_give(value));
            if !fits || !has_form || (placeholder.width.is_some() && !value.bytes().all(|byte| byte.is_ascii_digit())) {
                return None;
            }
            // The zeros are the place's, not the value's.
            let value = match placeholder.width {
                Some(_) => value.trim_start_matches('0'),
                None => value,
            };
            let value = if value.is_empty() { "0" } else { value };
            let value = match placeholder.transform {
                Some(Transform::Escape) => unescape(value, delimiter)?,
                _ => Cow::Borrowed(value),
            };
            values.push((placeholder.field, value));
            rest = remaining;
        }
        rest.is_empty().then_some(values)
    }

    /// Whether this is the text that the template gives these fields. What is in `value` is overwritten: it is room for their texts.
    pub(crate) fn renders(&self, text: &str, delimiter: char, fields: &impl Fields, value: &mut String) -> bool {
        let mut rest = text;
        for segment in self.segments {
            let placeholder = match segment {
                Segment::Literal(literal) => match rest.strip_prefix(literal) {
                    Some(after) => {
                        rest = after;
                        continue;
                    }
                    None => return false,
                },
                Segment::Field(placeholder) => placeholder,
            };
            if let Some(text) = fields
                .text(placeholder.field)
                .filter(|_| placeholder.width.is_none() && placeholder.transform.is_none())
            {
                match rest.strip_prefix(text) {
                    Some(after) => rest = after,
                    None => return false,
                }
                continue;
            }
            value.clear();
            if !matches!(fields.write(placeholder.field, value), Ok(true)) {
                return false;
            }
            if let Some(transform) = placeholder.transform {
                *value = transform.apply(value, delimiter).into_owned();
            }
            // The zeros are the place's.
            let zeros = placeholder.width.map_or(0, |width| width.saturating_sub(value.len()));
            let after = rest.get(zeros..).filter(|_| rest.bytes().take(zeros).all(|byte| byte == b'0'));
            match after.and_then(|after| after.strip_prefix(value.as_str())) {
                Some(after) => rest = after,
                None => return false,
            }
        }
        rest.is_empty()
    }

    /// The first place of a field.
    pub(crate) fn place(&self, field: usize) -> Option<Placeholder> {
        self.segments.iter().find_map(|segment| match segment {
            Segment::Field(placeholder) if placeholder.field == field => Some(*placeholder),
            _ => None,
        })
    }

    /// The text before the first placeholder.
    pub(crate) const fn literal_prefix(&self) -> &'static str {
        match self.segments {
            [Segment::Literal(literal), ..] => literal,
            _ => "",
        }
    }
}
