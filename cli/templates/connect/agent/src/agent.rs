//! The operations as tools of rig. This is the only file that depends on rig: for another framework, replace it.

use std::sync::Arc;

use rig::completion::message::ToolName;
use rig::operation::Completion;
use rig::tool::{DynamicTool, ToolExecutionError, ToolOutput};
use rig::{Agent, AgentBuilder, DynModel};
use serde_json::Value;

use crate::{Operation, Tables, operations};

const PREAMBLE: &str = "You work with the items of a DynamoDB table, through tools that read and write them by their keys. \
    Nothing can be listed that no tool lists. If a tool fails, correct the call, or say what is wrong.";

/// A run ends with an error after this many requests to the model.
const MAX_TURNS: usize = 10;

/// Creates an agent that has all operations as tools.
pub fn agent(model: impl Into<DynModel<Completion>>, tables: &Tables) -> Agent {
    let tools = operations::all().into_iter().map(|operation| tool(operation, tables.clone()));
    AgentBuilder::new(model)
        .preamble(PREAMBLE)
        .default_max_turns(MAX_TURNS)
        .dynamic_tools(tools.collect())
        .build()
}

/// Converts an operation to a tool.
pub fn tool(operation: Operation, tables: Tables) -> DynamicTool {
    let name = ToolName::new(operation.name).expect("an operation has a name");
    let input = Value::Object(operation.input.clone());
    let operation = Arc::new(operation);
    DynamicTool::new(name, operation.description, input, move |arguments| {
        let (operation, tables) = (Arc::clone(&operation), tables.clone());
        Box::pin(async move {
            match operation.call(&tables, arguments).await {
                Ok(value) => Ok(ToolOutput::json(value)),
                // The model reads the text, and can correct its call.
                Err(problem) => Err(ToolExecutionError::other(problem.to_string())),
            }
        })
    })
}
