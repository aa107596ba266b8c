use std::collections::BTreeMap;

use monotable_config::SchemaFile;
use serde::Serialize;
use serde_json::Value;

use crate::plan::TablePlan;
use crate::policy::{APP_CONFIG, Access, Arn, Grant, PolicyDocument, Statement, Target, grants};
use crate::{Error, Result, name};

/// The longest managed policy, in characters.
/// See <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>.
pub(crate) const MAX_MANAGED_POLICY: usize = 6_144;

/// A program of the application, such as one that `monotable connect` has created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// The name, such as the name of its crate.
    pub name: String,
    /// What it does with each table.
    pub tables: Vec<TableUse>,
    /// Its functions on AWS Lambda.
    pub functions: Vec<LambdaFunction>,
}

/// A Lambda function of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LambdaFunction {
    /// The package that contains the binary.
    pub package: String,
    /// The name of its binary: `cargo lambda build` writes `target/lambda/<binary>/bootstrap`.
    pub binary: String,
    /// What invokes it.
    pub trigger: Trigger,
}

/// What invokes a Lambda function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Trigger {
    /// HTTP requests to the URL of the function.
    Requests,
    /// Records from the streams of those tables whose streams the program reads.
    Streams,
}

/// What a program does with a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableUse {
    /// The entities of the table.
    pub schema: SchemaFile,
    /// The access patterns, as in [`Target::policy_for_patterns`].
    pub patterns: Vec<String>,
    /// Whether it describes the table, such as to find out whether it is ready.
    pub describes: bool,
    /// Whether it reads the stream of the table, if there is one.
    pub reads_stream: bool,
}

/// The least permissions of a program, which become a managed policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ProgramPlan {
    /// The name of the program.
    pub name: String,
    /// The logical id of the policy.
    pub policy_id: String,
    /// The permissions for each table.
    pub tables: Vec<TablePermissions>,
    /// The functions on AWS Lambda.
    pub functions: Vec<FunctionPlan>,
}

/// A Lambda function of a program. It has the permissions of the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct FunctionPlan {
    /// The logical id.
    pub id: String,
    /// The package that contains the binary.
    pub package: String,
    /// The name of its binary.
    pub binary: String,
    /// What invokes it.
    pub trigger: Trigger,
}

/// The permissions of a program for one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TablePermissions {
    /// The `runtimeConfigKey` of the table.
    pub runtime_config_key: String,
    /// What is allowed on the table and on its indexes.
    pub grants: Vec<Grant>,
    /// The actions on the customer-managed key, if the table has one.
    pub key_actions: Vec<String>,
    /// The actions on the stream, if the table has one. Empty if the program does not read it.
    pub stream_actions: Vec<String>,
}

impl ProgramPlan {
    pub(super) fn new(program: &Program, tables: &[TablePlan]) -> Result<Self> {
        let mut planned = Vec::with_capacity(program.tables.len());
        for used in &program.tables {
            let key = &used.schema.runtime_config_key;
            if !tables.iter().any(|table| table.runtime_config_key == *key) {
                return Err(Error::UnknownTable { program: program.name.clone(), key: key.clone() });
            }
            planned.push(TablePermissions::new(used)?);
        }
        let plan = Self {
            name: program.name.clone(),
            policy_id: format!("{}Policy", name::logical_id("a program", &program.name)?),
            tables: planned,
            functions: program.functions.iter().map(FunctionPlan::new).collect::<Result<_>>()?,
        };
        // The ARNs are not known yet, so this is a low estimate.
        let estimate = plan.policy(&|_| {
            Target::new(Arn::text("arn:aws:dynamodb:eu-central-1:111122223333:table/shop"))
                .stream(Arn::text(
                    "arn:aws:dynamodb:eu-central-1:111122223333:table/shop/stream/2026-01-01T00:00:00.000",
                ))
                .key(Arn::text("arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"))
                .application(Arn::text("arn:aws:appconfig:eu-central-1:111122223333:application/abc1234"))
        });
        estimate.check_length(&program.name)?;
        Ok(plan)
    }

    /// Returns whether the stream of the table with this `runtimeConfigKey` invokes a function of the program.
    pub(crate) fn is_invoked_by(&self, function: &FunctionPlan, key: &str) -> bool {
        let is_read = |used: &TablePermissions| !used.stream_actions.is_empty() && used.runtime_config_key == key;
        function.trigger == Trigger::Streams && self.tables.iter().any(is_read)
    }

    /// Returns the policy. `target` describes a table by its `runtimeConfigKey`.
    pub fn policy(&self, target: &dyn Fn(&str) -> Target) -> PolicyDocument {
        let mut policy = PolicyDocument::default();
        let mut application = None;
        for table in &self.tables {
            let target = target(&table.runtime_config_key);
            for grant in &table.grants {
                policy.add(target.statement(grant));
            }
            if let Some(stream) = target.stream.as_ref().filter(|_| !table.stream_actions.is_empty()) {
                policy.add(statement(&table.stream_actions, stream.value()));
                // This action has no resource.
                policy.add(Statement::new(&["dynamodb:ListStreams"], vec!["*".into()]));
            }
            if let Some(key) = &target.key {
                policy.add(statement(&table.key_actions, key.value()));
            }
            application = application.or(target.application);
        }
        if let Some(application) = application {
            policy.add(Statement::new(&APP_CONFIG, vec![application.below("/*").value()]));
        }
        policy
    }
}

impl FunctionPlan {
    fn new(function: &LambdaFunction) -> Result<Self> {
        let id = format!("{}Function", name::logical_id("a function", &function.binary)?);
        Ok(Self { id, package: function.package.clone(), binary: function.binary.clone(), trigger: function.trigger })
    }
}

fn statement(actions: &[String], resource: Value) -> Statement {
    Statement { actions: actions.to_vec(), resources: vec![resource], condition: None }
}

impl TablePermissions {
    fn new(used: &TableUse) -> Result<Self> {
        let patterns: Vec<&str> = used.patterns.iter().map(String::as_str).collect();
        let mut grants = grants(&used.schema, &patterns)?;
        let access = if grants.iter().any(Grant::writes) { Access::Write } else { Access::Read };
        if used.describes {
            grants.push(Grant { actions: vec!["dynamodb:DescribeTable".to_owned()], index: None, leading_keys: None });
        }
        let owned = |actions: &[&str]| actions.iter().map(|action| (*action).to_owned()).collect();
        Ok(Self {
            runtime_config_key: used.schema.runtime_config_key.clone(),
            grants,
            key_actions: owned(access.key_actions()),
            stream_actions: if used.reads_stream { owned(&Access::Stream.actions()) } else { Vec::new() },
        })
    }
}

/// Returns the permissions of programs as JSON, by the name of the program. The CDK and Terraform projects read it.
pub(crate) fn to_json(programs: &[ProgramPlan]) -> String {
    let by_name: BTreeMap<_, _> = programs.iter().map(|program| (&program.name, &program.tables)).collect();
    let json = serde_json::to_string_pretty(&by_name);
    json.unwrap_or_else(|error| unreachable!("strings have a JSON form: {error}")) + "\n"
}
