//! A CloudFormation stack: what is deployed, and the requests that change it.

use std::time::Duration;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::error::ProvideErrorMetadata;
use aws_sdk_cloudformation::types::{ExecutionStatus, Stack as Description, TemplateStage};
use monotable_infra::Template;
use monotable_infra::change::{NextStep, StackState};

use super::change_set::{self, is_gone};
use super::failure::{expired, failed};
use super::progress::Progress;
use crate::failure::{Failure, Result};

/// The pause between two requests for the status of a stack or a change set. It grows from the first value to the second.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));

/// The largest template that a request can contain, in bytes. CloudFormation reads larger ones from S3 only.
/// See <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>.
const MAX_TEMPLATE: usize = 51_200;

pub struct Stack {
    pub client: Client,
    pub name: String,
}

/// Pauses that become longer.
pub struct Pauses(Duration);

impl Pauses {
    pub fn new() -> Self {
        Self(PAUSES.0)
    }

    pub async fn pause(&mut self) {
        tokio::time::sleep(self.0).await;
        self.0 = (self.0 * 2).min(PAUSES.1);
    }
}

impl Stack {
    /// Returns the description of the stack; `None` if it does not exist.
    pub async fn describe(&self) -> Result<Option<Description>> {
        match self.client.describe_stacks().stack_name(&self.name).send().await {
            Ok(found) => Ok(found.stacks().first().cloned()),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(failed(&error, &format!("describe the stack `{}`", self.name))),
        }
    }

    /// Waits until nothing changes the stack, and returns its description; `None` if it does not exist.
    pub async fn settled(&self, progress: &Progress) -> Result<Option<Description>> {
        let mut pauses = Pauses::new();
        let mut is_reported = false;
        loop {
            let Some(found) = self.describe().await? else { return Ok(None) };
            if state(&found).to_destroy != NextStep::Wait {
                return Ok(Some(found));
            }
            if !is_reported {
                progress.waiting(&format!("{}; waiting until it is done", state(&found)));
                is_reported = true;
            }
            pauses.pause().await;
        }
    }

    /// Returns the deployed template.
    pub async fn template(&self) -> Result<Template> {
        let what = format!("read the template of the stack `{}`", self.name);
        let request = self.client.get_template().stack_name(&self.name).template_stage(TemplateStage::Original);
        let found = request.send().await.map_err(|error| failed(&error, &what))?;
        Template::from_json(found.template_body().unwrap_or_default()).map_err(|error| {
            Failure::failed(format!(
                "the stack `{0}` is not from monotable: {error}. Choose the name of another stack with `--stack`",
                self.name
            ))
        })
    }

    /// Executes a change set, and waits until the stack has changed.
    pub async fn execute(&self, change_set: &str, progress: &Progress) -> Result<()> {
        let before = self.newest_event().await?;
        let request = self.client.execute_change_set().change_set_name(change_set).stack_name(&self.name);
        // The token makes it safe to send the request again after a lost response. The resources of a failed first deployment are deleted,
        // if nothing protects them, because the fixed names of kept ones would block the next deployment.
        let token = change_set.rsplit('/').next().unwrap_or(change_set);
        let request = request.client_request_token(token).retain_except_on_create(true);
        if let Err(error) = request.send().await {
            let is_refused = is_gone(error.code()) || error.code() == Some("InvalidChangeSetStatus");
            if !is_refused {
                return Err(failed(&error, &format!("execute the change set of the stack `{}`", self.name)));
            }
            // The same run, or another one, may have started it already.
            match change_set::execution(self, change_set).await? {
                Some(ExecutionStatus::ExecuteInProgress | ExecutionStatus::ExecuteComplete) => {}
                _ => return Err(expired(&self.name)),
            }
        }
        let done = self.follow(&self.name, before, Some(change_set), progress).await?;
        let done = done.ok_or_else(|| Failure::failed(format!("the stack `{}` was deleted meanwhile", self.name)))?;
        match status(&done) {
            "CREATE_COMPLETE" | "UPDATE_COMPLETE" => Ok(()),
            _ => Err(Failure::failed(format!("{}. The cause: {}", state(&done), progress.reason(&done)))),
        }
    }

    /// Deletes the stack if it only exists because of a change set that was not executed.
    pub async fn delete_review(&self) -> Result<()> {
        match self.describe().await? {
            Some(found) if state(&found).to_deploy == NextStep::Reuse => self.delete(&found, &Progress::silent()).await,
            _ => Ok(()),
        }
    }

    /// Deletes the stack, and waits until it is gone.
    pub async fn delete(&self, description: &Description, progress: &Progress) -> Result<()> {
        let before = self.newest_event().await?;
        let what = format!("delete the stack `{}`", self.name);
        self.client
            .delete_stack()
            .stack_name(description.stack_id().unwrap_or(&self.name))
            .send()
            .await
            .map_err(|error| failed(&error, &what))?;
        // The name of a deleted stack is unknown to CloudFormation, but its id is not.
        let id = description.stack_id().unwrap_or(&self.name);
        match self.follow(id, before, None, progress).await? {
            Some(left) if status(&left) != "DELETE_COMPLETE" => {
                Err(Failure::failed(format!("{}. The cause: {}", state(&left), progress.reason(&left))))
            }
            _ => Ok(()),
        }
    }

