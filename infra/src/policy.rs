//! IAM policies for a table: by the kind of [`Access`], or the least privilege for named access patterns.
//!
//! ```
//! use monotable_infra::policy::{Access, Arn, Target};
//!
//! let target = Target::new(Arn::text("arn:aws:dynamodb:eu-central-1:111122223333:table/Users"));
//! let policy = target.policy(Access::Read);
//! assert!(policy.to_json().contains("dynamodb:GetItem"));
//! ```

use serde_json::{Map, Value, json};

use crate::plan::MAX_MANAGED_POLICY;
use crate::template::to_text;
use crate::{Error, Result};

mod patterns;

pub use patterns::Grant;
pub(crate) use patterns::grants;

/// What a program may do with a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reads items, also in transactions and with conditions.
    Read,
    /// Writes items.
    Write,
    /// Reads and writes items.
    ReadWrite,
    /// Everything, including changes of the table itself.
    Full,
    /// Reads the stream of the table.
    Stream,
}

const READ: [&str; 6] = [
    "dynamodb:BatchGetItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:DescribeTable",
    "dynamodb:GetItem",
    "dynamodb:Query",
    "dynamodb:Scan",
];
const WRITE: [&str; 5] = [
    "dynamodb:BatchWriteItem",
    "dynamodb:DeleteItem",
    "dynamodb:DescribeTable",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
];
const STREAM: [&str; 3] = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"];
const KEY_READ: [&str; 2] = ["kms:Decrypt", "kms:DescribeKey"];
const KEY_WRITE: [&str; 5] =
    ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"];
pub(crate) const APP_CONFIG: [&str; 2] = ["appconfig:GetLatestConfiguration", "appconfig:StartConfigurationSession"];

impl Access {
    /// Returns the DynamoDB actions, sorted.
    pub fn actions(self) -> Vec<&'static str> {
        let mut actions = match self {
            Self::Read => READ.to_vec(),
            Self::Write => WRITE.to_vec(),
            Self::ReadWrite => [&READ[..], &WRITE].concat(),
            Self::Full => vec!["dynamodb:*"],
            Self::Stream => STREAM.to_vec(),
        };
        actions.sort_unstable();
        actions.dedup();
        actions
    }

    /// Returns the KMS actions that a customer-managed key needs, sorted.
    pub fn key_actions(self) -> &'static [&'static str] {
        match self {
            Self::Read | Self::Stream => &KEY_READ,
            Self::Write | Self::ReadWrite | Self::Full => &KEY_WRITE,
        }
    }
}

/// An ARN: a text, or an attribute of a resource in the same template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arn(Form);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Form {
    Text(String),
    Attribute { id: String, name: String },
    Sub(String),
}

impl Arn {
    /// Returns an ARN that is known, such as `arn:aws:dynamodb:eu-central-1:111122223333:table/Users`.
    pub fn text(arn: impl Into<String>) -> Self {
        Self(Form::Text(arn.into()))
    }

    /// Returns the ARN in an attribute of a resource of the same template, such as `Arn` of `Orders`.
    pub fn attribute(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self(Form::Attribute { id: id.into(), name: name.into() })
    }

    /// Returns an ARN with placeholders, such as `arn:${AWS::Partition}:appconfig:..`, which CloudFormation replaces.
    pub fn sub(text: impl Into<String>) -> Self {
        Self(Form::Sub(text.into()))
    }

    /// Returns the ARN as a value of a policy.
    pub fn value(&self) -> Value {
        match &self.0 {
            Form::Text(text) => text.as_str().into(),
            Form::Attribute { id, name } => json!({ "Fn::GetAtt": [id, name] }),
            Form::Sub(text) => json!({ "Fn::Sub": text }),
        }
    }

    /// Returns the ARN of something below this one, such as `/index/*`.
    #[must_use]
    pub fn below(&self, path: &str) -> Self {
        match &self.0 {
            Form::Text(text) => Self::text(format!("{text}{path}")),
            Form::Attribute { id, name } => Self::sub(format!("${{{id}.{name}}}{path}")),
            Form::Sub(text) => Self::sub(format!("{text}{path}")),
        }
    }
}

/// The table that a policy concerns, and what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub(crate) table: Arn,
    pub(crate) stream: Option<Arn>,
    pub(crate) key: Option<Arn>,
    pub(crate) application: Option<Arn>,
}

