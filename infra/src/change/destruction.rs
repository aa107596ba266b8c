//! What stays when a stack is deleted.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::losses::is_retained;
use super::tables::TABLE;
use crate::Template;

/// What the deletion of a stack keeps and deletes. Its text lists both, and says how to go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Destruction {
    /// The resources that stay outside of the stack, because their DeletionPolicy is `Retain`.
    pub kept: Vec<StackResource>,
    /// The resources that CloudFormation deletes.
    pub deleted: Vec<StackResource>,
}

/// A resource of a stack that is deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct StackResource {
    /// The logical id.
    pub id: String,
    /// The type, such as `AWS::DynamoDB::Table`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The fixed name of the table; `None` if it is generated, and for other resources.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether DynamoDB refuses to delete the table. If it is in [`Destruction::deleted`], the deletion of the stack fails.
    pub deletion_protection: bool,
}

impl fmt::Display for StackResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.id, self.kind)?;
        match &self.name {
            Some(name) => write!(f, " with the name `{name}`"),
            None => Ok(()),
        }
    }
}

impl Destruction {
    /// Decides what the deletion of the stack with this template keeps. Use the template that is deployed: its policies apply.
    pub fn new(template: &Template) -> Self {
        let (mut kept, mut deleted) = (Vec::new(), Vec::new());
        for (id, resource) in template.resources() {
            let list = if is_retained(resource, "DeletionPolicy") { &mut kept } else { &mut deleted };
            list.push(StackResource::new(id, resource));
        }
        // The order of serde_json's maps depends on a feature that any crate of a program can turn on.
        kept.sort_by(|a, b| a.id.cmp(&b.id));
        deleted.sort_by(|a, b| a.id.cmp(&b.id));
        Self { kept, deleted }
    }

    /// Returns the tables whose deletion fails because of their deletion protection. Then, the deletion of the stack fails as well.
    pub fn protected(&self) -> impl Iterator<Item = &StackResource> {
        self.deleted.iter().filter(|one| one.deletion_protection)
    }
}

impl StackResource {
    fn new(id: &str, resource: &Value) -> Self {
        let kind = resource["Type"].as_str().unwrap_or_default();
        let properties = &resource["Properties"];
        let name = properties["TableName"].as_str().filter(|_| kind == TABLE);
        let deletion_protection = kind == TABLE && properties["DeletionProtectionEnabled"] == true;
        Self { id: id.to_owned(), kind: kind.to_owned(), name: name.map(str::to_owned), deletion_protection }
    }
}

impl fmt::Display for Destruction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        for (title, list) in [("kept, outside of the stack:", &self.kept), ("deleted:", &self.deleted)] {
            if !list.is_empty() {
                text.push_str(title);
                list.iter().for_each(|one| text.push_str(&format!("\n  {one}")));
                text.push('\n');
            }
        }
        if !self.kept.is_empty() {
            text.push_str(
                "AWS still bills what is kept. To delete it too, set `\"deploy\": { \"onRemoval\": \"delete\", \
                 \"deletionProtection\": false }` in config.json, deploy, and delete the stack then.\n",
            );
        }
        for name in self.kept.iter().filter_map(|one| one.name.as_ref()) {
            text.push_str(&format!(
                "As long as the table `{name}` exists, no new deployment can create a table with this name.\n"
            ));
        }
        let protected: Vec<_> = self.protected().map(|one| one.id.as_str()).collect();
        if !protected.is_empty() {
            text.push_str(&format!(
                "The deletion fails, because DynamoDB protects {} from deletion. First set `\"deploy\": {{ \
                 \"deletionProtection\": false }}` in config.json and deploy.\n",
                protected.join(", ")
            ));
        }
        f.write_str(text.trim_end())
    }
}
