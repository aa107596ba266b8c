//! `dump` and `seed`: all items of a table, to and from a file of DynamoDB JSON with one item per line.
//!
//! Both commands record their progress in a file next to the dump. If a run is interrupted, even by `kill -9`, the same command
//! continues where the record ends, and no item is lost or repeated.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use monotable::aws::types::{PutRequest, ReturnConsumedCapacity, WriteRequest};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, sleep_until};

use crate::failure::{Failure, Result};
use crate::files;
use crate::output::{self, Output};
use crate::table::connect::{self, Table};
use crate::table::json::{self, Item};
use crate::table::keys;

/// The most items in one batch.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html>
const BATCH: usize = 25;
/// A batch that makes no progress in this many attempts fails.
const ATTEMPTS: u32 = 10;

#[derive(Args)]
pub struct Dump {
    /// The file; a run that was interrupted is continued. Without it, standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    pace: Pacing,
}

#[derive(Args)]
pub struct Seed {
    /// The file; a run that was interrupted is continued.
    file: PathBuf,
    /// Do not replace existing items.
    #[arg(long)]
    if_absent: bool,
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

/// The record of a seed: how much of the file has been written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SeedRecord {
    /// The table and where it is.
    table: String,
    /// The SHA-256 of the part that has been written: the rest of the file may change.
    written_part: String,
    if_absent: bool,
    bytes: u64,
    written: u64,
    skipped: u64,
}

fn record_path(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".progress");
    file.with_file_name(name)
}

/// Hashes the first `bytes` bytes of a file, or all of it if it is shorter.
fn hash(path: &Path, bytes: u64) -> Result<Sha256> {
    let io = |error| Failure::io("read", path, error);
    let (mut file, mut hash) = (File::open(path).map_err(io)?.take(bytes), Sha256::new());
    let mut part = vec![0; 1 << 16];
    loop {
        match file.read(&mut part).map_err(io)? {
            0 => return Ok(hash),
            read => hash.update(&part[..read]),
        }
    }
}

fn hash_text(hash: &Sha256) -> String {
    hash.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect()
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

pub async fn seed(table: &Table, options: &Seed, output: Output) -> Result<()> {
    if !options.if_absent {
        table.permit("replaces items")?;
    }
    let (path, record_path) = (&options.file, record_path(&options.file));
    let place = table.place().await?;
    let mut record = match read_record::<SeedRecord>(&record_path)? {
        Some(record) if record.table != place => {
            return Err(misfit(&record_path, &format!("it is the record of {}", record.table)));
        }
        Some(record) if record.written_part != hash_text(&hash(path, record.bytes)?) => {
            return Err(misfit(&record_path, &format!("the written part of {} has changed", path.display())));
        }
        Some(record) if record.if_absent != options.if_absent => {
            return Err(misfit(&record_path, "`--if-absent` was used in only one of the runs"));
        }
        Some(record) => record,
        None => SeedRecord {
            table: place.clone(),
            written_part: hash_text(&Sha256::new()),
            if_absent: options.if_absent,
            bytes: 0,
            written: 0,
            skipped: 0,
        },
    };
    let io = |error| Failure::io("read", path, error);
    let mut file = BufReader::new(File::open(path).map_err(io)?);
    file.seek(SeekFrom::Start(record.bytes)).map_err(io)?;
    let mut written_part = hash(path, record.bytes)?;
    if record.bytes > 0 {
        output.note(&format!("continuing after {} items", record.written + record.skipped));
    }
    let (pace, bar) = (Pace::new(options.pace.rate), progress_bar(output));
    bar.set_position(record.written);
    let (batches, batch) = (usize::from(options.pace.segments), if options.if_absent { 1 } else { BATCH });
    loop {
        let (items, bytes) = read_items(&mut file, path, batches * batch, &mut written_part)?;
        if bytes == 0 {
            break;
        }
        let skipped = match options.if_absent {
            true => create(table, &items, &pace).await?,
            false => {
                let last = last_of_each_key(table, &items);
                let puts = last.chunks(batch).map(|chunk| put(table, chunk, &pace));
                futures_util::future::try_join_all(puts).await?;
                0
            }
        };
        record.bytes += bytes;
        record.written_part = hash_text(&written_part);
        record.skipped += skipped;
        record.written += items.len() as u64 - skipped;
        write_record(&record_path, &record)?;
        bar.set_position(record.written);
    }
    bar.finish_and_clear();
    files::remove(&record_path)?;
    let SeedRecord { written, skipped, .. } = record;
    let skipped_text = if skipped > 0 { format!(", {skipped} existed already") } else { String::new() };
    output.result(&Transferred { items: written, skipped: options.if_absent.then_some(skipped) }, || {
        format!("wrote {written} items{skipped_text}")
    });
    Ok(())
}

/// Reads up to `count` items, and returns them with the number of bytes that they take.
fn read_items(file: &mut BufReader<File>, path: &Path, count: usize, hash: &mut Sha256) -> Result<(Vec<Item>, u64)> {
    let (mut items, mut bytes, mut line) = (Vec::new(), 0, String::new());
    while items.len() < count {
        line.clear();
        let read = file.read_line(&mut line).map_err(|error| Failure::io("read", path, error))?;
        if read == 0 {
            break;
        }
        bytes += read as u64;
        hash.update(line.as_bytes());
        if line.trim().is_empty() {
            continue;
        }
        let item =
            serde_json::from_str(&line).map_err(|error| error.to_string()).and_then(|json| json::from_json(&json));
        items.push(item.map_err(|problem| {
            let shown: String = line.trim().chars().take(60).collect();
            Failure::failed(format!("{}: {problem}, in the line `{shown}`", path.display()))
        })?);
    }
    Ok((items, bytes))
}

/// Returns the last item of each key. The batches of a round are sent at the same time, and a batch cannot name a key twice.
fn last_of_each_key<'i>(table: &Table, items: &'i [Item]) -> Vec<&'i Item> {
    let key = |item: &Item| json::to_json(&keys::of_item(&table.config, item)).to_string();
    items.iter().map(|item| (key(item), item)).collect::<HashMap<_, _>>().into_values().collect()
}

