//! What a person or a script sees while CloudFormation works.

use std::cell::RefCell;

use aws_sdk_cloudformation::types::{Stack, StackEvent};
use serde::Serialize;

use crate::output::Output;

pub struct Progress {
    /// `None` if nothing is reported.
    output: Option<Output>,
    /// Why the first resource failed. The failures after it are consequences.
    reason: RefCell<Option<String>>,
}

/// What a run waits for, as `--json` prints it.
#[derive(Serialize)]
struct Waiting<'a> {
    event: &'static str,
    #[serde(rename = "for")]
    what: &'a str,
}

/// An event of a resource, as `--json` prints it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    event: &'static str,
    logical_id: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

impl Progress {
    pub fn new(output: Output) -> Self {
        Self { output: Some(output), reason: RefCell::default() }
    }

    /// Reports nothing.
    pub fn silent() -> Self {
        Self { output: None, reason: RefCell::default() }
    }

    /// Reports what the run waits for.
    pub fn waiting(&self, what: &str) {
        match self.output {
            Some(output) if output.is_json() => output.result(&Waiting { event: "waiting", what }, String::new),
            Some(output) => output.note(&format!("  {what}")),
            None => {}
        }
    }

    /// Reports what happened to a resource.
    pub fn event(&self, event: &StackEvent) {
        let status = event.resource_status().map_or("", |status| status.as_str());
        let (id, kind) = (event.logical_resource_id().unwrap_or_default(), event.resource_type().unwrap_or_default());
        let reason = event.resource_status_reason().filter(|reason| !reason.is_empty());
        let mut first = self.reason.borrow_mut();
        if status.ends_with("_FAILED") && first.is_none() {
            *first = Some(format!("{id} ({kind}): {}", reason.unwrap_or("CloudFormation gives no reason")));
        }
        let Some(output) = self.output else { return };
        match output.is_json() {
            true => output.result(&Event { event: "resource", logical_id: id, kind, status, reason }, String::new),
            false => {
                let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
                output.note(&format!("  {status:<28} {id} ({kind}){reason}"));
            }
        }
    }

    /// Returns why an operation of the stack failed: the reason of the first resource, or else of the stack.
    pub fn reason(&self, stack: &Stack) -> String {
        let of_stack = || stack.stack_status_reason().filter(|reason| !reason.is_empty()).map(str::to_owned);
        let reason = self.reason.borrow().clone().or_else(of_stack);
        reason.unwrap_or_else(|| "CloudFormation gives no reason".to_owned())
    }
}
