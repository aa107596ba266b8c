//! The options of `monotable new`, and the request that follows from them.

use std::io::IsTerminal;
use std::path::{Component, Path, PathBuf};

use clap::{Args, ValueEnum};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::names::Names;
use super::project::Project;
use super::source::Source;
use super::sqlite;
use super::workspace::Workspace;
use crate::failure::{Failure, Result};
use crate::iac::Iac;
use crate::workspace;

const EXAMPLES: &str = "Examples:
  monotable new orders
  monotable new orders --directory services --table-name order-table --dry-run
  monotable new --answers answers.json

Run it again to update the files that you have not changed. Files that you have changed are kept or merged.";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Options {
    #[command(flatten)]
    answers: Answers,
    /// Read the options from a JSON file. Options on the command line take precedence.
    #[arg(long = "answers", value_name = "FILE")]
    answers_file: Option<PathBuf>,
    /// Do not run `cargo fetch`.
    #[arg(long)]
    pub no_fetch: bool,
    /// Print what would be written, and write nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Show the differences of changed files.
    #[arg(long)]
    pub diff: bool,
    /// A file in conflict that you have merged by hand, by the path that this command prints. Can be given several times.
    #[arg(long, value_name = "FILE")]
    resolved: Vec<PathBuf>,
    /// Do not ask for missing options.
    #[arg(long)]
    no_interactive: bool,
    /// Create a crate outside of any workspace.
    #[arg(long)]
    no_workspace: bool,
    /// Print the JSON Schema of the options, for editors and `--answers`.
    #[arg(long)]
    pub schema: bool,
}

/// The options that describe the project.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Answers {
    /// The name of the project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The folder of all projects, relative to the root of the workspace [default: crates].
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
    /// The folder of this project in that folder [default: the name of the crate].
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub_directory: Option<String>,
    /// The library for the entities.
    #[arg(long, value_enum)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub framework: Option<Framework>,
    /// The name of the table [default: the name of the project].
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table_name: Option<String>,
    /// The infrastructure to generate [default: none].
    #[arg(long, value_enum)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub infra: Option<Infra>,
    /// The language of the infrastructure [default: inherit].
    #[arg(long, value_enum)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iac: Option<IacChoice>,
    /// A checkout of monotable to depend on.
    #[arg(long, value_name = "FOLDER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monotable_path: Option<PathBuf>,
    /// A Git repository of monotable to depend on.
    #[arg(long, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monotable_git: Option<String>,
}

/// The libraries that entities can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Framework {
    /// monotable
    Monotable,
}

/// The infrastructure of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Infra {
    /// The table, and what programs need to find it
    Dynamodb,
    /// No infrastructure
    None,
}

/// The language of the infrastructure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum IacChoice {
    /// The language in `[workspace.metadata.monotable]` of the workspace
    Inherit,
    /// An AWS CDK project
    Cdk,
    /// A Terraform root module
    Terraform,
    /// One CloudFormation template
    Cloudformation,
}

/// A validated request: everything that determines the files.
#[derive(Debug)]
pub struct Request {
    pub names: Names,
    /// The options, with those of the last run.
    pub answers: Answers,
    /// The name of the workspace.
    pub scope: String,
    /// What the crate remembers about the last run, if it exists already.
    pub last: Option<Project>,
    /// `None` for a crate outside of any workspace.
    pub workspace: Option<Workspace>,
    /// The folder that paths are relative to.
    pub root: PathBuf,
    /// The folder of the crate, relative to `root`.
    pub member: PathBuf,
    pub source: Source,
    /// The language of the infrastructure to write; `None` for no infrastructure.
    pub iac: Option<Iac>,
    /// Whether tests can contain the embedded engine.
    pub has_engine: bool,
    /// The files in conflict that the user has merged by hand.
    pub resolved: Vec<PathBuf>,
}

/// Returns the JSON Schema of the answers.
pub fn answers_schema() -> String {
    let schema = schemars::schema_for!(Answers);
    serde_json::to_string_pretty(&schema).unwrap_or_else(|error| unreachable!("a schema is JSON: {error}"))
}

