//! The settings of a deployed table in one environment, with all defaults.

use std::collections::BTreeMap;

use crate::capacity::{Autoscaling, Capacity, needs_provisioned};
use crate::config::Billing;
use crate::deploy::{Deploy, Environment, Kms, PointInTimeRecovery, Removal};
use crate::index::Index;
use crate::tags;
use crate::{Config, ConfigError};

/// The recovery period of a table that does not set one, in days. It is the longest that DynamoDB allows.
pub const DEFAULT_RECOVERY_DAYS: u8 = 35;

/// The settings of a deployed table in one environment. Values of the environment take precedence over values of `deploy`, and those
/// over the defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// The key that encrypts the table.
    pub kms: Kms,
    /// Whether AWS replaces the material of the created key once a year.
    pub key_rotation: bool,
    /// How many days back the table can be restored to; `None` if it cannot be restored.
    pub recovery_days: Option<u8>,
    /// Whether DynamoDB refuses to delete the table.
    pub deletion_protection: bool,
    /// What happens to the table and its key if they are removed from the stack.
    pub on_removal: Removal,
    /// The tags of the table and of the created key.
    pub tags: BTreeMap<String, String>,
    /// The name of the deployed table; `None` if it is generated.
    pub table_name: Option<String>,
    /// The provisioned capacity of the table; `None` if it is billed on demand.
    pub capacity: Option<Capacity>,
    /// How the provisioned capacity of the table follows the load.
    pub autoscaling: Option<Autoscaling>,
}

impl Settings {
    /// Returns the provisioned capacity of a global index: its own, or else the table's.
    pub fn capacity_of(&self, index: &Index) -> Option<Capacity> {
        index.capacity.or(self.capacity)
    }
}

impl Config {
    /// Returns the settings of the deployed table, with all defaults. `environment` is a name in `deploy.environments`, or `None` for
    /// the settings outside of any environment.
    ///
    /// # Errors
    /// Fails if the file does not contain the environment. The error lists those that it contains.
    pub fn settings(&self, environment: Option<&str>) -> Result<Settings, ConfigError> {
        let none = Environment::default();
        let over = match environment {
            Some(name) => self.deploy.environments.get(name).ok_or_else(|| self.unknown_environment(name))?,
            None => &none,
        };
        let Deploy {
            kms, key_rotation, point_in_time_recovery, deletion_protection, on_removal, tags, table_name, ..
        } = &self.deploy;
        let recovery = over.point_in_time_recovery.or(*point_in_time_recovery);
        Ok(Settings {
            kms: over.kms.clone().or_else(|| kms.clone()).unwrap_or_default(),
            key_rotation: over.key_rotation.or(*key_rotation).unwrap_or(true),
            recovery_days: match recovery {
                Some(PointInTimeRecovery::Off) => None,
                Some(PointInTimeRecovery::Days(days)) => Some(days),
                None => Some(DEFAULT_RECOVERY_DAYS),
            },
            deletion_protection: over.deletion_protection.or(*deletion_protection).unwrap_or(true),
            on_removal: over.on_removal.or(*on_removal).unwrap_or_default(),
            tags: tags.iter().chain(&over.tags).map(|(key, value)| (key.clone(), value.clone())).collect(),
            table_name: over.table_name.as_ref().or(table_name.as_ref()).cloned(),
            capacity: over.capacity.or(self.table.capacity),
            autoscaling: over.autoscaling.or(self.table.autoscaling),
        })
    }

    fn unknown_environment(&self, name: &str) -> ConfigError {
        let known: Vec<_> = self.deploy.environments.keys().map(|known| format!("`{known}`")).collect();
        let message = match known.is_empty() {
            true => format!(
                "the environment `{name}` does not exist, because `deploy.environments` is empty; add `\"{name}\": {{}}` to it, or omit \
                 the environment"
            ),
            false => format!(
                "the environment `{name}` does not exist; the environments are {}; select one of them, or add `\"{name}\": {{}}` to \
                 `deploy.environments`",
                known.join(", ")
            ),
        };
        ConfigError::new(None, message)
    }
}

impl Deploy {
    /// Checks the rules that involve more than one word.
    pub(crate) fn problems(&self, billing: Billing) -> Vec<String> {
        let mut problems = Vec::new();
        let kms = self.kms.clone().unwrap_or_default();
        problems.extend(check_rotation("deploy", &kms, self.key_rotation).err());
        for (name, over) in &self.environments {
            let place = format!("deploy.environments.{name}");
            let kms = over.kms.as_ref().unwrap_or(&kms);
            problems.extend(check_rotation(&place, kms, over.key_rotation).err());
            for (word, is_set) in [("capacity", over.capacity.is_some()), ("autoscaling", over.autoscaling.is_some())] {
                problems.extend(needs_provisioned(billing, &format!("{place}.{word}"), is_set).err());
            }
            let added = over.tags.keys().filter(|key| !self.tags.contains_key(*key)).count();
            if let Err(problem) = tags::check_count(self.tags.len() + added) {
                problems.push(format!("with the tags of `deploy`, the environment `{name}` has too many: {problem}"));
            }
        }
        problems
    }
}

/// Checks that `keyRotation` is only set for a key that the deployment creates.
pub(crate) fn check_rotation(place: &str, kms: &Kms, rotation: Option<bool>) -> Result<(), String> {
    match rotation {
        Some(_) if !kms.is_created() => Err(format!(
            "`{place}.keyRotation` concerns a key that the deployment creates, but `kms` selects another key; remove `keyRotation`, or \
             set `kms` to \"own\" or \"shared\""
        )),
        _ => Ok(()),
    }
}
