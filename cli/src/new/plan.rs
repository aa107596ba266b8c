//! The plan: what happens to each file. It is made from the generated files, the files on disk, and the pristine copies of the
//! files that an earlier run has generated.

use std::path::{Path, PathBuf};

use monotable_config::Config;
use serde::Serialize;

use super::options::Request;
use super::project::{self, Project};
use super::{port, templates};
use crate::failure::Result;
use crate::files::{self, Content};

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
    /// Decides what happens to a file. Its line ends do not matter, and stay.
    fn new(path: PathBuf, generated: String, current: Content, pristine: Option<&str>) -> Self {
        let current = match current {
            Content::Text(text) => Some(text),
            Content::Missing => None,
            Content::Binary => return Self { path, action: Action::Conflict, current: None, generated, text: None },
        };
        let (action, text) = match (current.as_deref().map(files::with_line_feeds), pristine) {
            (None, None) => (Action::Create, Some(generated.clone())),
            (None, Some(_)) => (Action::Skip, None),
            (Some(current), _) if current == generated => (Action::Unchanged, None),
            (Some(current), Some(pristine)) if current == pristine => (Action::Update, Some(generated.clone())),
            (Some(_), Some(pristine)) if pristine == generated => (Action::Keep, None),
            (Some(current), Some(pristine)) => match diffy::merge(pristine, &current, &generated) {
                Ok(merged) => (Action::Merge, Some(merged)),
                Err(_) => (Action::Conflict, None),
            },
            // The file is not from this tool.
            (Some(_), None) => (Action::Conflict, None),
        };
        let text = text.map(|text| files::with_line_ends_of(current.as_deref().unwrap_or_default(), &text));
        Self { path, action, current, generated, text }
    }

    /// Returns the difference between the file on disk and the file after the run, or the template if they conflict.
    pub fn diff(&self) -> Option<String> {
        let Some(current) = &self.current else {
            let is_binary = self.action == Action::Conflict;
            return is_binary.then(|| "the file is not UTF-8, so there is no difference to show".to_owned());
        };
        let next = match (&self.text, self.action) {
            (Some(text), _) => text,
            (None, Action::Conflict | Action::Keep) => &self.generated,
            (None, _) => return None,
        };
        let (current, next) = (files::with_line_feeds(current), files::with_line_feeds(next));
        Some(diffy::create_patch(&current, &next).to_string())
    }
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
        let file =
            FilePlan::new(request.member.join(name), generated, current, project.files.get(name).map(String::as_str));
        // After a conflict the old text stays, so that the next run merges again.
        if file.action != Action::Conflict {
            project.files.insert(name.to_owned(), file.generated.clone());
        }
        files.push(file);
    }
    if let Some(workspace) = &request.workspace {
        let member = request.member.to_string_lossy().replace('\\', "/");
        let manifest = workspace.with_member(&member)?;
        let created = workspace.manifest.is_none();
        files.extend(manifest.map(|text| FilePlan {
            path: "Cargo.toml".into(),
            action: if created { Action::Create } else { Action::Update },
            current: workspace.manifest.clone(),
            generated: text.clone(),
            text: Some(text),
        }));
        let ignore = Path::new(".gitignore");
        if created && !request.root.join(ignore).exists() {
            let text = include_str!("../../templates/gitignore").to_owned();
            files.push(FilePlan::new(ignore.to_owned(), text, Content::Missing, None));
        }
    }
    Ok(Plan {
        root: request.root.clone(),
        crate_name: request.names.krate.clone(),
        member: request.member.clone(),
        is_new,
        files,
        project: (request.member.join(project::FILE), project.to_json()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action(generated: &str, current: Option<&str>, pristine: Option<&str>) -> (Action, Option<String>) {
        let current = current.map_or(Content::Missing, |text| Content::Text(text.into()));
        let file = FilePlan::new("f".into(), generated.into(), current, pristine);
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
    #[test]
    fn line_ends_do_not_matter_and_stay() {
        assert_eq!(action("a\nb\n", Some("a\r\nb\r\n"), None), (Action::Unchanged, None));
        assert_eq!(action("new\n", Some("old\r\n"), Some("old\n")), (Action::Update, Some("new\r\n".into())));
        assert_eq!(action("old\n", Some("mine\r\n"), Some("old\n")), (Action::Keep, None));
        let (old, mine, new) = ("a\nb\nc\nd\ne\n", "mine\r\na\r\nb\r\nc\r\nd\r\ne\r\n", "a\nb\nc\nd\nnew\n");
        let merged = "mine\r\na\r\nb\r\nc\r\nd\r\nnew\r\n";
        assert_eq!(action(new, Some(mine), Some(old)), (Action::Merge, Some(merged.into())));
    }

    #[test]
    fn a_file_that_is_not_text_is_a_conflict() {
        for pristine in [None, Some("old"), Some("new")] {
            let file = FilePlan::new("f".into(), "new".into(), Content::Binary, pristine);
            assert_eq!((file.action, &file.text), (Action::Conflict, &None));
            assert!(file.diff().unwrap().contains("not UTF-8"));
        }
    }
}