/// Reads the answers, asks for what is missing, and validates everything.
pub fn request(options: Options) -> Result<Request> {
    let mut answers = match &options.answers_file {
        Some(file) => options.answers.or(read_answers(file)?),
        None => options.answers,
    };
    let folder = workspace::current_folder()?;
    let is_terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    if answers.name.is_none() && is_terminal && !options.no_interactive {
        ask(&mut answers, options.no_workspace)?;
    }
    validate(answers, &folder, options.no_workspace, options.resolved)
}

fn validate(answers: Answers, folder: &Path, no_workspace: bool, resolved: Vec<PathBuf>) -> Result<Request> {
    let Some(name) = answers.name.clone() else {
        return Err(Failure::usage("the name of the project is missing: `monotable new NAME`"));
    };
    let workspace = if no_workspace { None } else { Some(Workspace::find(folder)?) };
    let root = workspace.as_ref().map_or_else(|| folder.to_owned(), |workspace| workspace.root.clone());
    let krate = Names::krate(&name)?;
    let last = last_run(&root, workspace.as_ref(), &krate, &answers)?;
    let answers = match &last {
        Some(last) => answers.or(last.answers.clone()),
        None => answers,
    };
    let iac = match answers.infra {
        Some(Infra::Dynamodb) => Some(language(answers.iac, workspace.as_ref())?),
        None if answers.iac.is_some() => return Err(Failure::usage("`--iac` needs `--infra dynamodb`")),
        None | Some(Infra::None) => None,
    };
    let scope = match (&last, &workspace) {
        (Some(last), _) => last.scope.clone(),
        (None, Some(workspace)) => workspace.scope()?,
        (None, None) => String::new(),
    };
    let given = |option: &Option<String>| option.clone().filter(|text| !text.is_empty());
    let names = Names::new(&name, &scope, given(&answers.table_name).as_deref())?;
    let directory =
        given(&answers.directory).unwrap_or_else(|| if no_workspace { ".".into() } else { "crates".into() });
    let sub_directory = given(&answers.sub_directory).unwrap_or_else(|| names.krate.clone());
    let member = relative("--directory", &directory)?.join(relative("--sub-directory", &sub_directory)?);
    if member.as_os_str().is_empty() {
        return Err(Failure::usage("the project needs its own folder: give `--directory` or `--sub-directory`"));
    }
    let source = Source::new(answers.monotable_path.as_deref(), answers.monotable_git.as_deref())?;
    if let Some(workspace) = &workspace {
        check_duplicate(workspace, &names.krate, &root.join(&member))?;
    }
    let has_engine = sqlite::has_engine(&root)?;
    Ok(Request { names, answers, scope, last, workspace, root, member, source, iac, has_engine, resolved })
}

/// Returns the language of the infrastructure.
fn language(choice: Option<IacChoice>, workspace: Option<&Workspace>) -> Result<Iac> {
    let Some(workspace) = workspace else {
        return Err(Failure::usage("infrastructure is for all tables of a workspace; leave `--no-workspace` out"));
    };
    match choice {
        Some(IacChoice::Cdk) => Ok(Iac::Cdk),
        Some(IacChoice::Terraform) => Ok(Iac::Terraform),
        Some(IacChoice::Cloudformation) => Ok(Iac::Cloudformation),
        None | Some(IacChoice::Inherit) => workspace.iac()?.ok_or_else(|| {
            Failure::usage(format!(
                "the language of the infrastructure is missing: give `--iac`, or set `iac` in [workspace.metadata.monotable] of {} to {}",
                workspace.root.join("Cargo.toml").display(),
                Iac::NAMES
            ))
        }),
    }
}

