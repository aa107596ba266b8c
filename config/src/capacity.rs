use serde::{Deserialize, Serialize};

use crate::config::{Billing, TableConfig};

/// The provisioned capacity of the table or of a global secondary index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, try_from = "SpelledCapacity")]
pub struct Capacity {
    /// Read capacity units.
    pub read: u32,
    /// Write capacity units.
    pub write: u32,
}

/// The limits between which Application Auto Scaling changes a provisioned capacity. They apply to reads and to writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, try_from = "SpelledAutoscaling")]
pub struct Autoscaling {
    /// The lowest capacity.
    pub min: u32,
    /// The highest capacity.
    pub max: u32,
    /// The share of the capacity that should be in use, in percent.
    pub target_percent: u8,
}

/// The provisioned capacity.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SpelledCapacity {
    /// Read capacity units.
    #[cfg_attr(test, schemars(range(min = 1)))]
    read: u32,
    /// Write capacity units.
    #[cfg_attr(test, schemars(range(min = 1)))]
    write: u32,
}

impl TryFrom<SpelledCapacity> for Capacity {
    type Error = String;

    fn try_from(SpelledCapacity { read, write }: SpelledCapacity) -> Result<Self, String> {
        for (name, units) in [("read", read), ("write", write)] {
            if units == 0 {
                return Err(format!("`capacity.{name}` is 0; DynamoDB needs at least 1"));
            }
        }
        Ok(Self { read, write })
    }
}

/// The limits between which Application Auto Scaling changes a provisioned capacity. They apply to reads and to writes.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SpelledAutoscaling {
    /// The lowest capacity.
    #[cfg_attr(test, schemars(range(min = 1)))]
    min: u32,
    /// The highest capacity.
    #[cfg_attr(test, schemars(range(min = 1)))]
    max: u32,
    /// The share of the capacity that should be in use, in percent.
    #[cfg_attr(test, schemars(with = "u8", range(min = 20, max = 90)))]
    target_percent: u64,
}

impl TryFrom<SpelledAutoscaling> for Autoscaling {
    type Error = String;

    fn try_from(SpelledAutoscaling { min, max, target_percent }: SpelledAutoscaling) -> Result<Self, String> {
        if min == 0 {
            return Err("`autoscaling.min` is 0; DynamoDB needs at least 1".into());
        }
        if min > max {
            return Err(format!("`autoscaling.min` is {min}, more than `max`, {max}; swap them"));
        }
        match u8::try_from(target_percent) {
            Ok(target_percent @ 20..=90) => Ok(Self { min, max, target_percent }),
            _ => Err(format!("`autoscaling.targetPercent` is {target_percent}; DynamoDB allows 20 to 90")),
        }
    }
}

impl TableConfig {
    /// Checks that the capacities match the billing mode.
    pub(crate) fn capacity_problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.billing == Billing::Provisioned && self.capacity.is_none() {
            problems.push(MISSING_CAPACITY.into());
        }
        problems.extend(needs_provisioned(self.billing, "capacity", self.capacity.is_some()).err());
        problems.extend(needs_provisioned(self.billing, "autoscaling", self.autoscaling.is_some()).err());
        for index in &self.global_secondary_indexes {
            for (word, is_set) in [("capacity", index.capacity.is_some()), ("autoscaling", index.autoscaling.is_some())]
            {
                let word = format!("{word}` of index `{}", index.index_name);
                problems.extend(needs_provisioned(self.billing, &word, is_set).err());
            }
        }
        problems
    }
}

pub(crate) const MISSING_CAPACITY: &str =
    "`billing` is `PROVISIONED`, but `capacity` is missing; add `\"capacity\": { \"read\": 5, \"write\": 5 }`";

/// Checks that a word for provisioned capacity is only set if the capacity is provisioned.
pub(crate) fn needs_provisioned(billing: Billing, word: &str, is_set: bool) -> Result<(), String> {
    match billing {
        Billing::PayPerRequest if is_set => {
            Err(format!("`{word}` needs `\"billing\": \"PROVISIONED\"` in `tableConfig`; set it, or remove `{word}`"))
        }
        _ => Ok(()),
    }
}
