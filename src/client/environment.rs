//! Reads the location of the table from the environment.

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
/// The variable with the AppConfig application that contains the name of the deployed table.
pub(crate) const APPLICATION: &str = "RUNTIME_CONFIG_APP_ID";
const CONFIG_PATH: &str = "MONOTABLE_CONFIG";

/// Returns whether the program uses a local table.
///
/// It does if the environment variable `LOCAL_DEV` is exactly `true`.
pub fn is_local() -> bool {
    std::env::var_os(LOCAL_DEV).is_some_and(|value| value == "true")
}

/// The settings of a local connection.
pub(crate) struct Local {
    pub client: Builder,
    pub table_name: String,
    pub endpoint: String,
}

/// Returns the AppConfig application that contains the name of the deployed table.
pub(crate) fn application<T: TableModel>() -> Result<String> {
    match std::env::var(APPLICATION) {
        Ok(application) if !application.is_empty() => Ok(application),
        _ => {
            let message = format!(
                "no table is configured for `{name}`: set {APPLICATION} to the AppConfig application of the deployed \
                 table, set {LOCAL_DEV}=true to use the local table of config.json, or set a connection: \
                 `{name}::set_connection(&Connection::new(client, table_name))`",
                name = T::__SCHEMA.name,
            );
            let message = match connection::had_scope() {
                false => message,
                true => format!(
                    "{message}. A task that is spawned in a `connection.scope(..)` is outside of the scope: add \
                     `.on(&connection)` to its operations, or run the task in its own scope"
                ),
            };
            Err(Error::new(ErrorKind::Configuration, message))
        }
    }
}

/// Returns how long the name of the deployed table is used before it is refreshed.
#[cfg(feature = "appconfig")]
pub(crate) fn max_age() -> Result<std::time::Duration> {
    // The variable of Powertools for AWS Lambda, which the Python project uses to read its configuration.
    const MAX_AGE: &str = "POWERTOOLS_PARAMETERS_MAX_AGE";
    let seconds: u64 = match std::env::var(MAX_AGE) {
        Ok(text) => text.trim().parse().map_err(|_| {
            let message = format!("{MAX_AGE} is `{text}`: set it to a number of seconds");
            Error::new(ErrorKind::Configuration, message)
        })?,
        Err(_) => 300,
    };
    // A year is longer than any program needs, and `Instant` can still represent it.
    Ok(std::time::Duration::from_secs(seconds.min(365 * 24 * 3600)))
}

/// Creates an HTTP client that ignores the proxy settings of the environment: a proxy cannot reach the loopback addresses of this
/// machine.
pub(crate) fn local_http_client() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new().build_http()
}

pub(crate) async fn local<T: TableModel>() -> Result<Local> {
    let local_dev = config(T::__CONFIG)?.local_dev;
    let endpoint = local_dev.endpoint();
    // Without the instance metadata service: a local table needs no network.
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
        // The same as in the Python project: some engines separate tables by access key.
        .credentials_provider(Credentials::new("UNUSED", "UNUSED", None, None, "local"));
    Ok(Local { client, table_name: local_dev.table_name, endpoint })
}

/// Returns the current `config.json`, if its table differs from the one that the program was built with.
pub(crate) fn changed_config(source: ConfigSource) -> Option<Config> {
    let path = std::env::var_os(CONFIG_PATH).map(PathBuf::from).or_else(|| source.path.map(PathBuf::from))?;
    // A file that cannot be read is not an error here, because a deployed program does not need it.
    let (now, built) = (Config::read(&path).ok()?, Config::parse(source.text).ok()?);
    (now.table != built.table).then_some(now)
}

/// Reads `config.json` at run time, so that a changed port needs no rebuild. If the file does not exist, the compiled one is
/// used.
fn config(source: ConfigSource) -> Result<Config> {
    let fail =
        |error: monotable_config::ConfigError| Error::new(ErrorKind::Configuration, error.to_string()).caused_by(error);
    if let Some(path) = std::env::var_os(CONFIG_PATH) {
        return Config::read(Path::new(&path)).map_err(fail);
    }
    if let Some(path) = source.path {
        match Config::read(Path::new(path)) {
            Err(error) if error.is_not_found() => {
                tracing::info!(
                    path,
                    "config.json does not exist any more: using the one that this program was built with"
                );
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
    fn an_existing_file_is_read_and_otherwise_the_compiled_one_is_used() {
        let path = std::env::temp_dir().join(format!("monotable-environment-{}.json", std::process::id()));
        let known: &'static str = path.to_str().unwrap().to_owned().leak();
        assert_eq!(port(Some(known)).unwrap(), 1111, "the file does not exist");
        for number in [2222, 3333] {
            let text =
                format!(r#"{{ "runtimeConfigKey": "T", "localDev": {{ "port": {number}, "tableName": "table" }} }}"#);
            std::fs::write(&path, text).unwrap();
            assert_eq!(port(Some(known)).unwrap(), number);
        }
        std::fs::write(&path, "{").unwrap();
        assert!(port(Some(known)).unwrap_err().to_string().contains(known), "a broken file is an error");
        std::fs::remove_file(&path).unwrap();
        assert_eq!(port(None).unwrap(), 1111, "the configuration is in the code");
    }
}
