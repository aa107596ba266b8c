//! `monotable plan`, `deploy`, `diff` and `destroy`: the tables of the workspace as a CloudFormation stack.
//!
//! Each command compares the deployed template with the one of the workspace ([`monotable_infra::change`]). `deploy` executes one wave,
//! and then compares again, so an interrupted run needs no notes of its own: the stack says what is left.

mod change_set;
mod destroy;
mod failure;
mod progress;
mod show;
mod stack;
mod tables;

use std::collections::BTreeSet;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use clap::Args;
use monotable_infra::change::{Change, NextStep};
use monotable_infra::{Plan, Template};

use crate::application;
use crate::args::runtime;
use crate::connect;
use crate::failure::{Code, Failure, Result};
use crate::output::{self, Output};
use change_set::ChangeSet;
use progress::Progress;
use stack::Stack;
use tables::Tables;

pub use destroy::{Options as DestroyOptions, run as destroy};

const PLAN_EXAMPLES: &str = "Examples:
  monotable plan
  monotable plan --env prod --profile prod-read";

const DEPLOY_EXAMPLES: &str = "Examples:
  monotable deploy --env dev
  monotable deploy --env prod --yes
  monotable deploy --allow-destructive Orders";

/// Which stack, and where it is.
#[derive(Args)]
pub struct Target {
    #[command(flatten)]
    application: application::Selection,
    /// The name of the stack. The default is the name of the application, with the environment: `shop-prod`.
    #[arg(long, value_name = "NAME")]
    stack: Option<String>,
    /// The AWS region.
    #[arg(long)]
    region: Option<String>,
    /// The profile in the AWS configuration.
    #[arg(long)]
    profile: Option<String>,
}

#[derive(Args)]
#[command(after_help = PLAN_EXAMPLES)]
pub struct PlanOptions {
    #[command(flatten)]
    target: Target,
}

#[derive(Args)]
pub struct DiffOptions {
    #[command(flatten)]
    target: Target,
}

#[derive(Args)]
#[command(after_help = DEPLOY_EXAMPLES)]
pub struct DeployOptions {
    #[command(flatten)]
    target: Target,
    /// Do not ask for confirmation.
    #[arg(long)]
    yes: bool,
    /// Allow the loss of data that the plan names. Can be given several times.
    #[arg(long, value_name = "NAME")]
    allow_destructive: Vec<String>,
}

impl Target {
    /// Returns the stack, its tables, and the template of the workspace. Mistakes in config.json are found before any request.
    async fn open(&self) -> Result<(Stack, Tables, Template)> {
        let workspace = application::workspace()?;
        let tables = application::tables(&workspace.root)?;
        let application = self.application.application(&workspace, &tables)?;
        let template = application::template(&application, &connect::programs(&workspace)?)?;
        let name = self.stack.clone().unwrap_or(Plan::new(&application)?.name);
        let config = self.config().await?;
        let stack = Stack { client: aws_sdk_cloudformation::Client::new(&config), name };
        Ok((stack, Tables::new(&config), template))
    }

    async fn config(&self) -> Result<SdkConfig> {
        let mut loader = aws_config::defaults(BehaviorVersion::latest());
        if let Some(region) = &self.region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some(profile) = &self.profile {
            loader = loader.profile_name(profile);
        }
        let config = loader.load().await;
        match config.region().is_some_and(|region| !region.as_ref().is_empty()) {
            true => Ok(config),
            false => Err(Failure::usage("no region: give `--region`, or set AWS_REGION")),
        }
    }
}

/// Returns the deployed template; `None` if there is none.
async fn deployed(stack: &Stack, progress: &Progress) -> Result<Option<Template>> {
    let Some(description) = stack.settled(progress).await? else { return Ok(None) };
    let state = stack::state(&description);
    match state.to_deploy {
        NextStep::Create | NextStep::Reuse => Ok(None),
        NextStep::Update => {
            let template = stack.template().await?;
            check_owner(&stack.name, &template)?;
            Ok(Some(template))
        }
        _ => Err(Failure::failed(state.to_string())),
    }
}

/// The types of the resources in the templates of this tool.
const OWN: [&str; 5] = [
    "AWS::AppConfig::",
    "AWS::ApplicationAutoScaling::",
    "AWS::DynamoDB::Table",
    "AWS::IAM::ManagedPolicy",
    "AWS::KMS::Key",
];

/// Rejects a stack with resources that a deployment of tables would delete, because another program deploys them.
fn check_owner(stack: &str, template: &Template) -> Result<()> {
    let kinds = template.resources().map(|(id, resource)| (id, resource["Type"].as_str().unwrap_or_default()));
    let mut foreign = kinds.filter(|(_, kind)| !OWN.iter().any(|own| kind.starts_with(own)));
    match foreign.next() {
        None => Ok(()),
        Some((id, kind)) => Err(Failure::failed(format!(
            "the stack `{stack}` has resources that are not from config.json, such as {id} ({kind}). Deploy it with the program that has created \
             it, or choose another stack with `--stack`"
        ))),
    }
}

