//! The plan of a crate with the entities of one table, and of its infrastructure.

use monotable_config::Config;

use super::options::Request;
use super::project::{self, Project};
use super::{port, templates};
use crate::failure::{Failure, Result};
use crate::generate::{self, Plan};
use crate::{application, connect, synth};

pub fn plan(request: &Request) -> Result<Plan> {
    let folder = request.root.join(&request.member);
    let own = Config::read(&folder.join("config.json")).ok().map(|config| config.local_dev.port);
    let siblings = match &request.workspace {
        Some(workspace) => workspace.ports(&folder)?,
        None => Vec::new(),
    };
    let port = port::choose(own, &siblings)?;
    let files_of_last_run = request.last.as_ref().map(|last| last.files.clone()).unwrap_or_default();
    let mut project =
        Project { answers: request.answers.clone(), scope: request.scope.clone(), files: files_of_last_run };
    let generated = templates::files(request, port);
    let mut files = generate::merge(&request.root, &request.member, generated, &mut project.files, &request.resolved)?;
    if let Some(workspace) = &request.workspace {
        files.extend(generate::membership(workspace, &request.member)?);
    }
    Ok(Plan {
        root: request.root.clone(),
        crate_name: request.names.krate.clone(),
        member: request.member.clone(),
        is_new: !folder.exists(),
        files,
        memory: (request.member.join(project::FILE), project.to_json()),
    })
}

/// Decides the infrastructure of all tables of the workspace, with this one, whose files may not exist yet.
pub fn infrastructure(request: &Request, plan: &Plan) -> Result<Option<synth::Plan>> {
    let (Some(iac), Some(workspace)) = (request.iac, &request.workspace) else { return Ok(None) };
    let path = request.member.join("config.json");
    let text = plan.files.iter().find(|file| file.path == path).and_then(|file| file.after()).unwrap_or_default();
    let config = Config::parse(text).map_err(|error| Failure::failed(format!("{}: {error}", path.display())))?;
    let path = path.to_string_lossy().replace('\\', "/");
    let mut tables = application::tables(&request.root)?;
    tables.retain(|table| table.path != path);
    tables.push(application::Table { config, path });
    tables.sort_by(|one, two| one.path.cmp(&two.path));
    let name = application::name(workspace, &tables)?;
    let mut application = application::application(name, &tables);
    application.programs = connect::programs(workspace)?;
    let input = synth::Input { tables: &tables, resolved: &request.resolved };
    synth::plan(&request.root, iac, None, &application, &input).map(Some)
}
