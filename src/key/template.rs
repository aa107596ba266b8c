//! Renders the text of keys from templates, and parses it back.

use std::borrow::Cow;
use std::cell::RefCell;

use crate::error::{Error, ErrorKind, Result};
use crate::key::segment::SegmentError;
use crate::schema::{EntitySchema, Placeholder, Segment, Template, Transform};

/// The source of a template's field values: an entity, or the arguments of a call.
pub trait Fields {
    /// Appends the text of the field with this number. Returns `false`, and appends nothing, if the field has no value.
    ///
    /// # Errors
    /// Fails if the value cannot be used in a key.
    fn write(&self, field: usize, out: &mut String) -> Result<bool, SegmentError>;

    /// Returns the same text if it already exists as a `str`.
    fn text(&self, _: usize) -> Option<&str> {
        None
    }
}

thread_local! {
    /// A buffer for the text of a field, so that a comparison with it does not allocate one.
    static TEXT: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Returns what follows the text of a field; `None` if `text` does not begin with it.
fn strip_field<'a>(text: &'a str, placeholder: &Placeholder, delimiter: char, fields: &dyn Fields) -> Option<&'a str> {
    if placeholder.width.is_none()
        && placeholder.transform.is_none()
        && let Some(value) = fields.text(placeholder.field)
    {
        return text.strip_prefix(value);
    }
    // Taken, not borrowed: the user's code renders the field, and may deserialize another item.
    let mut value = TEXT.take();
    value.clear();
    let is_written = matches!(fields.write(placeholder.field, &mut value), Ok(true));
    if let Some(transform) = placeholder.transform.filter(|_| is_written) {
        value = transform.apply(&value, delimiter).into_owned();
    }
    // The leading zeros belong to the padding.
    let zeros = placeholder.width.map_or(0, |width| width.saturating_sub(value.len()));
    let padded = text.get(zeros..).filter(|_| is_written && text.bytes().take(zeros).all(|byte| byte == b'0'));
    let rest = padded.and_then(|padded| padded.strip_prefix(value.as_str()));
    TEXT.set(value);
    rest
}

/// The settings for rendering a key attribute.
#[derive(Clone, Copy)]
pub(crate) struct Rendering<'a> {
    pub entity: &'a EntitySchema,
    /// The name of the key attribute, for errors.
    pub attribute: &'a str,
    pub delimiter: char,
    /// The maximum length in bytes that DynamoDB allows.
    pub limit: usize,
}

/// The highest character, which keys must not contain. `prefix` followed by it sorts after every key that begins with `prefix`.
pub(crate) const END: char = '\u{10FFFF}';
/// The first byte of `END` in UTF-8.
const END_START: u8 = 0xF4;

/// The maximum length of a partition key's value in bytes.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-partition-sort-keys>
pub(crate) const PARTITION_LIMIT: usize = 2048;
/// The maximum length of a sort key's value in bytes.
pub(crate) const SORT_LIMIT: usize = 1024;

/// The text of a key, up to the first field without a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rendered {
    pub text: String,
    /// The field without a value, if the text ends before it.
    pub missing: Option<usize>,
}

impl Rendering<'_> {
    /// Renders the template up to the first field without a value.
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

    /// Rejects a text that is empty or too long, as DynamoDB would.
    pub fn check_length(&self, text: &str) -> Result<()> {
        if text.is_empty() {
            return Err(self.error("the key is empty; give it a value"));
        }
        if text.len() > self.limit {
            return Err(self.error(format!(
                "the key has {} bytes; DynamoDB allows at most {}",
                text.len(),
                self.limit
            )));
        }
        Ok(())
    }

    /// Appends the text of one placeholder. Returns `false` if its field has no value.
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
                    "field `{name}` is negative ({}); a padded number must be 0 or greater",
                    &text[start..]
                )));
            }
            if digits > width {
                return Err(
                    self.error(format!("field `{name}` has {digits} digits, but its placeholder allows {width}"))
                );
            }
            text.insert_str(start, &"0".repeat(width - digits));
        }
        let value = &text[start..];
        if value.is_empty() {
            return Err(self.error(format!("field `{name}` is empty; give it a value")));
        }
        // A byte is found much faster than a character of several bytes.
        if value.as_bytes().contains(&END_START) && value.contains(END) {
            return Err(self.error(format!(
                "field `{name}` contains the character U+10FFFF, which monotable uses as the end of ranges; remove it"
            )));
        }
        if !placeholder.path && value.contains(self.delimiter) {
            return Err(self.error(format!(
                "field `{name}` contains the delimiter `{}` in its value `{value}`, so the key could not be read back; \
                 remove it, or use `{{path..}}` at the end of a template, or an escaped placeholder such as \
                 `{{title|escape}}`",
                self.delimiter
            )));
        }
        Ok(true)
    }

    fn error(&self, message: impl Into<String>) -> Error {
        Error::new(ErrorKind::InvalidKey, message).entity(self.entity.name).attribute(self.attribute)
    }
}

/// Returns the escape character: the character after the delimiter, so that escaped texts sort like the original texts. It
/// exists, because the delimiter is an ASCII character and not the last one, which is a control character.
fn mark(delimiter: char) -> char {
    char::from_u32(u32::from(delimiter) + 1).unwrap_or(delimiter)
}

/// Replaces the delimiter in a text. With the delimiter `#`, it replaces `#` by `$0` and `$` by `$1`, which keeps the sort order.
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

/// Reverses `escape`. Returns `None` if `escape` cannot produce this text.
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
        // Dates are ASCII and have a fixed width, so the shorter form is a prefix.
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
    /// Returns `true` if the text has the form of the transform's result.
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
    /// Parses a key. Returns the text of each placeholder in the template's order, or `None` if the template cannot render
    /// `text`.
    ///
    /// A key can be parsed in at most one way: a value ends before the delimiter, a padded number has a fixed width, and between
    /// two placeholders the literal contains the delimiter, unless the first placeholder is padded.
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
                // The first delimiter after the value is the one in the literal.
                (None, Some(offset)) => rest.find(delimiter)?.checked_sub(offset)?,
                // The last placeholder takes the rest, except for a literal at the end.
                (None, None) => rest.len().checked_sub(after.len())?,
            };
            let (value, remaining) = rest.split_at_checked(end)?;
            let fits = !value.is_empty() && (placeholder.path || !value.contains(delimiter));
            let has_form = placeholder.transform.is_none_or(|transform| transform.can_give(value));
            if !fits || !has_form || (placeholder.width.is_some() && !value.bytes().all(|byte| byte.is_ascii_digit())) {
                return None;
            }
            // The leading zeros belong to the padding, not to the value.
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

    /// Returns `true` if the template renders these fields as `text`.
    pub(crate) fn renders(&self, text: &str, delimiter: char, fields: &dyn Fields) -> bool {
        let mut rest = Some(text);
        for segment in self.segments {
            let Some(text) = rest else { return false };
            rest = match segment {
                Segment::Literal(literal) => text.strip_prefix(literal),
                Segment::Field(placeholder) => strip_field(text, placeholder, delimiter, fields),
            };
        }
        rest == Some("")
    }

    /// Returns the first placeholder of a field.
    pub(crate) fn place(&self, field: usize) -> Option<Placeholder> {
        self.segments.iter().find_map(|segment| match segment {
            Segment::Field(placeholder) if placeholder.field == field => Some(*placeholder),
            _ => None,
        })
    }

    /// Returns the text before the first placeholder.
    pub(crate) const fn literal_prefix(&self) -> &'static str {
        match self.segments {
            [Segment::Literal(literal), ..] => literal,
            _ => "",
        }
    }
}
