use aws_lambda_events::event::dynamodb::EventRecord;
use chrono::{DateTime, Utc};

use super::{ChangeKind, Record};
use crate::error::{Error, Result};

/// Converts a record of a Lambda event.
///
/// # Errors
/// Fails if the event has an unknown name.
impl TryFrom<EventRecord> for Record {
    type Error = Error;

    fn try_from(event: EventRecord) -> Result<Self> {
        let kind = ChangeKind::parse(&event.event_name)?;
        let change = event.change;
        // A record without a time has the start of the epoch.
        let created_at = Some(change.approximate_creation_date_time).filter(|at| *at != DateTime::<Utc>::UNIX_EPOCH);
        let is_expiry = event.user_identity.is_some_and(|by| super::is_expiry(&by.type_, &by.principal_id));
        Ok(Self {
            sequence_number: change.sequence_number,
            event_id: Some(event.event_id),
            created_at,
            is_expiry,
            ..Self::new(kind, change.keys.into(), Some(change.old_image.into()), Some(change.new_image.into()))
        })
    }
}
