//! Assertions about a [`Template`], for tests.
//!
//! The methods return a `Result`. In a test, call `unwrap`: the panic shows what differs, and in which resource.
//!
//! ```
//! use monotable_infra::Template;
//! use monotable_infra::assertions::{absent, any_value, array_with};
//! use serde_json::json;
//!
//! let template = Template::from_json(r#"{ "Resources": { "Users": { "Type": "AWS::DynamoDB::Table", "Properties": {
//!     "BillingMode": "PAY_PER_REQUEST",
//!     "KeySchema": [ { "AttributeName": "user_id", "KeyType": "HASH" } ]
//! } } } }"#)?;
//! template.resource_count_is("AWS::DynamoDB::Table", 1).unwrap();
//! template.has_resource_properties("AWS::DynamoDB::Table", json!({
//!     "BillingMode": any_value(),
//!     "KeySchema": array_with([json!({ "AttributeName": "user_id" })]),
//!     "TableName": absent(),
//! })).unwrap();
//! # Ok::<(), monotable_infra::Error>(())
//! ```

use std::fmt;

use serde_json::Value;

use crate::template::{Template, to_text};

mod matcher;

pub use matcher::{Matcher, absent, any_value, array_with, exact, object_like};

/// An assertion that does not hold. Its text shows the closest resource and every difference.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct AssertionError {
    message: String,
}

// `unwrap` in a test prints this.
impl fmt::Debug for AssertionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Template {
    /// Checks how many resources have this type.
    ///
    /// # Errors
    /// Fails if the number is different. The error lists the resources.
    pub fn resource_count_is(&self, kind: &str, count: usize) -> Result<(), AssertionError> {
        let found: Vec<_> = self.of_kind(kind).map(|(id, _)| id).collect();
        match found.len() == count {
            true => Ok(()),
            false => {
                let list = if found.is_empty() { String::new() } else { format!(": {}", found.join(", ")) };
                let message = format!("the template has {} resources of type {kind}, not {count}{list}", found.len());
                Err(AssertionError { message })
            }
        }
    }

    /// Checks that a resource of this type has properties that match. An object matches if it has at least these keys; see
    /// [`Matcher`].
    ///
    /// # Errors
    /// Fails if no resource matches. The error shows the closest one, and how it differs.
    pub fn has_resource_properties(&self, kind: &str, matcher: impl Into<Matcher>) -> Result<(), AssertionError> {
        let properties = |resource: &Value| resource.get("Properties").cloned().unwrap_or_default();
        self.has_match(kind, &matcher.into(), properties)
    }

    /// Checks that a whole resource of this type matches, including `DeletionPolicy` and `DependsOn`.
    ///
    /// # Errors
    /// Fails if no resource matches. The error shows the closest one, and how it differs.
    pub fn has_resource(&self, kind: &str, matcher: impl Into<Matcher>) -> Result<(), AssertionError> {
        self.has_match(kind, &matcher.into(), Value::clone)
    }

    /// Returns the logical ids of the resources of this type whose properties match.
    pub fn find_resources(&self, kind: &str, matcher: impl Into<Matcher>) -> Vec<&str> {
        let matcher = matcher.into();
        let matches = |resource: &Value| matcher.differences(resource.get("Properties")).is_empty();
        self.of_kind(kind).filter(|(_, resource)| matches(resource)).map(|(id, _)| id).collect()
    }

    /// Checks that the output with this name matches, such as `json!({ "Value": any_value() })`.
    ///
    /// # Errors
    /// Fails if the output is missing or does not match.
    pub fn has_output(&self, name: &str, matcher: impl Into<Matcher>) -> Result<(), AssertionError> {
        let Some((_, output)) = self.outputs().find(|(known, _)| *known == name) else {
            let names: Vec<_> = self.outputs().map(|(name, _)| name).collect();
            let message = format!("the template has no output `{name}`; its outputs are: {}", names.join(", "));
            return Err(AssertionError { message });
        };
        let differences = matcher.into().differences(Some(output));
        match differences.is_empty() {
            true => Ok(()),
            false => {
                let message =
                    format!("the output `{name}` does not match:\n{}\n{}", list(&differences), to_text(output));
                Err(AssertionError { message })
            }
        }
    }

    fn of_kind(&self, kind: &str) -> impl Iterator<Item = (&str, &Value)> {
        self.resources().filter(move |(_, resource)| resource["Type"] == kind)
    }

    fn has_match(&self, kind: &str, matcher: &Matcher, part: impl Fn(&Value) -> Value) -> Result<(), AssertionError> {
        let compared = self.of_kind(kind).map(|(id, resource)| {
            let part = part(resource);
            (matcher.differences(Some(&part)), id, part)
        });
        let Some((differences, id, part)) = compared.min_by_key(|(differences, ..)| differences.len()) else {
            return Err(AssertionError { message: format!("the template has no resource of type {kind}") });
        };
        match differences.is_empty() {
            true => Ok(()),
            false => {
                let number = self.of_kind(kind).count();
                let message = format!(
                    "none of the {number} resources of type {kind} matches; the closest is `{id}`:\n{}\n{}",
                    list(&differences),
                    to_text(&part)
                );
                Err(AssertionError { message })
            }
        }
    }
}

fn list(differences: &[String]) -> String {
    differences.iter().map(|difference| format!("  - {difference}")).collect::<Vec<_>>().join("\n")
}
