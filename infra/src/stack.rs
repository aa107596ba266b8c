//! Stacks in Rust: tables, functions and roles, and which of them may do what.
//!
//! ```
//! use monotable_config::Config;
//! use monotable_infra::stack::{Function, Stack};
//!
//! let config = Config::parse(r#"{ "runtimeConfigKey": "Orders", "localDev": { "port": 8000, "tableName": "orders" } }"#)?;
//! let mut stack = Stack::new("shop");
//! let orders = stack.table("OrdersTable", &config)?;
//! let mut api = Function::new("Api", "my-bucket", "api.zip");
//! orders.grant_read_write(&mut api);
//! stack.function(api)?;
//! println!("{}", stack.template()?.to_json());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::path::Path;

use monotable_config::Config;
use serde_json::{Value, json};

use crate::name::upper_camel;
use crate::plan::{Application, Plan, TablePlan};
use crate::policy::{Access, PolicyDocument, Target};
use crate::template::{Resource, Template};
use crate::{Error, Result, cloudformation};

mod grantee;

pub use grantee::{Function, Grantee, Role};

/// A CloudFormation stack with the tables of an application and other resources.
#[derive(Debug, Clone)]
pub struct Stack {
    application: Application,
    resources: Vec<(String, Resource)>,
    outputs: Vec<(String, Value)>,
}

impl Stack {
    /// Creates a stack for the application with this name.
    pub fn new(name: impl Into<String>) -> Self {
        let application = Application { name: name.into(), ..Application::default() };
        Self { application, resources: Vec::new(), outputs: Vec::new() }
    }

    /// Selects an environment, such as `prod`, before you add tables.
    #[must_use]
    pub fn with_environment(mut self, name: impl Into<String>) -> Self {
        self.application.environment = Some(name.into());
        self
    }

    /// Adds a table of another stack to the runtime configuration, by its `runtimeConfigKey` and its name.
    #[must_use]
    pub fn with_extra_table(mut self, key: impl Into<String>, table_name: impl Into<String>) -> Self {
        self.application.extra_tables.insert(key.into(), table_name.into());
        self
    }

    /// Uses an existing AppConfig deployment strategy instead of a new one.
    #[must_use]
    pub fn with_deployment_strategy(mut self, id: impl Into<String>) -> Self {
        self.application.deployment_strategy = Some(id.into());
        self
    }

    /// Adds a table. `id` becomes its logical id.
    ///
    /// # Errors
    /// Fails if the stack already has this id, this `runtimeConfigKey` or this fixed table name, or if `config` does not have the
    /// environment.
    pub fn table(&mut self, id: &str, config: &Config) -> Result<Table> {
        let mut application = self.application.clone();
        application.tables.push((id.to_owned(), config.clone()));
        // Another table of the stack can have the environment, so `Plan::new` decides about it when the stack is complete.
        let environment = application.environment.as_deref();
        let table = TablePlan::new(id, config, environment)?;
        Plan::new(&Application { environment: None, ..application.clone() })?;
        self.application = application;
        Ok(Table { table })
    }

    /// Reads a `config.json` and adds its table.
    ///
    /// # Errors
    /// Fails if the file cannot be read, or if [`Stack::table`] fails.
    pub fn table_from_file(&mut self, id: &str, path: impl AsRef<Path>) -> Result<Table> {
        self.table(id, &Config::read(path.as_ref())?)
    }

    /// Adds a Lambda function with its role and its grants.
    ///
    /// # Errors
    /// Fails if the stack already has a resource with this logical id.
    pub fn function(&mut self, function: Function) -> Result<()> {
        function.into_resources().into_iter().try_for_each(|(id, resource)| self.resource(&id, resource))
    }

    /// Adds the grants of a role as a policy.
    ///
    /// # Errors
    /// Fails if the stack already has a resource with the policy's logical id.
    pub fn role(&mut self, role: Role) -> Result<()> {
        role.into_policy().into_iter().try_for_each(|(id, resource)| self.resource(&id, resource))
    }

    /// Adds a managed policy for a program outside of the stack, such as a container, and the output `<Name>PolicyArn` with its ARN.
    /// Attach it to the role of the program.
    ///
    /// # Errors
    /// Fails if the stack already has a resource with this logical id, `<Name>Policy`, or if the policy is longer than IAM allows.
    pub fn managed_policy(&mut self, name: &str, policy: &PolicyDocument) -> Result<()> {
        let id = format!("{}Policy", upper_camel(name));
        policy.check_length(name)?;
        self.output(format!("{id}Arn"), cloudformation::reference(&id));
        self.resource(&id, cloudformation::managed_policy(name, policy))
    }

