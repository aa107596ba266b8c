//! Creating tables, bringing them in line, describing and dropping them.

use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableInputBuilder;
use aws_sdk_dynamodb::operation::update_table::builders::UpdateTableInputBuilder;
use aws_sdk_dynamodb::operation::update_time_to_live::{UpdateTimeToLiveError, UpdateTimeToLiveOutput};
use aws_sdk_dynamodb::types::{TableDescription, TimeToLiveDescription, TimeToLiveSpecification};
use monotable_config::Config;
use tokio::time::{Instant, sleep};
use tracing::{debug, info, warn};

use crate::client::service_error::from_sdk;
use crate::client::{Connection, default_connection, destination, environment};
use crate::error::{Error, ErrorKind, Result, unbuilt};
use crate::model::TableModel;
use crate::read::table_plan::{self, Change, Description};
use crate::schema::TableLayout;

/// Between looks at a table: local engines are ready at once, AWS takes seconds, and a large index hours.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// How far an operation on a table may go.
#[derive(Debug, Clone)]
pub(crate) struct TableOpOptions {
    /// How long it waits.
    pub deadline: Duration,
    /// The name of the table whose indexes, or itself, may be deleted.
    pub allowed: Option<String>,
}

impl Default for TableOpOptions {
    fn default() -> Self {
        Self { deadline: Duration::from_secs(600), allowed: None }
    }
}

/// What `ensure` sends.
pub(crate) struct Requests {
    pub create: CreateTableInputBuilder,
    /// The request for a change of an index of this table.
    pub update: fn(&Change, &TableDescription) -> Result<UpdateTableInputBuilder>,
}

pub(crate) async fn ensure<T: TableModel>(
    own: Option<Connection>,
    terms: TableOpOptions,
    requests: Requests,
) -> Result<()> {
    let connection = default_connection::find::<T>(own).await?;
    let name = connection.table_name();
    let mut wait = Wait::new(&connection, terms.deadline);
    let mut done: Vec<Change> = Vec::new();
    loop {
        let Some(table) = look::<T>(&connection).await? else {
            info!(table = name, "creating the table");
            let sent = requests.create.clone().table_name(name).send_with(connection.client()).await;
            if let Some(refused) = unless_later(sent, &connection, "dynamodb:CreateTable")? {
                wait.pause(&refused).await?;
            }
            continue;
        };
        if let Some(busy) = table_plan::busy(&table.description)? {
            wait.pause(&busy).await?;
            continue;
        }
        // Before the first change: nothing is done by halves.
        let mut changes = table.changes(T::__SCHEMA.layout)?;
        if let Some(now) = environment::changed_config(T::__CONFIG) {
            spare(&mut changes, &now)?;
        }
        permit(&connection, &changes, terms.allowed.as_deref())?;
        let Some(change) = changes.first() else { return Ok(()) };
        if done.contains(change) {
            // Descriptions lag behind.
            wait.pause(&format!("it was done, and does not show yet: {change}")).await?;
            continue;
        }
        info!(table = name, "{change}");
        let refused = match change {
            Change::SetTimeToLive { attribute } => {
                unless_later(expire_by(&connection, attribute).await?, &connection, "dynamodb:UpdateTimeToLive")
            }
            change => {
                let request = (requests.update)(change, &table.description)?.table_name(name);
                unless_later(request.send_with(connection.client()).await, &connection, "dynamodb:UpdateTable")
            }
        };
        match refused {
            Ok(None) => done.push(change.clone()),
            Ok(Some(refused)) => wait.pause(&refused).await?,
            // Another process may have made it meanwhile.
            Err(error) => match look::<T>(&connection).await? {
                Some(table) if !table.changes(T::__SCHEMA.layout)?.contains(change) => {}
                _ => return Err(error),
            },
        }
    }
}

/// A table as it is.
struct Found {
    description: TableDescription,
    time_to_live: TimeToLiveDescription,
}

impl Found {
    fn changes(&self, layout: &TableLayout) -> Result<Vec<Change>> {
        let mut changes = table_plan::changes(layout, &self.description)?;
        changes.extend(table_plan::time_to_live(layout, &self.time_to_live)?);
        Ok(changes)
    }
}

/// `None` if there is no such table.
async fn look<T: TableModel>(connection: &Connection) -> Result<Option<Found>> {
    let Some(description) = described(connection).await? else { return Ok(None) };
    let mut time_to_live = None;
    // Who has no such attribute asks nothing.
    if T::__SCHEMA.layout.ttl_attribute.is_some() {
        let found = connection.client().describe_time_to_live().table_name(connection.table_name()).send().await;
        time_to_live = match found {
            Ok(found) => found.time_to_live_description,
            // It is being created, or deleted.
            Err(error) if error.code() == Some("ResourceNotFoundException") => None,
            Err(error) => return Err(from_sdk(&error, &destination(connection, "dynamodb:DescribeTimeToLive"))),
        };
    }
    let time_to_live = time_to_live.unwrap_or_else(|| TimeToLiveDescription::builder().build());
    Ok(Some(Found { description, time_to_live }))
}

async fn described(connection: &Connection) -> Result<Option<TableDescription>> {
    match connection.client().describe_table().table_name(connection.table_name()).send().await {
        Ok(described) => Ok(described.table),
        Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(None),
        Err(error) => Err(from_sdk(&error, &destination(connection, "dynamodb:DescribeTable"))),
    }
}

async fn expire_by(
    connection: &Connection,
    attribute: &str,
) -> Result<Result<UpdateTimeToLiveOutput, SdkError<UpdateTimeToLiveError>>> {
    let specification = TimeToLiveSpecification::builder().attribute_name(attribute).enabled(true).build();
    let request = connection.client().update_time_to_live().table_name(connection.table_name());
    Ok(request.time_to_live_specification(specification.map_err(unbuilt)?).send().await)
}