    /// Waits until nothing changes a stack, and reports what happens to its resources. The status may be the old one for a moment, so the
    /// change set says when its execution has begun.
    async fn follow(
        &self,
        name: &str,
        before: Option<String>,
        change_set: Option<&str>,
        progress: &Progress,
    ) -> Result<Option<Description>> {
        let mut pauses = Pauses::new();
        let mut seen = before;
        loop {
            let description = match self.client.describe_stacks().stack_name(name).send().await {
                Ok(found) => found.stacks().first().cloned(),
                Err(error) if is_missing(&error) => None,
                Err(error) => return Err(self.unobserved(&failed(&error, "describe it"))),
            };
            let events = self.report_events(name, seen, progress).await;
            seen = events.map_err(|failure| self.unobserved(&failure))?;
            let is_changing = match (&description, change_set) {
                (Some(found), _) if state(found).to_destroy == NextStep::Wait => true,
                (Some(_), Some(id)) => matches!(
                    change_set::execution(self, id).await.map_err(|failure| self.unobserved(&failure))?,
                    Some(ExecutionStatus::Available | ExecutionStatus::ExecuteInProgress)
                ),
                _ => false,
            };
            if !is_changing {
                return Ok(description);
            }
            pauses.pause().await;
        }
    }

    /// The failure of a run that cannot watch the stack any more.
    fn unobserved(&self, failure: &Failure) -> Failure {
        Failure::failed(format!(
            "CloudFormation continues with the stack `{}`, but this run cannot watch it: {}. Run the command again to go on",
            self.name, failure.message
        ))
    }

    /// Reports the events after the one with the id `seen`, and returns the id of the newest one.
    async fn report_events(&self, name: &str, seen: Option<String>, progress: &Progress) -> Result<Option<String>> {
        let mut pages = self.client.describe_stack_events().stack_name(name).into_paginator().send();
        let mut events = Vec::new();
        'pages: while let Some(page) = pages.next().await {
            let page = match page {
                Ok(page) => page,
                Err(error) if is_missing(&error) => break,
                Err(error) => return Err(failed(&error, &format!("read the events of the stack `{}`", self.name))),
            };
            for event in page.stack_events() {
                if event.event_id() == seen.as_deref() {
                    break 'pages;
                }
                events.push(event.clone());
            }
        }
        let newest = events.first().and_then(|event| event.event_id().map(str::to_owned));
        // The newest event is first.
        events.iter().rev().for_each(|event| progress.event(event));
        Ok(newest.or(seen))
    }

    /// Returns the name or id of a resource in AWS; `None` if the stack does not have it.
    pub async fn physical_name(&self, logical_id: &str) -> Result<Option<String>> {
        let request = self.client.describe_stack_resources().stack_name(&self.name).logical_resource_id(logical_id);
        match request.send().await {
            Ok(found) => {
                let resource = found.stack_resources().first();
                Ok(resource.and_then(|resource| resource.physical_resource_id()).map(str::to_owned))
            }
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(failed(&error, &format!("describe the resources of the stack `{}`", self.name))),
        }
    }

    async fn newest_event(&self) -> Result<Option<String>> {
        match self.client.describe_stack_events().stack_name(&self.name).send().await {
            Ok(found) => Ok(found.stack_events().first().and_then(|event| event.event_id().map(str::to_owned))),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(failed(&error, &format!("read the events of the stack `{}`", self.name))),
        }
    }
}

/// Returns the text of a template for a request, without spaces if it would be too long with them.
pub fn body(template: &Template) -> Result<String> {
    let text = template.to_json();
    if text.len() <= MAX_TEMPLATE {
        return Ok(text);
    }
    let compact = template.as_value().to_string();
    match compact.len() <= MAX_TEMPLATE {
        true => Ok(compact),
        false => Err(Failure::failed(format!(
            "the template has {} bytes, and a request to CloudFormation can contain {MAX_TEMPLATE}; upload the output of `monotable synth` to \
             S3, and deploy it from there with the AWS command line, one index change at a time",
            compact.len()
        ))),
    }
}

fn status(description: &Description) -> &str {
    description.stack_status().map_or("UNKNOWN", |status| status.as_str())
}

pub fn state(description: &Description) -> StackState {
    StackState::new(description.stack_name().unwrap_or_default(), Some(status(description)))
}

/// CloudFormation answers a request for an unknown stack with a validation error.
pub fn is_missing<E: ProvideErrorMetadata>(error: &E) -> bool {
    error.code() == Some("ValidationError") && error.message().is_some_and(|message| message.contains("does not exist"))
}
