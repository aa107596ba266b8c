//! Creates tables, changes them to match their `config.json`, describes them and deletes them.

use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableInputBuilder;
use aws_sdk_dynamodb::operation::update_time_to_live::{UpdateTimeToLiveError, UpdateTimeToLiveOutput};
use aws_sdk_dynamodb::primitives::DateTime;
use aws_sdk_dynamodb::types::{TableDescription, TimeToLiveDescription, TimeToLiveSpecification};
use monotable_config::TableConfig;
use tokio::time::{Instant, sleep};
use tracing::{debug, info, warn};

use crate::client::service_error::from_sdk;
use crate::client::{Connection, destination, environment};
use crate::error::{Error, ErrorKind, Result, unbuilt};
use crate::read::table_plan::{self, Change, Description};
use crate::read::table_request;
use crate::schema::ConfigSource;

/// The pauses between two descriptions of a table: local engines are ready at once, AWS takes seconds, and a large index takes hours.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// The number of consecutive failures of DynamoDB after which an operation ends. The SDK has already tried each request several times.
const MOST_FAILURES: u32 = 5;

/// The options of an operation on a table.
#[derive(Debug, Clone)]
pub(crate) struct TableOpOptions {
    /// The longest time that the operation waits.
    pub deadline: Duration,
    /// The name of the table that the user allows to be deleted, or whose indexes may be deleted.
    pub allowed: Option<String>,
}

impl Default for TableOpOptions {
    fn default() -> Self {
        Self { deadline: Duration::from_secs(600), allowed: None }
    }
}

/// A table in DynamoDB, and the configuration that it is compared with.
pub(crate) struct AdminTable {
    pub connection: Connection,
    pub config: TableConfig,
    /// Where the configuration comes from, if it was compiled into the program: the file may have changed since.
    pub compiled_from: Option<ConfigSource>,
}

/// What an operation on a table does next.
enum Next {
    End,
    Continue,
    /// Wait for this reason, then continue.
    Wait(String),
}

pub(crate) async fn ensure(table: &AdminTable, options: TableOpOptions) -> Result<()> {
    let create = table_request::create(&table.config)?;
    let mut wait = Wait::new(&table.connection, options.deadline);
    let mut sent = Vec::new();
    loop {
        let next = ensure_step(table, &create, &options, &mut sent).await;
        if wait.is_over(next).await? {
            return Ok(());
        }
    }
}

/// Describes the table and sends the first change that is due. `sent` contains the changes that were sent before.
async fn ensure_step(
    table: &AdminTable,
    create: &CreateTableInputBuilder,
    options: &TableOpOptions,
    sent: &mut Vec<Change>,
) -> Result<Next> {
    let AdminTable { connection, config, .. } = table;
    let name = connection.table_name();
    let Some(found) = find(connection, config).await? else {
        info!(table = name, "creating the table");
        let response = create.clone().table_name(name).send_with(connection.client()).await;
        return Ok(match unless_later(response, connection, "dynamodb:CreateTable")? {
            Some(refused) => Next::Wait(refused),
            None => Next::Continue,
        });
    };
    if let Some(busy) = table_plan::busy(&found.description)? {
        return Ok(Next::Wait(busy));
    }
    // Check all changes before the first one is applied.
    let changes = due_changes(table, &found)?;
    permit(connection, &changes, options.allowed.as_deref())?;
    let Some(change) = changes.first() else { return Ok(Next::End) };
    if sent.contains(change) {
        // Descriptions are eventually consistent.
        let why = format!("this change was sent, but the table's description does not show it yet: {change}");
        return Ok(Next::Wait(why));
    }
    info!(table = name, "{change}");
    let refused = match change {
        Change::SetTimeToLive { attribute } => {
            unless_later(expire_by(connection, attribute).await?, connection, "dynamodb:UpdateTimeToLive")
        }
        change => {
            let request = table_request::update(config, change, &found.description)?.table_name(name);
            unless_later(request.send_with(connection.client()).await, connection, "dynamodb:UpdateTable")
        }
    };
    match refused {
        Ok(None) => sent.push(change.clone()),
        Ok(Some(refused)) => return Ok(Next::Wait(refused)),
        // Another process may have applied it in the meantime.
        Err(error) => match find(connection, config).await? {
            Some(found) if !found.changes(config)?.contains(change) => {}
            _ => return Err(error),
        },
    }
    Ok(Next::Continue)
}

