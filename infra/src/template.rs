//! A CloudFormation template, and its text.

use std::collections::BTreeSet;
use std::fmt::Write;

use monotable_config::Removal;
use serde_json::{Map, Value, json};

use crate::{Error, Result};

/// A CloudFormation template. [`to_json`](Template::to_json) returns its text; the methods for tests are in
/// [`assertions`](crate::assertions).
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    root: Value,
}

/// A resource of a template.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    kind: String,
    properties: Value,
    removal: Option<Removal>,
    depends_on: Vec<String>,
}

impl Resource {
    /// Describes a resource of this type, such as `AWS::SQS::Queue`, with these properties.
    pub fn new(kind: impl Into<String>, properties: Value) -> Self {
        Self { kind: kind.into(), properties, removal: None, depends_on: Vec::new() }
    }

    /// Sets what happens to the resource if it is removed from the stack or replaced.
    #[must_use]
    pub fn on_removal(mut self, removal: Removal) -> Self {
        self.removal = Some(removal);
        self
    }

    /// Makes CloudFormation create the resource with this logical id first.
    #[must_use]
    pub fn depends_on(mut self, id: impl Into<String>) -> Self {
        self.depends_on.push(id.into());
        self
    }

    fn into_value(self) -> Value {
        let mut value = Map::new();
        value.insert("Type".into(), self.kind.into());
        if let Some(removal) = self.removal {
            let policy = if removal == Removal::Delete { "Delete" } else { "Retain" };
            value.insert("DeletionPolicy".into(), policy.into());
            value.insert("UpdateReplacePolicy".into(), policy.into());
        }
        if !self.depends_on.is_empty() {
            value.insert("DependsOn".into(), self.depends_on.into());
        }
        value.insert("Properties".into(), self.properties);
        Value::Object(value)
    }
}

impl Template {
    pub(crate) fn new(description: &str) -> Self {
        let root = json!({ "AWSTemplateFormatVersion": "2010-09-09", "Description": description, "Resources": {} });
        Self { root }
    }

    /// Parses the text of a template.
    ///
    /// # Errors
    /// Fails if the text is not JSON, or if it has no object `Resources` in which each resource has a type.
    pub fn from_json(text: &str) -> Result<Self> {
        let root: Value = serde_json::from_str(text).map_err(|error| Error::Template { why: error.to_string() })?;
        let Some(resources) = root.get("Resources").and_then(Value::as_object) else {
            return Err(Error::Template { why: "it has no object `Resources`".into() });
        };
        match resources.iter().find(|(_, resource)| !resource["Type"].is_string()) {
            Some((id, _)) => Err(Error::Template { why: format!("the resource `{id}` has no text `Type`") }),
            None => Ok(Self { root }),
        }
    }

    /// Returns the text of the template: indented JSON that ends with a newline. The same template always has the same text.
    pub fn to_json(&self) -> String {
        let mut text = String::new();
        write_value(&mut text, &self.root, 0);
        text + "\n"
    }

    /// Returns the template as a JSON value.
    pub fn as_value(&self) -> &Value {
        &self.root
    }

    /// Returns the resources: logical ids, and values with `Type` and `Properties`.
    pub fn resources(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.section("Resources")
    }

    /// Returns the outputs: names, and values with `Value`.
    pub fn outputs(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.section("Outputs")
    }

    /// Returns the resource with this logical id.
    pub fn resource(&self, id: &str) -> Option<&Value> {
        self.root.get("Resources")?.get(id)
    }

    fn section(&self, name: &str) -> impl Iterator<Item = (&str, &Value)> {
        let section = self.root.get(name).and_then(Value::as_object);
        section.into_iter().flatten().map(|(id, value)| (id.as_str(), value))
    }

    pub(crate) fn add(&mut self, id: &str, resource: Resource) -> Result<()> {
        if let Some(first) = self.resource(id) {
            let first = first["Type"].as_str().unwrap_or_default().to_owned();
            return Err(Error::DuplicateId { id: id.to_owned(), first, second: resource.kind });
        }
        self.root["Resources"][id] = resource.into_value();
        Ok(())
    }

    /// Adds a parameter. All resources share the parameters, so a second one of the same name is the same.
    pub(crate) fn add_parameter(&mut self, name: &str, parameter: Value) {
        self.root["Parameters"][name] = parameter;
    }

    pub(crate) fn add_output(&mut self, name: &str, output: Value) -> Result<()> {
        if self.outputs().any(|(known, _)| known == name) {
            return Err(Error::DuplicateOutput { name: name.to_owned() });
        }
        self.root["Outputs"][name] = output;
        Ok(())
    }

    /// Wraps a value that [`Template::from_json`] would accept.
    pub(crate) fn from_value(root: Value) -> Self {
        Self { root }
    }

    /// Checks that every `Ref`, `Fn::GetAtt`, `Fn::Sub` and `DependsOn` names a resource or a parameter of the template.
    ///
    /// # Errors
    /// Fails if a resource or an output refers to something that the template does not have. The error names both.
    pub fn check_references(&self) -> Result<()> {
        let parameters = self.section("Parameters").map(|(name, _)| name);
        let known: BTreeSet<&str> = self.resources().map(|(id, _)| id).chain(parameters).collect();
        for (from, value) in self.resources().chain(self.outputs()) {
            let mut references = Vec::new();
            references_of(value, &mut references);
            if let Some(to) = references.into_iter().find(|to| !to.starts_with("AWS::") && !known.contains(to.as_str()))
            {
                return Err(Error::UnknownReference { from: from.to_owned(), to });
            }
        }
        Ok(())
    }
}