/// Finds what the crate of this name remembers: in the folder of the options, or in a member of the workspace.
fn last_run(root: &Path, workspace: Option<&Workspace>, krate: &str, answers: &Answers) -> Result<Option<Project>> {
    let directory = answers.directory.as_deref().unwrap_or(if workspace.is_some() { "crates" } else { "." });
    let given = root.join(directory).join(answers.sub_directory.as_deref().unwrap_or(krate));
    if let Some(project) = Project::read(&given)? {
        return Ok(Some(project));
    }
    let is_elsewhere = answers.directory.is_some() || answers.sub_directory.is_some();
    let members = if is_elsewhere { Vec::new() } else { workspace.map_or(Ok(Vec::new()), Workspace::members)? };
    for member in members {
        if let Some(project) = Project::read(&member)?
            && project.answers.name.as_deref().is_some_and(|name| Names::krate(name).is_ok_and(|name| name == krate))
        {
            return Ok(Some(project));
        }
    }
    Ok(None)
}

/// A workspace cannot have two packages of one name.
fn check_duplicate(workspace: &Workspace, krate: &str, folder: &Path) -> Result<()> {
    for member in workspace.members()?.into_iter().filter(|member| member != folder) {
        let manifest = std::fs::read_to_string(member.join("Cargo.toml")).unwrap_or_default();
        let package = manifest.parse::<toml_edit::DocumentMut>().ok();
        let name = package.as_ref().and_then(|package| package.get("package")?.get("name")?.as_str());
        if name == Some(krate) {
            return Err(Failure::usage(format!(
                "the workspace has a package `{krate}` in {}; choose another name",
                member.display()
            )));
        }
    }
    Ok(())
}

/// Checks that a path stays in the workspace, and removes its `.` parts.
fn relative(option: &str, path: &str) -> Result<PathBuf> {
    let mut clean = PathBuf::new();
    for part in Path::new(path).components() {
        match part {
            Component::CurDir => {}
            Component::Normal(name) => clean.push(name),
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                return Err(Failure::usage(format!(
                    "`{option} {path}` is outside of the workspace; give a path in it"
                )));
            }
        }
    }
    Ok(clean)
}

impl Answers {
    /// Takes what is missing from `other`.
    fn or(self, other: Self) -> Self {
        Self {
            name: self.name.or(other.name),
            directory: self.directory.or(other.directory),
            sub_directory: self.sub_directory.or(other.sub_directory),
            framework: self.framework.or(other.framework),
            table_name: self.table_name.or(other.table_name),
            infra: self.infra.or(other.infra),
            iac: self.iac.or(other.iac),
            monotable_path: self.monotable_path.or(other.monotable_path),
            monotable_git: self.monotable_git.or(other.monotable_git),
        }
    }
}

fn read_answers(file: &Path) -> Result<Answers> {
    let text = std::fs::read_to_string(file).map_err(|error| Failure::io("read", file, error))?;
    serde_json::from_str(&text).map_err(|error| Failure::usage(format!("{}: {error}", file.display())))
}

/// Asks for the options that are missing, with their defaults.
fn ask(answers: &mut Answers, no_workspace: bool) -> Result<()> {
    let failed = |error: std::io::Error| match error.kind() {
        // Ctrl-C. The prompt has said that it is cancelled.
        std::io::ErrorKind::Interrupted => Failure::exit(130),
        _ => Failure::failed(format!("the answers are missing: {error}")),
    };
    let name: String = cliclack::input("Name of the project")
        .validate(|name: &String| Names::krate(name).map(drop).map_err(|failure| failure.message))
        .interact()
        .map_err(failed)?;
    let ask =
        |question: &str, default: &str| cliclack::input(question).default_input(default).interact().map_err(failed);
    if answers.directory.is_none() {
        answers.directory = Some(ask("Folder of all projects", "crates")?);
    }
    if answers.table_name.is_none() {
        answers.table_name = Some(ask("Name of the table", &name)?);
    }
    if answers.infra.is_none() && !no_workspace {
        let iac = cliclack::select("Infrastructure")
            .item(None, "none", "`monotable synth` or `monotable deploy` can make it later")
            .item(Some(IacChoice::Cloudformation), "CloudFormation", "one template")
            .item(Some(IacChoice::Cdk), "AWS CDK", "a project in TypeScript")
            .item(Some(IacChoice::Terraform), "Terraform", "a root module")
            .interact()
            .map_err(failed)?;
        answers.infra = iac.map(|_| Infra::Dynamodb);
        answers.iac = iac.or(answers.iac);
    }
    answers.name = Some(name);
    Ok(())
}
