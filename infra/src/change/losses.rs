//! What a change costs: data, and queries that stop to work.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::indexes::Index;
use super::tables::{self, table, tables};
use crate::Template;

/// Something that a change loses. The user has to allow it by its [`name`](Loss::name).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Loss {
    /// The kind of the loss.
    pub kind: LossKind,
    /// The logical id of the resource.
    pub id: String,
    /// The name that allows the loss, as in `--allow-destructive NAME`: the logical id of a table or key, `Orders/by-user` for an index,
    /// and the `runtimeConfigKey` of an entry in the runtime configuration.
    pub name: String,
    /// What is lost.
    pub what: String,
    /// What in the template causes the loss.
    pub why: String,
    /// How to avoid the loss or its consequences.
    pub remedy: String,
    /// Why CloudFormation refuses the change, and what to do. Permission does not help then, so do not send the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// The kind of a [`Loss`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum LossKind {
    /// A new, empty table takes the place of the table.
    TableReplaced,
    /// The stack no longer has the table.
    TableRemoved,
    /// The table no longer has the global index.
    IndexRemoved,
    /// The global index is removed, and added again with another key or projection.
    IndexRekeyed,
    /// AWS deletes a KMS key.
    KeyRemoved,
    /// Programs no longer find a table in the runtime configuration.
    EntryRemoved,
    /// Programs find another table in the runtime configuration.
    EntryChanged,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\n    cause: {}\n    remedy: {}", self.name, self.what, self.why, self.remedy)?;
        match &self.refused {
            Some(refused) => write!(f, "\n    CloudFormation refuses this: {refused}"),
            None => Ok(()),
        }
    }
}

/// Returns what is lost on the way from one template to another.
pub(super) fn between(current: &Template, target: &Template) -> Vec<Loss> {
    let mut losses = Vec::new();
    for (id, old) in tables(current) {
        match table(target, id) {
            None => losses.push(removed_table(id, old, target)),
            Some(new) => match tables::replacements(old, new) {
                reasons if reasons.is_empty() => losses.extend(lost_indexes(id, old, new)),
                reasons => losses.push(replaced_table(id, old, new, &reasons)),
            },
        }
    }
    losses.extend(current.resources().filter_map(|(id, old)| removed_key(id, old, target)));
    losses.extend(removed_entries(current, target));
    losses.extend(changed_entries(current, target));
    losses
}

fn replaced_table(id: &str, old: &Value, new: &Value, reasons: &[String]) -> Loss {
    let retained = [old, new].iter().all(|table| is_retained(table, "UpdateReplacePolicy"));
    let fixed = new["Properties"]["TableName"].as_str();
    let refused = fixed.filter(|_| old["Properties"]["TableName"] == new["Properties"]["TableName"]).map(|name| {
        format!(
            "a table with a fixed name cannot be replaced while it keeps the name `{name}`. Change `deploy.tableName` in the same \
             deployment, or remove it"
        )
    });
    Loss {
        kind: LossKind::TableReplaced,
        id: id.to_owned(),
        name: id.to_owned(),
        what: format!("{id} becomes a new, empty table, and programs use it at once. {}", old_table(old, retained)),
        why: reasons.join("; "),
        remedy: format!(
            "undo this change; or add a second table with the new settings, copy the items of {id}, and remove {id} later"
        ),
        refused,
    }
}

fn removed_table(id: &str, old: &Value, target: &Template) -> Loss {
    let retained = is_retained(old, "DeletionPolicy");
    let name = old["Properties"]["TableName"].as_str();
    let successor = tables(target).find(|(_, new)| name.is_some() && new["Properties"]["TableName"].as_str() == name);
    let refused = match (successor, target.resource(id)) {
        (Some((successor, _)), _) => Some(format!(
            "{successor} is a new table with the name of {id}, `{}`, and CloudFormation creates it while the old one still exists. Keep \
             the logical id {id}, or give {successor} another `deploy.tableName`",
            name.unwrap_or_default()
        )),
        (None, Some(_)) => {
            Some(format!("a resource cannot change its type. Give the new resource another name than {id}"))
        }
        (None, None) => None,
    };
    Loss {
        kind: LossKind::TableRemoved,
        id: id.to_owned(),
        name: id.to_owned(),
        what: format!("the stack no longer has the table {id}. {}", old_table(old, retained)),
        why: format!("the target has no table {id}; the id comes from `runtimeConfigKey` in config.json"),
        remedy: match retained {
            true => {
                "nothing is needed to keep the items; to have the table in a stack again, import it into one".to_owned()
            }
            false => "set `\"deploy\": { \"onRemoval\": \"retain\" }`, deploy, and then remove the table".to_owned(),
        },
        refused,
    }
}

