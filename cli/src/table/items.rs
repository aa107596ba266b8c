//! `get`, `put` and `delete`: single items.

use std::io::Read;

use clap::Args;
use monotable::aws::types::AttributeValue;
use serde::Serialize;

use crate::failure::{Failure, Result};
use crate::output::Output;
use crate::table::connect::{self, Table};
use crate::table::{json, keys};

#[derive(Args)]
pub struct Key {
    /// The value of the partition key.
    partition: String,
    /// The value of the sort key, if the table has one.
    sort: Option<String>,
}

#[derive(Args)]
#[command(after_help = "Example: monotable table put '{\"pk\":{\"S\":\"USER#1\"},\"sk\":{\"S\":\"USER#1\"}}'")]
pub struct Put {
    /// The items. Without them, standard input.
    items: Vec<String>,
    /// Do not replace an existing item.
    #[arg(long)]
    if_absent: bool,
}

/// Prints an item: its JSON for programs, one line per attribute for people.
pub fn print(output: Output, item: &json::Item) {
    let value = json::to_json(item);
    output.result(&value, || match output.is_for_people() {
        true => {
            let mut names: Vec<_> = item.keys().collect();
            names.sort();
            let width = names.iter().map(|name| name.len()).max().unwrap_or_default();
            let lines = names.iter().map(|name| format!("{name:<width$}  {}", json::display(&item[*name])));
            lines.collect::<Vec<_>>().join("\n")
        }
        false => value.to_string(),
    });
}

pub async fn get(table: &Table, key: &Key, output: Output) -> Result<()> {
    let key = keys::primary(&table.config, &key.partition, key.sort.as_deref())?;
    let request = table.client().get_item().table_name(table.name()).set_key(Some(key)).consistent_read(true);
    match request.send().await.map_err(connect::sdk)?.item {
        Some(item) => {
            print(output, &item);
            Ok(())
        }
        None => Err(Failure::failed("no item has this key")),
    }
}

#[derive(Serialize)]
struct Written {
    written: usize,
}

pub async fn put(table: &Table, options: &Put, output: Output) -> Result<()> {
    if !options.if_absent {
        table.permit("replaces items")?;
    }
    let (what, texts) = match options.items.is_empty() {
        false => ("item", options.items.clone()),
        true => ("line", lines_of_input()?),
    };
    // Parse all items before the first one is written.
    let texts = texts.iter().enumerate().filter(|(_, text)| !text.trim().is_empty());
    let parse = |(number, text): (usize, &String)| {
        json::parse(text).map_err(|problem| Failure::usage(format!("{what} {}: {problem}", number + 1)))
    };
    let items = texts.map(parse).collect::<Result<Vec<_>>>()?;
    if items.is_empty() {
        return Err(Failure::usage("no items: give them as arguments, or on standard input"));
    }
    for item in &items {
        let request = table.put_item(item.clone(), options.if_absent);
        request.send().await.map_err(connect::sdk)?;
    }
    output.result(&Written { written: items.len() }, || match items.len() {
        1 => "wrote 1 item".to_owned(),
        count => format!("wrote {count} items"),
    });
    Ok(())
}

fn lines_of_input() -> Result<Vec<String>> {
    let mut input = String::new();
    std::io::stdin()
        .read_to_string(&mut input)
        .map_err(|error| Failure::failed(format!("cannot read the items: {error}")))?;
    Ok(input.lines().map(str::to_owned).collect())
}

#[derive(Serialize)]
struct Deleted {
    deleted: bool,
}

pub async fn delete(table: &Table, key: &Key, output: Output) -> Result<()> {
    table.permit("deletes an item")?;
    let key = keys::primary(&table.config, &key.partition, key.sort.as_deref())?;
    let request = table.client().delete_item().table_name(table.name()).set_key(Some(key));
    let deleted = request
        .return_values(monotable::aws::types::ReturnValue::AllOld)
        .send()
        .await
        .map_err(connect::sdk)?
        .attributes
        .is_some_and(|attributes: std::collections::HashMap<String, AttributeValue>| !attributes.is_empty());
    let text = if deleted { "deleted" } else { "no item has this key" };
    output.result(&Deleted { deleted }, || text.to_owned());
    Ok(())
}
