//! The spelling of key templates: `ORDER#{order_id}`, `{n:010}`, `{path..}`, `{brand|upper}`. `{{` and `}}` are braces.

use crate::ctxt::did_you_mean;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Segment {
    Literal(String),
    Field(Placeholder),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Placeholder {
    /// The field's name; of a nested one `repo.owner`.
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

/// DynamoDB's longest sort key; also keeps what is computed from a width small.
const MAX_WIDTH: usize = 39;

impl Transform {
    /// Whether the field cannot be read back from what it leaves of the value.
    pub fn is_lossy(self) -> bool {
        self != Self::Escape
    }
}

impl Placeholder {
    /// Whether its text tells the field's value.
    pub fn is_whole(&self) -> bool {
        !self.transform.is_some_and(Transform::is_lossy)
    }
}

/// Reads a template, or says what is wrong with it.
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
                    format!("`{{{rest}` has no closing brace; write `{{field}}`, or `{{{{` for the brace itself")
                })?;
                if !literal.is_empty() {
                    segments.push(Segment::Literal(std::mem::take(&mut literal)));
                }
                segments.push(Segment::Field(placeholder(&rest[..end])?));
                rest = &rest[end + 1..];
            }
            '}' => return Err("`}` closes no placeholder; write `}}` for the brace itself".to_owned()),
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

/// What stands where.
fn sequence(segments: &[Segment]) -> Result<(), String> {
    for (n, segment) in segments.iter().enumerate() {
        let Segment::Field(field) = segment else { continue };
        match segments.get(n + 1) {
            Some(Segment::Field(next)) => {
                return Err(format!(
                    "between `{{{}}}` and `{{{}}}` stands nothing, so the key could not be read back; put the delimiter there",
                    field.field, next.field
                ));
            }
            Some(_) if field.path => {
                return Err(format!("`{{{}..}}` takes all that follows, so it must be last", field.field));
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
    // A raw identifier is the same field with or without its mark.
    let parts: Vec<&str> =
        field.split('.').map(str::trim).map(|part| part.strip_prefix("r#").unwrap_or(part)).collect();
    if parts.contains(&"") {
        return Err(match field.trim() {
            "" => "`{}` names no field".to_owned(),
            field => format!("`{{{field}}}` names no field: between its dots are names, as in `{{repo.owner}}`"),
        });
    }
    // What is no name would be told as an unknown field; a brace in it is one too many in the template.
    let is_name = |part: &&str| {
        !part.starts_with(|c: char| c.is_ascii_digit()) && part.chars().all(|c| c == '_' || c.is_alphanumeric())
    };
    if let Some(part) = parts.iter().find(|part| !is_name(part)) {
        return Err(format!("`{{{}}}` names no field: `{part}` is not a name", field.trim()));
    }
    let field = parts.join(".");
    if width.is_some() && (path || transform.is_some()) {
        return Err(format!("`{{{field}}}` is padded, so it can be neither a path nor transformed"));
    }
    if path && transform == Some(Transform::Escape) {
        return Err(format!("`{{{field}..}}` takes the delimiter as it is, so there is nothing to escape"));
    }
    Ok(Placeholder { field, width, path, transform })
}

fn transform(name: &str) -> Result<Transform, String> {
    TRANSFORMS.iter().find(|(known, _)| *known == name).map(|(_, transform)| *transform).ok_or_else(|| {
        let known = TRANSFORMS.map(|(known, _)| known);
        format!("`|{name}` is not a transform; there are {}{}", known.join(", "), did_you_mean(name, known))
    })
}

fn width(field: &str, spec: &str) -> Result<usize, String> {
    let width = spec.strip_prefix('0').and_then(|digits| digits.parse::<usize>().ok());
    match width {
        Some(width @ 1..=MAX_WIDTH) => Ok(width),
        _ => Err(format!(
            "`{{{field}:{spec}}}` is no padding; `{{{field}:010}}` pads a non-negative integer with zeros to 10 digits \
             (of at most {MAX_WIDTH})"
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
    fn every_form_is_read() {
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
    fn what_is_wrong_is_named() {
        for (text, part) in [
            ("ORDER#{id", "no closing brace"),
            ("ORDER#}", "closes no placeholder"),
            ("{a}{b}", "between `{a}` and `{b}`"),
            ("{path..}#X", "must be last"),
            ("{}", "names no field"),
            ("{repo.}", "names no field"),
            ("{a{b}", "`a{b` is not a name"),
            ("{1st}", "`1st` is not a name"),
            ("", "empty"),
            ("{n:10}", "no padding"),
            ("{n:0}", "no padding"),
            ("{n:0999999999999999999999}", "no padding"),
            ("{b|uper}", "did you mean `upper`"),
            ("{b..|escape}", "nothing to escape"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
