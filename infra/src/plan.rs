//! The plan: which resources the tables of an application need, before any output is written.
//!
//! [`Plan::new`] is a pure function of the tables' `config.json` files. [`cloudformation`](crate::cloudformation) renders a plan; other
//! outputs have to contain the same resources.

use std::collections::BTreeMap;

use monotable_config::{Config, Removal, check_table_name};
use serde::Serialize;

use crate::{Error, Result, name};

mod program;
mod table;

pub use program::{FunctionPlan, LambdaFunction, Program, ProgramPlan, TablePermissions, TableUse, Trigger};
pub(crate) use program::{MAX_MANAGED_POLICY, to_json as programs_to_json};
pub use table::{Dimension, Encryption, GlobalIndex, LocalIndex, Scaling, TablePlan};

/// The tables of an application, which are deployed together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Application {
    /// The name of the application.
    pub name: String,
    /// The tables: for each one a name, such as the name of its crate, and its `config.json`. The name decides the logical id.
    pub tables: Vec<(String, Config)>,
    /// The environment whose settings apply, or `None` for the settings outside of any environment.
    pub environment: Option<String>,
    /// Tables that another stack creates: the key and the name of each one. Programs find them like the tables of the application.
    pub extra_tables: BTreeMap<String, String>,
    /// The id of an existing AppConfig deployment strategy. By default, the application has its own instant strategy.
    pub deployment_strategy: Option<String>,
    /// The programs that use the tables. Each one has a managed policy with the least permissions that it needs.
    pub programs: Vec<Program>,
}

/// The resources of an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Plan {
    /// The name of the application together with the environment, such as `orders-dev`.
    pub name: String,
    /// The tables, in the order of the application.
    pub tables: Vec<TablePlan>,
    /// The key that several tables share, if a table is `shared`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared_key: Option<KeyPlan>,
    /// What programs read at run time.
    pub runtime_config: RuntimeConfig,
    /// The permissions of the programs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub programs: Vec<ProgramPlan>,
}

/// A customer-managed key that the deployment creates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct KeyPlan {
    /// The logical id.
    pub id: String,
    /// What the key encrypts, as a text for its description.
    pub description: String,
    /// Whether AWS replaces the key's material once a year.
    pub rotation: bool,
    /// What happens to the key if it is removed from the stack.
    pub on_removal: Removal,
    /// The tags of the key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// The document in AWS AppConfig from which programs read the names of their tables, and its deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RuntimeConfig {
    /// The tables in the document by their `runtimeConfigKey`.
    pub entries: BTreeMap<String, RuntimeTable>,
    /// The id of an existing deployment strategy; `None` if the application has its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment_strategy: Option<String>,
}

/// A table in the document of the runtime configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum RuntimeTable {
    /// A table of the plan, by its logical id.
    Id(String),
    /// A table that another stack creates, by its name.
    Name(String),
}

/// The logical id of the key that several tables share.
pub(crate) const SHARED_KEY: &str = "SharedKey";

impl Plan {
    /// Decides the resources of an application.
    ///
    /// # Errors
    /// Fails if a name cannot be used, if two tables have the same name or the same `runtimeConfigKey`, if a table does not have the
    /// environment, if two functions have the same id, or if a program uses a table that the application does not have. A table without any environments has the same
    /// settings in all of them.
    pub fn new(application: &Application) -> Result<Self> {
        let environment = application.environment.as_deref();
        let name = name::application(&application.name, environment)?;
        let has_environments = |(_, config): &(String, Config)| !config.deploy.environments.is_empty();
        if let Some(name) = environment
            && !application.tables.iter().any(has_environments)
        {
            return Err(Error::NoEnvironments { name: name.to_owned() });
        }
        let mut tables: Vec<TablePlan> = Vec::new();
        for (table, config) in &application.tables {
            let planned = TablePlan::new(table, config, environment)?;
            check_unique(&tables, &planned)?;
            tables.push(planned);
        }
        let runtime_config = runtime_config(application, &tables)?;
        let mut programs: Vec<ProgramPlan> = Vec::new();
        for program in &application.programs {
            let planned = ProgramPlan::new(program, &tables)?;
            if let Some(other) = programs.iter().find(|other| other.policy_id == planned.policy_id) {
                let (first, second) = (format!("the policy of `{}`", other.name), format!("of `{}`", program.name));
                return Err(Error::DuplicateId { id: planned.policy_id, first, second });
            }
            programs.push(planned);
        }
        check_functions(&programs, &tables)?;
        Ok(Self { shared_key: shared_key(&name, &tables), name, tables, runtime_config, programs })
    }

