//! The rules of `deploy` and of provisioned capacity.

use super::{Checker, entry};
use crate::capacity::{Autoscaling, Capacity, needs_provisioned};
use crate::config::Billing;
use crate::deploy::{Kms, PointInTimeRecovery, Removal, check_environment_name};
use crate::limit::check_resource_name;
use crate::plain::{self, Entries};
use crate::settings::check_rotation;
use crate::tags;

impl<'t> Checker<'t> {
    /// Reads the billing mode before the walk, because the rules of other values depend on it. If the file contains another mistake
    /// there, the rules do not apply.
    pub(super) fn read_billing(&mut self, config: &'t str) {
        let billing = entry(config, "tableConfig").and_then(|table| entry(table, "billing"));
        self.billing = match billing.map(serde_json::from_str) {
            Some(Ok(billing)) => Some(billing),
            Some(Err(_)) => None,
            None => Some(Billing::default()),
        };
    }

    /// Checks that a provisioned table has a capacity.
    pub(super) fn has_capacity(&mut self, table: &'t str) {
        if self.billing == Some(Billing::Provisioned) && entry(table, "capacity").is_none_or(|value| value == "null") {
            self.add(entry(table, "billing").unwrap_or(table), crate::capacity::MISSING_CAPACITY);
        }
    }

    pub(super) fn capacity(&mut self, value: &'t str) {
        let billing = self.billing;
        self.checked(value, |capacity: &Option<Capacity>| provisioned(billing, "capacity", capacity.is_some()));
    }

    pub(super) fn autoscaling(&mut self, value: &'t str) {
        let billing = self.billing;
        self.checked(value, |limits: &Option<Autoscaling>| provisioned(billing, "autoscaling", limits.is_some()));
    }

    pub(super) fn deploy(&mut self, deploy: &'t str) {
        self.kms = kms(deploy);
        self.object(
            deploy,
            "`deploy`",
            &[
                ("kms", false, Self::typed::<Option<Kms>>),
                ("keyRotation", false, |this, value| {
                    let kms = this.kms.clone();
                    this.rotation("deploy", value, kms.as_ref());
                }),
                ("pointInTimeRecovery", false, Self::typed::<Option<PointInTimeRecovery>>),
                ("deletionProtection", false, Self::typed::<Option<bool>>),
                ("onRemoval", false, Self::typed::<Option<Removal>>),
                ("tags", false, Self::tags),
                ("tableName", false, Self::deployed_name),
                ("environments", false, Self::environments),
            ],
        );
    }

    fn environments(&mut self, environments: &'t str) {
        for (name, value) in self.named_entries(environments, "`environments`", check_environment_name) {
            self.environment = Some((name, kms(value).or(self.kms.clone())));
            self.object(
                value,
                "an environment",
                &[
                    ("kms", false, Self::typed::<Option<Kms>>),
                    ("keyRotation", false, |this, value| {
                        let (name, kms) = this.environment.clone().unwrap_or_default();
                        this.rotation(&format!("deploy.environments.{name}"), value, kms.as_ref());
                    }),
                    ("pointInTimeRecovery", false, Self::typed::<Option<PointInTimeRecovery>>),
                    ("deletionProtection", false, Self::typed::<Option<bool>>),
                    ("onRemoval", false, Self::typed::<Option<Removal>>),
                    ("tags", false, Self::tags),
                    ("tableName", false, Self::deployed_name),
                    ("capacity", false, Self::capacity),
                    ("autoscaling", false, Self::autoscaling),
                ],
            );
        }
    }

    fn rotation(&mut self, place: &str, value: &'t str, kms: Option<&Kms>) {
        self.checked(value, |rotation: &Option<bool>| check_rotation(place, kms.unwrap_or(&Kms::Own), *rotation));
    }

    fn deployed_name(&mut self, value: &'t str) {
        self.checked(value, |name: &Option<String>| match name {
            Some(name) => check_resource_name("`deploy.tableName`", name),
            None => Ok(()),
        });
    }

    fn tags(&mut self, tags: &'t str) {
        let entries = self.named_entries(tags, "`tags`", tags::check_key);
        if let Err(problem) = tags::check_count(entries.len()) {
            self.add(tags, problem);
        }
        let name = self.name.clone();
        for (key, value) in entries {
            self.name = plain::name_of(&name, &key);
            self.checked(value, |value: &String| tags::check_value(&key, value));
        }
    }

    /// Returns the entries of an object whose keys are names that the user chooses, and reports wrong and repeated names.
    fn named_entries(
        &mut self,
        object: &'t str,
        what: &str,
        check: fn(&str) -> Result<(), String>,
    ) -> Vec<(String, &'t str)> {
        let Ok(Entries(entries)) = serde_json::from_str::<Entries<'t>>(object) else {
            self.add(object, format!("{what} has to be a JSON object, `{{ .. }}`"));
            return Vec::new();
        };
        let mut named: Vec<(String, &'t str)> = Vec::new();
        for (name, value) in entries {
            if let Err(problem) = check(&name) {
                self.add_at_key(&name, value.get(), problem);
            } else if named.iter().any(|(earlier, _)| *earlier == name) {
                self.add_at_key(&name, value.get(), format!("`{name}` occurs twice; keep one"));
            } else {
                named.push((name, value.get()));
            }
        }
        named
    }
}

fn provisioned(billing: Option<Billing>, word: &str, is_set: bool) -> Result<(), String> {
    billing.map_or(Ok(()), |billing| needs_provisioned(billing, word, is_set))
}

/// Returns the kind of key that an object sets. An invalid kind counts as `own`, so that `keyRotation` next to it is not a second
/// mistake.
fn kms(object: &str) -> Option<Kms> {
    let kms = serde_json::from_str::<Option<Kms>>(entry(object, "kms")?);
    kms.unwrap_or(Some(Kms::Own))
}