pub(crate) async fn describe<T: TableModel>(own: Option<Connection>) -> Result<Description> {
    let connection = default_connection::find::<T>(own).await?;
    let table_name = connection.table_name().to_owned();
    let Some(found) = look::<T>(&connection).await? else {
        return Ok(Description { table_name, table: None, changes: vec![Change::CreateTable], conflict: None });
    };
    let (changes, conflict) = match found.changes(T::__SCHEMA.layout) {
        Ok(changes) => (changes, None),
        Err(error) => (Vec::new(), Some(error)),
    };
    Ok(Description { table_name, table: Some(found.description), changes, conflict })
}

/// Deletes the table, and waits until it is gone.
pub(crate) async fn drop_table<T: TableModel>(own: Option<Connection>, terms: TableOpOptions) -> Result<()> {
    let connection = default_connection::find::<T>(own).await?;
    let name = connection.table_name();
    permit_steps(&connection, "1. delete the table, and all that it holds", terms.allowed.as_deref())?;
    let mut wait = Wait::new(&connection, terms.deadline);
    // When the table was created that was told to go: another one of its name is somebody else's.
    let mut deleted = None;
    loop {
        let Some(table) = described(&connection).await? else { return Ok(()) };
        if deleted.is_some_and(|created| created != table.creation_date_time) {
            return Ok(());
        }
        if let Ok(Some(busy)) = table_plan::busy(&table) {
            wait.pause(&busy).await?;
            continue;
        }
        if deleted.is_some() {
            // Descriptions lag behind.
            wait.pause("it was deleted, and is still there").await?;
            continue;
        }
        info!(table = name, "deleting the table");
        match connection.client().delete_table().table_name(name).send().await {
            // Another process was quicker.
            Err(error) if error.code() == Some("ResourceNotFoundException") => return Ok(()),
            sent => match unless_later(sent, &connection, "dynamodb:DeleteTable")? {
                Some(refused) => wait.pause(&refused).await?,
                None => deleted = Some(table.creation_date_time),
            },
        }
    }
}

/// Whether the refusal is of the kind that time mends: something else is under way. Any other is an error at once.
fn unless_later<O, E>(
    sent: Result<O, SdkError<E>>,
    connection: &Connection,
    action: &'static str,
) -> Result<Option<String>>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let Err(error) = sent else { return Ok(None) };
    match error.code() {
        Some(code @ ("ResourceInUseException" | "LimitExceededException")) => {
            Ok(Some(format!("{code}: {}", error.message().unwrap_or("no reason given"))))
        }
        _ => Err(from_sdk(&error, &destination(connection, action))),
    }
}

/// A program that was built with an older `config.json` deletes nothing that the present one has.
fn spare(changes: &mut Vec<Change>, now: &Config) -> Result<()> {
    let has = |index: &str| now.table.indexes().any(|known| known.index_name == index);
    let replaced = changes.iter().find_map(|change| match change {
        Change::ReplaceIndex { index, why } if has(index) => Some((index, why)),
        _ => None,
    });
    if let Some((index, why)) = replaced {
        let message = format!(
            "config.json has changed since this program was built, and index `{index}` of the table is not the one that the \
             program knows ({why}): build the program again"
        );
        return Err(Error::new(ErrorKind::Configuration, message));
    }
    changes.retain(|change| match change {
        Change::DeleteIndex { index } if has(index) => {
            warn!(index, "config.json has changed since this program was built: the index is left as it is; build the program again");
            false
        }
        _ => true,
    });
    Ok(())
}

fn permit(connection: &Connection, changes: &[Change], allowed: Option<&str>) -> Result<()> {
    match changes.iter().any(Change::is_destructive) {
        true => permit_steps(connection, &table_plan::plan(changes), allowed),
        false => Ok(()),
    }
}

/// On a table that is not local, what deletes has to be allowed, by the table's name.
fn permit_steps(connection: &Connection, plan: &str, allowed: Option<&str>) -> Result<()> {
    let name = connection.table_name();
    if allowed == Some(name) || allowed.is_none() && connection.is_loopback() {
        return Ok(());
    }
    let why = match allowed {
        Some(other) => format!("it was allowed for `{other}`, and this is table `{name}`"),
        None => format!("table `{name}` is not known to be local"),
    };
    let message =
        format!("{why}, and this plan deletes: {plan}. If that is what you want, say `.allow_destructive(\"{name}\")`");
    Err(Error::new(ErrorKind::Destructive, message))
}

/// Waiting, longer each time, up to a deadline.
struct Wait<'a> {
    table: &'a str,
    began: Instant,
    deadline: Duration,
    pause: Duration,
}

impl<'a> Wait<'a> {
    fn new(connection: &'a Connection, deadline: Duration) -> Self {
        Self { table: connection.table_name(), began: Instant::now(), deadline, pause: FIRST_PAUSE }
    }

    async fn pause(&mut self, why: &str) -> Result<()> {
        let waited = self.began.elapsed();
        let left = self.deadline.saturating_sub(waited);
        if left.is_zero() {
            let message = format!(
                "table `{}` is not ready after {} s: {why}. What was begun goes on; call it again to wait for it, or give \
                 it longer with `.deadline(..)`",
                self.table,
                self.deadline.as_secs_f32()
            );
            return Err(Error::new(ErrorKind::Timeout, message));
        }
        debug!(table = self.table, waited_seconds = waited.as_secs(), "waiting: {why}");
        sleep(self.pause.min(left)).await;
        self.pause = LONGEST_PAUSE.min(self.pause.mul_f32(1.5));
        Ok(())
    }
}
