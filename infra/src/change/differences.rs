//! Everything in which two templates differ.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::Template;

/// A resource, an output or another part of a template that changes. Its text has one line, and another one for each property:
///
/// ```text
/// ~ resource Orders (AWS::DynamoDB::Table)
///     Properties.BillingMode: "PAY_PER_REQUEST" → "PROVISIONED"
///     Properties.Tags[team]: (none) → {"Key":"team","Value":"orders"}
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Difference {
    /// What `id` names.
    pub subject: Subject,
    /// The logical id of the resource, the name of the output, or the key of the part, such as `Description`.
    pub id: String,
    /// The type of the resource, such as `AWS::DynamoDB::Table`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// How it changes.
    pub change: DifferenceKind,
    /// The properties that change. It is empty if the whole resource or output is added or removed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<PropertyChange>,
}

/// The kind of a part of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Subject {
    /// A resource.
    Resource,
    /// An output.
    Output,
    /// Anything else in the template, such as its description.
    Template,
}

/// How a part of a template changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum DifferenceKind {
    /// Only the target has it.
    Added,
    /// Only the current template has it.
    Removed,
    /// Both have it, with different contents.
    Changed,
}

/// A property with two different values.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PropertyChange {
    /// The path of the property, such as `Properties.GlobalSecondaryIndexes[by-user].Projection.ProjectionType`.
    pub path: String,
    /// The value in the current template; `None` if it has none.
    pub old: Option<Value>,
    /// The value in the target; `None` if it has none.
    pub new: Option<Value>,
}

impl PropertyChange {
    /// Returns the name of the outermost property: `Tags` for `Properties.Tags[team]`.
    pub(super) fn name(&self) -> &str {
        let path = self.path.strip_prefix("Properties.").unwrap_or(&self.path);
        path.split(['.', '[']).next().unwrap_or(path)
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.change {
            DifferenceKind::Added => '+',
            DifferenceKind::Removed => '-',
            DifferenceKind::Changed => '~',
        };
        let subject = match self.subject {
            Subject::Resource => "resource ",
            Subject::Output => "output ",
            Subject::Template => "",
        };
        write!(f, "{sign} {subject}{}", self.id)?;
        if let Some(kind) = &self.kind {
            write!(f, " ({kind})")?;
        }
        self.properties.iter().try_for_each(|property| write!(f, "\n    {property}"))
    }
}

impl fmt::Display for PropertyChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |value: &Option<Value>| value.as_ref().map_or_else(|| "(none)".to_owned(), compact);
        write!(f, "{}: {} → {}", self.path, text(&self.old), text(&self.new))
    }
}

/// Returns all differences: resources, then outputs and other parts, each sorted by name.
pub(super) fn between(current: Option<&Template>, target: &Template) -> Vec<Difference> {
    let resources = current.map(|current| current.resources().collect()).unwrap_or_default();
    let outputs = current.map(|current| current.outputs().collect()).unwrap_or_default();
    let mut found = parts(Subject::Resource, &resources, &target.resources().collect());
    found.extend(parts(Subject::Output, &outputs, &target.outputs().collect()));
    // If the stack does not exist, its resources say everything.
    if let Some(current) = current {
        found.extend(parts(Subject::Template, &others(current), &others(target)));
    }
    found
}

type Parts<'a> = BTreeMap<&'a str, &'a Value>;

/// Returns what a template contains besides resources and outputs.
fn others(template: &Template) -> Parts<'_> {
    let all = template.as_value().as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value));
    all.filter(|(key, _)| !["Resources", "Outputs"].contains(key)).collect()
}

fn parts(subject: Subject, current: &Parts<'_>, target: &Parts<'_>) -> Vec<Difference> {
    let ids: BTreeSet<_> = current.keys().chain(target.keys()).collect();
    let difference = |id: &&str| {
        let (old, new) = (current.get(id).copied(), target.get(id).copied());
        let mut properties = Vec::new();
        let change = match (old, new) {
            (None, _) => DifferenceKind::Added,
            (_, None) => DifferenceKind::Removed,
            (Some(_), Some(_)) => {
                // The value of `Description` and the like is a property itself, so its path is the name.
                compare(if subject == Subject::Template { id } else { "" }, old, new, &mut properties);
                DifferenceKind::Changed
            }
        };
        if change == DifferenceKind::Changed && properties.is_empty() {
            return None;
        }
        let kind = new.or(old).filter(|_| subject == Subject::Resource).and_then(|resource| resource["Type"].as_str());
        Some(Difference { subject, id: (*id).to_owned(), kind: kind.map(str::to_owned), change, properties })
    };
    ids.into_iter().filter_map(difference).collect()
}

/// Adds the differences between two values. Objects are compared key by key, and lists of named things by name.
fn compare<'a>(path: &str, old: Option<&'a Value>, new: Option<&'a Value>, found: &mut Vec<PropertyChange>) {
    if old == new {
        return;
    }
    let by_name = |list: Option<&'a Value>| list.map_or(Some(BTreeMap::new()), |list| named(path, list));
    let named = by_name(old).zip(by_name(new));
    if let (Some(Value::Object(old)), Some(Value::Object(new))) = (old, new) {
        let keys: BTreeSet<_> = old.keys().chain(new.keys()).collect();
        for key in keys {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            compare(&path, old.get(key), new.get(key), found);
        }
    } else if let Some((old, new)) = named {
        let names: BTreeSet<_> = old.keys().chain(new.keys()).collect();
        for name in names {
            compare(&format!("{path}[{name}]"), old.get(name).copied(), new.get(name).copied(), found);
        }
    } else {
        found.push(PropertyChange { path: path.to_owned(), old: old.cloned(), new: new.cloned() });
    }
}

/// Returns the elements of a list by name, if the order of the list has no meaning.
fn named<'a>(path: &str, list: &'a Value) -> Option<BTreeMap<&'a str, &'a Value>> {
    let key = match path {
        "Properties.GlobalSecondaryIndexes" => "IndexName",
        "Properties.AttributeDefinitions" => "AttributeName",
        "Properties.Tags" => "Key",
        _ => return None,
    };
    let list = list.as_array()?;
    let named: Option<BTreeMap<_, _>> = list.iter().map(|value| Some((value[key].as_str()?, value))).collect();
    named.filter(|named| named.len() == list.len())
}

/// Returns a value as one line of JSON with sorted keys, whatever the order of serde_json's maps is.
fn compact(value: &Value) -> String {
    let list = |values: Vec<String>| values.join(",");
    match value {
        Value::Array(values) => format!("[{}]", list(values.iter().map(compact).collect())),
        Value::Object(map) => {
            let sorted: BTreeMap<_, _> = map.iter().collect();
            let entry = |(key, value): (&String, &Value)| format!("{}:{}", Value::from(key.as_str()), compact(value));
            format!("{{{}}}", list(sorted.into_iter().map(entry).collect()))
        }
        value => value.to_string(),
    }
}
