//! `seed`: writes the items of a file or of standard input into a table.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use monotable::aws::types::{PutRequest, WriteRequest};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::time::sleep;

use super::{Pace, Pacing, Transferred, misfit, progress_bar, read_record, record_path, write_record};
use crate::failure::{Failure, Result};
use crate::files;
use crate::output::Output;
use crate::table::connect::{self, Table};
use crate::table::json::{self, Item};
use crate::table::keys;

/// The most items in one batch.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html>
const BATCH: usize = 25;
/// A batch that makes no progress in this many attempts fails.
const ATTEMPTS: u32 = 10;

#[derive(Args)]
pub struct Seed {
    /// The file; a run that was interrupted is continued. `-` is standard input, which cannot be continued.
    file: PathBuf,
    /// Do not replace existing items.
    #[arg(long)]
    if_absent: bool,
    #[command(flatten)]
    pace: Pacing,
}

/// The record of a seed: how much of the file has been written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Record {
    /// The table and where it is.
    table: String,
    /// The SHA-256 of the part that has been written: the rest of the file may change.
    written_part: String,
    if_absent: bool,
    bytes: u64,
    written: u64,
    skipped: u64,
}

/// The items that are left to write, and how much was written before.
struct Source {
    input: Box<dyn BufRead>,
    name: String,
    /// How many lines have been read.
    lines: u64,
    /// The hash of what has been read.
    hash: Sha256,
    record: Record,
    /// The file of the record; standard input has none.
    record_path: Option<PathBuf>,
}

impl Source {
    fn open(table: String, options: &Seed) -> Result<Self> {
        let path = &options.file;
        let record = Record {
            table,
            written_part: hex(&Sha256::new()),
            if_absent: options.if_absent,
            bytes: 0,
            written: 0,
            skipped: 0,
        };
        if path == Path::new("-") {
            let (input, name) = (Box::new(std::io::stdin().lock()), "standard input".to_owned());
            return Ok(Self { input, name, lines: 0, hash: Sha256::new(), record, record_path: None });
        }
        let record_path = record_path(path);
        let last = read_record::<Record>(&record_path)?;
        let (hash, lines) = written_part(path, last.as_ref().map_or(0, |last| last.bytes))?;
        let record = match last {
            None => record,
            Some(last) if last.table != record.table => {
                return Err(misfit(&record_path, &format!("it is the record of {}", last.table)));
            }
            Some(last) if last.written_part != hex(&hash) => {
                return Err(misfit(&record_path, &format!("the written part of {} has changed", path.display())));
            }
            Some(last) if last.if_absent != options.if_absent => {
                return Err(misfit(&record_path, "`--if-absent` was used in only one of the runs"));
            }
            Some(last) => last,
        };
        let io = |error| Failure::io("read", path, error);
        let mut file = BufReader::new(File::open(path).map_err(io)?);
        file.seek(SeekFrom::Start(record.bytes)).map_err(io)?;
        let name = path.display().to_string();
        Ok(Self { input: Box::new(file), name, lines, hash, record, record_path: Some(record_path) })
    }

    /// Reads up to `count` items, and returns them with the number of bytes that they take.
    fn read(&mut self, count: usize) -> Result<(Vec<Item>, u64)> {
        let (mut items, mut bytes, mut line) = (Vec::new(), 0, String::new());
        while items.len() < count {
            line.clear();
            let read = self.input.read_line(&mut line).map_err(|error| self.failure(&error.to_string()))?;
            if read == 0 {
                break;
            }
            bytes += read as u64;
            self.lines += 1;
            self.hash.update(line.as_bytes());
            if !line.trim().is_empty() {
                items.push(json::parse(&line).map_err(|problem| {
                    let shown: String = line.trim().chars().take(60).collect();
                    Failure::failed(format!("{}:{}: {problem}, in the line `{shown}`", self.name, self.lines))
                })?);
            }
        }
        Ok((items, bytes))
    }

    fn failure(&self, error: &str) -> Failure {
        Failure::failed(format!("cannot read line {} of {}: {error}", self.lines + 1, self.name))
    }

    /// Records that what has been read so far is written.
    fn written(&mut self, bytes: u64, written: u64, skipped: u64) -> Result<()> {
        self.record.bytes += bytes;
        self.record.written_part = hex(&self.hash);
        self.record.written += written;
        self.record.skipped += skipped;
        self.record_path.as_ref().map_or(Ok(()), |path| write_record(path, &self.record))
    }
}

/// Returns the hash of the first `bytes` bytes of a file, or of all of it if it is shorter, and the number of lines in them.
fn written_part(path: &Path, bytes: u64) -> Result<(Sha256, u64)> {
    let io = |error| Failure::io("read", path, error);
    let (mut file, mut hash, mut lines) = (File::open(path).map_err(io)?.take(bytes), Sha256::new(), 0);
    let mut part = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut part).map_err(io)?;
        if read == 0 {
            return Ok((hash, lines));
        }
        hash.update(&part[..read]);
        lines += part[..read].iter().filter(|byte| **byte == b'\n').count() as u64;
    }
}

fn hex(hash: &Sha256) -> String {
    hash.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

pub async fn seed(table: &Table, options: &Seed, output: Output) -> Result<()> {
    if !options.if_absent {
        table.permit("replaces items")?;
    }
    let mut source = Source::open(table.place().await?, options)?;
    if source.record.bytes > 0 {
        output.note(&format!("continuing after {} items", source.record.written + source.record.skipped));
    }
    let (pace, bar) = (Pace::new(options.pace.rate), progress_bar(output));
    bar.set_position(source.record.written);
    let (batches, batch) = (usize::from(options.pace.segments), if options.if_absent { 1 } else { BATCH });
    loop {
        let (items, bytes) = source.read(batches * batch)?;
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
        source.written(bytes, items.len() as u64 - skipped, skipped)?;
        bar.set_position(source.record.written);
    }
    bar.finish_and_clear();
    if let Some(path) = &source.record_path {
        files::remove(path)?;
    }
    let Record { written, skipped, .. } = source.record;
    let skipped_text = if skipped > 0 { format!(", {skipped} existed already") } else { String::new() };
    output.result(&Transferred { items: written, skipped: options.if_absent.then_some(skipped) }, || {
        format!("wrote {written} items{skipped_text}")
    });
    Ok(())
}

/// Returns the last item of each key. The batches of a round are sent at the same time, and a batch cannot name a key twice.
fn last_of_each_key<'i>(table: &Table, items: &'i [Item]) -> Vec<&'i Item> {
    let by_key: HashMap<_, _> = items.iter().map(|item| (keys::identity(&table.config, item), item)).collect();
    by_key.into_values().collect()
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
