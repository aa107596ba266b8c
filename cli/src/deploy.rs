//! `monotable plan`, `deploy`, `diff` and `destroy`: the tables of the workspace as a CloudFormation stack.
//!
//! Each command compares the deployed template with the one of the workspace ([`monotable_infra::change`]). `deploy` executes one wave,
//! and then compares again, so a run stores nothing: after an interruption, the stack says what is left.

mod change_set;
mod destroy;
mod failure;
mod progress;
mod show;
mod stack;
mod tables;

use std::collections::BTreeSet;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use clap::Args;
use monotable_infra::change::{Change, NextStep};
use monotable_infra::{Application, Plan, Template, cloudformation};

use crate::application;
use crate::args::runtime;
use crate::connect;
use crate::failure::{Code, Failure, Result};
use crate::new::Workspace;
use crate::output::{self, Output};
use change_set::{ChangeSet, Prepared};
use progress::Progress;
use stack::{Pauses, Stack};
use tables::Tables;

pub use destroy::{Options as DestroyOptions, run as destroy};

const PLAN_EXAMPLES: &str = "Examples:
  monotable plan
  monotable plan --env prod --profile prod-read";

const DEPLOY_EXAMPLES: &str = "Examples:
  monotable deploy --env dev
  monotable deploy --env prod --yes
  monotable deploy --allow-destructive Orders";

/// How often a request is sent at most. A deployment takes long, and its run should survive a short failure of the network.
const ATTEMPTS: u32 = 5;

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
    /// Accept a loss of data that the plan names. Otherwise, the command exits with 3 if there is one. Can be given several times.
    #[arg(long, value_name = "NAME")]
    allow_destructive: Vec<String>,
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
        let application = Application { programs: connect::programs(&workspace)?, ..self.application(&workspace)? };
        let template = cloudformation::render(&Plan::new(&application)?)?;
        let (stack, tables) = self.stack(&workspace).await?;
        Ok((stack, tables, template))
    }

    async fn stack(&self, workspace: &Workspace) -> Result<(Stack, Tables)> {
        let name = match &self.stack {
            Some(name) => name.clone(),
            // Names of environments can contain `_`, and names of stacks cannot.
            None => Plan::new(&self.application(workspace)?)?.name.replace('_', "-"),
        };
        let config = self.config().await?;
        Ok((Stack { client: aws_sdk_cloudformation::Client::new(&config), name }, Tables::new(&config)))
    }

    fn application(&self, workspace: &Workspace) -> Result<Application> {
        let tables = application::tables(&workspace.root)?;
        // The folder may have another name on another machine, and the tables there would be new ones.
        if self.stack.is_none() && !self.application.is_named(workspace, &tables)? {
            return Err(Failure::usage(
                "the application has no name: set `scope` in [workspace.metadata.monotable] of the root manifest, or give `--app`",
            ));
        }
        self.application.application(workspace, &tables)
    }

    async fn config(&self) -> Result<SdkConfig> {
        let retries = RetryConfig::standard().with_max_attempts(ATTEMPTS);
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).retry_config(retries);
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

/// How the description of each template of this tool begins.
const DESCRIPTION: &str = "Tables of ";

/// The types of the resources in the templates of this tool.
const OWN: [&str; 11] = [
    "AWS::AppConfig::Application",
    "AWS::AppConfig::ConfigurationProfile",
    "AWS::AppConfig::Deployment",
    "AWS::AppConfig::DeploymentStrategy",
    "AWS::AppConfig::Environment",
    "AWS::AppConfig::HostedConfigurationVersion",
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::DynamoDB::Table",
    "AWS::IAM::ManagedPolicy",
    "AWS::KMS::Key",
];

