//! `monotable synth`: writes the infrastructure of the tables of a workspace.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use monotable_infra::cloudformation;
use monotable_infra::plan::{Application, Plan};
use serde::Serialize;

use crate::failure::{Code, Failure, Result};
use crate::files;
use crate::new::{self, Workspace};
use crate::output::Output;
use crate::workspace;

const EXAMPLES: &str = "Examples:
  monotable synth
  monotable synth --env prod --check
  aws cloudformation deploy --stack-name shop --template-file infra/cloudformation/shop.template.json";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Options {
    /// The language of the output.
    #[arg(long, value_enum, default_value_t = Language::Cloudformation)]
    iac: Language,
    /// The environment of `deploy.environments` in config.json whose settings apply.
    #[arg(long, value_name = "ENVIRONMENT")]
    env: Option<String>,
    /// The name of the application. The default is `scope` in [workspace.metadata.monotable], or the name of the workspace when its
    /// first table was created.
    #[arg(long, value_name = "NAME")]
    app: Option<String>,
    /// A table of another stack, which programs find like the tables of this application.
    #[arg(long, value_name = "KEY=NAME", value_parser = pair)]
    extra_table: Vec<(String, String)>,
    /// The id of an existing AppConfig deployment strategy. An AWS account can have 20 of them.
    #[arg(long, value_name = "ID")]
    deployment_strategy: Option<String>,
    /// Write nothing, and exit with 4 if the file is out of date.
    #[arg(long)]
    check: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Language {
    Cloudformation,
    Cdk,
    Terraform,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Action {
    Written,
    UpToDate,
    OutOfDate,
}

/// A file of the output, as `--json` prints it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    path: PathBuf,
    action: Action,
}

pub fn run(options: Options, output: Output) -> Result<()> {
    if options.iac != Language::Cloudformation {
        return Err(Failure::usage("this version writes only CloudFormation; leave `--iac` out"));
    }
    let check = options.check;
    let root = Workspace::find(&workspace::current_folder()?)?.root;
    let environment = options.env.clone();
    let application = application(options)?;
    let failed = |error: monotable_infra::Error| Failure::failed(error.to_string());
    let plan = Plan::new(&application).map_err(failed)?;
    let text = cloudformation::render(&plan).map_err(failed)?.to_json();
    let name = match environment {
        Some(environment) => format!("{}.{environment}.template.json", application.name),
        None => format!("{}.template.json", application.name),
    };
    let path = PathBuf::from("infra/cloudformation").join(name);
    let file = root.join(&path);
    let is_current = files::read(&file)?.is_some_and(|current| current == text);
    let action = match (is_current, check) {
        (true, _) => Action::UpToDate,
        (false, true) => Action::OutOfDate,
        (false, false) => {
            files::replace(&file, &text)?;
            Action::Written
        }
    };
    let line = match action {
        Action::Written => format!("wrote {}", path.display()),
        Action::UpToDate => format!("{} is up to date", path.display()),
        Action::OutOfDate => format!("{} is out of date; run `monotable synth`", path.display()),
    };
    output.result(&Written { path, action }, || line);
    match action {
        Action::OutOfDate => Err(Failure::reported(Code::Different)),
        _ => Ok(()),
    }
}

fn application(options: Options) -> Result<Application> {
    let projects = workspace::projects()?;
    if projects.is_empty() {
        return Err(Failure::usage("the workspace has no tables; `monotable new NAME` creates one"));
    }
    let name = match options.app {
        Some(name) => name,
        None => new::application_name(&projects)?,
    };
    let mut extra_tables = BTreeMap::new();
    for (key, name) in options.extra_table {
        if extra_tables.insert(key.clone(), name).is_some() {
            return Err(Failure::usage(format!("`--extra-table` has the key `{key}` twice")));
        }
    }
    Ok(Application {
        name,
        // Not the name of the folder: an id in a deployed stack must survive a move.
        tables: projects
            .into_iter()
            .map(|project| (project.config.runtime_config_key.clone(), project.config))
            .collect(),
        environment: options.env,
        extra_tables,
        deployment_strategy: options.deployment_strategy,
    })
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, name)) if !key.is_empty() && !name.is_empty() => Ok((key.to_owned(), name.to_owned())),
        _ => Err("give the key and the name of the table, such as `Orders=prod-orders`".to_owned()),
    }
}
