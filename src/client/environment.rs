//! What the environment says of where the table is.

use std::path::Path;

use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config as ClientConfig, Credentials};
use monotable_config::Config;

use crate::error::{Error, ErrorKind, Result};
use crate::table::{ConfigSource, Table};

const LOCAL_DEV: &str = "LOCAL_DEV";
const CONFIG_PATH: &str = "MONOTABLE_CONFIG";

/// Whether the program runs against a local table: `LOCAL_DEV` is exactly `true`.
pub fn is_local() -> bool {
    std::env::var_os(LOCAL_DEV).is_some_and(|value| value == "true")
}

/// How the local table is reached.
pub(crate) struct Local {
    pub client: ClientConfig,
    pub table_name: String,
    pub endpoint: String,
}

pub(crate) async fn local<T: Table>() -> Result<Local> {
    if !is_local() {
        let message = format!(
            "where is the table of `{}`? Set LOCAL_DEV=true for the local table of config.json, or give a connection: \
             `{}::set_connection(&Connection::new(client, table_name))`",
            T::SCHEMA.name,
            T::SCHEMA.name
        );
        return Err(Error::new(ErrorKind::Configuration, message));
    }
    let local_dev = config(T::__CONFIG)?.local_dev;
    let endpoint = format!("http://localhost:{}", local_dev.port);
    // Never the instance metadata service: a local table asks nothing of the network.
    let region = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
        .or_else(ProfileFileRegionProvider::new())
        .or_else("us-east-1")
        .region()
        .await;
    let client = ClientConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(region)
        .endpoint_url(&endpoint)
        // The Python project's, so that an engine that separates by access key shows both the same tables.
        .credentials_provider(Credentials::new("UNUSED", "UNUSED", None, None, "local"))
        .build();
    Ok(Local { client, table_name: local_dev.table_name, endpoint })
}

/// Read at run time, so that a changed port needs no rebuild; what was compiled in where the file is gone.
fn config(source: ConfigSource) -> Result<Config> {
    let fail =
        |error: monotable_config::ConfigError| Error::new(ErrorKind::Configuration, error.to_string()).caused_by(error);
    if let Some(path) = std::env::var_os(CONFIG_PATH) {
        return Config::read(Path::new(&path)).map_err(fail);
    }
    if let Some(path) = source.path {
        match Config::read(Path::new(path)) {
            Err(error) if error.is_not_found() => {
                tracing::info!(path, "config.json is not there any more: using the one this program was built with");
            }
            read => return read.map_err(fail),
        }
    }
    Config::parse(source.text).map_err(fail)
}
