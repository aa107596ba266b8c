//! What `synth` writes: every file of the infrastructure, from the tables of the workspace.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use monotable_infra::{Application, File, Owner, Template, cdk, cloudformation, terraform};
use serde::{Deserialize, Serialize};

use crate::application::Table;
use crate::failure::{Failure, Result};
use crate::files;
use crate::iac::{CdkLanguage, Iac};
use crate::merge::{FilePlan, Pristine};

/// The file in the folder of a project with the texts that the last run generated. It is committed with the project.
const RECORD: &str = ".monotable/project.json";

/// The file of a project with the permissions of the connected programs. A workspace without programs has none.
const PROGRAMS: &str = "programs.json";

/// The files of the infrastructure, and what happens to them.
#[derive(Debug)]
pub struct Plan {
    pub files: Vec<FilePlan>,
    /// Files of tables and programs that the workspace no longer has.
    pub leftover: Vec<PathBuf>,
    record: Option<(PathBuf, String)>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Record {
    #[serde(skip_serializing_if = "Option::is_none")]
    cdk_language: Option<CdkLanguage>,
    /// The generated texts of the user's files.
    #[serde(default)]
    files: Pristine,
}

/// What the workspace and the user say.
#[derive(Debug)]
pub struct Input<'a> {
    pub tables: &'a [Table],
    /// The files in conflict that the user has merged by hand.
    pub resolved: &'a [PathBuf],
}

/// Decides what happens to each file. `root` is the folder of the workspace.
pub fn plan(
    root: &Path,
    iac: Iac,
    language: Option<CdkLanguage>,
    application: &Application,
    input: &Input<'_>,
) -> Result<Plan> {
    let configs: BTreeMap<_, _> =
        input.tables.iter().map(|table| (table.config.runtime_config_key.clone(), table.path.clone())).collect();
    match iac {
        Iac::Cloudformation => templates(root, application),
        Iac::Terraform => {
            let folder = Path::new("infra/terraform");
            let record = read(&root.join(folder))?;
            project(root, folder, terraform::render(application, &configs)?, record, input.resolved)
        }
        Iac::Cdk => {
            let folder = Path::new("infra/cdk");
            let mut record = read(&root.join(folder))?;
            let language = cdk_language(language, record.cdk_language)?;
            record.cdk_language = Some(language);
            let language = match language {
                CdkLanguage::Typescript => cdk::Language::TypeScript,
                CdkLanguage::Python => cdk::Language::Python,
            };
            project(root, folder, cdk::render(language, application, &configs)?, record, input.resolved)
        }
    }
}

impl Plan {
    pub fn write(&self, root: &Path) -> Result<()> {
        self.files.iter().try_for_each(|file| file.write(root))?;
        match &self.record {
            Some((path, text)) if files::read(&root.join(path))?.as_ref() != Some(text) => {
                files::replace(&root.join(path), text)
            }
            _ => Ok(()),
        }
    }
}

/// The template of the tables, and the one of the functions, if a program has any.
fn templates(root: &Path, application: &Application) -> Result<Plan> {
    let planned = monotable_infra::Plan::new(application)?;
    let name = match &application.environment {
        Some(environment) => format!("{}.{environment}", application.name),
        None => application.name.clone(),
    };
    let folder = Path::new("infra/cloudformation");
    let replaced = |path: PathBuf, template: Template| -> Result<FilePlan> {
        let current = files::read(&root.join(&path))?;
        Ok(FilePlan::replaced(path, template.to_json(), current))
    };
    let path = folder.join(format!("{name}.template.json"));
    let mut plan =
        Plan { files: vec![replaced(path, cloudformation::render(&planned)?)?], leftover: Vec::new(), record: None };
    let path = folder.join(format!("{name}.functions.template.json"));
    match cloudformation::render_functions(&planned)? {
        Some(template) => plan.files.push(replaced(path, template)?),
        None if root.join(&path).exists() => plan.leftover.push(path),
        None => {}
    }
    Ok(plan)
}

/// A project cannot change its language, because the user's files are in the old one.
fn cdk_language(given: Option<CdkLanguage>, recorded: Option<CdkLanguage>) -> Result<CdkLanguage> {
    match (given, recorded) {
        (Some(given), Some(recorded)) if given != recorded => Err(Failure::usage(
            "infra/cdk is a project in another language; leave `--cdk-language` out, or move the folder away first",
        )),
        (given, recorded) => Ok(given.or(recorded).unwrap_or(CdkLanguage::Typescript)),
    }
}

fn read(folder: &Path) -> Result<Record> {
    let path = folder.join(RECORD);
    let parse = |text: String| serde_json::from_str(&text).map_err(|error| Failure::io("read", &path, error));
    files::read(&path)?.map_or_else(|| Ok(Record::default()), parse)
}

fn project(root: &Path, folder: &Path, rendered: Vec<File>, mut record: Record, resolved: &[PathBuf]) -> Result<Plan> {
    let before = std::mem::take(&mut record.files);
    let has_programs = rendered.iter().any(|file| file.path == PROGRAMS);
    let mut files = Vec::with_capacity(rendered.len());
    for file in rendered {
        let path = folder.join(&file.path);
        files.push(match file.owner {
            Owner::Generated => {
                let current = files::read(&root.join(&path))?;
                FilePlan::replaced(path, file.text, current)
            }
            Owner::User => {
                let current = files::content(&root.join(&path))?;
                let pristine = before.get(&file.path);
                let planned =
                    FilePlan::merged(path, file.text, current, pristine.map(String::as_str)).resolved(resolved);
                record.files.extend(pristine.map(|text| (file.path.clone(), text.clone())));
                planned.remember(&file.path, &mut record.files);
                planned
            }
        });
    }
    let mut leftover = Vec::new();
    if !has_programs && root.join(folder).join(PROGRAMS).exists() {
        leftover.push(folder.join(PROGRAMS));
    }
    for (name, text) in before {
        let path = folder.join(&name);
        if !record.files.contains_key(&name) && root.join(&path).exists() {
            leftover.push(path);
            record.files.insert(name, text);
        }
    }
    let text =
        serde_json::to_string_pretty(&record).unwrap_or_else(|error| unreachable!("strings have a JSON form: {error}"));
    Ok(Plan { files, leftover, record: Some((folder.join(RECORD), text + "\n")) })
}
