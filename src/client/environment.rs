//! What the environment says of where the table is.

use std::path::{Path, PathBuf};

use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Credentials, SharedHttpClient};
use monotable_config::Config;

use crate::client::connection;
use crate::error::{Error, ErrorKind, Result};
use crate::model::TableModel;
use crate::schema::ConfigSource;

const LOCAL_DEV: &str = "LOCAL_DEV";
/// The AppConfig application that has the deployed table's name.
pub(crate) const APPLICATION: &str = "RUNTIME_CONFIG_APP_ID";
const CONFIG_PATH: &str = "MONOTABLE_CONFIG";

/// Whether the program runs against a local table: `LOCAL_DEV` is exactly `true`.
pub fn is_local() -> bool {
    std::env::var_os(LOCAL_DEV).is_some_and(|value| value == "true")
}

/// How the local table is reached.
pub(crate) struct Local {
    pub client: Builder,
    pub table_name: String,
    pub endpoint: String,
}

/// The application of AppConfig that knows the deployed table.
pub(crate) fn application<T: TableModel>() -> Result<String> {
    match std::env::var(APPLICATION) {
        Ok(application) if !application.is_empty() => Ok(application),
        _ => {
            let message = format!(
                "where is the table of `{name}`? Set {APPLICATION} to the AppConfig application of the deployed table, or \
                 {LOCAL_DEV}=true for the local table of config.json, or give a connection: \
                 `{name}::set_connection(&Connection::new(client, table_name))`",
                name = T::__SCHEMA.name,
            );
            let message = match connection::had_scope() {
                false => message,
                true => format!(
                    "{message}. A task that is spawned within a `connection.scope(..)` is outside of it: give its operations the \
                     connection with `.on(..)`, or the task a scope of its own"
                ),
            };
            Err(Error::new(ErrorKind::Configuration, message))
        }
    }
}

/// How long the deployed table's name is good for.
#[cfg(feature = "appconfig")]
pub(crate) fn max_age() -> Result<std::time::Duration> {
    // Of Powertools for AWS Lambda, which the Python project reads its configuration with.
    const MAX_AGE: &str = "POWERTOOLS_PARAMETERS_MAX_AGE";
    let seconds: u64 = match std::env::var(MAX_AGE) {
        Ok(text) => text.trim().parse().map_err(|_| {
            let message = format!("{MAX_AGE} is `{text}`; give it a number of seconds");
            Error::new(ErrorKind::Configuration, message)
        })?,
        Err(_) => 300,
    };
    // A year is for ever, and an instant after it can be told.
    Ok(std::time::Duration::from_secs(seconds.min(365 * 24 * 3600)))
}

/// Never through a proxy, whatever the environment says: a proxy cannot reach the loopback addresses of this machine.
pub(crate) fn local_http_client() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new().build_http()
}

pub(crate) async fn local<T: TableModel>() -> Result<Local> {
    let local_dev = config(T::__CONFIG)?.local_dev;
    let endpoint = format!("http://localhost:{}", local_dev.port);
    // Never the instance metadata service: a local table asks nothing of the network.
    let region = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
        .or_else(ProfileFileRegionProvider::new())
        .or_else("us-east-1")
        .region()
        .await;
    let client = Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(region)
        .endpoint_url(&endpoint)
        .http_client(local_http_client())
        // The Python project's, so that an engine that separates by access key shows both the same tables.
        .credentials_provider(Credentials::new("UNUSED", "UNUSED", None, None, "local"));
    Ok(Local { client, table_name: local_dev.table_name, endpoint })
}

/// The `config.json` that is there now, if it differs from the one that the program was built with.
pub(crate) fn changed_config(source: ConfigSource) -> Option<Config> {
    let path = std::env::var_os(CONFIG_PATH).map(PathBuf::from).or_else(|| source.path.map(PathBuf::from))?;
    // One that cannot be read is another operation's error: a deployed program needs none.
    let (now, built) = (Config::read(&path).ok()?, Config::parse(source.text).ok()?);
    (now.table != built.table).then_some(now)
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn port(path: Option<&'static str>) -> Result<u16> {
        let text = r#"{ "runtimeConfigKey": "T", "localDev": { "port": 1111, "tableName": "table" } }"#;
        let source = ConfigSource { path, text, local_table_name: "table", runtime_config_key: "T" };
        config(source).map(|config| config.local_dev.port)
    }

    #[test]
    fn the_file_is_read_when_it_is_there_and_otherwise_what_was_compiled_in() {
        let path = std::env::temp_dir().join(format!("monotable-environment-{}.json", std::process::id()));
        let known: &'static str = path.to_str().unwrap().to_owned().leak();
        assert_eq!(port(Some(known)).unwrap(), 1111, "there is no file");
        for number in [2222, 3333] {
            let text =
                format!(r#"{{ "runtimeConfigKey": "T", "localDev": {{ "port": {number}, "tableName": "table" }} }}"#);
            std::fs::write(&path, text).unwrap();
            assert_eq!(port(Some(known)).unwrap(), number);
        }
        std::fs::write(&path, "{").unwrap();
        assert!(port(Some(known)).unwrap_err().to_string().contains(known), "a broken file is no missing one");
        std::fs::remove_file(&path).unwrap();
        assert_eq!(port(None).unwrap(), 1111, "the configuration stands in the code");
    }
}