/// Adds the logical ids that a value refers to.
pub(crate) fn references_of(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(list) => list.iter().for_each(|value| references_of(value, found)),
        Value::Object(map) => {
            for (key, value) in map {
                match (key.as_str(), value) {
                    ("Ref", Value::String(id)) if map.len() == 1 => found.push(id.clone()),
                    ("Fn::GetAtt", Value::Array(list)) => {
                        found.extend(list.first().and_then(Value::as_str).map(str::to_owned));
                    }
                    ("Fn::GetAtt", Value::String(text)) => found.extend(text.split('.').next().map(str::to_owned)),
                    ("Fn::Sub", Value::String(text)) => found.extend(names_in(text)),
                    ("DependsOn", Value::String(id)) => found.push(id.clone()),
                    ("DependsOn", Value::Array(ids)) => {
                        found.extend(ids.iter().filter_map(Value::as_str).map(str::to_owned));
                    }
                    _ => references_of(value, found),
                }
            }
        }
        _ => {}
    }
}

/// Returns the logical ids in the text of a `Fn::Sub`: `Orders` in `${Orders.Arn}/index/*`. `${!` is not a placeholder.
fn names_in(text: &str) -> impl Iterator<Item = String> {
    let inner = text.split("${").skip(1).filter_map(|rest| rest.split_once('}')).map(|(inner, _)| inner);
    inner.filter(|inner| !inner.starts_with('!')).filter_map(|inner| inner.split('.').next()).map(str::to_owned)
}

/// Keys that come first, so that the beginning of a template and of a resource says what it is. All other keys are sorted.
const FIRST: [&str; 3] = ["AWSTemplateFormatVersion", "Description", "Type"];
/// Keys that come last.
const LAST: [&str; 2] = ["Properties", "Outputs"];

fn rank(key: &str) -> usize {
    match (FIRST.iter().position(|first| *first == key), LAST.iter().position(|last| *last == key)) {
        (Some(place), _) => place,
        (_, Some(place)) => FIRST.len() + 1 + place,
        _ => FIRST.len(),
    }
}

/// Writes a value with sorted keys. The order of keys in serde_json's maps depends on a feature that any crate of a program can turn
/// on, so the text must not depend on it.
fn write_value(text: &mut String, value: &Value, depth: usize) {
    let line = |text: &mut String, depth: usize| {
        text.push('\n');
        (0..depth).for_each(|_| text.push_str("  "));
    };
    match value {
        Value::Array(list) if !list.is_empty() => {
            for (number, value) in list.iter().enumerate() {
                text.push_str(if number == 0 { "[" } else { "," });
                line(text, depth + 1);
                write_value(text, value, depth + 1);
            }
            line(text, depth);
            text.push(']');
        }
        Value::Object(map) if !map.is_empty() => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| (rank(key), *key));
            for (number, (key, value)) in entries.into_iter().enumerate() {
                text.push_str(if number == 0 { "{" } else { "," });
                line(text, depth + 1);
                // Writing into a `String` cannot fail.
                let _ = write!(text, "{}: ", Value::from(key.as_str()));
                write_value(text, value, depth + 1);
            }
            line(text, depth);
            text.push('}');
        }
        value => {
            let _ = write!(text, "{value}");
        }
    }
}

/// Returns a value as the text that a template with this value would have.
pub(crate) fn to_text(value: &Value) -> String {
    let mut text = String::new();
    write_value(&mut text, value, 0);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_insertion_does_not_change_the_text() {
        let [one, two] = [
            r#"{ "Resources": {}, "Outputs": {}, "b": [1, {}], "AWSTemplateFormatVersion": "x", "a": [] }"#,
            r#"{ "AWSTemplateFormatVersion": "x", "a": [], "b": [1, {}], "Outputs": {}, "Resources": {} }"#,
        ]
        .map(|text| Template::from_json(text).unwrap().to_json());
        assert_eq!(one, two);
        assert_eq!(
            one,
            "{\n  \"AWSTemplateFormatVersion\": \"x\",\n  \"Resources\": {},\n  \"a\": [],\n  \"b\": [\n    1,\n    {}\n  ],\n  \
             \"Outputs\": {}\n}\n"
        );
    }

    #[test]
    fn a_reference_to_nothing_is_an_error_that_names_both_ends() {
        for value in [
            json!({ "Ref": "Nothing" }),
            json!([{ "Fn::GetAtt": ["Nothing", "Arn"] }]),
            json!({ "a": { "Fn::GetAtt": "Nothing.Arn" } }),
            json!({ "Fn::Sub": "${AWS::Region} ${!Literal} ${Nothing.Arn}/index/*" }),
        ] {
            let mut template = Template::new("test");
            template.add("Queue", Resource::new("AWS::SQS::Queue", json!({ "QueueName": value }))).unwrap();
            let message = template.check_references().unwrap_err().to_string();
            assert!(message.starts_with("`Queue` refers to `Nothing`"), "{message}");
        }
        let mut template = Template::new("test");
        template.add("Queue", Resource::new("AWS::SQS::Queue", json!({})).depends_on("Nothing")).unwrap();
        assert!(template.check_references().is_err());
    }

    #[test]
    fn a_text_that_is_not_a_template_is_an_error() {
        for text in ["", "[]", "{}", r#"{ "Resources": [] }"#, r#"{ "Resources": { "A": {} } }"#] {
            assert!(matches!(Template::from_json(text), Err(Error::Template { .. })), "{text}");
        }
    }
}
