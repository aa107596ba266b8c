//! Parses key templates: `ORDER#{order_id}`, `{n:010}`, `{path..}`, `{brand|upper}`. `{{` and `}}` are literal braces.

use crate::ctxt::did_you_mean;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Segment {
    Literal(String),
    Field(Placeholder),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Placeholder {
    /// The name of the field, or the path of a nested field, such as `repo.owner`.
    pub field: String,
    pub width: Option<usize>,
    pub path: bool,
    pub transform: Option<Transform>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Transform {
    Upper,
    Lower,
    Year,
    Month,
    Day,
    Hour,
    Escape,
}

const TRANSFORMS: [(&str, Transform); 7] = [
    ("upper", Transform::Upper),
    ("lower", Transform::Lower),
    ("year", Transform::Year),
    ("month", Transform::Month),
    ("day", Transform::Day),
    ("hour", Transform::Hour),
    ("escape", Transform::Escape),
];

/// The number of digits of the largest `u128`.
const MAX_WIDTH: usize = 39;

impl Transform {
    /// Returns whether the value cannot be read back from its transformed text.
    pub fn is_lossy(self) -> bool {
        self != Self::Escape
    }
}

impl Placeholder {
    /// Returns whether the field's value can be read back from the key.
    pub fn is_whole(&self) -> bool {
        !self.transform.is_some_and(Transform::is_lossy)
    }
}

/// Parses a template.
///
/// # Errors
/// Returns the message if the template is not valid.
pub(crate) fn parse(text: &str) -> Result<Vec<Segment>, String> {
    let mut segments: Vec<Segment> = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("{{").or_else(|| rest.strip_prefix("}}")) {
            literal.push(c);
            rest = after;
            continue;
        }
        rest = &rest[c.len_utf8()..];
        match c {
            '{' => {
                let end = rest.find('}').ok_or_else(|| {
                    format!("`{{{rest}` has no closing brace; write `{{field}}`, or `{{{{` for a literal brace")
                })?;
                if !literal.is_empty() {
                    segments.push(Segment::Literal(std::mem::take(&mut literal)));
                }
                segments.push(Segment::Field(placeholder(&rest[..end])?));
                rest = &rest[end + 1..];
            }
            '}' => return Err("`}` does not close a placeholder; write `}}` for a literal brace".to_owned()),
            c => literal.push(c),
        }
    }
    if !literal.is_empty() {
        segments.push(Segment::Literal(literal));
    }
    if segments.is_empty() {
        return Err("a key cannot be empty".to_owned());
    }
    sequence(&segments)?;
    Ok(segments)
}

/// Checks the order of the segments: placeholders are separated, and a `{path..}` is last.
fn sequence(segments: &[Segment]) -> Result<(), String> {
    for (n, segment) in segments.iter().enumerate() {
        let Segment::Field(field) = segment else { continue };
        match segments.get(n + 1) {
            Some(Segment::Field(next)) => {
                return Err(format!(
                    "nothing separates `{{{}}}` and `{{{}}}`, so the key could not be read back; insert the delimiter",
                    field.field, next.field
                ));
            }
            Some(_) if field.path => {
                return Err(format!("`{{{}..}}` takes the rest of the key, so it must be last", field.field));
            }
            _ => {}
        }
    }
    Ok(())
}

fn placeholder(text: &str) -> Result<Placeholder, String> {
    let (text, transform) = match text.split_once('|') {
        Some((text, name)) => (text, Some(transform(name.trim())?)),
        None => (text, None),
    };
    let (text, path) = match text.strip_suffix("..") {
        Some(text) => (text, true),
        None => (text, false),
    };
    let (field, width) = match text.split_once(':') {
        Some((field, spec)) => (field, Some(width(field.trim(), spec.trim())?)),
        None => (text, None),
    };
    // A raw identifier names the same field with and without `r#`.
    let parts: Vec<&str> =
        field.split('.').map(str::trim).map(|part| part.strip_prefix("r#").unwrap_or(part)).collect();
    if parts.contains(&"") {
        return Err(match field.trim() {
            "" => "`{}` does not name a field; write one, such as `{order_id}`".to_owned(),
            field => {
                format!("`{{{field}}}` does not name a field; write names between the dots, as in `{{repo.owner}}`")
            }
        });
    }
    // Without this check, an invalid name would be reported as an unknown field, although the mistake may be an additional brace.
    let is_name = |part: &&str| {
        !part.starts_with(|c: char| c.is_ascii_digit()) && part.chars().all(|c| c == '_' || c.is_alphanumeric())
    };
    if let Some(part) = parts.iter().find(|part| !is_name(part)) {
        return Err(format!("`{{{}}}` does not name a field, because `{part}` is not a valid name", field.trim()));
    }
    let field = parts.join(".");
    if width.is_some() && (path || transform.is_some()) {
        return Err(format!("`{{{field}}}` is padded, so it cannot have `..` or a transform; remove one of them"));
    }
    if path && transform == Some(Transform::Escape) {
        return Err(format!("`{{{field}..}}` may contain the delimiter, so it does not need `|escape`; remove it"));
    }
    Ok(Placeholder { field, width, path, transform })
}

fn transform(name: &str) -> Result<Transform, String> {
    TRANSFORMS.iter().find(|(known, _)| *known == name).map(|(_, transform)| *transform).ok_or_else(|| {
        let known = TRANSFORMS.map(|(known, _)| known);
        format!("`|{name}` is not a transform; the transforms are {}{}", known.join(", "), did_you_mean(name, known))
    })
}

fn width(field: &str, spec: &str) -> Result<usize, String> {
    let width = spec.strip_prefix('0').and_then(|digits| digits.parse::<usize>().ok());
    match width {
        Some(width @ 1..=MAX_WIDTH) => Ok(width),
        _ => Err(format!(
            "`{{{field}:{spec}}}` is not a valid padding; write `{{{field}:010}}` to pad a non-negative integer with \
             zeros to 10 digits (at most {MAX_WIDTH})"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str) -> Placeholder {
        Placeholder { field: name.to_owned(), width: None, path: false, transform: None }
    }

    #[test]
    fn every_form_of_placeholder_is_parsed() {
        let segments = parse("A{{#{n:010}#{brand|upper}#{path..}").unwrap();
        assert_eq!(parse("{r#type. owner}").unwrap(), [Segment::Field(field("type.owner"))]);
        assert_eq!(
            segments,
            [
                Segment::Literal("A{#".into()),
                Segment::Field(Placeholder { width: Some(10), ..field("n") }),
                Segment::Literal("#".into()),
                Segment::Field(Placeholder { transform: Some(Transform::Upper), ..field("brand") }),
                Segment::Literal("#".into()),
                Segment::Field(Placeholder { path: true, ..field("path") }),
            ]
        );
    }

    #[test]
    fn invalid_templates_are_rejected_with_the_reason() {
        for (text, part) in [
            ("ORDER#{id", "no closing brace"),
            ("ORDER#}", "does not close a placeholder"),
            ("{a}{b}", "nothing separates `{a}` and `{b}`"),
            ("{path..}#X", "must be last"),
            ("{}", "does not name a field"),
            ("{repo.}", "does not name a field"),
            ("{a{b}", "`a{b` is not a valid name"),
            ("{1st}", "`1st` is not a valid name"),
            ("", "empty"),
            ("{n:10}", "not a valid padding"),
            ("{n:0}", "not a valid padding"),
            ("{n:0999999999999999999999}", "not a valid padding"),
            ("{b|uper}", "did you mean `upper`"),
            ("{b..|escape}", "does not need `|escape`"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
