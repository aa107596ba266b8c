//! `monotable synth`: writes the infrastructure of the tables of a workspace.
//!
//! The CloudFormation template and the core of the other outputs belong to the tool, and each run replaces them. All other files belong to the
//! user: they are created once, and then merged.

mod plan;

use std::path::PathBuf;

use clap::Args;

pub use plan::{Input, Plan, plan};

use crate::application;
use crate::connect;
use crate::failure::{Code, Failure, Result};
use crate::iac::{CdkLanguage, Iac};
use crate::merge;
use crate::output::Output;

const EXAMPLES: &str = "Examples:
  monotable synth
  monotable synth --env prod --check
  monotable synth --iac terraform
  monotable synth --iac cdk --cdk-language python

The default language is `iac` in [workspace.metadata.monotable], or else CloudFormation.";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Options {
    /// The language of the output.
    #[arg(long, value_enum)]
    iac: Option<Iac>,
    /// The language of the CDK project [default: typescript].
    #[arg(long, value_enum)]
    cdk_language: Option<CdkLanguage>,
    #[command(flatten)]
    application: application::Selection,
    /// Write nothing, and exit with 4 if a file is out of date.
    #[arg(long)]
    check: bool,
    /// Show the differences of changed files.
    #[arg(long)]
    diff: bool,
    /// A file in conflict that you have merged by hand, by the path that this command prints. Can be given several times.
    #[arg(long, value_name = "FILE")]
    resolved: Vec<PathBuf>,
}

pub fn run(options: &Options, output: Output) -> Result<()> {
    let workspace = application::workspace()?;
    let tables = application::tables(&workspace.root)?;
    let iac = match options.iac {
        Some(iac) => iac,
        None => workspace.iac()?.unwrap_or(Iac::Cloudformation),
    };
    if iac != Iac::Cdk && options.cdk_language.is_some() {
        return Err(Failure::usage("`--cdk-language` needs `--iac cdk`"));
    }
    if iac != Iac::Cloudformation && options.application.env.is_some() {
        let how = if iac == Iac::Cdk { "`cdk synth -c env=NAME`" } else { "`terraform plan -var environment=NAME`" };
        return Err(Failure::usage(format!(
            "the project contains all environments; leave `--env` out, and select one with {how}"
        )));
    }
    let mut application = options.application.application(&workspace, &tables)?;
    application.programs = connect::programs(&workspace)?;
    let input = Input { tables: &tables, resolved: &options.resolved };
    let plan = plan(&workspace.root, iac, options.cdk_language, &application, &input)?;
    merge::report(&plan.files, output, options.diff, false);
    for file in &plan.leftover {
        output.note(&format!(
            "{} belongs to a table or a program that the workspace does not have any more; delete the file if you do not need it",
            file.display()
        ));
    }
    if options.check {
        if plan.files.iter().all(|file| file.action.is_done()) {
            return Ok(());
        }
        output.note("the infrastructure is out of date; run `monotable synth`");
        return Err(Failure::reported(Code::Different));
    }
    plan.write(&workspace.root)
}
