//! `monotable destroy`: deletes a stack. Tables and keys that its template retains stay.

use std::collections::BTreeMap;

use clap::Args;
use monotable_infra::change::{Destruction, NextStep, StackState};
use serde::Serialize;

use super::Target;
use super::progress::Progress;
use super::stack::{self, Stack};
use crate::application;
use crate::args::runtime;
use crate::failure::{Code, Failure, Result};
use crate::output::{self, Output};

const EXAMPLES: &str = "Examples:
  monotable destroy --env dev
  monotable destroy --env dev --yes --allow-destructive Orders";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Options {
    #[command(flatten)]
    target: Target,
    /// Do not ask for confirmation.
    #[arg(long)]
    yes: bool,
    /// Allow the deletion of this table or key. Can be given several times.
    #[arg(long, value_name = "NAME")]
    allow_destructive: Vec<String>,
}

#[derive(Serialize)]
struct Planned<'a> {
    event: &'static str,
    stack: &'a str,
    #[serde(flatten)]
    destruction: &'a Destruction,
    /// The names of the resources that stay in AWS, by their logical ids.
    names: &'a BTreeMap<&'a str, String>,
}

#[derive(Serialize)]
struct Destroyed<'a> {
    event: &'static str,
    stack: &'a str,
    existed: bool,
}

pub fn run(options: &Options, output: Output) -> Result<()> {
    // A reader that stops early must not stop a deletion.
    let output = output.without_reader();
    runtime()?.block_on(async {
        let (stack, _) = options.target.stack(&application::workspace()?).await?;
        let progress = Progress::new(output);
        let done = |existed: bool| {
            let text = match existed {
                true => format!("the stack `{}` was deleted", stack.name),
                false => format!("the stack `{}` does not exist in this region, so nothing was deleted", stack.name),
            };
            output.result(&Destroyed { event: "destroyed", stack: &stack.name, existed }, || text);
        };
        let Some(description) = stack.settled(&progress).await? else {
            done(false);
            return Ok(());
        };
        let state = stack::state(&description);
        if state.to_destroy != NextStep::Delete {
            return Err(Failure::failed(state.to_string()));
        }
        // A stack in review has no template yet.
        if state.to_deploy != NextStep::Reuse {
            let template = stack.template().await?;
            super::check_owner(&stack.name, &template)?;
            let destruction = Destruction::new(&template);
            let mut names = BTreeMap::new();
            for kept in &destruction.kept {
                names.extend(stack.physical_name(&kept.id).await?.map(|name| (kept.id.as_str(), name)));
            }
            let planned = Planned { event: "plan", stack: &stack.name, destruction: &destruction, names: &names };
            output.result(&planned, || {
                let names: String = names.iter().map(|(id, name)| format!("\n  {id} is `{name}`")).collect();
                let names = if names.is_empty() { names } else { format!("\nNames of what is kept:{names}") };
                format!("The deletion of the stack `{}`\n{destruction}{names}", stack.name)
            });
            permit(&stack, &destruction, &state, &options.allow_destructive).await?;
        }
        if !options.yes {
            let why = match output::can_ask() {
                true if output::agrees(&format!("Delete the stack `{}`? [y/N]", stack.name)) => None,
                true => Some("you did not confirm it"),
                false => Some("monotable cannot ask for confirmation without a terminal; add `--yes`"),
            };
            if let Some(why) = why {
                return Err(Failure::new(Code::Refused, format!("the stack `{}` was not deleted: {why}", stack.name)));
            }
        }
        stack.delete(&description, &progress).await?;
        done(true);
        Ok(())
    })
}

/// Rejects the deletion of tables and keys, unless the user allows each by its name, and a deletion that DynamoDB refuses. After a failed
/// creation, some of them do not exist.
async fn permit(stack: &Stack, destruction: &Destruction, state: &StackState, allowed: &[String]) -> Result<()> {
    let mut flags = Vec::new();
    for resource in &destruction.deleted {
        if !matches!(resource.kind.as_str(), "AWS::DynamoDB::Table" | "AWS::KMS::Key") {
            continue;
        }
        let Some(name) = stack.physical_name(&resource.id).await? else { continue };
        if resource.deletion_protection {
            let how = match state.to_deploy {
                NextStep::Update => {
                    "set `\"deploy\": { \"deletionProtection\": false }` in config.json, run `monotable deploy`"
                        .to_owned()
                }
                _ => format!("run `aws dynamodb update-table --table-name {name} --no-deletion-protection-enabled`"),
            };
            return Err(Failure::failed(format!(
                "nothing was deleted, because the table {} has deletion protection; {how}, and try again",
                resource.id
            )));
        }
        if !allowed.contains(&resource.id) {
            flags.push(format!("--allow-destructive {}", resource.id));
        }
    }
    match flags.is_empty() {
        true => Ok(()),
        false => Err(Failure::new(
            Code::Refused,
            format!("nothing was deleted, because this loses data. To allow it, add `{}`", flags.join(" ")),
        )),
    }
}
