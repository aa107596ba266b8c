use serde_json::{Value, json};

use super::{RUNTIME_CONFIG_APPLICATION, RUNTIME_CONFIG_OUTPUT, reference, sub};
use crate::Result;
use crate::plan::{Plan, RuntimeConfig, RuntimeTable};
use crate::template::{Resource, Template};

const ENVIRONMENT: &str = "RuntimeConfigEnvironment";
const PROFILE: &str = "RuntimeConfigProfile";
const VERSION: &str = "RuntimeConfigVersion";
const STRATEGY: &str = "RuntimeConfigStrategy";
const DEPLOYMENT: &str = "RuntimeConfigDeployment";

/// Adds what programs read at run time: one document with all tables, deployed at once.
///
/// One deployment is enough, because AppConfig allows only one at a time in an environment. CloudFormation replaces version and
/// deployment if the document changes.
pub(super) fn add(template: &mut Template, plan: &Plan) -> Result<()> {
    let application = reference(RUNTIME_CONFIG_APPLICATION);
    let name = json!({ "Name": plan.name, "Description": format!("Runtime configuration of {}", plan.name) });
    template.add(RUNTIME_CONFIG_APPLICATION, Resource::new("AWS::AppConfig::Application", name))?;
    let environment = json!({ "ApplicationId": application, "Name": "default" });
    template.add(ENVIRONMENT, Resource::new("AWS::AppConfig::Environment", environment))?;
    let profile = json!({
        "ApplicationId": application,
        "LocationUri": "hosted",
        "Name": "dynamodb",
        "Type": "AWS.Freeform",
    });
    template.add(PROFILE, Resource::new("AWS::AppConfig::ConfigurationProfile", profile))?;
    let version = json!({
        "ApplicationId": application,
        "ConfigurationProfileId": reference(PROFILE),
        "Content": content(&plan.runtime_config),
        "ContentType": "application/json",
    });
    template.add(VERSION, Resource::new("AWS::AppConfig::HostedConfigurationVersion", version))?;
    let strategy = match &plan.runtime_config.deployment_strategy {
        Some(id) => Value::from(id.as_str()),
        None => {
            template.add(STRATEGY, instant_strategy(&plan.name))?;
            reference(STRATEGY)
        }
    };
    let deployment = json!({
        "ApplicationId": application,
        "ConfigurationProfileId": reference(PROFILE),
        "ConfigurationVersion": reference(VERSION),
        "DeploymentStrategyId": strategy,
        "EnvironmentId": reference(ENVIRONMENT),
    });
    template.add(DEPLOYMENT, Resource::new("AWS::AppConfig::Deployment", deployment))?;
    template.add_output(RUNTIME_CONFIG_OUTPUT, json!({ "Value": application }))
}

/// AppConfig's own strategies wait for 10 minutes or more, and an account can only have 20 strategies, so there is one for each
/// application.
fn instant_strategy(application: &str) -> Resource {
    let properties = json!({
        "DeploymentDurationInMinutes": 0,
        "Description": "Deploys at once",
        "FinalBakeTimeInMinutes": 0,
        "GrowthFactor": 100,
        "GrowthType": "LINEAR",
        "Name": application,
        "ReplicateTo": "NONE",
    });
    Resource::new("AWS::AppConfig::DeploymentStrategy", properties)
}

/// Returns the document `{"<runtimeConfigKey>":{"tableName":".."},..}`. CloudFormation fills in the names of the tables that it creates.
fn content(config: &RuntimeConfig) -> Value {
    let entries = config.entries.iter().map(|(key, table)| {
        let name = match table {
            RuntimeTable::Id(id) => format!("\"${{{id}}}\""),
            RuntimeTable::Name(name) => Value::from(name.as_str()).to_string(),
        };
        let key = Value::from(key.as_str()).to_string().replace("${", "${!");
        format!("{key}:{{\"tableName\":{name}}}")
    });
    let text = format!("{{{}}}", entries.collect::<Vec<_>>().join(","));
    match config.entries.values().any(|table| matches!(table, RuntimeTable::Id(_))) {
        true => sub(&text),
        false => text.replace("${!", "${").into(),
    }
}
