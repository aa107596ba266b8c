//! The plan as a CloudFormation template.
//!
//! The template needs no bootstrap, because it has no assets. Its logical ids depend only on the names of the tables and indexes, so
//! a change in one table does not touch the others.

use serde_json::{Map, Value, json};

use crate::plan::{Encryption, KeyPlan, Plan, TablePlan};
use crate::policy::{Arn, PolicyDocument, Target};
use crate::template::{Resource, Template};
use crate::{Result, plan};

mod functions;
mod runtime_config;
mod scaling;
mod table;

pub use functions::render_functions;

/// The logical id of the AppConfig application.
pub const RUNTIME_CONFIG_APPLICATION: &str = "RuntimeConfigApplication";

/// The output with the id of the AppConfig application, the value of `RUNTIME_CONFIG_APP_ID` in programs.
pub const RUNTIME_CONFIG_OUTPUT: &str = "RuntimeConfigApplicationId";

/// Renders the plan.
///
/// # Errors
/// Fails if two resources have the same logical id.
pub fn render(plan: &Plan) -> Result<Template> {
    let mut template = Template::new(&format!("Tables of {}", plan.name));
    for key in plan.keys() {
        template.add(&key.id, key_resource(key))?;
    }
    for table in &plan.tables {
        template.add(&table.id, table::resource(table))?;
        scaling::add(&mut template, table)?;
        add_outputs(&mut template, table)?;
    }
    if !plan.runtime_config.entries.is_empty() {
        runtime_config::add(&mut template, plan)?;
    }
    for program in &plan.programs {
        // `Plan::new` has checked that the table exists.
        let table = |key: &str| plan.tables.iter().find(|table| table.runtime_config_key == key).map(target);
        let policy =
            program.policy(&|key| table(key).unwrap_or_else(|| unreachable!("the plan has the table `{key}`")));
        let id = &program.policy_id;
        template.add(id, managed_policy(&program.name, &policy))?;
        template.add_output(&format!("{id}Arn"), json!({ "Value": reference(id) }))?;
    }
    Ok(template)
}

fn key_resource(key: &KeyPlan) -> Resource {
    let root = sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:root");
    let mut properties = json!({
        "Description": key.description,
        "EnableKeyRotation": key.rotation,
        "KeyPolicy": {
            "Version": "2012-10-17",
            "Statement": [{ "Effect": "Allow", "Principal": { "AWS": root }, "Action": "kms:*", "Resource": "*" }],
        },
    });
    if !key.tags.is_empty() {
        properties["Tags"] = tags(&key.tags);
    }
    Resource::new("AWS::KMS::Key", properties).on_removal(key.on_removal)
}

fn add_outputs(template: &mut Template, table: &TablePlan) -> Result<()> {
    let id = &table.id;
    template.add_output(&format!("{id}TableName"), json!({ "Value": reference(id) }))?;
    template.add_output(&format!("{id}TableArn"), json!({ "Value": attribute(id, "Arn") }))?;
    if table.stream.is_some() {
        template.add_output(&format!("{id}StreamArn"), json!({ "Value": attribute(id, "StreamArn") }))?;
    }
    if let Some(arn) = key_arn(table) {
        template.add_output(&format!("{id}KeyArn"), json!({ "Value": arn }))?;
    }
    Ok(())
}

/// Returns the managed policy of a program.
pub(crate) fn managed_policy(program: &str, policy: &PolicyDocument) -> Resource {
    let properties = json!({
        "Description": format!("Permissions of {program} for its tables"),
        "PolicyDocument": policy.to_value(),
    });
    Resource::new("AWS::IAM::ManagedPolicy", properties)
}

/// Returns a table of the template as the target of policies.
pub(crate) fn target(table: &TablePlan) -> Target {
    let application = format!(
        "arn:${{AWS::Partition}}:appconfig:${{AWS::Region}}:${{AWS::AccountId}}:application/${{{RUNTIME_CONFIG_APPLICATION}}}"
    );
    let id = &table.id;
    let mut target = Target::new(Arn::attribute(id, "Arn")).application(Arn::sub(application));
    target.stream = table.stream.map(|_| Arn::attribute(id, "StreamArn"));
    target.key = match &table.encryption {
        Encryption::Own(key) => Some(Arn::attribute(&key.id, "Arn")),
        Encryption::Shared => Some(Arn::attribute(plan::SHARED_KEY, "Arn")),
        Encryption::KeyArn(arn) => Some(Arn::text(arn)),
        Encryption::AwsOwned => None,
    };
    target
}

/// Returns the ARN of the customer-managed key of a table.
pub(crate) fn key_arn(table: &TablePlan) -> Option<Value> {
    match &table.encryption {
        Encryption::Own(key) => Some(attribute(&key.id, "Arn")),
        Encryption::Shared => Some(attribute(plan::SHARED_KEY, "Arn")),
        Encryption::AwsOwned => None,
        Encryption::KeyArn(arn) => Some(arn.as_str().into()),
    }
}

pub(crate) fn reference(id: &str) -> Value {
    json!({ "Ref": id })
}

pub(crate) fn attribute(id: &str, name: &str) -> Value {
    json!({ "Fn::GetAtt": [id, name] })
}

pub(crate) fn sub(text: &str) -> Value {
    json!({ "Fn::Sub": text })
}

fn tags(tags: &std::collections::BTreeMap<String, String>) -> Value {
    tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
}

/// Inserts a property if it has a value.
fn insert(properties: &mut Map<String, Value>, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        properties.insert(name.to_owned(), value.into());
    }
}
