//! The plan: what happens to each file of a generated crate. It is made from the generated files, the files on disk, and the pristine
//! copies of the files that an earlier run has generated.

use std::path::{Path, PathBuf};

use crate::failure::Result;
use crate::files::{self, Content};
use crate::merge::{Action, FilePlan, Pristine};
use crate::new::Workspace;

/// Everything that [`apply`](super::apply::apply) writes.
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
    pub memory: (PathBuf, String),
}

/// Decides what happens to the files of a crate, given as pairs of path and text. `pristine` has the texts of the last run, and gets
/// those of this run.
pub fn merge(
    root: &Path,
    member: &Path,
    generated: Vec<(String, String)>,
    pristine: &mut Pristine,
    resolved: &[PathBuf],
) -> Result<Vec<FilePlan>> {
    let mut files = Vec::new();
    for (name, generated) in generated {
        let path = member.join(&name);
        let current = files::content(&root.join(&path))?;
        let file =
            FilePlan::merged(path, generated, current, pristine.get(&name).map(String::as_str)).resolved(resolved);
        file.remember(&name, pristine);
        files.push(file);
    }
    Ok(files)
}

/// Decides what happens to the files of the last run that `files` does not contain.
pub fn abandon(root: &Path, member: &Path, files: &[FilePlan], pristine: &mut Pristine) -> Result<Vec<FilePlan>> {
    let is_generated = |name: &String| files.iter().any(|file| file.path == member.join(name));
    let names: Vec<String> = pristine.keys().filter(|name| !is_generated(name)).cloned().collect();
    let mut abandoned = Vec::new();
    for name in names {
        let path = member.join(&name);
        let file = FilePlan::abandoned(path.clone(), files::content(&root.join(path))?, &pristine[&name]);
        // A changed file is remembered, so that each run reports it, and that it can be merged if it gets its template back.
        if file.as_ref().is_none_or(|file| file.action == Action::Delete) {
            pristine.remove(&name);
        }
        abandoned.extend(file);
    }
    Ok(abandoned)
}

/// Returns the files of the workspace that change because `member` is in it: the manifest, and a new `.gitignore`.
pub fn membership(workspace: &Workspace, member: &Path) -> Result<Vec<FilePlan>> {
    let manifest = workspace.with_member(&member.to_string_lossy().replace('\\', "/"))?;
    let mut files = Vec::new();
    let ignore = Path::new(".gitignore");
    if workspace.manifest.is_none() && !workspace.root.join(ignore).exists() {
        let text = include_str!("../../templates/gitignore").to_owned();
        files.push(FilePlan::merged(ignore.to_owned(), text, Content::Missing, None));
    }
    // The manifest is last: until then, cargo does not know the crate.
    files.extend(manifest.map(|text| FilePlan::replaced("Cargo.toml".into(), text, workspace.manifest.clone())));
    Ok(files)
}