impl Target {
    /// Describes a table without a customer-managed key.
    pub fn new(table: Arn) -> Self {
        Self { table, stream: None, key: None, application: None }
    }

    /// Sets the ARN of the table's stream. The default is all streams of the table.
    #[must_use]
    pub fn stream(mut self, stream: Arn) -> Self {
        self.stream = Some(stream);
        self
    }

    /// Sets the customer-managed key of the table.
    #[must_use]
    pub fn key(mut self, key: Arn) -> Self {
        self.key = Some(key);
        self
    }

    /// Sets the AppConfig application from which a program reads the name of the table.
    #[must_use]
    pub fn application(mut self, application: Arn) -> Self {
        self.application = Some(application);
        self
    }

    /// Returns the policy for a kind of access.
    pub fn policy(&self, access: Access) -> PolicyDocument {
        let mut policy = PolicyDocument::default();
        let actions = access.actions();
        if access == Access::Stream {
            let stream = self.stream.clone().unwrap_or_else(|| self.table.below("/stream/*"));
            policy.add(Statement::new(&actions, vec![stream.value()]));
            // This action has no resource.
            policy.add(Statement::new(&["dynamodb:ListStreams"], vec!["*".into()]));
        } else {
            policy.add(Statement::new(&actions, vec![self.table.value(), self.table.below("/index/*").value()]));
        }
        self.add_key_and_application(&mut policy, access.key_actions());
        policy
    }

    fn add_key_and_application(&self, policy: &mut PolicyDocument, key_actions: &[&str]) {
        if let Some(key) = &self.key {
            policy.add(Statement::new(key_actions, vec![key.value()]));
        }
        if let Some(application) = &self.application {
            policy.add(Statement::new(&APP_CONFIG, vec![application.below("/*").value()]));
        }
    }
}

/// A statement that allows actions on resources.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Statement {
    /// The actions.
    pub actions: Vec<String>,
    /// The resources: ARNs, or values from which CloudFormation makes ARNs.
    pub resources: Vec<Value>,
    /// The condition.
    pub condition: Option<Value>,
}

impl Statement {
    /// Allows these actions on these resources.
    pub fn new(actions: &[&str], resources: Vec<Value>) -> Self {
        Self { actions: actions.iter().map(|action| (*action).to_owned()).collect(), resources, condition: None }
    }

    fn to_value(&self) -> Value {
        let mut value = Map::new();
        value.insert("Effect".into(), "Allow".into());
        value.insert("Action".into(), one_or_list(self.actions.iter().map(|action| action.as_str().into()).collect()));
        value.insert("Resource".into(), one_or_list(self.resources.clone()));
        value.extend(self.condition.clone().map(|condition| ("Condition".to_owned(), condition)));
        value.into()
    }
}

fn one_or_list(mut list: Vec<Value>) -> Value {
    match list.len() {
        1 => list.remove(0),
        _ => list.into(),
    }
}

/// An IAM policy.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PolicyDocument {
    statements: Vec<Statement>,
}

impl PolicyDocument {
    /// Adds a statement, unless the policy already contains it.
    pub fn add(&mut self, statement: Statement) {
        if !self.statements.contains(&statement) {
            self.statements.push(statement);
        }
    }

    /// Adds the statements of another policy.
    pub fn merge(&mut self, other: Self) {
        other.statements.into_iter().for_each(|statement| self.add(statement));
    }

    /// Returns the statements.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// Fails if the policy of this program is longer than IAM allows. References become ARNs, so the length is an estimate.
    pub(crate) fn check_length(&self, name: &str) -> Result<()> {
        let length = self.to_value().to_string().len();
        match length > MAX_MANAGED_POLICY {
            true => Err(Error::PolicyLength { name: name.to_owned(), length }),
            false => Ok(()),
        }
    }

    /// Returns the policy as the value of `PolicyDocument` in a template.
    pub fn to_value(&self) -> Value {
        let statements: Vec<_> = self.statements.iter().map(Statement::to_value).collect();
        json!({ "Version": "2012-10-17", "Statement": statements })
    }

    /// Returns the text of the policy: indented JSON that ends with a newline.
    pub fn to_json(&self) -> String {
        to_text(&self.to_value()) + "\n"
    }
}
