//! Change sets: what CloudFormation would do, before it does it.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_sdk_cloudformation::error::ProvideErrorMetadata;
use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
use aws_sdk_cloudformation::types::{
    Capability, ChangeSetStatus, ChangeSetType, ExecutionStatus, PolicyAction, ResourceChange,
};
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

impl ChangeSet {
    /// Rejects a change set that loses a table or a key which the plan does not name. CloudFormation has the last word about what it replaces.
    pub fn check(&self, plan: &monotable_infra::Change) -> Result<()> {
        let is_lost = |change: &&Change| {
            let holds_data = matches!(change.kind.as_str(), "AWS::DynamoDB::Table" | "AWS::KMS::Key");
            let is_removed = change.action == "Remove" && !(change.is_retained && change.kind == "AWS::KMS::Key");
            let is_replaced = change.replacement.as_deref() == Some("True");
            let is_named = plan.losses.iter().any(|loss| loss.id == change.logical_id);
            holds_data && (is_removed || is_replaced) && !is_named
        };
        match self.changes.iter().find(is_lost) {
            None => Ok(()),
            Some(change) => Err(Failure::failed(format!(
                "nothing was changed, because CloudFormation would do more than the plan says: {}. This is a defect of monotable; please report it",
                change.line()
            ))),
        }
    }
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
    /// Whether the resource stays in AWS when it leaves the stack.
    #[serde(skip)]
    is_retained: bool,
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
            is_retained: change.policy_action() == Some(&PolicyAction::Retain),
        }
    }

    /// Returns a line such as `modify  Orders (AWS::DynamoDB::Table): GlobalSecondaryIndexes`.
    pub fn line(&self) -> String {
        let replaced = match self.replacement.as_deref() {
            Some("True") => ", replaced by a new resource",
            // CloudFormation says this for every change of the attribute definitions. Our own plan says what is really lost.
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

/// What [`prepare`] has found.
pub enum Prepared {
    /// A change set that can be executed.
    Ready(ChangeSet),
    /// CloudFormation finds nothing to change.
    Unchanged,
    /// Another run executes this change set.
    Executing,
}

/// Creates the change set that brings a stack to the template, or finds the one that an interrupted run has left.
pub async fn prepare(stack: &Stack, current: Option<&Template>, target: &Template) -> Result<Prepared> {
    // The name says what changes, so that the next run finds the change set of an interrupted one.
    let name = format!("monotable-{}", digest(current, target));
    let mut reason = String::new();
    for _ in 0..2 {
        create(stack, &name, current.is_none(), target).await?;
        let described = described(stack, &name).await?;
        match (described.status(), described.execution_status()) {
            (Some(ChangeSetStatus::CreateComplete), Some(ExecutionStatus::Available)) => {
                return changes(stack, described).await.map(Prepared::Ready);
            }
            (_, Some(ExecutionStatus::ExecuteInProgress)) => return Ok(Prepared::Executing),
            _ => {}
        }
        described.status_reason().unwrap_or_default().clone_into(&mut reason);
        remove(stack, &name).await?;
        if is_unchanged(&reason) {
            return Ok(Prepared::Unchanged);
        }
        // It may be an old change set that cannot be executed any more, so create it once again.
    }
    let hint = match reason.contains("ResourceExistenceCheck") {
        true => {
            ". Does a table with the name in `deploy.tableName` exist outside of the stack? Delete it, import it, or change the name"
        }
        false => "",
    };
    Err(Failure::failed(format!("CloudFormation rejects the change of the stack `{}`: {reason}{hint}", stack.name)))
}

/// Creates a change set that only shows what would change, and removes it. Returns `None` if CloudFormation finds nothing to change.
pub async fn preview(stack: &Stack, current: &Template, target: &Template) -> Result<Option<ChangeSet>> {
    // Not the name of a deployment's change set, which must stay.
    let moment = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let name = format!("monotable-plan-{}-{moment}", digest(Some(current), target));
    create(stack, &name, false, target).await?;
    let described = described(stack, &name).await?;
    let reason = described.status_reason().unwrap_or_default().to_owned();
    let found = match described.status() {
        Some(ChangeSetStatus::CreateComplete) => changes(stack, described).await.map(Some),
        _ if is_unchanged(&reason) => Ok(None),
        _ => Err(Failure::failed(format!("CloudFormation rejects the change of the stack `{}`: {reason}", stack.name))),
    };
    remove(stack, &name).await?;
    found
}

/// Deletes a change set, and waits until it is gone. The stack stays as it is.
pub async fn remove(stack: &Stack, name: &str) -> Result<()> {
    let what = format!("delete a change set of the stack `{}`", stack.name);
    let request = stack.client.delete_change_set().change_set_name(name).stack_name(&stack.name);
    request.send().await.map_err(|error| failed(&error, &what))?;
    let mut pauses = Pauses::new();
    loop {
        let request = stack.client.describe_change_set().change_set_name(name).stack_name(&stack.name);
        match request.send().await {
            Ok(found) if found.status() == Some(&ChangeSetStatus::DeleteFailed) => {
                let reason = found.status_reason().unwrap_or_default();
                return Err(Failure::failed(format!("cannot {what}: {reason}")));
            }
            Ok(_) => pauses.pause().await,
            Err(error) if is_gone(error.code()) => return Ok(()),
            Err(error) => return Err(failed(&error, &what)),
        }
    }
}

/// Returns how far the execution of a change set is; `None` if CloudFormation no longer has it.
pub async fn execution(stack: &Stack, id: &str) -> Result<Option<ExecutionStatus>> {
    match stack.client.describe_change_set().change_set_name(id).stack_name(&stack.name).send().await {
        Ok(found) => Ok(found.execution_status().cloned()),
        Err(error) if is_gone(error.code()) => Ok(None),
        Err(error) => Err(failed(&error, &format!("describe a change set of the stack `{}`", stack.name))),
    }
}

/// The code in responses has no suffix, unlike the one in the documentation.
pub fn is_gone(code: Option<&str>) -> bool {
    matches!(code, Some("ChangeSetNotFound" | "ChangeSetNotFoundException"))
}

fn digest(current: Option<&Template>, target: &Template) -> String {
    let mut hash = Sha256::new();
    hash.update(current.map(Template::to_json).unwrap_or_default());
    hash.update([0]);
    hash.update(target.to_json());
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Creates the change set, unless one with its name exists.
async fn create(stack: &Stack, name: &str, is_first: bool, target: &Template) -> Result<()> {
    let kind = if is_first { ChangeSetType::Create } else { ChangeSetType::Update };
    let request = stack
        .client
        .create_change_set()
        .stack_name(&stack.name)
        .change_set_name(name)
        .change_set_type(kind)
        .description("Made by monotable")
        .set_capabilities(capabilities(target))
        .template_body(body(target)?);
    match request.send().await {
        Ok(_) => Ok(()),
        Err(error) if error.code() == Some("AlreadyExistsException") => Ok(()),
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