/// Rejects a stack of another program, whose resources a deployment of tables would delete.
fn check_owner(stack: &str, template: &Template) -> Result<()> {
    let kinds = template.resources().map(|(id, resource)| (id, resource["Type"].as_str().unwrap_or_default()));
    let mut foreign = kinds.filter(|(_, kind)| !OWN.contains(kind));
    let what = match (foreign.next(), template.as_value()["Description"].as_str()) {
        (Some((id, kind)), _) => format!("has resources that monotable did not create, such as {id} ({kind})"),
        (None, Some(description)) if description.starts_with(DESCRIPTION) => return Ok(()),
        (None, _) => "was not created by monotable".to_owned(),
    };
    Err(Failure::failed(format!(
        "the stack `{stack}` {what}. Deploy it with the program that created it, or choose another stack with `--stack`"
    )))
}

pub fn plan(options: &PlanOptions, output: Output) -> Result<()> {
    runtime()?.block_on(async {
        let (stack, _, target) = options.target.open().await?;
        let current = deployed(&stack, &Progress::new(output)).await?;
        let change = Change::between(current.as_ref(), &target);
        show::plan(&stack.name, &change, output);
        // A change set for a new stack would create the stack, and say nothing more.
        if let (Some(current), Some(wave)) = (&current, change.waves.first())
            && let Some(set) = change_set::preview(&stack, current, &wave.template).await?
        {
            show::change_set(&set, output);
        }
        permit(&change, &options.allow_destructive)
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
    // A reader that stops early must not stop a deployment.
    let output = output.without_reader();
    runtime()?.block_on(async {
        let (stack, tables, target) = options.target.open().await?;
        let progress = Progress::new(output);
        let mut current = deployed(&stack, &progress).await?;
        let mut change = Change::between(current.as_ref(), &target);
        show::plan(&stack.name, &change, output);
        // All of them, so that no deployment stops halfway.
        change.waves.iter().try_for_each(|wave| stack::body(&wave.template).map(drop))?;
        let mut is_confirmed = options.yes;
        loop {
            permit(&change, &options.allow_destructive)?;
            let Some(wave) = change.waves.first() else { break };
            if !is_confirmed && !output::can_ask() {
                return Err(unconfirmed(
                    &stack,
                    "monotable cannot ask for confirmation without a terminal; add `--yes`",
                ));
            }
            // Another run may have left an index that is not complete yet.
            tables.wait_for(current.as_ref(), &stack, &progress).await?;
            match change_set::prepare(&stack, current.as_ref(), &wave.template).await? {
                Prepared::Ready(set) => {
                    let now = deployed(&stack, &progress).await?;
                    if now != current {
                        // Another run was faster, so this change set is for another change than the one that is permitted.
                        change_set::remove(&stack, &set.id).await?;
                        current = now;
                    } else {
                        show::change_set(&set, output);
                        set.check(&change)?;
                        confirm(&stack, &set, &mut is_confirmed).await?;
                        stack.execute(&set.id, &progress).await?;
                        current = deployed(&stack, &progress).await?;
                        tables.wait_for(current.as_ref(), &stack, &progress).await?;
                    }
                }
                Prepared::Executing => {
                    progress.waiting(&format!("another run changes the stack `{}` in the same way", stack.name));
                    Pauses::new().pause().await;
                    current = deployed(&stack, &progress).await?;
                }
                // The texts differ, but CloudFormation sees no change.
                Prepared::Unchanged => current = Some(wave.template.clone()),
            }
            change = Change::between(current.as_ref(), &target);
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
        format!("nothing was changed, because this change loses data. To allow it, add `{}`", flags.join(" ")),
    ))
}

fn unconfirmed(stack: &Stack, why: &str) -> Failure {
    Failure::new(Code::Refused, format!("the stack `{}` was not changed: {why}", stack.name))
}

/// Asks once, before the first wave: the plan has shown the others.
async fn confirm(stack: &Stack, set: &ChangeSet, is_confirmed: &mut bool) -> Result<()> {
    if *is_confirmed {
        return Ok(());
    }
    if output::agrees(&format!("Change the stack `{}`? [y/N]", stack.name)) {
        *is_confirmed = true;
        return Ok(());
    }
    change_set::remove(stack, &set.id).await?;
    stack.delete_review().await?;
    Err(unconfirmed(stack, "you did not confirm it"))
}
