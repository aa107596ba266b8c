//! The cargo workspace around a project.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern};
use monotable_config::Config;
use toml_edit::{Array, DocumentMut, Item, Table, Value};

use crate::failure::{Failure, Result};
use crate::files;
use crate::iac::Iac;

const MANIFEST: &str = "Cargo.toml";

/// The root of a workspace, or the folder where one is created.
#[derive(Debug)]
pub struct Workspace {
    pub root: PathBuf,
    /// The text of its `Cargo.toml`; `None` if the file does not exist.
    pub manifest: Option<String>,
}

impl Workspace {
    /// Finds the workspace of a folder: the one that the nearest package names, or the nearest `Cargo.toml` above it with a
    /// `[workspace]`, or else the nearest package, or else the folder itself.
    pub fn find(folder: &Path) -> Result<Self> {
        let mut package = None;
        for root in folder.ancestors() {
            let Some(found) = Self::at(root)? else { continue };
            let document = found.document()?;
            if document.contains_key("workspace") {
                return Ok(found);
            }
            let named = document.get("package").and_then(|package| package.get("workspace")?.as_str());
            if let (None, Some(named)) = (&package, named) {
                let root = found.root.join(named);
                let root =
                    dunce::canonicalize(&root).map_err(|error| Failure::io("find the workspace", &root, error))?;
                return Self::at(&root)?.ok_or_else(|| {
                    let package = found.root.join(MANIFEST);
                    let problem = format!("its workspace, {}, has no Cargo.toml", root.display());
                    Failure::io("use", &package, problem)
                });
            }
            package.get_or_insert(found);
        }
        Ok(package.unwrap_or_else(|| Self { root: folder.to_owned(), manifest: None }))
    }

    fn at(root: &Path) -> Result<Option<Self>> {
        let manifest = files::read(&root.join(MANIFEST))?;
        Ok(manifest.map(|text| Self { root: root.to_owned(), manifest: Some(text) }))
    }

    fn document(&self) -> Result<DocumentMut> {
        let text = self.manifest.as_deref().unwrap_or_default();
        text.parse().map_err(|error| Failure::io("read", &self.root.join(MANIFEST), error))
    }

    /// Returns the name of the workspace, which begins the names of local tables: `scope` in `[workspace.metadata.monotable]`, or
    /// else the name of its folder.
    pub fn scope(&self) -> Result<String> {
        let folder = || self.root.file_name().map(|name| name.to_string_lossy().into_owned());
        Ok(self.given_scope()?.or_else(folder).unwrap_or_default())
    }

    /// Returns `scope` in `[workspace.metadata.monotable]`.
    pub fn given_scope(&self) -> Result<Option<String>> {
        self.metadata("scope")
    }

    /// Returns the language of the infrastructure: `iac` in `[workspace.metadata.monotable]`.
    pub fn iac(&self) -> Result<Option<Iac>> {
        let Some(word) = self.metadata("iac")? else { return Ok(None) };
        match Iac::parse(&word) {
            Some(iac) => Ok(Some(iac)),
            None => Err(Failure::usage(format!(
                "{}: `iac` in [workspace.metadata.monotable] is `{word}`; use {}",
                self.root.join(MANIFEST).display(),
                Iac::NAMES
            ))),
        }
    }

    /// Returns a text in `[workspace.metadata.monotable]`.
    fn metadata(&self, key: &str) -> Result<Option<String>> {
        let document = self.document()?;
        let metadata = document.get("workspace").and_then(|workspace| workspace.get("metadata")?.get("monotable"));
        Ok(metadata.and_then(|metadata| metadata.get(key)?.as_str()).map(str::to_owned))
    }

    /// Returns the folders of its members that exist.
    pub fn members(&self) -> Result<Vec<PathBuf>> {
        let document = self.document()?;
        let workspace = document.get("workspace");
        let folders = |key: &str| -> BTreeSet<PathBuf> {
            let list = workspace.and_then(|workspace| workspace.get(key)?.as_array());
            let patterns = list.into_iter().flat_map(Array::iter).filter_map(Value::as_str);
            patterns.flat_map(|pattern| self.folders(pattern)).collect()
        };
        let excluded = folders("exclude");
        let members = folders("members").into_iter().filter(|folder| !excluded.contains(folder));
        // A killed run leaves a hidden folder.
        let is_hidden =
            |folder: &Path| folder.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        Ok(members.filter(|folder| !is_hidden(folder) && folder.join(MANIFEST).is_file()).collect())
    }

