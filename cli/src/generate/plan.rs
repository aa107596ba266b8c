//! The plan: what happens to each file of a generated crate. It is made from the generated files, the files on disk, and the pristine
//! copies of the files that an earlier run has generated.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::failure::Result;
use crate::files;
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

/// What happens to a file.
#[derive(Debug)]
pub struct FilePlan {
    pub path: PathBuf,
    pub action: Action,
    /// The text on disk.
    current: Option<String>,
    /// The text of the template.
    generated: String,
    /// The text to write, if the file changes.
    pub text: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// The file is new.
    Create,
    /// You have not changed the file, and the template has changed.
    Update,
    /// You and the template have changed different parts of the file.
    Merge,
    /// The file is already as the template has it.
    Unchanged,
    /// You have changed the file, and the template has not changed.
    Keep,
    /// You have deleted the file, and it stays deleted.
    Skip,
    /// You and the template have changed the same part of the file. Your version stays.
    Conflict,
}

impl Action {
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Merge => "merge",
            Self::Unchanged => "unchanged",
            Self::Keep => "keep",
            Self::Skip => "skip",
            Self::Conflict => "conflict",
        }
    }
}

impl FilePlan {
    /// Decides what happens to a file.
    fn new(path: PathBuf, generated: String, current: Option<String>, pristine: Option<&str>) -> Self {
        let (action, text) = match (&current, pristine) {
            (None, None) => (Action::Create, Some(generated.clone())),
            (None, Some(_)) => (Action::Skip, None),
            (Some(current), _) if *current == generated => (Action::Unchanged, None),
            (Some(current), Some(pristine)) if current == pristine => (Action::Update, Some(generated.clone())),
            (Some(_), Some(pristine)) if pristine == generated => (Action::Keep, None),
            (Some(current), Some(pristine)) => match diffy::merge(pristine, current, &generated) {
                Ok(merged) => (Action::Merge, Some(merged)),
                Err(_) => (Action::Conflict, None),
            },
            // The file is not from this tool.
            (Some(_), None) => (Action::Conflict, None),
        };
        Self { path, action, current, generated, text }
    }

    /// Returns the text on disk.
    pub fn current(&self) -> Option<&str> {
        self.current.as_deref()
    }

    /// Returns the text of the template.
    pub fn generated(&self) -> &str {
        &self.generated
    }

    /// Ends a conflict with a text that has both changes.
    pub fn resolve(&mut self, merged: String) {
        let is_changed = self.current.as_deref() != Some(merged.as_str());
        self.action = if is_changed { Action::Merge } else { Action::Keep };
        self.text = is_changed.then_some(merged);
    }

    /// Returns the difference between the file on disk and the file after the run, or the template if they conflict.
    pub fn diff(&self) -> Option<String> {
        let current = self.current.as_deref()?;
        let next = match (&self.text, self.action) {
            (Some(text), _) => text,
            (None, Action::Conflict | Action::Keep) => &self.generated,
            (None, _) => return None,
        };
        Some(diffy::create_patch(current, next).to_string())
    }
}

/// Decides what happens to the files of a crate, given as pairs of path and text. `pristine` has the texts of the last run, and gets
/// those of this run.
pub fn merge(
    root: &Path,
    member: &Path,
    generated: Vec<(String, String)>,
    pristine: &mut BTreeMap<String, String>,
) -> Result<Vec<FilePlan>> {
    let mut files = Vec::new();
    for (name, generated) in generated {
        let path = member.join(&name);
        let current = files::read(&root.join(&path))?;
        let file = FilePlan::new(path, generated, current, pristine.get(&name).map(String::as_str));
        // After a conflict the old text stays, so that the next run merges again.
        if file.action != Action::Conflict {
            pristine.insert(name, file.generated.clone());
        }
        files.push(file);
    }
    Ok(files)
}

/// Returns the files of the workspace that change because `member` is in it: the manifest, and a new `.gitignore`.
pub fn membership(workspace: &Workspace, member: &Path) -> Result<Vec<FilePlan>> {
    let manifest = workspace.with_member(&member.to_string_lossy().replace('\\', "/"))?;
    let created = workspace.manifest.is_none();
    let manifest = manifest.map(|text| FilePlan {
        path: "Cargo.toml".into(),
        action: if created { Action::Create } else { Action::Update },
        current: workspace.manifest.clone(),
        generated: text.clone(),
        text: Some(text),
    });
    let mut files: Vec<FilePlan> = manifest.into_iter().collect();
    let ignore = Path::new(".gitignore");
    if created && files::read(&workspace.root.join(ignore))?.is_none() {
        let text = include_str!("../../templates/gitignore").to_owned();
        files.push(FilePlan::new(ignore.to_owned(), text, None, None));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action(generated: &str, current: Option<&str>, pristine: Option<&str>) -> (Action, Option<String>) {
        let file = FilePlan::new("f".into(), generated.into(), current.map(Into::into), pristine);
        (file.action, file.text)
    }

    #[test]
    fn nothing_that_the_user_wrote_is_lost() {
        assert_eq!(action("new", None, None), (Action::Create, Some("new".into())));
        assert_eq!(action("new", None, Some("old")), (Action::Skip, None));
        assert_eq!(action("new", Some("new"), None), (Action::Unchanged, None));
        assert_eq!(action("new", Some("old"), Some("old")), (Action::Update, Some("new".into())));
        assert_eq!(action("old", Some("mine"), Some("old")), (Action::Keep, None));
        assert_eq!(action("new", Some("mine"), Some("old")), (Action::Conflict, None));
        assert_eq!(action("new", Some("mine"), None), (Action::Conflict, None));
        let (old, mine, new) = ("a\nb\nc\nd\ne\n", "mine\na\nb\nc\nd\ne\n", "a\nb\nc\nd\nnew\n");
        assert_eq!(action(new, Some(mine), Some(old)), (Action::Merge, Some("mine\na\nb\nc\nd\nnew\n".into())));
    }
}