/// Says what becomes of a table that leaves the stack.
fn old_table(table: &Value, retained: bool) -> String {
    let properties = &table["Properties"];
    let name = properties["TableName"].as_str().map(|name| format!(" `{name}`")).unwrap_or_default();
    match (retained, properties["DeletionProtectionEnabled"] == true) {
        (true, _) => format!("The old table{name} stays outside of the stack, with its items, and AWS still bills it"),
        (false, true) => format!(
            "CloudFormation tries to delete the old table{name}. Its deletion protection prevents this, so it stays outside of the stack"
        ),
        (false, false) => format!("CloudFormation deletes the old table{name} with all its items"),
    }
}

fn lost_indexes(id: &str, old: &Value, new: &Value) -> Vec<Loss> {
    let (Some(old), Some(new)) = (Index::list(&old["Properties"]), Index::list(&new["Properties"])) else {
        return Vec::new();
    };
    let lost = old.iter().filter_map(|index| match new.iter().find(|one| one.name == index.name) {
        None => Some(removed_index(id, index, &old, &new)),
        Some(one) if !index.can_become(one) => Some(rekeyed_index(id, index, one)),
        Some(_) => None,
    });
    lost.collect()
}

fn removed_index(table: &str, index: &Index, old: &[Index], new: &[Index]) -> Loss {
    let name = &index.name;
    let is_new = |one: &&Index| !old.iter().any(|index| index.name == one.name);
    let successor = new.iter().filter(is_new).find(|one| one.has_key_of(index));
    Loss {
        kind: LossKind::IndexRemoved,
        id: table.to_owned(),
        name: format!("{table}/{name}"),
        what: format!(
            "queries on the index {name} of {table} fail. Its data is a copy, so the items of the table stay"
        ),
        why: match successor {
            Some(one) => format!("the index has the new name {}", one.name),
            None => format!("the target has no index {name}"),
        },
        remedy: match successor {
            Some(one) => format!(
                "keep {name} next to {} until all programs use the new name, and remove it in a later deployment",
                one.name
            ),
            None => "first deploy programs that do not use the index".to_owned(),
        },
        refused: None,
    }
}

fn rekeyed_index(table: &str, old: &Index, new: &Index) -> Loss {
    let name = &old.name;
    let why = match old.has_key_of(new) {
        true => format!("its projection changes from {} to {}", projection(old), projection(new)),
        false => format!("its key changes from {} to {}", key(old), key(new)),
    };
    Loss {
        kind: LossKind::IndexRekeyed,
        id: table.to_owned(),
        name: format!("{table}/{name}"),
        what: format!(
            "queries on the index {name} of {table} fail from its deletion until the new one is complete, which takes minutes, \
             or hours for a large table"
        ),
        why: format!("{why}, and DynamoDB cannot change an index in place"),
        remedy: format!(
            "give the changed index another name and keep {name}, deploy programs that use the new one, and remove {name} then"
        ),
        refused: None,
    }
}

/// Returns the key of an index with the types of its attributes, such as `status (S), day (N)`.
fn key(index: &Index) -> String {
    let names = super::indexes::key_names(&index.value["KeySchema"]);
    let texts = names.map(|name| match index.attributes.get(name) {
        Some(kind) => format!("{name} ({kind})"),
        None => name.to_owned(),
    });
    texts.collect::<Vec<_>>().join(", ")
}

fn projection(index: &Index) -> String {
    match index.projection() {
        (kind, names) if names.is_empty() => kind.to_owned(),
        (kind, names) => format!("{kind} ({})", names.join(", ")),
    }
}