pub fn plan(options: &PlanOptions, output: Output) -> Result<()> {
    runtime()?.block_on(async {
        let (stack, _, target) = options.target.open().await?;
        let progress = Progress::new(output);
        let is_known = stack.describe().await?.is_some();
        let current = deployed(&stack, &progress).await?;
        let change = Change::between(current.as_ref(), &target);
        show::plan(&stack.name, &change, output);
        let Some(wave) = change.waves.first() else { return Ok(()) };
        if let Some(set) = change_set::prepare(&stack, current.as_ref(), &wave.template).await? {
            show::change_set(&set, output);
            change_set::remove(&stack, &set.id).await?;
        }
        // A change set for a new stack creates an empty stack, which only exists for its review.
        if !is_known && let Some(review) = stack.describe().await? {
            stack.delete(&review, &Progress::silent()).await?;
        }
        Ok(())
    })
}

pub fn diff(options: &DiffOptions, output: Output) -> Result<()> {
    runtime()?.block_on(async {
        let (stack, _, target) = options.target.open().await?;
        let current = deployed(&stack, &Progress::new(output)).await?;
        let change = Change::between(current.as_ref(), &target);
        show::differences(&stack.name, &change, output);
        match change.differences.is_empty() {
            true => Ok(()),
            false => Err(Failure::reported(Code::Different)),
        }
    })
}

pub fn deploy(options: &DeployOptions, output: Output) -> Result<()> {
    runtime()?.block_on(async {
        let (stack, tables, target) = options.target.open().await?;
        let progress = Progress::new(output);
        let mut current = deployed(&stack, &progress).await?;
        let mut is_confirmed = options.yes;
        let mut is_shown = false;
        loop {
            let change = Change::between(current.as_ref(), &target);
            if !is_shown {
                show::plan(&stack.name, &change, output);
                is_shown = true;
            }
            permit(&change, &options.allow_destructive)?;
            let Some(wave) = change.waves.first() else { break };
            // A run that was killed may have left an index that is not complete yet.
            tables.wait_for(&wave.indexes, &stack, &progress).await?;
            match change_set::prepare(&stack, current.as_ref(), &wave.template).await? {
                Some(set) => {
                    show::change_set(&set, output);
                    confirm(&stack, &set, &mut is_confirmed).await?;
                    stack.execute(&set.id, &progress).await?;
                    tables.wait_for(&wave.indexes, &stack, &progress).await?;
                    current = deployed(&stack, &progress).await?;
                }
                // The templates differ, but not for CloudFormation.
                None => current = Some(wave.template.clone()),
            }
        }
        let outputs = stack.describe().await?.map(|description| description.outputs().to_vec()).unwrap_or_default();
        show::outputs(&stack.name, &outputs, output);
        Ok(())
    })
}

/// Rejects a change that loses data, unless the user allows each loss by its name, and a change that CloudFormation cannot make.
fn permit(change: &Change, allowed: &[String]) -> Result<()> {
    if let Some(loss) = change.losses.iter().find(|loss| loss.refused.is_some()) {
        return Err(Failure::failed(format!("nothing was changed: {loss}")));
    }
    let forbidden = change.losses_not_in(allowed);
    if forbidden.is_empty() {
        return Ok(());
    }
    let names: BTreeSet<_> = forbidden.iter().map(|loss| loss.name.as_str()).collect();
    let flags: Vec<_> = names.into_iter().map(|name| format!("--allow-destructive {name}")).collect();
    Err(Failure::new(
        Code::Refused,
        format!("nothing was changed, because the plan loses data; to allow that, add `{}`", flags.join(" ")),
    ))
}

/// Asks once, before the first wave: the plan has shown the others.
async fn confirm(stack: &Stack, set: &ChangeSet, is_confirmed: &mut bool) -> Result<()> {
    if *is_confirmed {
        return Ok(());
    }
    let why = match output::ask(&format!("Change the stack `{}`? [y/N]", stack.name)) {
        Some(answer) if matches!(answer.to_lowercase().as_str(), "y" | "yes") => {
            *is_confirmed = true;
            return Ok(());
        }
        Some(_) => "you did not confirm it".to_owned(),
        None => "there is no terminal to confirm it; add `--yes`".to_owned(),
    };
    change_set::remove(stack, &set.id).await?;
    Err(Failure::new(Code::Refused, format!("the stack `{}` was not changed: {why}", stack.name)))
}