/// Writes a batch, and retries unprocessed items with exponential backoff.
async fn put(table: &Table, items: &[&Item], pace: &Pace) -> Result<()> {
    let mut left = items.iter().map(|item| write_request((*item).clone())).collect::<Result<Vec<_>>>()?;
    let mut failures = 0;
    while !left.is_empty() {
        pace.wait().await;
        let request = table.client().batch_write_item().request_items(table.name(), left.clone());
        let written = request.set_return_consumed_capacity(pace.report()).send().await.map_err(connect::sdk)?;
        let units = written.consumed_capacity().iter().filter_map(|capacity| capacity.capacity_units()).sum();
        pace.used(Some(units)).await;
        let unprocessed =
            written.unprocessed_items.and_then(|mut items| items.remove(table.name())).unwrap_or_default();
        failures = if unprocessed.len() < left.len() { 0 } else { failures + 1 };
        if failures == ATTEMPTS {
            return Err(Failure::failed(
                "DynamoDB is throttling the writes; run the command again to continue, or set `--rate`",
            ));
        }
        if !unprocessed.is_empty() {
            sleep(Duration::from_millis(50 << failures.min(7))).await;
        }
        left = unprocessed;
    }
    Ok(())
}

fn write_request(item: Item) -> Result<WriteRequest> {
    let put = PutRequest::builder().set_item(Some(item)).build().map_err(|error| Failure::failed(error.to_string()))?;
    Ok(WriteRequest::builder().put_request(put).build())
}

/// Creates items, and returns how many existed already.
async fn create(table: &Table, items: &[Item], pace: &Pace) -> Result<u64> {
    let create = async |item: &Item| -> Result<u64> {
        pace.wait().await;
        let request = table.put_item(item.clone(), true);
        match request.set_return_consumed_capacity(pace.report()).send().await {
            Ok(created) => {
                pace.used(created.consumed_capacity().and_then(|capacity| capacity.capacity_units())).await;
                Ok(0)
            }
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Ok(1)
            }
            Err(error) => Err(connect::sdk(error)),
        }
    };
    let created = futures_util::future::try_join_all(items.iter().map(create)).await?;
    Ok(created.into_iter().sum())
}
