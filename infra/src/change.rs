//! What a deployment changes in a CloudFormation stack, before anything is sent.
//!
//! [`Change::between`] compares the template of a stack with the template that the stack is to have:
//!
//! - The [waves](Wave) are the updates that lead there, in order. DynamoDB accepts one new or one deleted global index in each update of
//!   a table, so a change of several indexes takes several updates.
//! - The [losses](Loss) are the data and the queries that the change costs. A deployment needs a consent for each of them.
//! - The [differences](Difference) are everything that changes, property by property.
//!
//! Only the two templates decide. If a deployment is interrupted, its stack has the template of one of the waves, and the comparison
//! of that template with the same target gives the waves that are left.
//!
//! ```
//! use monotable_config::Config;
//! use monotable_infra::{Application, Change, Plan, Template, cloudformation};
//!
//! fn template(indexes: &str) -> Result<Template, Box<dyn std::error::Error>> {
//!     let config = Config::parse(&format!(
//!         r#"{{ "runtimeConfigKey": "Orders", "localDev": {{ "port": 8000, "tableName": "orders" }},
//!               "tableConfig": {{ "globalSecondaryIndexes": [{indexes}] }} }}"#
//!     ))?;
//!     let application = Application { name: "shop".into(), tables: vec![("orders".into(), config)], ..Application::default() };
//!     Ok(cloudformation::render(&Plan::new(&application)?)?)
//! }
//!
//! let current = template(r#"{ "indexName": "by-user", "partitionKey": "user" }"#)?;
//! let target = template(r#"{ "indexName": "by-day", "partitionKey": "day" }"#)?;
//! let change = Change::between(Some(&current), &target);
//! assert_eq!(change.waves[0].steps, ["adds index by-day to Orders"]);
//! assert_eq!(change.waves[1].steps, ["removes index by-user from Orders"]);
//! assert_eq!(change.losses[0].name, "Orders/by-user");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use serde::Serialize;

use crate::Template;

mod destruction;
mod differences;
mod indexes;
mod losses;
mod state;
mod tables;
mod waves;

pub use destruction::{Destruction, StackResource};
pub use differences::{Difference, DifferenceKind, PropertyChange, Subject};
pub use losses::{Loss, LossKind};
pub use state::{NextStep, StackState};
pub use waves::{IndexAction, IndexChange, Wave};

/// The difference between two templates, and the way from one to the other.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Change {
    /// The updates of the stack, in order. Without any, the stack already has the target.
    pub waves: Vec<Wave>,
    /// What is lost.
    pub losses: Vec<Loss>,
    /// Everything that changes.
    pub differences: Vec<Difference>,
}

impl Change {
    /// Compares the template of a stack with the template that it is to have. `current` is `None` if the stack does not exist yet.
    pub fn between(current: Option<&Template>, target: &Template) -> Self {
        Self {
            waves: waves::between(current, target),
            losses: current.map(|current| losses::between(current, target)).unwrap_or_default(),
            differences: differences::between(current, target),
        }
    }

    /// Returns whether the stack already has the target.
    pub fn is_empty(&self) -> bool {
        self.waves.is_empty()
    }

    /// Returns the losses that no name in `allowed` allows. A name that fits no loss has no effect, because an interrupted deployment
    /// is repeated with the same names.
    pub fn losses_not_in(&self, allowed: &[impl AsRef<str>]) -> Vec<&Loss> {
        self.losses.iter().filter(|loss| !allowed.iter().any(|name| name.as_ref() == loss.name)).collect()
    }
}
