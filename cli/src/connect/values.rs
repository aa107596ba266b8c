//! How the values of a field appear in JSON, in the path and after the path.

use heck::ToLowerCamelCase;
use monotable_config::{AttributeDescription, Role, ValueKind};

/// The form of a value in requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// The Rust type in the body of a request.
    pub body: String,
    /// Whether this is the type of the field, so that values need no conversion.
    pub is_exact: bool,
    /// The arguments of `#[schema(..)]`.
    pub schema: Option<String>,
    /// The type in the OpenAPI document, if it is another one.
    pub value_type: Option<String>,
    /// A value for tests, as JSON. A type that `schema.json` does not describe has none.
    pub sample: Option<String>,
}

const INTEGERS: [&str; 10] = ["i8", "i16", "i32", "i64", "isize", "u8", "u16", "u32", "u64", "usize"];

/// Returns the type inside of an `Option`, or the type itself.
pub fn inner(rust_type: &str) -> &str {
    let inside = rust_type.strip_prefix("Option<").and_then(|rest| rest.strip_suffix('>'));
    inside.map_or(rust_type, str::trim)
}

pub fn is_option(rust_type: &str) -> bool {
    inner(rust_type) != rust_type
}

/// Returns the value that completes an entity before a write sets the field, as JSON. Other fields have none.
pub fn managed(field: &AttributeDescription) -> Option<String> {
    let is_set = |role: &Role| matches!(role, Role::Version | Role::CreatedAt | Role::UpdatedAt | Role::WriteId);
    field.roles.iter().any(is_set).then(|| match field.kind {
        ValueKind::Timestamp => "\"1970-01-01T00:00:00Z\"".to_owned(),
        ValueKind::String => "\"\"".to_owned(),
        _ => "0".to_owned(),
    })
}

/// Returns the form of a field. Types of the table crate that have no simple form are checked by the entity itself.
pub fn form(attribute: &AttributeDescription) -> Form {
    let rust_type = inner(&attribute.rust_type);
    let sample = |text: &str| Some(text.to_owned());
    let exact = |body: &str, text: &str| Form {
        body: body.into(),
        is_exact: true,
        schema: None,
        value_type: None,
        sample: sample(text),
    };
    let other = |body: &str, schema: Option<&str>, text: Option<&str>| Form {
        body: body.into(),
        is_exact: false,
        schema: schema.map(str::to_owned),
        value_type: None,
        sample: text.map(str::to_owned),
    };
    match (attribute.kind, rust_type) {
        (ValueKind::String, "String") => exact("String", &format!("\"{}-1\"", attribute.field)),
        (ValueKind::String, "char") => other("String", None, Some("\"c\"")),
        (ValueKind::String, _) if !attribute.values.is_empty() => enumeration(&attribute.values),
        (ValueKind::String, _) => other("String", None, Some(&format!("\"{}-1\"", attribute.field))),
        (ValueKind::Timestamp, "DateTime<Utc>") => exact("DateTime<Utc>", "\"2026-11-20T16:00:00Z\""),
        (ValueKind::Timestamp, _) => other("String", Some("format = \"date-time\""), Some("\"2026-11-20T16:00:00Z\"")),
        (ValueKind::Date, "NaiveDate") => exact("NaiveDate", "\"2026-11-20\""),
        (ValueKind::Date, _) => other("String", Some("format = \"date\""), Some("\"2026-11-20\"")),
        (ValueKind::Uuid, _) => {
            other("String", Some("format = \"uuid\""), Some("\"01936f2e-5c1a-7b3d-8e4f-1a2b3c4d5e6f\""))
        }
        (ValueKind::Integer, integer) if INTEGERS.contains(&integer) => {
            Form { schema: range(integer).map(str::to_owned), ..exact(integer, "1") }
        }
        (ValueKind::Integer, _) => other("i64", None, Some("1")),
        (ValueKind::Number, "f32" | "f64") => exact(rust_type, "1.5"),
        // The text of the number.
        (ValueKind::Number, number) if number.starts_with("N<") => other("String", None, Some("\"1.5\"")),
        (ValueKind::Number, _) => other("Value", None, Some("1.5")),
        (ValueKind::Bool, "bool") => exact("bool", "true"),
        (ValueKind::Bool, _) => other("bool", None, Some("true")),
        (ValueKind::Binary, _) => other("Vec<u8>", None, Some("[1, 2, 3]")),
        (ValueKind::StringSet, _) => other("Vec<String>", None, Some("[\"one\", \"two\"]")),
        (ValueKind::NumberSet, _) => {
            Form { value_type: Some("Vec<f64>".into()), ..other("Vec<serde_json::Number>", None, Some("[1, 2]")) }
        }
        (ValueKind::BinarySet, _) => other("Vec<Vec<u8>>", None, Some("[[1, 2]]")),
        (ValueKind::List, "Vec<String>") => exact("Vec<String>", "[\"one\"]"),
        (ValueKind::List, list) if list.starts_with("Vec<") => other("Vec<Value>", None, Some("[]")),
        (ValueKind::List, _) => other("Vec<Value>", None, None),
        (ValueKind::Map, map) => {
            let is_open = map.starts_with("BTreeMap<") || map.starts_with("HashMap<");
            Form { value_type: Some("Object".into()), ..other("Map<String, Value>", None, is_open.then_some("{}")) }
        }
        (ValueKind::Any, _) => other("Value", None, None),
    }
}