/// DynamoDB's description of a table.
struct Found {
    description: TableDescription,
    time_to_live: TimeToLiveDescription,
}

impl Found {
    fn changes(&self, config: &TableConfig) -> Result<Vec<Change>> {
        let mut changes = table_plan::changes(config, &self.description)?;
        changes.extend(table_plan::time_to_live(config, &self.time_to_live)?);
        Ok(changes)
    }
}

/// Describes the table; `None` if it does not exist.
async fn find(connection: &Connection, config: &TableConfig) -> Result<Option<Found>> {
    let Some(description) = described(connection).await? else { return Ok(None) };
    let mut time_to_live = None;
    if config.ttl_attribute.is_some() {
        let found = connection.client().describe_time_to_live().table_name(connection.table_name()).send().await;
        time_to_live = match found {
            Ok(found) => found.time_to_live_description,
            // The table is being created or deleted.
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

pub(crate) async fn describe(table: &AdminTable) -> Result<Description> {
    let AdminTable { connection, config, .. } = table;
    let table_name = connection.table_name().to_owned();
    let Some(found) = find(connection, config).await? else {
        return Ok(Description { table_name, table: None, changes: vec![Change::CreateTable], conflict: None });
    };
    let (changes, conflict) = match due_changes(table, &found) {
        Ok(changes) => (changes, None),
        Err(error) => (Vec::new(), Some(error)),
    };
    Ok(Description { table_name, table: Some(found.description), changes, conflict })
}

/// Deletes the table, and waits until it is deleted.
pub(crate) async fn drop_table(connection: &Connection, options: TableOpOptions) -> Result<()> {
    permit_steps(connection, "1. delete the table and all its items", options.allowed.as_deref())?;
    let mut wait = Wait::new(connection, options.deadline);
    let mut deletion = Deletion::default();
    loop {
        let next = drop_step(connection, &mut deletion).await;
        if wait.is_over(next).await? {
            return Ok(());
        }
    }
}

/// How far the deletion of a table has progressed.
#[derive(Default)]
struct Deletion {
    /// The creation time of the table that we delete. A later table with the same name is not ours.
    table: Option<Option<DateTime>>,
    is_accepted: bool,
}

async fn drop_step(connection: &Connection, deletion: &mut Deletion) -> Result<Next> {
    let name = connection.table_name();
    let Some(table) = described(connection).await? else { return Ok(Next::End) };
    if deletion.table.is_some_and(|created| created != table.creation_date_time) {
        return Ok(Next::End);
    }
    if let Ok(Some(busy)) = table_plan::busy(&table) {
        return Ok(Next::Wait(busy));
    }
    if deletion.is_accepted {
        // Descriptions are eventually consistent.
        return Ok(Next::Wait("its deletion was sent, but its description still exists".to_owned()));
    }
    info!(table = name, "deleting the table");
    // Remembered before the response, because DynamoDB may delete the table although its response is an error.
    deletion.table = Some(table.creation_date_time);
    match connection.client().delete_table().table_name(name).send().await {
        // Another process has deleted it.
        Err(error) if error.code() == Some("ResourceNotFoundException") => return Ok(Next::End),
        response => {
            if let Some(refused) = unless_later(response, connection, "dynamodb:DeleteTable")? {
                return Ok(Next::Wait(refused));
            }
        }
    }
    deletion.is_accepted = true;
    Ok(Next::Continue)
}

/// Returns DynamoDB's reason if it rejected a request only because another change is in progress. Any other rejection is an error.
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

/// Returns whether DynamoDB itself failed or throttled a request. An endpoint that cannot be reached is reported at once.
fn is_failure_of_dynamodb(error: &Error) -> bool {
    error.is_transient() && matches!(error.kind(), ErrorKind::Service | ErrorKind::Throttled)
}

/// Returns the changes that make the table as the program needs it, and as the current `config.json` allows it.
fn due_changes(table: &AdminTable, found: &Found) -> Result<Vec<Change>> {
    let mut changes = found.changes(&table.config)?;
    if let Some(newer) = table.compiled_from.and_then(environment::changed_config) {
        keep_indexes_of(&newer.table, &mut changes)?;
    }
    Ok(changes)
}

/// Removes the deletion of indexes that the current `config.json` has, if the program was built with an older one.
fn keep_indexes_of(newer: &TableConfig, changes: &mut Vec<Change>) -> Result<()> {
    let has = |index: &str| newer.indexes().any(|known| known.index_name == index);
    let replaced = changes.iter().find_map(|change| match change {
        Change::ReplaceIndex { index, why } if has(index) => Some((index, why)),
        _ => None,
    });
    if let Some((index, why)) = replaced {
        let message = format!(
            "config.json has changed since this program was built, and index `{index}` of the table differs from the one in \
             the program ({why}): build the program again"
        );
        return Err(Error::new(ErrorKind::Configuration, message));
    }
    changes.retain(|change| match change {
        Change::DeleteIndex { index } if has(index) => {
            warn!(index, "config.json has changed since this program was built: the index is not deleted; build the program again");
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

/// Rejects deletions on a table that is not local, unless the user allows them by the table's name.
fn permit_steps(connection: &Connection, plan: &str, allowed: Option<&str>) -> Result<()> {
    let name = connection.table_name();
    if allowed == Some(name) || allowed.is_none() && connection.is_loopback() {
        return Ok(());
    }
    let why = match allowed {
        Some(other) => format!("deletions are allowed for `{other}`, but this is table `{name}`"),
        None => format!("table `{name}` is not known to be local"),
    };
    let message =
        format!("{why}, and this plan deletes data: {plan}. If you want that, add `.allow_destructive(\"{name}\")`");
    Err(Error::new(ErrorKind::Destructive, message))
}

/// Pauses, longer each time, up to a deadline.
struct Wait<'a> {
    table: &'a str,
    began: Instant,
    deadline: Duration,
    pause: Duration,
    /// The number of consecutive failures.
    failures: u32,
}

impl<'a> Wait<'a> {
    fn new(connection: &'a Connection, deadline: Duration) -> Self {
        Self { table: connection.table_name(), began: Instant::now(), deadline, pause: FIRST_PAUSE, failures: 0 }
    }

    /// Returns whether the operation has ended. Pauses if it has to wait, or if DynamoDB failed and may succeed later.
    async fn is_over(&mut self, next: Result<Next>) -> Result<bool> {
        let why = match next {
            Err(error) if is_failure_of_dynamodb(&error) && self.failures + 1 < MOST_FAILURES => {
                self.failures += 1;
                error.to_string()
            }
            Err(error) => return Err(error),
            Ok(next) => {
                self.failures = 0;
                match next {
                    Next::End => return Ok(true),
                    Next::Continue => return Ok(false),
                    Next::Wait(why) => why,
                }
            }
        };
        self.pause(&why).await?;
        Ok(false)
    }

    async fn pause(&mut self, why: &str) -> Result<()> {
        let waited = self.began.elapsed();
        let left = self.deadline.saturating_sub(waited);
        if left.is_zero() {
            let message = format!(
                "table `{}` is not ready after {} s: {why}. DynamoDB continues with what was started; call it again to wait for it, or \
                 set a longer `.deadline(..)`",
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
