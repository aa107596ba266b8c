use serde::{Deserialize, Serialize};

use crate::limit::check_resource_name;

/// Where the table is during local development.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, try_from = "SpelledLocalDev")]
pub struct LocalDev {
    /// The port of the local table on localhost.
    pub port: u16,
    /// The name of the local table.
    pub table_name: String,
    /// The engine that runs the local table.
    pub engine: Engine,
    /// The container image of DynamoDB Local.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The name of the container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container_name: Option<String>,
    /// The program that runs the container: docker, podman, finch or nerdctl.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container_engine: Option<String>,
}

impl LocalDev {
    /// Returns the URL of the local table.
    pub fn endpoint(&self) -> String {
        local_endpoint(self.port)
    }
}

/// Returns the URL of a local table on this port.
pub fn local_endpoint(port: u16) -> String {
    format!("http://localhost:{port}")
}

/// The engine that runs the local table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Engine {
    /// An engine inside the process; you do not need to install anything.
    #[default]
    Embedded,
    /// DynamoDB Local in a Java process.
    DynamodbLocal,
    /// DynamoDB Local in a container.
    Container,
    /// Any engine that listens on the port.
    Endpoint,
}

/// The local table.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SpelledLocalDev {
    /// The port of the local table on localhost.
    #[cfg_attr(test, schemars(range(min = 1)))]
    port: u16,
    /// The name of the local table.
    #[cfg_attr(test, schemars(regex(pattern = "^[a-zA-Z0-9_.-]{3,255}$")))]
    table_name: String,
    /// The engine that runs the local table.
    #[serde(default)]
    engine: Engine,
    /// The container image of DynamoDB Local.
    image: Option<String>,
    /// The name of the container.
    container_name: Option<String>,
    /// The program that runs the container: docker, podman, finch or nerdctl.
    container_engine: Option<String>,
}

impl TryFrom<SpelledLocalDev> for LocalDev {
    type Error = String;

    fn try_from(spelled: SpelledLocalDev) -> Result<Self, String> {
        let SpelledLocalDev { port, table_name, engine, image, container_name, container_engine } = spelled;
        check_port(port)?;
        check_resource_name("the table name", &table_name)?;
        Ok(Self { port, table_name, engine, image, container_name, container_engine })
    }
}

pub(crate) fn check_port(port: u16) -> Result<(), String> {
    match port {
        0 => Err("`localDev.port` is 0; give the port that the local table listens on, such as 8000".into()),
        _ => Ok(()),
    }
}