/// Returns the arguments of `#[schema(..)]` for a type whose range utoipa describes as a larger or a smaller one.
fn range(integer: &str) -> Option<&'static str> {
    match integer {
        "i8" => Some("minimum = -128, maximum = 127"),
        "i16" => Some("minimum = -32768, maximum = 32767"),
        "u8" => Some("maximum = 255"),
        "u16" => Some("maximum = 65535"),
        "u32" => Some("format = \"int64\""),
        "u64" | "usize" => Some("format = \"uint64\""),
        _ => None,
    }
}

/// Returns the arguments of `#[schema(..)]` for a text in a key.
pub fn key_text(delimiter: char) -> String {
    format!("min_length = 1, pattern = {}", literal(&format!("^[^{}]+$", escaped(&delimiter.to_string()))))
}

/// Returns the arguments of `#[schema(..)]` as keywords of JSON Schema: `"minLength" = 1, "pattern" = "^a$"` for
/// `min_length = 1, pattern = "^a$"`.
pub fn json_schema(arguments: &str) -> String {
    let mut keywords = Vec::new();
    let mut rest = arguments;
    while let Some((name, after)) = rest.split_once(" = ") {
        // A text ends at the first quote that is not escaped, and can contain commas.
        let is_text = after.starts_with('"');
        let mut is_escaped = false;
        let end = after.char_indices().skip(1).find(|(_, c)| {
            let is_end = if is_text { *c == '"' && !is_escaped } else { *c == ',' };
            is_escaped = *c == '\\' && !is_escaped;
            is_end
        });
        let end = end.map_or(after.len(), |(place, _)| if is_text { place + 1 } else { place });
        let (value, next) = after.split_at(end);
        keywords.push(format!("{:?} = {value}", name.to_lower_camel_case()));
        rest = next.trim_start_matches(", ");
    }
    keywords.join(", ")
}

/// Escapes the characters that have a meaning in a regular expression of JavaScript. It does not allow to escape others.
fn escaped(text: &str) -> String {
    let escape = |c: char| if "^$\\.*+?()[]{}|/".contains(c) { format!("\\{c}") } else { c.to_string() };
    text.chars().map(escape).collect()
}

/// A string that is one of these values.
fn enumeration(values: &[String]) -> Form {
    let escaped: Vec<String> = values.iter().map(|value| escaped(value)).collect();
    let pattern = format!("^({})$", escaped.join("|"));
    Form {
        body: "String".into(),
        is_exact: false,
        schema: Some(format!("pattern = {}", literal(&pattern))),
        value_type: None,
        sample: values.first().map(|value| literal(value)),
    }
}

/// Returns a text as a literal of Rust and JSON.
pub fn literal(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: ValueKind, rust_type: &str, values: &[&str]) -> Form {
        form(&AttributeDescription {
            name: "f".into(),
            field: "f".into(),
            doc: String::new(),
            rust_type: rust_type.into(),
            kind,
            values: values.iter().map(|value| (*value).to_owned()).collect(),
            optional: false,
            roles: Vec::new(),
        })
    }

    #[test]
    fn types_of_the_table_crate_become_types_of_json() {
        let cases = [
            (ValueKind::String, "Option<String>", "String", true),
            (ValueKind::String, "OrderId", "String", false),
            (ValueKind::Timestamp, "DateTime<Utc>", "DateTime<Utc>", true),
            (ValueKind::Integer, "Option<u32>", "u32", true),
            (ValueKind::Integer, "Cents", "i64", false),
            (ValueKind::Number, "N<Decimal>", "String", false),
            (ValueKind::StringSet, "BTreeSet<String>", "Vec<String>", false),
            (ValueKind::Map, "Address", "Map<String, Value>", false),
        ];
        for (kind, rust_type, body, is_exact) in cases {
            let form = of(kind, rust_type, &[]);
            assert_eq!((form.body.as_str(), form.is_exact), (body, is_exact), "{rust_type}");
        }
    }

    #[test]
    fn an_enum_is_a_pattern() {
        let form = of(ValueKind::String, "Status", &["OPEN", "half-open", "a.b"]);
        assert_eq!(form.schema.as_deref(), Some("pattern = \"^(OPEN|half-open|a\\\\.b)$\""));
        assert_eq!(form.sample.as_deref(), Some("\"OPEN\""));
    }

    #[test]
    fn the_arguments_for_utoipa_become_keywords_of_json_schema() {
        for (arguments, expected) in [
            ("minimum = -128, maximum = 127", r#""minimum" = -128, "maximum" = 127"#),
            (r#"min_length = 1, pattern = "^[^\",]+$""#, r#""minLength" = 1, "pattern" = "^[^\",]+$""#),
            (r#"format = "int64""#, r#""format" = "int64""#),
        ] {
            assert_eq!(json_schema(arguments), expected);
        }
    }
}
