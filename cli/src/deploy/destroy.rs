//! `monotable destroy`: deletes a stack. Tables and keys that its template retains stay.

use clap::Args;
use monotable_infra::change::{Destruction, NextStep};
use serde::Serialize;

use super::progress::Progress;
use super::{Target, stack};
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
    /// The names of the resources that stay, in AWS.
    names: &'a [String],
}

#[derive(Serialize)]
struct Destroyed<'a> {
    event: &'static str,
    stack: &'a str,
}

pub fn run(options: &Options, output: Output) -> Result<()> {
    runtime()?.block_on(async {
        let (stack, _, _) = options.target.open().await?;
        let progress = Progress::new(output);
        let done = || {
            let text = || format!("the stack `{}` does not exist any more", stack.name);
            output.result(&Destroyed { event: "destroyed", stack: &stack.name }, text);
        };
        let Some(description) = stack.settled(&progress).await? else {
            done();
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
            let mut names = Vec::new();
            for kept in &destruction.kept {
                names.extend(stack.physical_name(&kept.id).await?.map(|name| format!("{} is `{name}`", kept.id)));
            }
            let planned = Planned { event: "plan", stack: &stack.name, destruction: &destruction, names: &names };
            output.result(&planned, || {
                let names: String = names.iter().map(|name| format!("\n  {name}")).collect();
                let names = if names.is_empty() { names } else { format!("\nNames of what is kept:{names}") };
                format!("The deletion of the stack `{}`\n{destruction}{names}", stack.name)
            });
            permit(&destruction, &options.allow_destructive)?;
        }
        confirm(&stack.name, options.yes)?;
        stack.delete(&description, &progress).await?;
        done();
        Ok(())
    })
}

/// Rejects the deletion of tables and keys, unless the user allows each by its name, and a deletion that DynamoDB refuses.
fn permit(destruction: &Destruction, allowed: &[String]) -> Result<()> {
    if let Some(table) = destruction.protected().next() {
        return Err(Failure::failed(format!(
            "nothing was deleted, because the table {} has deletion protection; set `\"deploy\": {{ \"deletionProtection\": false }}` in \
             config.json, run `monotable deploy`, and try again",
            table.id
        )));
    }
    let holds_data = |kind: &str| matches!(kind, "AWS::DynamoDB::Table" | "AWS::KMS::Key");
    let lost = destruction.deleted.iter().filter(|one| holds_data(&one.kind) && !allowed.contains(&one.id));
    let flags: Vec<_> = lost.map(|one| format!("--allow-destructive {}", one.id)).collect();
    match flags.is_empty() {
        true => Ok(()),
        false => Err(Failure::new(
            Code::Refused,
            format!("nothing was deleted, because this loses data; to allow that, add `{}`", flags.join(" ")),
        )),
    }
}

fn confirm(stack: &str, yes: bool) -> Result<()> {
    if yes {
        return Ok(());
    }
    let why = match output::ask(&format!("Delete the stack `{stack}`? [y/N]")) {
        Some(answer) if matches!(answer.to_lowercase().as_str(), "y" | "yes") => return Ok(()),
        Some(_) => "you did not confirm it",
        None => "there is no terminal to confirm it; add `--yes`",
    };
    Err(Failure::new(Code::Refused, format!("the stack `{stack}` was not deleted: {why}")))
}
