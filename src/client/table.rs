//! Creating tables, bringing them in line, describing and dropping them.

use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableInputBuilder;
use aws_sdk_dynamodb::operation::update_table::builders::UpdateTableInputBuilder;
use aws_sdk_dynamodb::types::{TableDescription, TimeToLiveDescription, TimeToLiveSpecification};
use tokio::time::{Instant, sleep};
use tracing::{debug, info};

use super::{Connection, connection, destination};
use crate::change::{self, Change};
use crate::error::{Error, ErrorKind, Result, from_sdk, unbuilt};
use crate::table::Table;

/// Between looks at a table: local engines are ready at once, AWS takes seconds, and a large index hours.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// How far an operation on a table may go.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    /// How long it waits.
    pub deadline: Duration,
    /// The name of the table whose indexes, or itself, may be deleted.
    pub allowed: Option<String>,
}

impl Default for Terms {
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

pub(crate) async fn ensure<T: Table>(own: Option<Connection>, terms: Terms, requests: Requests) -> Result<()> {
    let connection = connection::find::<T>(own).await?;
    let name = connection.table_name();
    let mut wait = Wait::new(&connection, terms.deadline);
    loop {
        let Some(table) = describe(&connection).await? else {
            info!(table = name, "creating the table");
            let sent = requests.create.clone().table_name(name).send_with(connection.client()).await;
            if let Some(refused) = unless_later(sent, &connection)? {
                wait.pause(&refused).await?;
            }
            continue;
        };
        if let Some(busy) = change::busy(&table)? {
            wait.pause(&busy).await?;
            continue;
        }
        let changes = change::changes(T::SCHEMA.layout, &table)?;
        // Before the first change: nothing is done by halves.
        permit(&connection, &changes, terms.allowed.as_deref())?;
        let Some(change) = changes.first() else { break };
        info!(table = name, "{change}");
        let request = (requests.update)(change, &table)?;
        let sent = request.table_name(name).send_with(connection.client()).await;
        if let Some(refused) = unless_later(sent, &connection)? {
            wait.pause(&refused).await?;
        }
    }
    while let Some(change) = time_to_live::<T>(&connection).await? {
        info!(table = name, "{change}");
        let Change::SetTimeToLive { attribute } = change else { unreachable!("it is what `time_to_live` gives") };
        let specification = TimeToLiveSpecification::builder().attribute_name(attribute).enabled(true).build();
        let specification = specification.map_err(unbuilt)?;
        let request = connection.client().update_time_to_live().table_name(name);
        let sent = request.time_to_live_specification(specification).send().await;
        match unless_later(sent, &connection)? {
            Some(refused) => wait.pause(&refused).await?,
            None => return Ok(()),
        }
    }
    Ok(())
}

/// What there is to do that items expire.
pub(crate) async fn time_to_live<T: Table>(connection: &Connection) -> Result<Option<Change>> {
    if T::SCHEMA.layout.ttl_attribute.is_none() {
        return Ok(None);
    }
    let described = connection.client().describe_time_to_live().table_name(connection.table_name()).send().await;
    let described = described.map_err(|error| from_sdk(error, &destination(connection)))?;
    let nothing = TimeToLiveDescription::builder().build();
    change::time_to_live(T::SCHEMA.layout, described.time_to_live_description().unwrap_or(&nothing))
}

/// `None` if there is no such table.
pub(crate) async fn describe(connection: &Connection) -> Result<Option<TableDescription>> {
    match connection.client().describe_table().table_name(connection.table_name()).send().await {
        Ok(described) => Ok(described.table),
        Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(None),
        Err(error) => Err(from_sdk(error, &destination(connection))),
    }
}

/// Deletes the table, and waits until it is gone.
pub(crate) async fn drop_table<T: Table>(own: Option<Connection>, terms: Terms) -> Result<()> {
    let connection = connection::find::<T>(own).await?;
    let name = connection.table_name();
    permit_steps(&connection, "1. delete the table, and all that it holds", terms.allowed.as_deref())?;
    let mut wait = Wait::new(&connection, terms.deadline);
    loop {
        let Some(table) = describe(&connection).await? else { return Ok(()) };
        if let Ok(Some(busy)) = change::busy(&table) {
            wait.pause(&busy).await?;
            continue;
        }
        info!(table = name, "deleting the table");
        match connection.client().delete_table().table_name(name).send().await {
            // Another process was quicker.
            Err(error) if error.code() == Some("ResourceNotFoundException") => return Ok(()),
            sent => {
                if let Some(refused) = unless_later(sent, &connection)? {
                    wait.pause(&refused).await?;
                }
            }
        }
    }
}

/// Whether the refusal is of the kind that time mends: something else is under way. Any other is an error at once.
fn unless_later<O, E>(sent: Result<O, SdkError<E>>, connection: &Connection) -> Result<Option<String>>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let Err(error) = sent else { return Ok(None) };
    match error.code() {
        Some(code @ ("ResourceInUseException" | "LimitExceededException")) => {
            Ok(Some(format!("{code}: {}", error.message().unwrap_or("no reason given"))))
        }
        _ => Err(from_sdk(error, &destination(connection))),
    }
}

fn permit(connection: &Connection, changes: &[Change], allowed: Option<&str>) -> Result<()> {
    match changes.iter().any(Change::is_destructive) {
        true => permit_steps(connection, &change::plan(changes), allowed),
        false => Ok(()),
    }
}

/// On a table that is not local, what deletes has to be allowed, by the table's name.
fn permit_steps(connection: &Connection, plan: &str, allowed: Option<&str>) -> Result<()> {
    let name = connection.table_name();
    if allowed == Some(name) || allowed.is_none() && connection.is_loopback() {
        return Ok(());
    }
    let allowed = allowed.map(|other| format!("; it was allowed for `{other}`")).unwrap_or_default();
    let message = format!(
        "table `{name}` is not local, and this would delete: {plan}. If that is what you want, say \
         `.allow_destructive(\"{name}\")`{allowed}"
    );
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
