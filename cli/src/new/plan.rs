//! The plan: what happens to each file. It is made from the generated files, the files on disk, and the pristine copies of the
//! files that an earlier run has generated.

use std::path::{Path, PathBuf};

use super::options::Request;
use super::project::{self, Project};
use super::workspace::Workspace;
use super::{port, templates};
use crate::failure::{Failure, Result};
use crate::files::{self, Content};
use crate::iac::Iac;
use crate::merge::FilePlan;
use crate::{application, synth};
use monotable_config::Config;

/// Everything that [`apply`](super::apply) writes.
#[derive(Debug)]
pub struct Plan {
    /// The folder that all paths are relative to.
    pub root: PathBuf,
    pub crate_name: String,
    /// The folder of the crate.
    pub member: PathBuf,
    /// Whether the folder of the crate does not exist yet.
    pub is_new: bool,
    pub files: Vec<FilePlan>,
    /// The path and the text of what the crate remembers about this run.
    pub project: (PathBuf, String),
    /// The infrastructure of all tables of the workspace.
    pub infrastructure: Option<synth::Plan>,
}

pub fn plan(request: &Request) -> Result<Plan> {
    let folder = request.root.join(&request.member);
    let own = Config::read(&folder.join("config.json")).ok().map(|config| config.local_dev.port);
    let siblings = match &request.workspace {
        Some(workspace) => workspace.ports(&folder)?,
        None => Vec::new(),
    };
    let port = port::choose(own, &siblings)?;
    let is_new = !folder.exists();
    let files_of_last_run = request.last.as_ref().map(|last| last.files.clone()).unwrap_or_default();
    let mut project =
        Project { answers: request.answers.clone(), scope: request.scope.clone(), files: files_of_last_run };
    let mut files = Vec::new();
    for (name, generated) in templates::files(request, port) {
        let current = files::content(&folder.join(name))?;
        let pristine = project.files.get(name).map(String::as_str);
        let file = FilePlan::merged(request.member.join(name), generated, current, pristine);
        file.remember(name, &mut project.files);
        files.push(file);
    }
    if let Some(workspace) = &request.workspace {
        let member = request.member.to_string_lossy().replace('\\', "/");
        let manifest = workspace.with_member(&member)?;
        let created = workspace.manifest.is_none();
        files.extend(manifest.map(|text| FilePlan::replaced("Cargo.toml".into(), text, workspace.manifest.clone())));
        let ignore = Path::new(".gitignore");
        if created && !request.root.join(ignore).exists() {
            let text = include_str!("../../templates/gitignore").to_owned();
            files.push(FilePlan::merged(ignore.to_owned(), text, Content::Missing, None));
        }
    }
    let infrastructure = match (request.iac, &request.workspace) {
        (Some(iac), Some(workspace)) => Some(infrastructure(request, iac, workspace, &files)?),
        _ => None,
    };
    Ok(Plan {
        root: request.root.clone(),
        crate_name: request.names.krate.clone(),
        member: request.member.clone(),
        is_new,
        files,
        project: (request.member.join(project::FILE), project.to_json()),
        infrastructure,
    })
}

/// Decides the infrastructure of all tables of the workspace, with this one, whose files may not exist yet.
fn infrastructure(request: &Request, iac: Iac, workspace: &Workspace, files: &[FilePlan]) -> Result<synth::Plan> {
    let path = request.member.join("config.json");
    let text = files.iter().find(|file| file.path == path).and_then(FilePlan::after).unwrap_or_default();
    let config = Config::parse(text).map_err(|error| Failure::failed(format!("{}: {error}", path.display())))?;
    let path = path.to_string_lossy().replace('\\', "/");
    let mut tables = application::tables(&request.root)?;
    tables.retain(|table| table.path != path);
    tables.push(application::Table { config, path });
    tables.sort_by(|one, two| one.path.cmp(&two.path));
    let name = match &request.last {
        Some(last) => last.scope.clone(),
        None => application::name(workspace, &tables)?,
    };
    synth::plan(&request.root, iac, None, &application::application(name, &tables), &tables)
}
