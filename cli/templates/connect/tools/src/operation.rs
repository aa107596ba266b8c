//! An operation on a table, as a tool of a model: a name, a description, the JSON Schema of its arguments, and a function.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{Problem, Tables};

/// A call that takes longer ends with an error.
const TIMEOUT: Duration = Duration::from_secs(15);

type Call = Pin<Box<dyn Future<Output = Result<Value, Problem>> + Send>>;

/// An operation.
pub struct Operation {
    /// The name, which no other operation has.
    pub name: &'static str,
    /// What the operation does, for a model that chooses one.
    pub description: &'static str,
    /// Whether the operation changes the table.
    pub writes: bool,
    /// The JSON Schema of the arguments: an object.
    pub input: Map<String, Value>,
    function: Box<dyn Fn(Tables, Value) -> Call + Send + Sync>,
}

impl Operation {
    /// Creates an operation that only reads.
    pub fn read<A, R, F>(
        name: &'static str,
        description: &'static str,
        function: impl Fn(Tables, A) -> F + Send + Sync + 'static,
    ) -> Self
    where
        A: DeserializeOwned + JsonSchema,
        R: Serialize,
        F: Future<Output = Result<R, Problem>> + Send + 'static,
    {
        let call = move |tables: Tables, arguments: Value| -> Call {
            match serde_json::from_value(arguments) {
                Ok(arguments) => {
                    let result = function(tables, arguments);
                    Box::pin(async move { json(result.await?) })
                }
                Err(error) => Box::pin(async move { Err(Problem::arguments(&error)) }),
            }
        };
        Self { name, description, writes: false, input: schema::<A>(), function: Box::new(call) }
    }

    /// Creates an operation that changes the table.
    pub fn write<A, R, F>(
        name: &'static str,
        description: &'static str,
        function: impl Fn(Tables, A) -> F + Send + Sync + 'static,
    ) -> Self
    where
        A: DeserializeOwned + JsonSchema,
        R: Serialize,
        F: Future<Output = Result<R, Problem>> + Send + 'static,
    {
        Self { writes: true, ..Self::read(name, description, function) }
    }

    /// Runs the operation.
    ///
    /// # Errors
    /// Fails if the arguments are wrong, or if the table rejects the request. The problem is a sentence for the model.
    pub async fn call(&self, tables: &Tables, arguments: Value) -> Result<Value, Problem> {
        let call = (self.function)(tables.clone(), arguments);
        let result = tokio::time::timeout(TIMEOUT, call).await.unwrap_or_else(|_| Err(Problem::timeout(self.writes)));
        match &result {
            Ok(_) => tracing::debug!(operation = self.name, "done"),
            Err(problem) => tracing::debug!(operation = self.name, "{problem}"),
        }
        result
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operation").field("name", &self.name).field("writes", &self.writes).finish_non_exhaustive()
    }
}

fn json(result: impl Serialize) -> Result<Value, Problem> {
    serde_json::to_value(result).map_err(|error| Problem::new(format!("the result has no JSON form: {error}")))
}

/// Returns the schema of the arguments without references, because some models cannot follow them.
fn schema<A: JsonSchema>() -> Map<String, Value> {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<A>();
    // The name and the documentation of the struct mean nothing to a model.
    schema.remove("title");
    schema.remove("description");
    schema.ensure_object().clone()
}
