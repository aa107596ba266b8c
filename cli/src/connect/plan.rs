//! The plan of a connected crate.

use super::memory;
use super::request::Request;
use super::{manifest, model, templates};
use crate::failure::Result;
use crate::generate::{self, Plan};
use crate::merge::{Action, FilePlan};
use crate::output::Output;

pub fn plan(request: &Request, output: Output) -> Result<Plan> {
    let root = request.workspace.root.clone();
    let folder = root.join(&request.member);
    let mut remarks = Vec::new();
    let tables = model::tables(&request.tables, &root, &folder, &mut remarks)?;
    for remark in &remarks {
        output.note(remark);
    }
    let generated = templates::files(request, &tables, output)?;
    let is_new = !folder.exists();
    let mut memory = request.memory.clone();
    let is_foreign = !is_new && memory.files.is_empty();
    let mut files = generate::merge(&root, &request.member, generated, &mut memory.files, &request.resolved)?;
    // A source file in conflict may still need the others.
    let is_source_conflict =
        |file: &FilePlan| file.action == Action::Conflict && file.path.extension().is_some_and(|end| end == "rs");
    let has_conflict = files.iter().any(is_source_conflict);
    let abandoned = match has_conflict {
        true => Vec::new(),
        false => generate::abandon(&root, &request.member, &files, &mut memory.files)?,
    };
    for file in abandoned.iter().filter(|file| file.action == Action::Keep) {
        output.note(&format!(
            "{} belongs to an entity or a query that the program does not have any more; delete the file if you do not need it",
            file.path.display()
        ));
    }
    files.extend(abandoned);
    // The user's manifest gets the dependencies that it does not have, even if it cannot be merged.
    for file in files.iter_mut().filter(|file| file.action == Action::Conflict && file.path.ends_with("Cargo.toml")) {
        let merged =
            file.current().map(|current| manifest::with_dependencies(current, file.generated())).transpose()?;
        if let Some(merged) = merged {
            file.resolve(merged);
        }
    }
    if is_foreign {
        output.note(&format!(
            "note: `{}` exists already: its files are kept; call `{}::{}` in your program",
            request.krate,
            request.krate.replace('-', "_"),
            request.kind.entry()
        ));
    }
    files.extend(generate::membership(&request.workspace, &request.member)?);
    Ok(Plan {
        root,
        crate_name: request.krate.clone(),
        member: request.member.clone(),
        is_new,
        files,
        memory: (request.member.join(memory::FILE), memory.to_json()),
    })
}
