//! The crate of an HTTP API, whose routes a Lambda function serves.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use heck::ToSnakeCase;
use serde::Serialize;
use toml_edit::DocumentMut;

use super::memory::Memory;
use super::request::Kind;
use super::source;
use crate::failure::{Failure, Result};
use crate::files;
use crate::new::Workspace;

#[derive(Debug, Serialize)]
pub struct ApiCrate {
    /// The name of its package.
    pub krate: String,
    /// The name of its library.
    pub library: String,
    /// The folder of its package.
    #[serde(skip)]
    path: PathBuf,
    /// The folder, relative to the crate of the function.
    pub folder: String,
}

/// Returns the folders of the crates on which a crate depends by a path.
pub fn dependencies(folder: &Path) -> Result<BTreeSet<PathBuf>> {
    let file = folder.join("Cargo.toml");
    let manifest: DocumentMut =
        files::read(&file)?.unwrap_or_default().parse().map_err(|error| Failure::io("read", &file, error))?;
    let dependencies = manifest.get("dependencies").and_then(|dependencies| dependencies.as_table_like());
    let path = |dependency: &toml_edit::Item| dependency.get("path")?.as_str().map(|path| folder.join(path));
    let paths = dependencies.into_iter().flat_map(|table| table.iter()).filter_map(|(_, dependency)| path(dependency));
    Ok(paths.filter_map(|path| dunce::canonicalize(path).ok()).collect())
}

/// Returns the name of the package in a folder.
pub fn package(folder: &Path) -> Result<Option<String>> {
    Ok(ApiCrate::read(folder.to_owned())?.map(|found| found.krate))
}

impl ApiCrate {
    /// Finds the API of a table. If a table has several, it is the one with the default name, or else the first one.
    pub fn of_table(workspace: &Workspace, table: &str, remarks: &mut Vec<String>) -> Result<Self> {
        let mut found = Vec::new();
        for folder in workspace.members()? {
            let memory = Memory::read(&folder)?.filter(|memory| memory.kind == Kind::Api);
            if memory.is_some_and(|memory| memory.tables.iter().any(|known| known.table == table)) {
                found.extend(Self::read(folder)?);
            }
        }
        found.sort_by_key(|api| (api.krate != format!("{table}-{}", Kind::Api.word()), api.krate.clone()));
        let names: Vec<String> = found.iter().map(|api| format!("`{}`", api.krate)).collect();
        if let [chosen, others @ ..] = &names[..]
            && !others.is_empty()
        {
            remarks.push(format!(
                "note: the function serves the routes of {chosen}; to serve those of {}, change the dependency in its Cargo.toml and the \
                 names in its src/main.rs and src/http.rs",
                others.join(" or ")
            ));
        }
        found.into_iter().next().ok_or_else(|| {
            Failure::usage(format!(
                "`{table}` has no HTTP API, whose routes the function would serve; run `monotable connect api --table {table}` first"
            ))
        })
    }

    fn read(path: PathBuf) -> Result<Option<Self>> {
        let file = path.join("Cargo.toml");
        let Some(text) = files::read(&file)? else { return Ok(None) };
        let manifest: DocumentMut = text.parse().map_err(|error| Failure::io("read", &file, error))?;
        let name = |section: &str| Some(manifest.get(section)?.get("name")?.as_str()?.to_owned());
        let Some(krate) = name("package") else { return Ok(None) };
        let library = name("lib").unwrap_or_else(|| krate.to_snake_case());
        Ok(Some(Self { krate, library, path, folder: String::new() }))
    }

    /// Sets the folder of the crate that depends on this one.
    pub fn seen_from(mut self, folder: &Path) -> Self {
        self.folder = source::relative(folder, &self.path);
        self
    }
}
