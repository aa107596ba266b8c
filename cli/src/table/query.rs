//! `query`: the items of one partition of the table or of an index.

use clap::Args;
use comfy_table::{Table as Grid, presets};
use monotable_config::{Index, KeyAttribute};

use crate::failure::{Failure, Result};
use crate::output::{self, Output};
use crate::table::connect::{self, Table};
use crate::table::{items, json, keys};

#[derive(Args)]
#[command(
    after_help = "Examples:\n  monotable table query table USER#1\n  monotable table query gsi1 USER#1 --begins-with ORDER# --desc --limit 10"
)]
pub struct Query {
    /// The index by its name in code, such as `gsi1`, or `table` for the table itself.
    index: String,
    /// The value of the partition key.
    partition: String,
    /// Only items whose sort key begins with this text.
    #[arg(long, value_name = "TEXT", group = "condition", allow_hyphen_values = true)]
    begins_with: Option<String>,
    /// Only items whose sort key is between these values, both included.
    #[arg(long, num_args = 2, value_names = ["FROM", "TO"], group = "condition", allow_negative_numbers = true)]
    between: Option<Vec<String>>,
    /// Only items whose sort key has this value.
    #[arg(long, value_name = "VALUE", group = "condition", allow_hyphen_values = true)]
    eq: Option<String>,
    /// In descending order of the sort key.
    #[arg(long)]
    desc: bool,
    /// At most this many items.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
}

/// The keys of the table, or of one of its indexes.
struct Keys<'a> {
    index: Option<&'a Index>,
    partition: &'a KeyAttribute,
    sort: Option<&'a KeyAttribute>,
}

fn keys_of<'a>(table: &'a Table, name: &str) -> Result<Keys<'a>> {
    let config = &table.config;
    if name == "table" {
        return Ok(Keys { index: None, partition: &config.partition_key, sort: config.sort_key.as_ref() });
    }
    let Some(index) = config.indexes().find(|index| index.code_name == name || index.index_name == name) else {
        let names: Vec<_> = config.indexes().map(|index| format!("`{}`", index.code_name)).collect();
        return Err(Failure::usage(format!(
            "the table has no index `{name}`; use `table`{}{}",
            if names.is_empty() { "" } else { ", " },
            names.join(", ")
        )));
    };
    match (config.partition_keys_of(index), index.sort_keys.as_slice()) {
        ([partition], sort @ ([] | [_])) => Ok(Keys { index: Some(index), partition, sort: sort.first() }),
        _ => Err(Failure::usage(format!("index `{name}` has a multi-attribute key, which `query` does not support"))),
    }
}

pub async fn query(table: &Table, options: &Query, output: Output) -> Result<()> {
    let keys = keys_of(table, &options.index)?;
    let mut request = table
        .client()
        .query()
        .table_name(table.name())
        .set_index_name(keys.index.map(|index| index.index_name.clone()))
        .scan_index_forward(!options.desc)
        .expression_attribute_names("#p", &keys.partition.name)
        .expression_attribute_values(":p", keys::value(keys.partition, &options.partition)?);
    let values = [&options.begins_with, &options.eq].into_iter().flatten().chain(options.between.iter().flatten());
    let values: Vec<&String> = values.collect();
    let mut condition = "#p = :p".to_owned();
    if !values.is_empty() {
        let Some(sort) = keys.sort else {
            return Err(Failure::usage(format!("`{}` has no sort key, so it has no condition on it", options.index)));
        };
        request = request.expression_attribute_names("#s", &sort.name);
        for (name, text) in [":a", ":b"].iter().zip(&values) {
            request = request.expression_attribute_values(*name, keys::value(sort, text)?);
        }
        condition.push_str(match (&options.begins_with, &options.between) {
            (Some(_), _) => " AND begins_with(#s, :a)",
            (None, Some(_)) => " AND #s BETWEEN :a AND :b",
            (None, None) => " AND #s = :a",
        });
    }
    request = request.key_condition_expression(condition);
    let limit = options.limit.and_then(|limit| usize::try_from(limit).ok());
    let (mut found, mut start) = (Vec::new(), None);
    loop {
        let left = limit.map(|limit| limit - found.len());
        let page = request
            .clone()
            .set_exclusive_start_key(start.take())
            .set_limit(left.map(|left| i32::try_from(left).unwrap_or(i32::MAX)))
            .send()
            .await
            .map_err(connect::sdk)?;
        found.extend(page.items.unwrap_or_default());
        start = page.last_evaluated_key;
        if start.is_none() || limit.is_some_and(|limit| found.len() >= limit) {
            break;
        }
    }
    match output.is_for_people() {
        true => output::print(&format!("{}\n", grid(&found))),
        false => found.iter().for_each(|item| items::print(output, item)),
    }
    output.note(&match found.len() {
        1 => "1 item".to_owned(),
        count => format!("{count} items"),
    });
    Ok(())
}

/// Returns items as a table with a column for each attribute.
fn grid(items: &[json::Item]) -> Grid {
    let mut names: Vec<&String> = items.iter().flat_map(|item| item.keys()).collect();
    names.sort();
    names.dedup();
    let mut grid = Grid::new();
    grid.load_style(presets::UTF8_HORIZONTAL_ONLY);
    grid.set_header(names.iter().copied());
    for item in items {
        grid.add_row(names.iter().map(|name| item.get(*name).map(json::display).unwrap_or_default()));
    }
    grid
}
