//! What `plan`, `diff` and `deploy` print.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::Output as StackOutput;
use monotable_infra::change::{Change, Difference, Loss};
use serde::Serialize;

use super::change_set::{self, ChangeSet};
use crate::output::Output;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PlanResult<'a> {
    event: &'static str,
    stack: &'a str,
    /// The steps of each wave.
    waves: Vec<&'a [String]>,
    losses: &'a [Loss],
}

/// Prints the waves of a change and what it loses.
pub fn plan(stack: &str, change: &Change, output: Output) {
    let waves: Vec<_> = change.waves.iter().map(|wave| wave.steps.as_slice()).collect();
    output.result(&PlanResult { event: "plan", stack, waves: waves.clone(), losses: &change.losses }, || {
        if waves.is_empty() {
            return format!("the stack `{stack}` is up to date");
        }
        let mut lines = vec![format!("Plan for the stack `{stack}`:")];
        let is_single = waves.len() == 1;
        for (number, steps) in waves.iter().enumerate() {
            if !is_single {
                lines.push(format!("  wave {} of {}", number + 1, waves.len()));
            }
            lines.extend(steps.iter().map(|step| format!("  {}- {step}", if is_single { "" } else { "  " })));
        }
        if !change.losses.is_empty() {
            lines.push("This loses data:".to_owned());
            lines.extend(change.losses.iter().map(ToString::to_string));
        }
        lines.join("\n")
    });
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChangeSetResult<'a> {
    event: &'static str,
    changes: &'a [change_set::Change],
}

/// Prints what CloudFormation would do.
pub fn change_set(set: &ChangeSet, output: Output) {
    output.result(&ChangeSetResult { event: "changeSet", changes: &set.changes }, || {
        let lines = set.changes.iter().map(|change| format!("\n  {}", change.line()));
        format!("Change set of CloudFormation:{}", lines.collect::<String>())
    });
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Differences<'a> {
    stack: &'a str,
    differences: &'a [Difference],
}

/// Prints how the deployed template differs from the one of the workspace.
pub fn differences(stack: &str, change: &Change, output: Output) {
    output.result(&Differences { stack, differences: &change.differences }, || match change.differences.as_slice() {
        [] => format!("the stack `{stack}` is up to date"),
        differences => differences.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    });
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Deployed<'a> {
    event: &'static str,
    stack: &'a str,
    outputs: BTreeMap<&'a str, &'a str>,
}

/// Prints the outputs of a stack.
pub fn outputs(stack: &str, outputs: &[StackOutput], output: Output) {
    let pairs = outputs.iter().filter_map(|found| Some((found.output_key()?, found.output_value()?)));
    let outputs: BTreeMap<_, _> = pairs.collect();
    output.result(&Deployed { event: "deployed", stack, outputs: outputs.clone() }, || {
        let lines = outputs.iter().map(|(key, value)| format!("\n  {key} = {value}"));
        let hint = match outputs.get(monotable_infra::cloudformation::RUNTIME_CONFIG_OUTPUT) {
            Some(id) => format!("\nPrograms find the tables with RUNTIME_CONFIG_APP_ID={id}"),
            None => String::new(),
        };
        format!("Outputs of the stack `{stack}`:{}{hint}", lines.collect::<String>())
    });
}