    /// Returns the plan as indented JSON, for tools that compare it with other outputs.
    pub fn to_json(&self) -> String {
        let json = serde_json::to_string_pretty(self);
        json.unwrap_or_else(|error| unreachable!("strings and numbers have a JSON form: {error}")) + "\n"
    }

    /// Returns the keys that the deployment creates.
    pub fn keys(&self) -> impl Iterator<Item = &KeyPlan> {
        let own = self.tables.iter().filter_map(|table| match &table.encryption {
            Encryption::Own(key) => Some(key),
            _ => None,
        });
        own.chain(&self.shared_key)
    }
}

fn check_unique(tables: &[TablePlan], table: &TablePlan) -> Result<()> {
    for other in tables {
        let (first, second) = (format!("the table `{}`", other.name), format!("the table `{}`", table.name));
        if other.id == table.id {
            return Err(Error::DuplicateId { id: table.id.clone(), first, second });
        }
        if other.runtime_config_key == table.runtime_config_key {
            return Err(Error::DuplicateRuntimeConfigKey { key: table.runtime_config_key.clone(), first, second });
        }
        if let Some(name) = table.table_name.clone().filter(|name| other.table_name.as_ref() == Some(name)) {
            return Err(Error::DuplicateTableName { name, first: other.name.clone(), second: table.name.clone() });
        }
    }
    Ok(())
}

/// In a CDK stack, functions and tables are together.
fn check_functions(programs: &[ProgramPlan], tables: &[TablePlan]) -> Result<()> {
    let mut known: BTreeMap<&str, String> =
        tables.iter().map(|table| (table.id.as_str(), format!("the table `{}`", table.name))).collect();
    for function in programs.iter().flat_map(|program| &program.functions) {
        let second = format!("the function `{}`", function.binary);
        if let Some(first) = known.insert(&function.id, second.clone()) {
            return Err(Error::DuplicateId { id: function.id.clone(), first, second });
        }
    }
    Ok(())
}

fn runtime_config(application: &Application, tables: &[TablePlan]) -> Result<RuntimeConfig> {
    let of_table = |table: &TablePlan| (table.runtime_config_key.clone(), RuntimeTable::Id(table.id.clone()));
    let mut entries: BTreeMap<_, _> = tables.iter().map(of_table).collect();
    for (key, name) in &application.extra_tables {
        check_table_name(name).map_err(|remedy| Error::Name { what: "an extra table", name: name.clone(), remedy })?;
        if let Some(table) = tables.iter().find(|table| table.runtime_config_key == *key) {
            let (first, second) = (format!("the table `{}`", table.name), format!("the extra table `{name}`"));
            return Err(Error::DuplicateRuntimeConfigKey { key: key.clone(), first, second });
        }
        entries.insert(key.clone(), RuntimeTable::Name(name.clone()));
    }
    Ok(RuntimeConfig { entries, deployment_strategy: application.deployment_strategy.clone() })
}

/// Returns the key of all tables that are `shared`. If their settings differ, the safer one applies.
fn shared_key(application: &str, tables: &[TablePlan]) -> Option<KeyPlan> {
    let sharing: Vec<_> = tables.iter().filter(|table| table.encryption == Encryption::Shared).collect();
    let first = sharing.first()?;
    let is_common = |tag: &(&String, &String)| sharing.iter().all(|table| table.tags.get(tag.0) == Some(tag.1));
    let retains = sharing.iter().any(|table| table.on_removal != Removal::Delete);
    Some(KeyPlan {
        id: SHARED_KEY.to_owned(),
        description: format!("Encrypts tables of {application}"),
        rotation: sharing.iter().any(|table| table.key_rotation),
        on_removal: if retains { Removal::Retain } else { Removal::Delete },
        tags: first.tags.iter().filter(is_common).map(|(key, value)| (key.clone(), value.clone())).collect(),
    })
}
