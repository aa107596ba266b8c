//! Finds the table that a command is for, and connects to it.

use monotable::aws::operation::put_item::builders::PutItemFluentBuilder;
use monotable::{ConfigTable, Connection};
use monotable_config::TableConfig;

use crate::dev;
use crate::failure::{Code, Failure, Result};
use crate::table::Target;
use crate::table::json::Item;
use crate::workspace;

/// A table with a connection to it.
pub struct Table {
    pub config: TableConfig,
    pub connection: Connection,
    pub is_local: bool,
    /// The table whose data the user allows to be destroyed.
    allowed: Option<String>,
}

pub async fn table(target: &Target) -> Result<Table> {
    let config = workspace::project(target.config.as_deref())?.config;
    let connection = match target.deployed {
        true => deployed(target, &config.runtime_config_key).await?,
        false => {
            let port = config.local_dev.port;
            if let Some(owner) = dev::other_owner(port)? {
                return Err(Failure::failed(format!(
                    "port {port} belongs to the engine of another workspace, {}; stop it there, or change `localDev.port`",
                    owner.display()
                )));
            }
            local(&config.local_dev.endpoint(), &config.local_dev.table_name)
        }
    };
    Ok(Table {
        config: config.table,
        connection,
        is_local: !target.deployed,
        allowed: target.allow_destructive.clone(),
    })
}

/// Connects to a table of a local engine.
pub fn local(endpoint: &str, table_name: &str) -> Connection {
    Connection::new(monotable_local::client(endpoint), table_name).with_endpoint(endpoint)
}

/// The variable with the AppConfig application that contains the names of the tables, as programs use it.
#[cfg(feature = "deployed")]
const APPLICATION: &str = "RUNTIME_CONFIG_APP_ID";

#[cfg(feature = "deployed")]
async fn deployed(target: &Target, key: &str) -> Result<Connection> {
    use monotable::aws::config::Region;

    let application = target.app_config.clone().or_else(|| std::env::var(APPLICATION).ok());
    let application = application.filter(|application| !application.is_empty());
    if target.table.is_none() && application.is_none() {
        return Err(Failure::usage(
            "`--deployed` needs the name of the table, `--table NAME`, or the AppConfig application that contains the name, \
             `--app-config ID` or RUNTIME_CONFIG_APP_ID",
        ));
    }
    let mut loader = aws_config::defaults(aws_config::BehaviorVersion::latest());
    if let Some(region) = &target.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(profile) = &target.profile {
        loader = loader.profile_name(profile);
    }
    let config = loader.load().await;
    if config.region().is_none_or(|region| region.as_ref().is_empty()) {
        return Err(Failure::usage("no region: give `--region`, or set AWS_REGION"));
    }
    let name = match (&target.table, application) {
        (None, Some(application)) => {
            monotable::deployed_table_name(&config, &application, key).await.map_err(failed)?
        }
        (name, _) => name.clone().unwrap_or_default(),
    };
    Ok(Connection::new(monotable::aws::Client::new(&config), name))
}

#[cfg(not(feature = "deployed"))]
async fn deployed(_: &Target, _: &str) -> Result<Connection> {
    Err(Failure::usage("this program was built without the feature `deployed`, so it has no TLS"))
}

impl Table {
    pub fn name(&self) -> &str {
        self.connection.table_name()
    }

    /// Returns the name of the table, where it is and when it was created, to tell tables of the same name apart.
    pub async fn place(&self) -> Result<String> {
        let config = self.client().config();
        let region = config.region().map(|region| region.as_ref().to_owned());
        let place = self.connection.endpoint().map(str::to_owned).or(region).unwrap_or_default();
        let described = self.client().describe_table().table_name(self.name()).send().await.map_err(sdk)?;
        let created = described.table().and_then(|table| table.creation_date_time()).map(|time| time.as_secs_f64());
        Ok(format!("table `{}` at {place}, created at {}", self.name(), created.unwrap_or_default()))
    }

