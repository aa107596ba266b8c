//! What a read asks for of an item: all of it, or the attributes of a type of the user's.

use serde::de::DeserializeOwned;

use crate::entity::Entity;
use crate::expr::Placeholders;
use crate::path::{self, Step};
use crate::readable::Readable;
use crate::schema::EntitySchema;
use crate::table::Table;

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
    message = "`{Self}` is no projection",
    note = "`#[derive(Projection)]` with `#[projection(of = ..)]` makes it one"
)]
pub trait Projection: Readable + DeserializeOwned {
    /// The entity whose attributes these are.
    type Of: Entity<Table = Self::Table>;
}

/// A field of a projection.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Selected {
    /// What serde calls it.
    pub name: &'static str,
    /// Where it is: an attribute, and keys of maps in it.
    pub path: &'static [&'static str],
}

/// The projection expression of a read of `T`; `None` if it reads all. The table's keys are always fetched. `also`: the
/// discriminator, and the keys of an index. `expires`: the time of expiry, if that is asked for.
pub(crate) fn expression<T: Readable>(
    also: &[&str],
    expires: Option<&str>,
    placeholders: &mut Placeholders,
) -> Option<String> {
    let selected = T::__SELECT?;
    let layout = T::Table::SCHEMA.layout;
    let table_keys = [Some(layout.partition_key.name), layout.sort_key.map(|key| key.name)];
    let mut paths: Vec<Vec<Step>> = Vec::new();
    let mut push = |path: Vec<Step>| {
        // DynamoDB refuses a path that is there twice, or a part of another.
        if !paths.iter().any(|known| path.starts_with(known)) {
            paths.push(path);
        }
    };
    let whole = |name: &str| vec![Step::Name(name.to_owned())];
    table_keys.into_iter().flatten().chain(also.iter().copied()).chain(expires).for_each(|name| push(whole(name)));
    let is_stored = |name: &str| T::__TARGET.entities.iter().any(|entity| entity.attributes.contains(&name));
    for Selected { path, .. } in selected.iter().filter(|selected| is_stored(selected.path[0])) {
        push(path.iter().map(|name| Step::Name((*name).to_owned())).collect());
    }
    let mut text = String::new();
    for (number, path) in paths.iter().enumerate() {
        text.push_str(if number > 0 { ", " } else { "" });
        path::write(path, placeholders, &mut text);
    }
    Some(text)
}

/// For the derive: whether an entity has such an attribute, or such a field in its key.
pub const fn has_attribute(schema: &EntitySchema, name: &str) -> bool {
    let mut n = 0;
    while n < schema.attributes.len() {
        if crate::check::same(schema.attributes[n], name) {
            return true;
        }
        n += 1;
    }
    let mut n = 0;
    while n < schema.fields.len() {
        let field = &schema.fields[n];
        if field.key_only && field.attributes.len() == 1 && crate::check::same(field.attributes[0], name) {
            return true;
        }
        n += 1;
    }
    false
}
