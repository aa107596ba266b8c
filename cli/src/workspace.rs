//! The `config.json` files of a workspace.

use std::path::{Path, PathBuf};

use monotable_config::{Config, ConfigError};

use crate::failure::{Failure, Result};
use crate::new::Workspace;

/// A table of the workspace.
#[derive(Debug)]
pub struct Project {
    /// The name of its folder.
    pub name: String,
    pub file: PathBuf,
    pub config: Config,
}

impl Project {
    pub fn read(file: &Path) -> Result<Self> {
        let config = Config::read(file).map_err(|error| match error.is_not_found() {
            true => Failure::failed(error.to_string()),
            false => {
                Failure::failed(format!("{}; `monotable validate` shows all mistakes", first_mistake(file, &error)))
            }
        })?;
        let folder =
            file.canonicalize().ok().and_then(|file| Some(file.parent()?.file_name()?.to_string_lossy().into_owned()));
        Ok(Self { name: folder.unwrap_or_default(), file: file.to_owned(), config })
    }
}

/// Returns the first mistake in a file, in the words of `monotable validate`.
fn first_mistake(file: &Path, error: &ConfigError) -> String {
    let problems = std::fs::read_to_string(file).map(|text| Config::check(&text)).unwrap_or_default();
    let Some(problem) = problems.first() else { return error.to_string() };
    let place = problem.position().map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default();
    format!("{}{place}: {}", file.display(), problem.message())
}

/// Returns the `config.json` of the current folder or of a folder above it, or else those of the workspace.
pub fn config_files() -> Result<Vec<PathBuf>> {
    let folder = current_folder()?;
    match Config::find(&folder) {
        Ok(file) => Ok(vec![file]),
        Err(_) => files_of_workspace(&folder),
    }
}

fn files_of_workspace(folder: &Path) -> Result<Vec<PathBuf>> {
    let workspace = Workspace::find(folder)?;
    let mut folders = vec![workspace.root.clone()];
    folders.extend(workspace.members()?.into_iter().filter(|member| *member != workspace.root));
    Ok(folders.into_iter().map(|folder| folder.join("config.json")).filter(|file| file.is_file()).collect())
}

/// Returns the tables of the workspace around the current folder: its root and its members that have a `config.json`.
pub fn projects() -> Result<Vec<Project>> {
    files_of_workspace(&current_folder()?)?.iter().map(|file| Project::read(file)).collect()
}

/// Returns the table that a command is for: the one of the file, or else of the current folder, or else the only one of the workspace.
pub fn project(file: Option<&Path>) -> Result<Project> {
    if let Some(file) = file {
        return Project::read(file);
    }
    if let Ok(file) = Config::find(&current_folder()?) {
        return Project::read(&file);
    }
    let mut projects = projects()?;
    match (projects.pop(), projects.is_empty()) {
        (Some(only), true) => Ok(only),
        (Some(last), false) => {
            let files = projects.iter().chain([&last]).map(|project| project.file.display().to_string());
            let files: Vec<_> = files.collect();
            Err(Failure::usage(format!(
                "the workspace has several tables; choose one with `--config`: {}",
                files.join(", ")
            )))
        }
        (None, _) => {
            Err(Failure::usage("no config.json here; create a table with `monotable new`, or give `--config FILE`"))
        }
    }
}

/// Returns the current folder, without symbolic links.
pub fn current_folder() -> Result<PathBuf> {
    let folder = std::env::current_dir().and_then(dunce::canonicalize);
    folder.map_err(|error| Failure::io("read", Path::new("."), error))
}