    /// Returns the request that puts an item; with `if_absent` it does not replace an existing one.
    pub fn put_item(&self, item: Item, if_absent: bool) -> PutItemFluentBuilder {
        let request = self.client().put_item().table_name(self.name()).set_item(Some(item));
        match if_absent {
            true => request
                .condition_expression("attribute_not_exists(#key)")
                .expression_attribute_names("#key", &self.config.partition_key.name),
            false => request,
        }
    }

    pub fn client(&self) -> &monotable::aws::Client {
        self.connection.client()
    }

    pub fn admin(&self) -> ConfigTable {
        ConfigTable::new(&self.config, &self.connection)
    }

    /// Returns the name of the table if the user allows its data to be destroyed.
    pub fn allowed(&self) -> Option<&str> {
        self.allowed.as_deref()
    }

    /// Rejects a command that destroys data of a table that is not local, unless the user allows it by the table's name.
    pub fn permit(&self, what: &str) -> Result<()> {
        if self.is_local || self.allowed.as_deref() == Some(self.name()) {
            return Ok(());
        }
        Err(Failure::new(
            Code::Refused,
            format!("this {what} of table `{}`, which is not local; add `--allow-destructive {0}`", self.name()),
        ))
    }
}

/// A failed operation of the library.
#[expect(clippy::needless_pass_by_value, reason = "an argument of `map_err`")]
pub fn failed(error: monotable::Error) -> Failure {
    let remedy = match error.kind() {
        monotable::ErrorKind::TableNotFound if !error.to_string().contains("ensure_table") => {
            "; `monotable table ensure` creates it"
        }
        _ => "",
    };
    let code = match error.kind() {
        monotable::ErrorKind::Destructive => Code::Refused,
        _ => Code::Failed,
    };
    // The remedies of the library are Rust functions.
    let text = error.to_string();
    let replaced = [
        ("(`drop_table`)", "(`monotable table drop`)"),
        ("`ensure_table`", "`monotable table ensure`"),
        (", or unset LOCAL_DEV", " with `monotable dev`"),
        ("call it again to wait for it, or set a longer `.deadline(..)`", "run the command again to wait for it"),
    ];
    let text = replaced.iter().fold(text, |text, (library, tool)| text.replace(library, tool));
    Failure::new(code, format!("{}{remedy}", allow_destructive(&text)))
}

/// A failed request of the SDK.
#[expect(clippy::needless_pass_by_value, reason = "an argument of `map_err`")]
pub fn sdk<E, R>(error: monotable::aws::error::SdkError<E, R>) -> Failure
where
    E: monotable::aws::error::ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    use monotable::aws::error::{DisplayErrorContext, ProvideErrorMetadata};

    let code = error.code().unwrap_or_default();
    let message = match (code, error.message()) {
        ("ResourceNotFoundException", _) => {
            "the table or index does not exist; `monotable table ensure` creates it".to_owned()
        }
        (_, Some(message)) => format!("{code}: {message}"),
        (_, None) if matches!(error, monotable::aws::error::SdkError::DispatchFailure(_)) => {
            "the table cannot be reached: start the local engine, or check the network".to_owned()
        }
        (_, None) => DisplayErrorContext(&error).to_string(),
    };
    Failure::failed(message)
}

/// Returns the text with the option instead of the function of the library.
fn allow_destructive(text: &str) -> String {
    match text.split_once("add `.allow_destructive(\"") {
        Some((before, after)) => {
            let (table, rest) = after.split_once("\")`").unwrap_or((after, ""));
            format!("{before}add `--allow-destructive {table}`{rest}")
        }
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_remedy_is_an_option_of_the_tool() {
        let text = "this plan deletes data: x. If you want that, add `.allow_destructive(\"orders\")`";
        assert!(super::allow_destructive(text).ends_with("add `--allow-destructive orders`"));
    }
}
