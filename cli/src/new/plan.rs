//! The plan of a crate with the entities of one table.

use monotable_config::Config;

use super::options::Request;
use super::project::{self, Project};
use super::{port, templates};
use crate::failure::Result;
use crate::generate::{self, Plan};

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
    let mut files = generate::merge(&request.root, &request.member, generated, &mut project.files)?;
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
