//! What the status of a stack means for a deployment.

use std::fmt;

use serde::Serialize;

/// What can be done with a stack in its status.
///
/// ```
/// use monotable_infra::change::{StackState, NextStep};
///
/// let state = StackState::new("shop", Some("ROLLBACK_COMPLETE"));
/// assert_eq!(state.to_deploy, NextStep::Stop);
/// assert_eq!(state.to_destroy, NextStep::Delete);
/// assert!(state.remedy.unwrap().contains("aws cloudformation delete-stack --stack-name shop"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct StackState {
    /// The status, or `None` if the stack does not exist.
    pub status: Option<String>,
    /// What a deployment does next.
    pub to_deploy: NextStep,
    /// What a deletion of the stack does next.
    pub to_destroy: NextStep,
    /// What the status means, as a sentence without a full stop.
    pub message: String,
    /// What the user has to do first; `None` if that is nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

/// What to do next with a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum NextStep {
    /// Make a change set of type `CREATE`.
    Create,
    /// Make a change set of type `CREATE`, although the stack exists: nobody executed its change set, so it has neither resources nor a
    /// template.
    Reuse,
    /// Make change sets of type `UPDATE`.
    Update,
    /// Delete the stack.
    Delete,
    /// Do nothing, because it is done.
    Nothing,
    /// Wait for the end of the running operation, and look at the status again.
    Wait,
    /// Show the message and the remedy. Nothing can be done before the user has followed the remedy.
    Stop,
}

impl fmt::Display for StackState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.remedy {
            Some(remedy) => write!(f, ". {remedy}"),
            None => Ok(()),
        }
    }
}

impl StackState {
    /// Classifies the status of the stack with this name. `None` means that the stack does not exist.
    pub fn new(stack: &str, status: Option<&str>) -> Self {
        let (to_deploy, to_destroy, message, remedy) = classify(stack, status.unwrap_or("DELETE_COMPLETE"));
        let message = match status {
            Some(status) => format!("the stack {stack} has the status {status}: {message}"),
            None => format!("the stack {stack} does not exist"),
        };
        Self { status: status.map(str::to_owned), to_deploy, to_destroy, message, remedy }
    }
}

fn classify(stack: &str, status: &str) -> (NextStep, NextStep, &'static str, Option<String>) {
    use NextStep::{Create, Delete, Nothing, Reuse, Stop, Update, Wait};

    let events = format!(
        "`aws cloudformation describe-stack-events --stack-name {stack}` shows the cause: it is in the oldest event of the operation whose \
         status ends with FAILED"
    );
    let delete = format!(
        "Delete the stack with `aws cloudformation delete-stack --stack-name {stack}`, wait with `aws cloudformation wait \
         stack-delete-complete --stack-name {stack}`, and deploy again. Tables and keys with the DeletionPolicy Retain are kept. A kept \
         table with a fixed name must be deleted or imported before the next deployment can create it"
    );
    match status {
        "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "IMPORT_COMPLETE" => {
            (Update, Delete, "the last operation was successful", None)
        }
        "UPDATE_ROLLBACK_COMPLETE" => (
            Update,
            Delete,
            "the last update failed, and CloudFormation has undone it. The stack can be updated again",
            None,
        ),
        "IMPORT_ROLLBACK_COMPLETE" => (
            Update,
            Delete,
            "the last import failed, and CloudFormation has undone it. The stack can be updated again",
            None,
        ),
        "DELETE_COMPLETE" => (Create, Nothing, "it is deleted, so a new stack can have its name", None),
        "REVIEW_IN_PROGRESS" => (Reuse, Delete, "it has no resources yet, because no change set was executed", None),
        "CREATE_IN_PROGRESS" | "IMPORT_IN_PROGRESS" | "UPDATE_IN_PROGRESS" => {
            (Wait, Wait, "another operation is running", None)
        }
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS" => {
            (Wait, Wait, "the update was successful, and CloudFormation is removing old resources", None)
        }
        "ROLLBACK_IN_PROGRESS"
        | "UPDATE_ROLLBACK_IN_PROGRESS"
        | "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"
        | "IMPORT_ROLLBACK_IN_PROGRESS" => (Wait, Wait, "an operation failed, and CloudFormation is undoing it", None),
        "DELETE_IN_PROGRESS" => (Wait, Wait, "it is being deleted", None),
        "ROLLBACK_COMPLETE" => {
            let message = "its creation failed and was undone, and such a stack can only be deleted";
            (Stop, Delete, message, Some(format!("{events}. {delete}")))
        }
        "ROLLBACK_FAILED" => {
            let message = "its creation failed, could not be undone, and left resources behind";
            let protected = "Often, that is a new table with deletion protection: `aws dynamodb update-table --table-name NAME \
                             --no-deletion-protection-enabled` turns it off";
            (Stop, Delete, message, Some(format!("{events}. {protected}. {delete}")))
        }
        "CREATE_FAILED" => {
            let message = "its creation failed and was not undone, because someone turned rollbacks off";
            (Stop, Delete, message, Some(format!("{events}. {delete}")))
        }
        "UPDATE_FAILED" => {
            let message = "an update failed and was not undone, because someone turned rollbacks off";
            let remedy =
                format!("Undo it with `aws cloudformation rollback-stack --stack-name {stack}`, and deploy again");
            (Stop, Delete, message, Some(remedy))
        }
        "UPDATE_ROLLBACK_FAILED" => {
            let message = "an update failed and could not be undone";
            let remedy = format!(
                "{events}. Correct it, for example a missing permission or an index that is still being created. Then run \
                 `aws cloudformation continue-update-rollback --stack-name {stack}`, wait for the status \
                 UPDATE_ROLLBACK_COMPLETE, and deploy again. Only if a resource can never be restored, add \
                 `--resources-to-skip` with its logical id, and then change it by hand until it matches the template"
            );
            (Stop, Delete, message, Some(remedy))
        }
        "IMPORT_ROLLBACK_FAILED" => {
            let message = "an import failed and could not be undone";
            let remedy = format!(
                "{events}. A deployment cannot change the stack in this status. Correct the cause in the CloudFormation \
                 console; if the stack stays in this status, contact AWS Support"
            );
            (Stop, Delete, message, Some(remedy))
        }
        "DELETE_FAILED" => {
            let message = "its deletion failed, and it cannot be updated any more";
            let remedy = format!(
                "{events}. Often, a table has deletion protection: `aws dynamodb update-table --table-name NAME \
                 --no-deletion-protection-enabled` turns it off. Or a policy is still attached to a role: `aws iam detach-role-policy` detaches it. \
                 Then delete the stack again. To keep the resource instead, add \
                 `--retain-resources` with its logical id to `aws cloudformation delete-stack --stack-name {stack}`"
            );
            (Stop, Delete, message, Some(remedy))
        }
        _ => {
            let message = "this version of the tool does not know this status, so it changes nothing";
            let remedy = format!(
                "Look the status up in the documentation of CloudFormation; `aws cloudformation describe-stacks --stack-name {stack}` \
                 shows its reason"
            );
            (Stop, Stop, message, Some(remedy))
        }
    }
}
