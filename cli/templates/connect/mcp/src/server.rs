//! The operations as tools of MCP.

use std::sync::Arc;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool, ToolAnnotations,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::Value;

use crate::{Operation, Tables, operations};

/// The server. A copy shares everything.
#[derive(Debug, Clone)]
pub struct Server {
    tables: Tables,
    operations: Arc<[Operation]>,
}

impl Server {
    /// Creates a server with all operations, or with those that only read.
    pub fn new(tables: Tables, read_only: bool) -> Self {
        let offered = operations::all().into_iter().filter(|operation| !(read_only && operation.writes));
        Self { tables, operations: offered.collect() }
    }

    fn find(&self, name: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.name == name)
    }
}

fn tool(operation: &Operation) -> Tool {
    let hints = ToolAnnotations::new().read_only(!operation.writes).open_world(false);
    Tool::new(operation.name, operation.description, Arc::new(operation.input.clone())).with_annotations(hints)
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")))
            .with_instructions(
                "The tools read and write the items of a DynamoDB table by its keys. No tool scans the table: \
                 if no tool lists what you look for, it cannot be listed.",
            )
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.find(name).map(tool)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(self.operations.iter().map(tool).collect()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(operation) = self.find(&request.name) else {
            return Err(ErrorData::invalid_params(format!("the server has no tool `{}`", request.name), None));
        };
        let arguments = Value::Object(request.arguments.unwrap_or_default());
        // A model reads a problem as the result of the tool, and can correct its call.
        Ok(match operation.call(&self.tables, arguments).await {
            Ok(value @ Value::Object(_)) => CallToolResult::structured(value),
            // Structured content has to be an object.
            Ok(value) => CallToolResult::success(vec![ContentBlock::text(value.to_string())]),
            Err(problem) => CallToolResult::error(vec![ContentBlock::text(problem.to_string())]),
        }
        .into())
    }
}
