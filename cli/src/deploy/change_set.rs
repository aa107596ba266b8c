//! Change sets: what CloudFormation would do, before it does it.

use aws_sdk_cloudformation::error::ProvideErrorMetadata;
use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
use aws_sdk_cloudformation::types::{Capability, ChangeSetStatus, ChangeSetType, ExecutionStatus, ResourceChange};
use monotable_infra::Template;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::failure::failed;
use super::stack::{Pauses, Stack, body};
use crate::failure::{Failure, Result};

/// A change set that can be executed.
pub struct ChangeSet {
    pub id: String,
    pub changes: Vec<Change>,
}

/// What happens to a resource, as `--json` prints it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    pub action: String,
    pub logical_id: String,
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether CloudFormation creates a new resource in place of this one: `True`, `False` or `Conditional`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replacement: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<String>,
}

impl Change {
    fn new(change: &ResourceChange) -> Self {
        let targets = change.details().iter().filter_map(|detail| detail.target()?.name().map(str::to_owned));
        let mut properties: Vec<String> = targets.collect();
        properties.sort();
        properties.dedup();
        Self {
            action: change.action().map_or("Change", |action| action.as_str()).to_owned(),
            logical_id: change.logical_resource_id().unwrap_or_default().to_owned(),
            kind: change.resource_type().unwrap_or_default().to_owned(),
            replacement: change.replacement().map(|replacement| replacement.as_str().to_owned()),
            properties,
        }
    }

    /// Returns a line such as `modify  Orders (AWS::DynamoDB::Table): GlobalSecondaryIndexes`.
    pub fn line(&self) -> String {
        let replaced = match self.replacement.as_deref() {
            Some("True") => ", replaced by a new resource",
            // It says so of each change of attribute definitions. What is lost is in our own plan.
            Some("Conditional") => ", perhaps replaced",
            _ => "",
        };
        let properties = match self.properties.is_empty() {
            true => String::new(),
            false => format!(": {}", self.properties.join(", ")),
        };
        format!("{:<8}{} ({}){replaced}{properties}", self.action.to_lowercase(), self.logical_id, self.kind)
    }
}

/// Creates the change set that brings a stack to the template, or finds the one that an interrupted run has left. Returns `None` if
/// CloudFormation finds nothing to change.
pub async fn prepare(stack: &Stack, current: Option<&Template>, target: &Template) -> Result<Option<ChangeSet>> {
    // The name says what changes, so that the next run finds the change set of an interrupted one.
    let name = name(current, target);
    for _ in 0..2 {
        let is_new = create(stack, &name, current.is_none(), target).await?;
        let described = described(stack, &name).await?;
        let is_ready = described.status() == Some(&ChangeSetStatus::CreateComplete)
            && described.execution_status() == Some(&ExecutionStatus::Available);
        if is_ready {
            return changes(stack, described).await.map(Some);
        }
        let reason = described.status_reason().unwrap_or_default().to_owned();
        remove(stack, &name).await?;
        if is_unchanged(&reason) {
            return Ok(None);
        }
        if is_new {
            return Err(Failure::failed(format!(
                "CloudFormation rejects the change of the stack `{}`: {reason}",
                stack.name
            )));
        }
        // An old change set that cannot be executed any more: create it again.
    }
    Err(Failure::failed(format!("another program changes the stack `{}`; run the command again", stack.name)))
}

/// Deletes a change set. The stack stays as it is.
pub async fn remove(stack: &Stack, name: &str) -> Result<()> {
    let request = stack.client.delete_change_set().change_set_name(name).stack_name(&stack.name);
    match request.send().await {
        Ok(_) => Ok(()),
        Err(error) => Err(failed(&error, &format!("delete a change set of the stack `{}`", stack.name))),
    }
}

fn name(current: Option<&Template>, target: &Template) -> String {
    let mut hash = Sha256::new();
    hash.update(current.map(Template::to_json).unwrap_or_default());
    hash.update([0]);
    hash.update(target.to_json());
    let digits: String = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("monotable-{digits}")
}

/// Creates the change set. Returns `false` if one with its name exists.
async fn create(stack: &Stack, name: &str, is_first: bool, target: &Template) -> Result<bool> {
    let kind = if is_first { ChangeSetType::Create } else { ChangeSetType::Update };
    let request = stack
        .client
        .create_change_set()
        .stack_name(&stack.name)
        .change_set_name(name)
        .change_set_type(kind)
        .description("Made by `monotable deploy`")
        .set_capabilities(capabilities(target))
        .template_body(body(target)?);
    match request.send().await {
        Ok(_) => Ok(true),
        Err(error) if error.code() == Some("AlreadyExistsException") => Ok(false),
        Err(error) => Err(failed(&error, &format!("create a change set for the stack `{}`", stack.name))),
    }
}

/// A template with IAM resources needs the agreement of the user, who confirms the change set.
fn capabilities(template: &Template) -> Option<Vec<Capability>> {
    let is_iam = |kind: Option<&str>| kind.is_some_and(|kind| kind.starts_with("AWS::IAM::"));
    let has_iam = template.resources().any(|(_, resource)| is_iam(resource["Type"].as_str()));
    has_iam.then(|| vec![Capability::CapabilityNamedIam])
}

/// Waits until CloudFormation has compared the templates.
async fn described(stack: &Stack, name: &str) -> Result<DescribeChangeSetOutput> {
    let mut pauses = Pauses::new();
    loop {
        let request = stack.client.describe_change_set().change_set_name(name).stack_name(&stack.name);
        let what = format!("describe a change set of the stack `{}`", stack.name);
        let described = request.send().await.map_err(|error| failed(&error, &what))?;
        match described.status() {
            Some(ChangeSetStatus::CreatePending | ChangeSetStatus::CreateInProgress) => pauses.pause().await,
            _ => return Ok(described),
        }
    }
}

async fn changes(stack: &Stack, first: DescribeChangeSetOutput) -> Result<ChangeSet> {
    let id = first.change_set_id().unwrap_or_default().to_owned();
    let mut found = Vec::new();
    let mut page = first;
    loop {
        found.extend(page.changes().iter().filter_map(|change| change.resource_change()).map(Change::new));
        let Some(token) = page.next_token() else { break };
        let request = stack.client.describe_change_set().change_set_name(&id).stack_name(&stack.name).next_token(token);
        let what = format!("describe a change set of the stack `{}`", stack.name);
        page = request.send().await.map_err(|error| failed(&error, &what))?;
    }
    Ok(ChangeSet { id, changes: found })
}

/// CloudFormation has no status for "nothing to change", only these two reasons of a failure.
fn is_unchanged(reason: &str) -> bool {
    reason.contains("didn't contain changes") || reason.contains("No updates are to be performed")
}
