//! `dump` and `seed`: all items of a table, to and from a file of DynamoDB JSON with one item per line.
//!
//! Both commands record their progress in a file next to the dump. If a run is interrupted, even by `kill -9`, the same command
//! continues where the record ends, and no item is lost or repeated.

mod seed;

use std::fs::{self, File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use monotable::aws::types::ReturnConsumedCapacity;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

use crate::failure::{Failure, Result};
use crate::files;
use crate::output::{self, Output};
use crate::table::connect::{self, Table};
use crate::table::json::{self, Item};
pub use seed::{Seed, seed};

#[derive(Args)]
pub struct Dump {
    /// The file; a run that was interrupted is continued. Without it, standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    pace: Pacing,
}

#[derive(Args)]
struct Pacing {
    /// The most capacity units to consume per second.
    #[arg(long, value_name = "UNITS", value_parser = positive)]
    rate: Option<f64>,
    /// How many requests to send at a time.
    #[arg(long, value_name = "COUNT", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=100))]
    segments: u16,
}

fn positive(text: &str) -> std::result::Result<f64, String> {
    match text.parse() {
        Ok(units) if (0.01..=1e9).contains(&units) => Ok(units),
        _ => Err("give a number from 0.01 to 1000000000".to_owned()),
    }
}

/// Delays requests so that their capacity stays below a rate.
struct Pace {
    rate: Option<f64>,
    next: Mutex<Instant>,
}

impl Pace {
    fn new(rate: Option<f64>) -> Self {
        Self { rate, next: Mutex::new(Instant::now()) }
    }

    /// Waits until the capacity of earlier requests is within the rate.
    async fn wait(&self) {
        if self.rate.is_some() {
            let next = *self.next.lock().await;
            sleep_until(next).await;
        }
    }

    async fn used(&self, units: Option<f64>) {
        if let (Some(rate), Some(units)) = (self.rate, units) {
            let mut next = self.next.lock().await;
            *next = (*next).max(Instant::now()) + Duration::from_secs_f64(units / rate);
        }
    }

    fn report(&self) -> Option<ReturnConsumedCapacity> {
        self.rate.map(|_| ReturnConsumedCapacity::Total)
    }
}

/// The record of a dump: how long the file is, and where each segment continues.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DumpRecord {
    /// The table and where it is.
    table: String,
    bytes: u64,
    items: u64,
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Segment {
    /// The last key that was read, as DynamoDB JSON.
    last: Option<Value>,
    done: bool,
}

fn record_path(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".progress");
    file.with_file_name(name)
}

/// A record that does not fit the command.
fn misfit(record: &Path, why: &str) -> Failure {
    Failure::usage(format!("{0} cannot be continued: {why}; delete {0} to start from the beginning", record.display()))
}

fn read_record<R: for<'de> Deserialize<'de>>(path: &Path) -> Result<Option<R>> {
    let parse =
        |text: String| serde_json::from_str(&text).map_err(|_| misfit(path, "it is the record of another command"));
    files::read(path)?.map(parse).transpose()
}

fn write_record(path: &Path, record: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string(record).map_err(|error| Failure::io("write", path, error))?;
    files::replace(path, &text)
}

fn progress_bar(output: Output) -> ProgressBar {
    let bar = if output.is_json() { ProgressBar::hidden() } else { ProgressBar::no_length() };
    let style = ProgressStyle::with_template("{spinner} {human_pos} items, {per_sec}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar
}

/// Where a dump goes.
struct Sink {
    file: Option<(File, PathBuf)>,
    record: DumpRecord,
}

impl Sink {
    fn open(place: &str, options: &Dump) -> Result<Self> {
        let segments = vec![Segment::default(); options.pace.segments.into()];
        let fresh = DumpRecord { table: place.to_owned(), bytes: 0, items: 0, segments };
        let Some(path) = &options.output else { return Ok(Self { file: None, record: fresh }) };
        let record_path = record_path(path);
        let record = match read_record::<DumpRecord>(&record_path)? {
            Some(record) if record.table != place => {
                return Err(misfit(&record_path, &format!("it is the record of {}", record.table)));
            }
            Some(record) if fs::metadata(path).map_or(0, |found| found.len()) < record.bytes => {
                return Err(misfit(&record_path, &format!("{} is shorter than what was written", path.display())));
            }
            Some(record) => record,
            None if path.exists() => {
                return Err(Failure::usage(format!("{} exists; choose another file, or delete it", path.display())));
            }
            None => fresh,
        };
        let io = |error| Failure::io("write", path, error);
        let mut file = OpenOptions::new().create(true).truncate(false).write(true).open(path).map_err(io)?;
        // An interrupted run may have written more than it has recorded.
        file.set_len(record.bytes).and_then(|()| file.seek(SeekFrom::End(0))).map_err(io)?;
        write_record(&record_path, &record)?;
        Ok(Self { file: Some((file, path.clone())), record })
    }

    /// Appends a page of a segment, and records it.
    fn append(&mut self, segment: usize, items: &[Item], last: Option<&Item>) -> Result<()> {
        let mut text = String::new();
        for item in items {
            text.push_str(&json::to_json(item).to_string());
            text.push('\n');
        }
        self.record.bytes += text.len() as u64;
        self.record.items += items.len() as u64;
        self.record.segments[segment] = Segment { last: last.map(json::to_json), done: last.is_none() };
        match &mut self.file {
            Some((file, path)) => {
                file.write_all(text.as_bytes()).map_err(|error| Failure::io("write", path, error))?;
                write_record(&record_path(path), &self.record)
            }
            None => {
                let mut out = std::io::stdout().lock();
                out.write_all(text.as_bytes()).map_err(|error| output::unwritten(&error))
            }
        }
    }
}

#[derive(Serialize)]
struct Transferred {
    items: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    skipped: Option<u64>,
}

pub async fn dump(table: &Table, options: &Dump, output: Output) -> Result<()> {
    let sink = Sink::open(&table.place().await?, options)?;
    let (pace, bar) = (Pace::new(options.pace.rate), progress_bar(output));
    bar.set_position(sink.record.items);
    let segments = sink.record.segments.clone();
    let total = i32::try_from(segments.len()).unwrap_or(i32::MAX);
    let sink = Mutex::new(sink);
    let scan = async |number: usize, segment: Segment| -> Result<()> {
        let mut start = segment.last.as_ref().map(json::from_json).transpose().map_err(Failure::failed)?;
        if segment.done {
            return Ok(());
        }
        loop {
            pace.wait().await;
            let request = table.client().scan().table_name(table.name()).set_exclusive_start_key(start.take());
            let request = request.total_segments(total).segment(i32::try_from(number).unwrap_or_default());
            let page = request.set_return_consumed_capacity(pace.report()).send().await.map_err(connect::sdk)?;
            pace.used(page.consumed_capacity().and_then(|capacity| capacity.capacity_units())).await;
            let items = page.items.unwrap_or_default();
            sink.lock().await.append(number, &items, page.last_evaluated_key.as_ref())?;
            bar.inc(items.len() as u64);
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(());
            }
        }
    };
    let scans = segments.into_iter().enumerate().map(|(number, segment)| scan(number, segment));
    futures_util::future::try_join_all(scans).await?;
    bar.finish_and_clear();
    let sink = sink.into_inner();
    if let Some((_, path)) = &sink.file {
        let record = record_path(path);
        files::remove(&record)?;
        let items = sink.record.items;
        output.result(&Transferred { items, skipped: None }, || format!("wrote {items} items to {}", path.display()));
    }
    Ok(())
}
