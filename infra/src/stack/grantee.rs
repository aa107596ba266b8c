use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::cloudformation::{RUNTIME_CONFIG_APPLICATION, attribute, reference, sub};
use crate::name::upper_camel;
use crate::policy::PolicyDocument;
use crate::template::Resource;

/// A function or a role, which can be allowed to use a table.
pub trait Grantee {
    /// Adds the statements of a policy.
    fn grant(&mut self, policy: PolicyDocument);
}

/// An existing IAM role, or a role of the same stack.
#[derive(Debug, Clone)]
pub struct Role {
    policy_id: String,
    role: Value,
    policy: PolicyDocument,
}

impl Role {
    /// Refers to a role of the same stack by its logical id.
    pub fn in_stack(id: &str) -> Self {
        Self { policy_id: format!("{id}Policy"), role: reference(id), policy: PolicyDocument::default() }
    }

    /// Refers to an existing role by its name.
    pub fn named(name: &str) -> Self {
        Self { policy_id: format!("{}Policy", upper_camel(name)), role: name.into(), policy: PolicyDocument::default() }
    }

    pub(super) fn into_policy(self) -> Option<(String, Resource)> {
        if self.policy.statements().is_empty() {
            return None;
        }
        let properties = json!({
            "PolicyDocument": self.policy.to_value(),
            // Two stacks can grant something to the same role.
            "PolicyName": sub(&format!("${{AWS::StackName}}-{}", self.policy_id)),
            "Roles": [self.role],
        });
        Some((self.policy_id, Resource::new("AWS::IAM::Policy", properties)))
    }
}

impl Grantee for Role {
    fn grant(&mut self, policy: PolicyDocument) {
        self.policy.merge(policy);
    }
}

/// A Lambda function of the stack, with a role for it alone.
///
/// The runtime is `provided.al2023`, as for a program that `cargo lambda build` creates. A function that may use a table finds it
/// through the environment variable `RUNTIME_CONFIG_APP_ID`.
#[derive(Debug, Clone)]
pub struct Function {
    id: String,
    properties: Map<String, Value>,
    environment: BTreeMap<String, Value>,
    policy: PolicyDocument,
}

impl Function {
    /// Describes a function with the code in this object of an S3 bucket. `id` becomes its logical id.
    pub fn new(id: impl Into<String>, bucket: &str, key: &str) -> Self {
        let mut properties = Map::new();
        properties.insert("Code".into(), json!({ "S3Bucket": bucket, "S3Key": key }));
        properties.insert("Handler".into(), "bootstrap".into());
        properties.insert("Runtime".into(), "provided.al2023".into());
        Self { id: id.into(), properties, environment: BTreeMap::new(), policy: PolicyDocument::default() }
    }

    /// Sets a property of `AWS::Lambda::Function`, such as `MemorySize`.
    #[must_use]
    pub fn property(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.properties.insert(name.into(), value.into());
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    pub(super) fn into_resources(mut self) -> Vec<(String, Resource)> {
        let role_id = format!("{}Role", self.id);
        let trust = json!({
            "Version": "2012-10-17",
            "Statement": [{ "Effect": "Allow", "Principal": { "Service": "lambda.amazonaws.com" }, "Action": "sts:AssumeRole" }],
        });
        let logs = sub("arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole");
        let role = json!({ "AssumeRolePolicyDocument": trust, "ManagedPolicyArns": [logs] });
        self.properties.insert("Role".into(), attribute(&role_id, "Arn"));
        if !self.environment.is_empty() {
            self.properties.insert("Environment".into(), json!({ "Variables": self.environment }));
        }
        let mut function = Resource::new("AWS::Lambda::Function", self.properties.into());
        let mut resources = vec![(role_id.clone(), Resource::new("AWS::IAM::Role", role))];
        let granted = Role { policy: self.policy, ..Role::in_stack(&role_id) };
        if let Some((id, policy)) = granted.into_policy() {
            // The first invocation already needs the policy.
            function = function.depends_on(&id);
            resources.push((id, policy));
        }
        resources.push((self.id, function));
        resources
    }
}

impl Grantee for Function {
    fn grant(&mut self, policy: PolicyDocument) {
        self.policy.merge(policy);
        self.environment.insert("RUNTIME_CONFIG_APP_ID".into(), reference(RUNTIME_CONFIG_APPLICATION));
    }
}
