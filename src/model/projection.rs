//! Projections: types of the user that read some attributes of an entity.

use serde::de::DeserializeOwned;

use crate::model::EntityModel;
use crate::model::read_target::ReadTarget;

/// A type with some of the attributes of an entity. `#[derive(Projection)]` implements this trait.
///
/// A read with `.select::<OrderSummary>()` requests only these attributes. The response is smaller, but the read costs the same.
/// A projection cannot be written.
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
///     order_id: String, // read from the key
///     total: String,
///     #[projection(path = "address.city")] // a part of an attribute
///     city: String,
/// }
///
/// # async fn run() -> monotable::Result<()> {
/// let summaries: Vec<OrderSummary> = Order::query("u-1").select::<OrderSummary>().all().await?;
/// # Ok(()) }
/// ```
///
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ProjectionExpressions.html>
#[doc(alias = "ProjectionExpression", alias = "projection_expression", alias = "attributes_to_get")]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a projection",
    note = "add `#[derive(Projection)]` and `#[projection(of = ..)]` to the type"
)]
pub trait Projection: ReadTarget + DeserializeOwned {
    /// The entity that has these attributes.
    type Of: EntityModel<Table = Self::Table>;
}
