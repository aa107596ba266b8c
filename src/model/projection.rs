//! What a read asks for of an item: all of it, or the attributes of a type of the user's.

use serde::de::DeserializeOwned;

use crate::model::EntityModel;
use crate::model::read_target::ReadTarget;

/// Some attributes of the entity `Of`, made by `#[derive(Projection)]`: reads of it fetch these alone, and what they are
/// billed for is the same. It cannot be written.
///
/// ```
/// # use monotable::{Entity, Table};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Debug, Table)]
/// # #[table(config_json = r#"{"runtimeConfigKey": "T", "localDev": {"port": 8000, "tableName": "orders"},
/// #     "tableConfig": {"globalSecondaryIndexes": []}}"#)]
/// # enum BaseModel { Order(Order) }
/// # #[derive(Debug, Clone, Serialize, Deserialize, Entity)]
/// # #[entity(table = BaseModel, pk = "USER#{user_id}", sk = "ORDER#{order_id}")]
/// # struct Order { user_id: String, #[entity(key_only)] order_id: String, total: String, address: Address }
/// # #[derive(Debug, Clone, Serialize, Deserialize)]
/// # struct Address { city: String }
/// use monotable::Projection;
///
/// #[derive(Debug, Deserialize, Projection)]
/// #[projection(of = Order)]
/// struct OrderSummary {
///     order_id: String, // from the key
///     total: String,
///     #[projection(path = "address.city")] // a part of an attribute
///     city: String,
/// }
///
/// # async fn run() -> monotable::Result<()> {
/// let summaries: Vec<OrderSummary> = Order::query("u-1").select::<OrderSummary>().all().await?;
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a projection",
    note = "`#[derive(Projection)]` with `#[projection(of = ..)]` makes it one"
)]
pub trait Projection: ReadTarget + DeserializeOwned {
    /// The entity whose attributes these are.
    type Of: EntityModel<Table = Self::Table>;
}