    /// Returns the folders that match a pattern. As for cargo, a pattern without a match is the path of a folder.
    fn folders(&self, pattern: &str) -> Vec<PathBuf> {
        let path = self.root.join(pattern);
        let found = self.has_patterns().then(|| glob::glob(&path.to_string_lossy()).ok()).flatten();
        let found: Vec<_> = found.into_iter().flatten().filter_map(Result::ok).collect();
        if found.is_empty() { vec![path] } else { found }
    }

    /// Returns a member as the manifest has it.
    fn pattern_of(&self, member: &str) -> String {
        if self.has_patterns() { Pattern::escape(member) } else { member.to_owned() }
    }

    /// Whether members can be patterns. cargo matches them with the whole path, so they match nothing if the path of the root has
    /// characters of patterns.
    fn has_patterns(&self) -> bool {
        let root = self.root.to_string_lossy();
        Pattern::escape(&root) == root
    }

    /// Returns the ports in the `config.json` files of the members other than `except`.
    pub fn ports(&self, except: &Path) -> Result<Vec<u16>> {
        let members = self.members()?;
        let others = members.iter().filter(|member| *member != except);
        let configs = others.filter_map(|member| Config::read(&member.join("config.json")).ok());
        Ok(configs.map(|config| config.local_dev.port).collect())
    }

    /// Returns the text of the manifest with `member` in it; `None` if it contains the member already, perhaps by a pattern.
    pub fn with_member(&self, member: &str) -> Result<Option<String>> {
        let Some(text) = &self.manifest else {
            let mut created: DocumentMut = include_str!("../../templates/workspace.toml")
                .parse()
                .unwrap_or_else(|error| unreachable!("the template is valid TOML: {error}"));
            push(members_of(&mut created)?, &self.pattern_of(member));
            return Ok(Some(created.to_string()));
        };
        let mut document = self.document()?;
        let workspace = document.get("workspace");
        let is_excluded =
            |path: &str| matching(workspace.and_then(|workspace| workspace.get("exclude")), path).is_some();
        let member_pattern = |path: &str| matching(workspace.and_then(|workspace| workspace.get("members")), path);
        let manifest = self.root.join(MANIFEST).display().to_string();
        if is_excluded(member) {
            return Err(Failure::usage(format!(
                "{manifest} excludes `{member}` from the workspace; remove it from `exclude`, or choose another folder"
            )));
        }
        // cargo rejects a member that is not a package.
        for parent in Path::new(member).ancestors().skip(1) {
            let path = parent.to_string_lossy();
            if let Some(pattern) = member_pattern(&path)
                && !is_excluded(&path)
                && !self.root.join(parent).join(MANIFEST).is_file()
            {
                return Err(Failure::usage(format!(
                    "`{pattern}` in {manifest} makes `{path}` a member of the workspace, so it cannot contain members; choose another folder, or add it to `exclude`"
                )));
            }
        }
        if member_pattern(member).is_some() {
            return Ok(None);
        }
        push(members_of(&mut document)?, &self.pattern_of(member));
        Ok(Some(files::with_line_ends_of(text, &document.to_string())))
    }
}

/// Returns the first of the patterns in a list that matches a path.
fn matching<'i>(patterns: Option<&'i Item>, path: &str) -> Option<&'i str> {
    let mut patterns = patterns?.as_array()?.iter().filter_map(Value::as_str);
    patterns.find(|pattern| {
        let pattern = pattern.trim_start_matches("./").trim_end_matches('/');
        let separated = MatchOptions { require_literal_separator: true, ..MatchOptions::new() };
        pattern == path || Pattern::new(pattern).is_ok_and(|pattern| pattern.matches_with(path, separated))
    })
}

fn members_of(document: &mut DocumentMut) -> Result<&mut Array> {
    let workspace = document.entry("workspace").or_insert_with(|| Item::Table(Table::new()));
    let members = workspace
        .as_table_like_mut()
        .map(|workspace| workspace.entry("members").or_insert_with(|| Item::Value(Array::new().into())));
    members
        .and_then(Item::as_array_mut)
        .ok_or_else(|| Failure::failed("`workspace.members` in Cargo.toml is not a list of paths; make it one"))
}