/// Describes the removal of a KMS key. CloudFormation refuses every change that would replace one, so only a removal deletes a key.
fn removed_key(id: &str, old: &Value, target: &Template) -> Option<Loss> {
    let kind = "AWS::KMS::Key";
    let is_removed = old["Type"] == kind && target.resource(id).is_none_or(|new| new["Type"] != kind);
    if !is_removed || is_retained(old, "DeletionPolicy") {
        return None;
    }
    let days = old["Properties"]["PendingWindowInDays"].as_u64().unwrap_or(30);
    let refused = target
        .resource(id)
        .map(|_| format!("a resource cannot change its type. Give the new resource another name than {id}"));
    Some(Loss {
        kind: LossKind::KeyRemoved,
        id: id.to_owned(),
        name: id.to_owned(),
        what: format!(
            "AWS deletes the KMS key {id} after {days} days. Backups that it encrypts, and tables that still use it, can never \
             be read again"
        ),
        why: format!("the target has no key {id}, and its DeletionPolicy is not Retain"),
        remedy: format!(
            "set `\"deploy\": {{ \"onRemoval\": \"retain\" }}` and deploy before this change; within {days} days, \
             `aws kms cancel-key-deletion` still saves the key"
        ),
        refused,
    })
}

/// Compares the documents from which programs read the names of their tables.
fn removed_entries(current: &Template, target: &Template) -> Vec<Loss> {
    let remaining = entries(target);
    let removed = entries(current).into_iter().filter(|(key, _)| !remaining.contains_key(key));
    let loss = |(key, (id, table)): (String, (String, String))| {
        // A consent to the removal of a table is also one to the removal of its entry.
        let removed = table.strip_prefix("${").and_then(|id| id.strip_suffix('}'));
        let removed = removed.filter(|id| tables::table(target, id).is_none());
        Loss {
            kind: LossKind::EntryRemoved,
            id,
            name: removed.unwrap_or(&key).to_owned(),
            what: format!("programs that look up the key {key} no longer find their table when they start or refresh"),
            why: format!("the runtime configuration of the target has no key {key}"),
            remedy: format!("keep {key}; or first change these programs so that they use another key"),
            refused: None,
        }
    };
    removed.map(loss).collect()
}

/// Compares the tables that programs find, such as one of another stack in place of one of this stack.
fn changed_entries(current: &Template, target: &Template) -> Vec<Loss> {
    let targets = entries(target);
    let loss = |(key, (_, old)): (String, (String, String))| {
        let (id, new) = targets.get(&key).filter(|(_, new)| *new != old)?;
        Some(Loss {
            kind: LossKind::EntryChanged,
            id: id.clone(),
            name: key.clone(),
            what: format!("programs that look up the key {key} find another table, without the items of the old one"),
            why: format!("in the runtime configuration, the key {key} changes from {old} to {new}"),
            remedy: "copy the items to the other table first; or undo this change".to_owned(),
            refused: None,
        })
    };
    entries(current).into_iter().filter_map(loss).collect()
}

/// Returns the tables in the runtime configuration: for each key the logical id of the document, and the name of the table.
fn entries(template: &Template) -> BTreeMap<String, (String, String)> {
    let mut found = BTreeMap::new();
    for (id, resource) in template.resources() {
        if resource["Type"] != "AWS::AppConfig::HostedConfigurationVersion" {
            continue;
        }
        let content = &resource["Properties"]["Content"];
        let text = content["Fn::Sub"].as_str().or(content.as_str()).unwrap_or_default();
        let document: BTreeMap<String, Value> = serde_json::from_str(text).unwrap_or_default();
        for (key, entry) in document {
            if let Some(table) = entry["tableName"].as_str() {
                let key = if content.is_object() { key.replace("${!", "${") } else { key };
                found.insert(key, (id.to_owned(), table.to_owned()));
            }
        }
    }
    found
}

/// Returns whether CloudFormation keeps a resource that leaves the stack, according to one of its policies.
pub(super) fn is_retained(resource: &Value, policy: &str) -> bool {
    resource[policy].as_str().is_some_and(|policy| ["Retain", "RetainExceptOnCreate"].contains(&policy))
}
