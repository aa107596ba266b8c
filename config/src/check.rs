//! Finds all mistakes in a `config.json` at once. [`Config::parse`] reports the first one.

use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::value::RawValue;

use crate::capacity::{Autoscaling, Capacity};
use crate::config::{Billing, Stream, TableConfig, check_runtime_config_key};
use crate::deploy::Kms;
use crate::index::{self, Index, IndexProjection, MAX_GLOBAL_INDEXES, MAX_KEY_ATTRIBUTES, MAX_LOCAL_INDEXES, Spelled};
use crate::key::KeyAttribute;
use crate::limit::check_resource_name;
use crate::local_dev::{Engine, check_port};
use crate::plain::{self, Entries, FILE};
use crate::{Config, ConfigError};

mod deploy;

impl Config {
    /// Returns all mistakes in the text of a `config.json`, each with its line, column and remedy. The list is empty if
    /// [`Config::parse`] accepts the text.
    pub fn check(text: &str) -> Vec<ConfigError> {
        let text = text.trim_start_matches('\u{feff}');
        if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
            return vec![ConfigError::json(&error, text)];
        }
        let mut checker =
            Checker { text, problems: Vec::new(), name: String::new(), billing: None, kms: None, environment: None };
        checker.read_billing(text.trim());
        checker.config(text.trim());
        if checker.problems.is_empty() {
            checker.problems.extend(Self::deserialize_text(text).err());
        }
        checker.problems.sort_by_key(ConfigError::position);
        checker.problems
    }
}

/// The rules of one object: its keys, whether each is required, and how to check its value.
type Rules<'r, 't> = &'r [(&'r str, bool, fn(&mut Checker<'t>, &'t str))];

struct Checker<'t> {
    text: &'t str,
    problems: Vec<ConfigError>,
    /// What messages call the value that is being checked, such as "`localDev.port`".
    name: String,
    /// The table's billing mode; `None` if the file sets an invalid one.
    billing: Option<Billing>,
    /// `deploy.kms`.
    kms: Option<Kms>,
    /// The environment that is being checked: its name, and the key that encrypts its table.
    environment: Option<(String, Option<Kms>)>,
}

impl<'t> Checker<'t> {
    fn config(&mut self, config: &'t str) {
        let required = true;
        self.object(
            config,
            FILE,
            &[
                ("$schema", !required, Self::typed::<Option<String>>),
                ("runtimeConfigKey", required, |this, value| {
                    this.checked(value, |key: &String| check_runtime_config_key(key));
                }),
                ("localDev", required, Self::local_dev),
                ("tableConfig", !required, Self::table),
                ("deploy", !required, Self::deploy),
            ],
        );
    }

    fn local_dev(&mut self, local_dev: &'t str) {
        let required = true;
        self.object(
            local_dev,
            "`localDev`",
            &[
                ("port", required, |this, value| this.checked(value, |port: &u16| check_port(*port))),
                ("tableName", required, |this, value| {
                    this.checked(value, |name: &String| check_resource_name("the table name", name));
                }),
                ("engine", !required, Self::typed::<Engine>),
                ("image", !required, Self::typed::<Option<String>>),
                ("containerName", !required, Self::typed::<Option<String>>),
                ("containerEngine", !required, Self::typed::<Option<String>>),
            ],
        );
    }

    fn table(&mut self, table: &'t str) {
        let before = self.problems.len();
        self.object(
            table,
            "`tableConfig`",
            &[
                ("partitionKey", false, Self::typed::<Option<KeyAttribute>>),
                ("sortKey", false, Self::typed::<Option<KeyAttribute>>),
                ("globalSecondaryIndexes", false, |this, value| this.indexes(value, false)),
                ("localSecondaryIndexes", false, |this, value| this.indexes(value, true)),
                ("ttlAttribute", false, Self::typed::<Option<String>>),
                ("stream", false, Self::typed::<Option<Stream>>),
                ("billing", false, Self::typed::<Billing>),
                ("capacity", false, Self::capacity),
                ("autoscaling", false, Self::autoscaling),
            ],
        );
        self.has_capacity(table);
        // The rules that involve several keys and indexes need all of them.
        if self.problems.len() == before {
            match TableConfig::unchecked(table) {
                Ok(config) => config.problems().into_iter().for_each(|(key, problem)| {
                    self.add(key.and_then(|key| entry(table, key)).unwrap_or(table), problem);
                }),
                Err(problem) => self.add(problem.part.unwrap_or(table), problem.message),
            }
        }
    }