/// Adds a path to the list in the format of the list: on its own line if the others are. Comments keep their places.
fn push(members: &mut Array, member: &str) {
    let prefix =
        |value: &Value| value.decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default().to_owned();
    let last = members.iter().last().map(prefix);
    let Some(last) = last else {
        members.push(member);
        return;
    };
    let mut value = Value::from(member);
    let Some((_, indent)) = last.rsplit_once('\n') else {
        value.decor_mut().set_prefix(if members.len() == 1 { " " } else { last.as_str() });
        members.push_formatted(value);
        return;
    };
    // A comment after the last path belongs to that path.
    let trailing = members.trailing().as_str().unwrap_or_default().to_owned();
    let had_comma = members.trailing_comma();
    let (comment, end) = trailing.rsplit_once('\n').unwrap_or((trailing.as_str(), ""));
    match had_comma {
        true => value.decor_mut().set_prefix(format!("{comment}\n{indent}")),
        false => {
            // Without a comma, the comment and the line end belong to the last path.
            let suffix = members.iter().last().and_then(|last| last.decor().suffix()?.as_str()).unwrap_or_default();
            let comment = suffix.trim_end().to_owned();
            if let Some(last) = members.iter_mut().last() {
                last.decor_mut().set_suffix("");
            }
            value.decor_mut().set_prefix(format!("{comment}\n{indent}"));
        }
    }
    members.push_formatted(value);
    members.set_trailing(format!("\n{end}"));
    members.set_trailing_comma(true);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(manifest: &str, member: &str) -> Result<Option<String>> {
        Workspace { root: "/w".into(), manifest: Some(manifest.to_owned()) }.with_member(member)
    }

    #[test]
    fn a_member_is_added_in_the_format_of_the_list() {
        let cases = [
            ("[workspace]\nmembers = []\n", "[workspace]\nmembers = [\"crates/t\"]\n"),
            ("[workspace]\nmembers = [\"a\"]\n", "[workspace]\nmembers = [\"a\", \"crates/t\"]\n"),
            (
                "[workspace]\nmembers = [\"a\", \"b\"] # both\n",
                "[workspace]\nmembers = [\"a\", \"b\", \"crates/t\"] # both\n",
            ),
            (
                "# top\n[workspace]\nmembers = [\n    # first\n    \"a\", # the a\n    \"b\", # the b\n]\nresolver = \"3\"\n",
                "# top\n[workspace]\nmembers = [\n    # first\n    \"a\", # the a\n    \"b\", # the b\n    \"crates/t\",\n]\nresolver = \"3\"\n",
            ),
            ("[workspace]\nmembers = [\n  \"a\"\n]\n", "[workspace]\nmembers = [\n  \"a\",\n  \"crates/t\",\n]\n"),
            ("[package]\nname = \"p\"\n", "[package]\nname = \"p\"\n\n[workspace]\nmembers = [\"crates/t\"]\n"),
        ];
        for (before, after) in cases {
            assert_eq!(with(before, "crates/t").unwrap().unwrap(), after);
        }
    }

    #[test]
    fn a_pattern_that_matches_is_left_alone() {
        for members in ["\"crates/*\"", "\"./crates/t\"", "\"crates/t/\"", "\"other\", \"**/t\""] {
            assert_eq!(with(&format!("[workspace]\nmembers = [{members}]\n"), "crates/t").unwrap(), None, "{members}");
        }
    }

    #[test]
    fn the_line_ends_of_the_manifest_stay() {
        let (before, after) =
            ("[workspace]\nmembers = [\n  \"a\",\n]\n", "[workspace]\nmembers = [\n  \"a\",\n  \"t\",\n]\n");
        assert_eq!(with(&before.replace('\n', "\r\n"), "t").unwrap().unwrap(), after.replace('\n', "\r\n"));
    }

    #[test]
    fn a_folder_below_a_member_is_rejected_with_the_pattern() {
        let error = with("[workspace]\nmembers = [\"crates/*\"]\n", "crates/group/t").unwrap_err();
        assert!(
            error.message.contains("`crates/*` in /w/Cargo.toml makes `crates/group` a member"),
            "{}",
            error.message
        );
        let excluded = "[workspace]\nmembers = [\"crates/*\"]\nexclude = [\"crates/group\"]\n";
        assert!(with(excluded, "crates/group/t").unwrap().unwrap().contains("\"crates/group/t\""));
    }

    #[test]
    fn an_excluded_folder_is_rejected() {
        let error = with("[workspace]\nmembers = []\nexclude = [\"crates\", \"crates/t\"]\n", "crates/t").unwrap_err();
        assert!(error.message.contains("excludes `crates/t`"), "{}", error.message);
    }

    #[test]
    fn a_manifest_that_is_not_toml_is_named() {
        let error = with("[workspace\n", "crates/t").unwrap_err();
        assert!(error.message.contains("/w/Cargo.toml"), "{}", error.message);
    }
}
