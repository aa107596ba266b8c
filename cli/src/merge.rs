//! Generated files that users edit: what happens to each of them when the templates have changed.
//!
//! A file's pristine text is what the last run generated. With it, a run tells the user's changes from those of the templates, and
//! merges both.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::failure::{Failure, Result};
use crate::files::{self, Content};
use crate::output::Output;

/// The generated texts of the last run, by their paths.
pub type Pristine = BTreeMap<String, String>;

/// What happens to a file.
#[derive(Debug)]
pub struct FilePlan {
    /// The path from the root of the workspace.
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
    /// The file has no template any more, and you have not changed it.
    Delete,
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
            Self::Delete => "delete",
        }
    }

    /// Returns `true` if the run has nothing to do for the file.
    pub fn is_done(self) -> bool {
        matches!(self, Self::Unchanged | Self::Keep | Self::Skip)
    }
}

impl FilePlan {
    /// Decides what happens to a file that users edit. Its line ends do not matter, and stay.
    pub fn merged(path: PathBuf, generated: String, current: Content, pristine: Option<&str>) -> Self {
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
                Ok(merged) if merged == current => (Action::Keep, None),
                Ok(merged) => (Action::Merge, Some(merged)),
                Err(_) => (Action::Conflict, None),
            },
            // The file is not from this tool.
            (Some(_), None) => (Action::Conflict, None),
        };
        let text = text.map(|text| files::with_line_ends_of(current.as_deref().unwrap_or_default(), &text));
        Self { path, action, current, generated, text }
    }

    /// Decides what happens to a file that belongs to the tool: each run replaces it.
    pub fn replaced(path: PathBuf, generated: String, current: Option<String>) -> Self {
        let action = match &current {
            None => Action::Create,
            Some(current) if files::with_line_feeds(current) == files::with_line_feeds(&generated) => Action::Unchanged,
            Some(_) => Action::Update,
        };
        let other = current.as_deref().unwrap_or(&generated);
        let text = (action != Action::Unchanged).then(|| files::with_line_ends_of(other, &generated));
        Self { path, action, current, generated, text }
    }

    /// Decides what happens to a file that has no template any more; `None` if it does not exist.
    pub fn abandoned(path: PathBuf, current: Content, pristine: &str) -> Option<Self> {
        let (action, current) = match current {
            Content::Missing => return None,
            Content::Text(text) if files::with_line_feeds(&text) == pristine => (Action::Delete, Some(text)),
            Content::Text(text) => (Action::Keep, Some(text)),
            Content::Binary => (Action::Keep, None),
        };
        Some(Self { path, action, current, generated: String::new(), text: None })
    }

    /// Ends the conflict of a file that the user has merged by hand.
    pub fn resolved(mut self, merged: &[PathBuf]) -> Self {
        if self.action == Action::Conflict && merged.contains(&self.path) {
            self.action = Action::Keep;
        }
        self
    }

    /// Remembers the generated text. After a conflict the old text stays, so that the next run merges again.
    pub fn remember(&self, name: &str, pristine: &mut Pristine) {
        if self.action != Action::Conflict {
            pristine.insert(name.to_owned(), self.generated.clone());
        }
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

    /// Returns the text of the file after the run.
    pub fn after(&self) -> Option<&str> {
        self.text.as_deref().or(self.current.as_deref())
    }

    /// Writes or deletes the file, if it changes.
    pub fn write(&self, root: &Path) -> Result<()> {
        let path = root.join(&self.path);
        match (&self.text, self.action) {
            (Some(text), _) => files::replace(&path, text),
            (None, Action::Delete) => std::fs::remove_file(&path).map_err(|error| Failure::io("delete", &path, error)),
            (None, _) => Ok(()),
        }
    }

    /// Returns the difference between the file on disk and the file after the run, or the template if they conflict.
    fn diff(&self) -> Option<String> {
        let Some(current) = &self.current else {
            let is_binary = self.action == Action::Conflict;
            return is_binary.then(|| "the file is not UTF-8, so the difference cannot be shown".to_owned());
        };
        let next = match (&self.text, self.action) {
            (Some(text), _) => text,
            (None, Action::Conflict | Action::Keep | Action::Delete) => &self.generated,
            (None, _) => return None,
        };
        let (current, next) = (files::with_line_feeds(current), files::with_line_feeds(next));
        Some(diffy::create_patch(&current, &next).to_string())
    }
}

/// A file, as `--json` prints it.
#[derive(Serialize)]
struct Reported<'a> {
    path: &'a Path,
    action: Action,
    #[serde(skip_serializing_if = "Option::is_none")]
    diff: Option<String>,
}

/// Prints what happens to each file.
pub fn report<'a>(plans: impl IntoIterator<Item = &'a FilePlan> + Clone, output: Output, diff: bool, dry_run: bool) {
    for file in plans.clone() {
        let diff = diff.then(|| file.diff()).flatten();
        let text = format!("{:<10} {}", file.action.word(), file.path.display());
        output.result(&Reported { path: &file.path, action: file.action, diff: diff.clone() }, || {
            match (&diff, file.action) {
                (Some(diff), _) => format!("{text}\n{diff}"),
                (None, Action::Unchanged) => String::new(),
                (None, _) => text,
            }
        });
    }
    if plans.clone().into_iter().all(|file| file.action == Action::Unchanged) {
        output.note("everything is up to date");
    }
    if plans.into_iter().any(|file| file.action == Action::Conflict) && !diff {
        output.note(
            "your version of the files in conflict was kept; run the command again with `--diff` to see the differences. When you have merged \
             a file by hand, give its path: `--resolved FILE`",
        );
    }
    if dry_run {
        output.note("dry run: nothing was written");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action(generated: &str, current: Option<&str>, pristine: Option<&str>) -> (Action, Option<String>) {
        let current = current.map_or(Content::Missing, |text| Content::Text(text.into()));
        let file = FilePlan::merged("f".into(), generated.into(), current, pristine);
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
        let conflict = FilePlan::merged("f".into(), "new".into(), Content::Text("mine".into()), Some("old"));
        let mut pristine = Pristine::new();
        conflict.remember("f", &mut pristine);
        assert!(pristine.is_empty(), "the next run reports the conflict again");
        let resolved = conflict.resolved(&["f".into()]);
        resolved.remember("f", &mut pristine);
        assert_eq!((resolved.action, resolved.text, pristine["f"].as_str()), (Action::Keep, None, "new"));
        // The user already has the change of the template.
        let both = "mine\na\nb\nc\nd\nnew\n";
        assert_eq!(action(new, Some(both), Some(old)), (Action::Keep, None));
    }

    #[test]
    fn a_file_without_a_template_is_deleted_only_if_it_is_unchanged() {
        let action = |current| FilePlan::abandoned("f".into(), current, "old\n").map(|file| file.action);
        assert_eq!(action(Content::Missing), None);
        assert_eq!(action(Content::Text("old\r\n".into())), Some(Action::Delete));
        assert_eq!(action(Content::Text("mine\n".into())), Some(Action::Keep));
        assert_eq!(action(Content::Binary), Some(Action::Keep));
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
            let file = FilePlan::merged("f".into(), "new".into(), Content::Binary, pristine);
            assert_eq!((file.action, &file.text), (Action::Conflict, &None));
            assert!(file.diff().unwrap().contains("not UTF-8"));
        }
    }
}