    fn indexes(&mut self, list: &'t str, local: bool) {
        let Ok(indexes) = serde_json::from_str::<Vec<&RawValue>>(list) else {
            return self.add(list, format!("{} has to be a list of indexes, `[ .. ]`", self.name));
        };
        let (max, kind) = if local { (MAX_LOCAL_INDEXES, "local") } else { (MAX_GLOBAL_INDEXES, "global") };
        if let Some(first) = indexes.get(max) {
            let message = format!(
                "the table has {} {kind} secondary indexes, but DynamoDB allows {max}; remove some of them",
                indexes.len()
            );
            self.add(first.get(), message);
        }
        let mut known: Vec<Index> = Vec::new();
        for raw in indexes {
            if let Some(index) = self.index(raw.get(), local) {
                if let Err(clash) = index::clash(&known, &index) {
                    self.add(raw.get(), clash);
                }
                known.push(index);
            }
        }
    }

    fn index(&mut self, index: &'t str, local: bool) -> Option<Index> {
        let before = self.problems.len();
        let required = true;
        self.object(
            index,
            "an index",
            &[
                ("indexName", required, |this, value| {
                    this.checked(value, |name: &String| check_resource_name("the index name", name));
                }),
                ("name", !required, Self::typed::<Option<String>>),
                ("partitionKey", !required, Self::typed::<Option<KeyAttribute>>),
                ("partitionKeys", !required, Self::key_list),
                ("sortKey", !required, Self::typed::<Option<KeyAttribute>>),
                ("sortKeys", !required, Self::key_list),
                ("projection", !required, Self::typed::<IndexProjection>),
                ("capacity", !required, if local { Self::typed::<Option<Capacity>> } else { Self::capacity }),
                ("autoscaling", !required, if local { Self::typed::<Option<Autoscaling>> } else { Self::autoscaling }),
            ],
        );
        if self.problems.len() > before {
            return None;
        }
        let spelled: Spelled = plain::read(index, "an index").ok()?;
        spelled.check(local).map_err(|problem| self.add(index, problem)).ok()
    }

    fn key_list(&mut self, list: &'t str) {
        self.checked(list, |keys: &Vec<KeyAttribute>| match keys.len() > MAX_KEY_ATTRIBUTES {
            true => Err(format!("the key has {} attributes, but DynamoDB allows {MAX_KEY_ATTRIBUTES}", keys.len())),
            false => Ok(()),
        });
    }

    fn object(&mut self, object: &'t str, what: &str, rules: Rules<'_, 't>) {
        let Ok(Entries(entries)) = serde_json::from_str::<Entries<'t>>(object) else {
            return self.add(object, format!("{what} has to be a JSON object, `{{ .. }}`"));
        };
        for (number, (key, value)) in entries.iter().enumerate() {
            if entries[..number].iter().any(|(earlier, _)| earlier == key) {
                self.add_at_key(key, value.get(), format!("`{key}` occurs twice; keep one"));
                continue;
            }
            match rules.iter().find(|(name, ..)| name == key) {
                Some((_, _, check)) => {
                    self.name = plain::name_of(what, key);
                    check(self, value.get());
                }
                None => {
                    let names: Vec<_> = rules.iter().map(|(name, ..)| format!("`{name}`")).collect();
                    self.add_at_key(
                        key,
                        value.get(),
                        format!("{what} has no key `{key}`; its keys are {}", names.join(", ")),
                    );
                }
            }
        }
        for (name, ..) in rules.iter().filter(|(_, required, _)| *required) {
            if !entries.iter().any(|(key, _)| key == name) {
                self.add(object, format!("{what} needs the key `{name}`"));
            }
        }
    }

    fn typed<T: DeserializeOwned>(&mut self, value: &'t str) {
        self.checked(value, |_: &T| Ok(()));
    }

    fn checked<T: DeserializeOwned>(&mut self, value: &'t str, check: impl Fn(&T) -> Result<(), String>) {
        match plain::read::<T>(value, &self.name) {
            Ok(read) => check(&read).unwrap_or_else(|problem| self.add(value, problem)),
            Err(problem) => self.add(problem.part.unwrap_or(value), problem.message),
        }
    }

    /// Adds a problem with `value`, a part of the text.
    fn add(&mut self, value: &'t str, message: impl Into<String>) {
        self.problems.push(ConfigError::at(self.text, value, message));
    }

    /// Adds a problem with the key in front of `value`.
    fn add_at_key(&mut self, key: &str, value: &'t str, message: String) {
        let offset = value.as_ptr().addr() - self.text.as_ptr().addr();
        let quoted = format!("\"{key}\"");
        match self.text[..offset].rfind(&quoted) {
            Some(start) => self.add(&self.text[start..start + quoted.len()], message),
            None => self.add(value, message),
        }
    }
}

/// Returns the text of one value of an object.
fn entry<'t>(object: &'t str, key: &str) -> Option<&'t str> {
    let Entries(entries) = serde_json::from_str(object).ok()?;
    entries.into_iter().find(|(name, _)| name == key).map(|(_, value): (_, &'t RawValue)| value.get())
}
