//! The projection expression of a read.

use crate::expr::path::{self};
use crate::expr::placeholders::Placeholders;
use crate::model::TableModel;
use crate::model::read_target::ReadTarget;
use crate::schema::TableLayout;
use crate::schema::projection::Selected;
use crate::schema::target::EntitySet;
use crate::value::document_path::PathElement;

/// Returns the projection expression of a read of `T`; `None` if it reads whole items. The table's keys are always included.
/// `also`: the discriminator and the index keys. `expires`: the TTL attribute, if expired items are excluded.
pub(crate) fn expression<T: ReadTarget>(
    also: &[&str],
    expires: Option<&str>,
    placeholders: &mut Placeholders,
) -> Option<String> {
    Some(select(T::__SELECT?, T::Table::__SCHEMA.layout, &T::__TARGET, also, expires, placeholders))
}

/// Returns the expression for these attributes. Not generic: every target would otherwise have its own copy.
fn select(
    selected: &[Selected],
    layout: &TableLayout,
    target: &EntitySet,
    also: &[&str],
    expires: Option<&str>,
    placeholders: &mut Placeholders,
) -> String {
    let table_keys = [Some(layout.partition_key.name), layout.sort_key.map(|key| key.name)];
    let mut paths: Vec<Vec<PathElement>> = Vec::new();
    let mut push = |path: Vec<PathElement>| {
        // DynamoDB rejects overlapping paths: equal paths, and a path inside another one.
        if !paths.iter().any(|known| path.starts_with(known)) {
            paths.push(path);
        }
    };
    let whole = |name: &str| vec![PathElement::Name(name.to_owned())];
    table_keys.into_iter().flatten().chain(also.iter().copied()).chain(expires).for_each(|name| push(whole(name)));
    let is_stored = |name: &str| target.entities.iter().any(|entity| entity.attributes.contains(&name));
    for Selected { path, .. } in selected.iter().filter(|selected| is_stored(selected.path[0])) {
        push(path.iter().map(|name| PathElement::Name((*name).to_owned())).collect());
    }
    let mut text = String::new();
    for (number, path) in paths.iter().enumerate() {
        text.push_str(if number > 0 { ", " } else { "" });
        path::write(path, placeholders, &mut text);
    }
    text
}
