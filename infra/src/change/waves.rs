//! The updates that lead from one template to another.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::differences::{self, DifferenceKind, Subject};
use super::indexes::Update;
use super::tables::{self, Transition, is_on_demand, tables};
use crate::Template;
use crate::template::references_of;

/// One update of a stack. Before the next one, all indexes that it adds must be `ACTIVE`: CloudFormation does not promise to wait for
/// them, and DynamoDB refuses another index until then.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Wave {
    /// What the update does, in one plain text for each step: `adds index gsi2pk-gsi2sk-index to Orders`.
    pub steps: Vec<String>,
    /// The global indexes that the update adds or removes, at most one for each table. The indexes of a new table are not listed.
    pub indexes: Vec<IndexChange>,
    /// The complete template to deploy.
    #[serde(skip)]
    pub template: Template,
}

/// A global index that an update adds or removes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct IndexChange {
    /// The logical id of the table.
    pub table: String,
    /// The name of the index.
    pub index: String,
    /// What happens to the index.
    pub action: IndexAction,
    /// Whether the target has an index with this name but with another key or projection. DynamoDB cannot change them in place, so one
    /// update removes the index and a later one adds it.
    pub rekeyed: bool,
}

/// What happens to a global index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum IndexAction {
    /// The table gets the index.
    Add,
    /// The table loses the index.
    Remove,
}

impl fmt::Display for IndexChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (index, table) = (&self.index, &self.table);
        match (self.action, self.rekeyed) {
            (IndexAction::Add, _) => write!(f, "adds index {index} to {table}"),
            (IndexAction::Remove, false) => write!(f, "removes index {index} from {table}"),
            (IndexAction::Remove, true) => {
                write!(
                    f,
                    "removes index {index} from {table}; a later wave creates it again with the new key or projection"
                )
            }
        }
    }
}

/// Returns the updates that lead from one template to another.
///
/// The first one changes everything but the indexes of existing tables. AWS advises against other changes in the update that changes an
/// index, because a rollback of such an update can leave an index behind.
pub(super) fn between(current: Option<&Template>, target: &Template) -> Vec<Wave> {
    let Some(current) = current else {
        return vec![Wave { steps: steps(None, target, &[]), indexes: Vec::new(), template: target.clone() }];
    };
    let ids = tables(target).map(|(id, _)| id);
    let transitions: Vec<_> = ids.filter_map(|id| Transition::new(id, current, target)).collect();
    let updates = transitions.iter().map(Transition::updates).max().unwrap_or_default();
    let mut waves = Vec::new();
    let mut before = current.clone();
    for number in 0..=updates {
        let template = stage(current, target, &transitions, number);
        let indexes: Vec<_> = match number.checked_sub(1) {
            Some(number) => transitions.iter().filter_map(|table| index_change(table, number)).collect(),
            None => Vec::new(),
        };
        if !indexes.is_empty() || !differences::between(Some(&before), &template).is_empty() {
            let steps = steps(Some(&before), &template, &indexes);
            waves.push(Wave { steps, indexes, template: template.clone() });
            before = template;
        }
    }
    waves
}

fn index_change(table: &Transition<'_>, number: usize) -> Option<IndexChange> {
    let (index, action) = match table.update(number)? {
        Update::Add(name) => (name, IndexAction::Add),
        Update::Remove(name) => (name, IndexAction::Remove),
    };
    let rekeyed = action == IndexAction::Remove && table.keeps_name(index);
    Some(IndexChange { table: table.id.to_owned(), index: index.clone(), action, rekeyed })
}

