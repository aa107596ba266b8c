use chrono::NaiveDate;
use monotable::{Entity, KeySegment};
use serde::{Deserialize, Serialize};

use super::BaseModel;

/// The state of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, KeySegment)]
#[serde(rename_all = "UPPERCASE")]
pub enum State {
    Open,
    Paid,
}

/// An order of a user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = BaseModel,
    pk = "USER#{user_id}",
    sk = "ORDER#{number:06}",
    gsi1(pk = "STATE#{state}", sk = "{day}#{number:06}", name = "list_by_state"),
    gsi2(pk = "ORDER", sk = "{state}#{day}#{number:06}", name = "list_all"),
)]
pub struct Order {
    /// The user.
    #[entity(key_only)]
    pub user_id: String,
    /// The number of the order.
    pub number: u32,
    /// Whether it is paid.
    pub state: State,
    /// The day.
    pub day: NaiveDate,
    /// A note.
    #[serde(rename = "remark")]
    pub note: Option<String>,
    /// The number of writes.
    #[entity(version)]
    pub version: u64,
}
