//! The application that the tables of a workspace belong to: what is deployed together.

use std::collections::BTreeMap;
use std::path::Path;

use clap::Args;
use monotable_config::Config;
use monotable_infra::plan::Application;

use crate::failure::{Failure, Result};
use crate::new::{self, Workspace};
use crate::workspace::{self, Project};

/// The options that decide what is deployed.
#[derive(Args)]
pub struct Selection {
    /// The environment of `deploy.environments` in config.json whose settings apply.
    #[arg(long, value_name = "ENVIRONMENT")]
    pub env: Option<String>,
    /// The name of the application. The default is `scope` in [workspace.metadata.monotable], or the name of the workspace when its
    /// first table was created.
    #[arg(long, value_name = "NAME")]
    app: Option<String>,
    /// A table of another stack, which programs find like the tables of this application.
    #[arg(long, value_name = "KEY=NAME", value_parser = pair)]
    extra_table: Vec<(String, String)>,
    /// The id of an existing AppConfig deployment strategy. An AWS account can have 20 of them.
    #[arg(long, value_name = "ID")]
    deployment_strategy: Option<String>,
}

/// A table of the application.
#[derive(Debug, Clone)]
pub struct Table {
    pub config: Config,
    /// The path of its `config.json` from the root of the workspace, with `/` between its parts.
    pub path: String,
}

impl Selection {
    /// Returns whether the name of the application is the same on every machine.
    #[cfg(feature = "deployed")]
    pub fn is_named(&self, workspace: &Workspace, tables: &[Table]) -> Result<bool> {
        Ok(self.app.is_some() || tables.is_empty() || recorded_name(workspace, tables)?.is_some())
    }

    /// Describes the application of these tables.
    pub fn application(&self, workspace: &Workspace, tables: &[Table]) -> Result<Application> {
        if tables.is_empty() {
            return Err(Failure::usage("the workspace has no tables; `monotable new NAME` creates one"));
        }
        let name = match &self.app {
            Some(name) => name.clone(),
            None => name(workspace, tables)?,
        };
        let mut extra_tables = BTreeMap::new();
        for (key, name) in &self.extra_table {
            if extra_tables.insert(key.clone(), name.clone()).is_some() {
                return Err(Failure::usage(format!("`--extra-table` has the key `{key}` twice")));
            }
        }
        Ok(Application {
            environment: self.env.clone(),
            extra_tables,
            deployment_strategy: self.deployment_strategy.clone(),
            ..application(name, tables)
        })
    }
}

/// Describes the application of these tables with the default of each option.
pub fn application(name: String, tables: &[Table]) -> Application {
    // The key and not the name of the folder: an id in a deployed stack must survive a move.
    let named = |table: &Table| (table.config.runtime_config_key.clone(), table.config.clone());
    Application { name, tables: tables.iter().map(named).collect(), ..Application::default() }
}

/// Returns the name of the application of a workspace.
pub fn name(workspace: &Workspace, tables: &[Table]) -> Result<String> {
    match recorded_name(workspace, tables)? {
        Some(name) => Ok(name),
        None => workspace.scope(),
    }
}

fn recorded_name(workspace: &Workspace, tables: &[Table]) -> Result<Option<String>> {
    let folders: Vec<_> = tables.iter().filter_map(|table| Path::new(&table.path).parent()).collect();
    new::application_name(workspace, &folders)
}

/// Returns the workspace around the current folder.
pub fn workspace() -> Result<Workspace> {
    Workspace::find(&workspace::current_folder()?)
}

/// Reads the tables of the workspace in the folder `root`.
pub fn tables(root: &Path) -> Result<Vec<Table>> {
    let projects = workspace::projects()?.into_iter();
    let table = |project: Project| {
        let path = project.file.strip_prefix(root).unwrap_or(&project.file);
        Table { path: path.to_string_lossy().replace('\\', "/"), config: project.config }
    };
    let mut tables: Vec<_> = projects.map(table).collect();
    tables.sort_by(|one, two| one.path.cmp(&two.path));
    Ok(tables)
}

impl From<monotable_infra::Error> for Failure {
    fn from(error: monotable_infra::Error) -> Self {
        Self::failed(error.to_string())
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, name)) if !key.is_empty() && !name.is_empty() => Ok((key.to_owned(), name.to_owned())),
        _ => Err("give the key and the name of the table, such as `Orders=prod-orders`".to_owned()),
    }
}