/// Returns the template after `number` updates of the indexes of each table.
fn stage(current: &Template, target: &Template, transitions: &[Transition<'_>], number: usize) -> Template {
    let mut root = target.as_value().clone();
    let mut absent = BTreeSet::new();
    for table in transitions {
        root["Resources"][table.id]["Properties"] = table.properties(number);
        let is_present = |index: &str| table.present(number).iter().any(|one| one.name == index);
        absent.extend(scaling_of(target, table.id, |index| !is_present(index)));
        if !is_on_demand(&root["Resources"][table.id]["Properties"]) {
            for id in scaling_of(current, table.id, |index| is_present(index) && !table.keeps_name(index)) {
                if target.resource(id).is_none() {
                    root["Resources"][id] = current.resource(id).cloned().unwrap_or_default();
                }
            }
        }
    }
    // What refers to an absent resource has to wait for it.
    let waits =
        |id: &str, resource: &Value, absent: &BTreeSet<&str>| !absent.contains(id) && refers_to(resource, absent);
    while let Some((id, _)) = target.resources().find(|(id, resource)| waits(id, resource, &absent)) {
        absent.insert(id);
    }
    if let Some(resources) = root.get_mut("Resources").and_then(Value::as_object_mut) {
        resources.retain(|id, _| !absent.contains(id.as_str()));
    }
    if let Some(outputs) = root.get_mut("Outputs").and_then(Value::as_object_mut) {
        outputs.retain(|_, output| !refers_to(output, &absent));
    }
    Template::from_value(root)
}

fn refers_to(value: &Value, ids: &BTreeSet<&str>) -> bool {
    let mut references = Vec::new();
    references_of(value, &mut references);
    references.iter().any(|id| ids.contains(id.as_str()))
}

/// Returns the logical ids of the scaling targets of some indexes of a table, and of their policies.
fn scaling_of<'a>(template: &'a Template, table: &str, is_selected: impl Fn(&str) -> bool) -> BTreeSet<&'a str> {
    let prefix = format!("table/${{{table}}}/index/");
    let is_target = |resource: &Value| {
        let id = resource["Properties"]["ResourceId"]["Fn::Sub"].as_str();
        resource["Type"] == "AWS::ApplicationAutoScaling::ScalableTarget"
            && id.and_then(|id| id.strip_prefix(&prefix)).is_some_and(&is_selected)
    };
    let mut ids: BTreeSet<_> = template.resources().filter(|(_, one)| is_target(one)).map(|(id, _)| id).collect();
    let policies = template.resources().filter(|(_, resource)| {
        resource["Type"] == "AWS::ApplicationAutoScaling::ScalingPolicy" && refers_to(resource, &ids)
    });
    let policies: Vec<_> = policies.map(|(id, _)| id).collect();
    ids.extend(policies);
    ids
}

/// Describes an update.
fn steps(before: Option<&Template>, after: &Template, indexes: &[IndexChange]) -> Vec<String> {
    let mut steps: Vec<_> = indexes.iter().map(ToString::to_string).collect();
    let mut outputs = false;
    for difference in differences::between(before, after) {
        let id = &difference.id;
        let name = match &difference.kind {
            Some(kind) => format!("{id} ({kind})"),
            None => id.clone(),
        };
        match (difference.subject, difference.change) {
            (Subject::Output, _) => outputs = before.is_some(),
            (Subject::Template, _) => steps.push(format!("changes {name} of the template")),
            (Subject::Resource, DifferenceKind::Added) => {
                let costs = difference.kind.as_deref() == Some("AWS::KMS::Key");
                let note = if costs {
                    ", which costs about 1 USD a month; `\"kms\": \"aws-owned\"` in `deploy` costs nothing"
                } else {
                    ""
                };
                steps.push(format!("creates {name}{note}"));
            }
            (Subject::Resource, DifferenceKind::Removed) => steps.push(format!("removes {name}")),
            (Subject::Resource, DifferenceKind::Changed) => {
                let tables = before.and_then(|before| tables::table(before, id)).zip(tables::table(after, id));
                if tables.is_some_and(|(old, new)| !tables::replacements(old, new).is_empty()) {
                    steps.push(format!("replaces {name} by a new, empty table"));
                    continue;
                }
                let has_index_change = indexes.iter().any(|index| index.table == *id);
                let mut properties: Vec<_> = difference.properties.iter().map(|one| one.name()).collect();
                properties.dedup();
                properties.retain(|name| {
                    !(has_index_change && ["AttributeDefinitions", "GlobalSecondaryIndexes"].contains(name))
                });
                if !properties.is_empty() {
                    steps.push(format!("changes {} of {name}", properties.join(", ")));
                }
            }
        }
    }
    if outputs {
        steps.push("changes the outputs".to_owned());
    }
    steps
}