    /// Adds any other resource.
    ///
    /// # Errors
    /// Fails if the stack already has a resource with this logical id.
    pub fn resource(&mut self, id: &str, resource: Resource) -> Result<()> {
        let template = cloudformation::render(&self.plan(None)?)?;
        let added = self.resources.iter().any(|(known, _)| known == id);
        if added || template.resource(id).is_some() {
            let (first, second) = ("a resource of the stack".to_owned(), "the new resource".to_owned());
            return Err(Error::DuplicateId { id: id.to_owned(), first, second });
        }
        self.resources.push((id.to_owned(), resource));
        Ok(())
    }

    /// Adds an output.
    pub fn output(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        let value: Value = value.into();
        self.outputs.push((name.into(), json!({ "Value": value })));
    }

    /// Adds an output that other stacks import under the name `export`.
    pub fn export(&mut self, name: impl Into<String>, value: impl Into<Value>, export: impl Into<String>) {
        let value: Value = value.into();
        let export: String = export.into();
        self.outputs.push((name.into(), json!({ "Value": value, "Export": { "Name": export } })));
    }

    /// Returns the template.
    ///
    /// # Errors
    /// Fails if the name of the application cannot be used, if no table has the environment, if two resources or outputs have the same
    /// name, or if a value refers to a resource that the stack does not have.
    pub fn template(&self) -> Result<Template> {
        let mut template = cloudformation::render(&self.plan(self.application.environment.clone())?)?;
        for (id, resource) in &self.resources {
            template.add(id, resource.clone())?;
        }
        for (name, output) in &self.outputs {
            template.add_output(name, output.clone())?;
        }
        template.check_references()?;
        Ok(template)
    }

    fn plan(&self, environment: Option<String>) -> Result<Plan> {
        Plan::new(&Application { environment, ..self.application.clone() })
    }
}

/// A table of a [`Stack`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    table: TablePlan,
}

impl Table {
    /// Returns the logical id of the table.
    pub fn logical_id(&self) -> &str {
        &self.table.id
    }

    /// Returns the name of the table, as a value for properties of other resources.
    pub fn table_name(&self) -> Value {
        cloudformation::reference(&self.table.id)
    }

    /// Returns the ARN of the table, as a value for properties of other resources.
    pub fn table_arn(&self) -> Value {
        cloudformation::attribute(&self.table.id, "Arn")
    }

    /// Returns the ARN of the table's stream; `None` if the table has no stream.
    pub fn stream_arn(&self) -> Option<Value> {
        self.table.stream.map(|_| cloudformation::attribute(&self.table.id, "StreamArn"))
    }

    /// Returns the ARN of the customer-managed key; `None` if the table uses the key of DynamoDB.
    pub fn key_arn(&self) -> Option<Value> {
        cloudformation::key_arn(&self.table)
    }

    /// Allows a function or a role to read items.
    pub fn grant_read(&self, grantee: &mut impl Grantee) {
        grantee.grant(self.policy(Access::Read));
    }

    /// Allows a function or a role to write items.
    pub fn grant_write(&self, grantee: &mut impl Grantee) {
        grantee.grant(self.policy(Access::Write));
    }

    /// Allows a function or a role to read and write items.
    pub fn grant_read_write(&self, grantee: &mut impl Grantee) {
        grantee.grant(self.policy(Access::ReadWrite));
    }

    /// Allows a function or a role everything, including changes of the table itself.
    pub fn grant_full(&self, grantee: &mut impl Grantee) {
        grantee.grant(self.policy(Access::Full));
    }

    /// Allows a function or a role to read the stream of the table.
    ///
    /// # Errors
    /// Fails if the table has no stream.
    pub fn grant_stream(&self, grantee: &mut impl Grantee) -> Result<()> {
        match self.table.stream {
            Some(_) => grantee.grant(self.policy(Access::Stream)),
            None => return Err(Error::NoStream { table: self.table.name.clone() }),
        }
        Ok(())
    }

    /// Allows a function or a role the access patterns of a `schema.json`. See [`Target::policy_for_patterns`].
    ///
    /// # Errors
    /// Fails if the schema does not have a pattern.
    pub fn grant_patterns(
        &self,
        grantee: &mut impl Grantee,
        schema: &monotable_config::SchemaFile,
        patterns: &[&str],
    ) -> Result<()> {
        grantee.grant(self.target().policy_for_patterns(schema, patterns)?);
        Ok(())
    }

    /// Returns the policy for a kind of access, with references to the resources of the stack.
    pub fn policy(&self, access: Access) -> PolicyDocument {
        self.target().policy(access)
    }

    /// Returns the table as the target of policies.
    pub fn target(&self) -> Target {
        cloudformation::target(&self.table)
    }
}
