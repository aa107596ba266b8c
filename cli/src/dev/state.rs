//! The state of a workspace's engine: files in the user's state folder, in a folder named after the workspace's path.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::dev::engine::{Leftover, Pulled, Settings};
use crate::failure::{Failure, Result};
use crate::files;
use crate::new::Workspace;
use crate::workspace;

/// Overrides the folder of all states.
const STATE_DIR: &str = "MONOTABLE_STATE_DIR";

pub struct State {
    folder: PathBuf,
    /// The root of the workspace.
    pub root: PathBuf,
}

/// What a running supervisor tells about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Running {
    pub pid: u32,
    /// The root of its workspace.
    #[serde(default)]
    pub root: PathBuf,
    #[serde(flatten)]
    pub settings: Settings,
}

impl Running {
    pub fn endpoint(&self) -> String {
        self.settings.endpoint()
    }
}

/// Why the last supervisor ended, if it did not crash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Ended {
    /// The last `dev` has left, or `dev stop` was called.
    Stopped,
    /// The engine could not start, or has crashed.
    Failed { code: u8, message: String },
}

impl State {
    pub fn of_workspace() -> Result<Self> {
        let root = Workspace::find(&workspace::current_folder()?)?.root;
        // The folder moves with its path: a copy of the workspace gets its own data.
        let hash = Sha256::digest(root.as_os_str().as_encoded_bytes());
        let hash: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let name = root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Self::at(states()?.join(format!("{name}-{hash}")), root)
    }

    pub fn at(folder: PathBuf, root: PathBuf) -> Result<Self> {
        fs::create_dir_all(&folder).map_err(|error| Failure::io("create", &folder, error))?;
        Ok(Self { folder, root })
    }

    /// A name that no other workspace of this user has.
    pub fn name(&self) -> String {
        self.folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn log(&self) -> PathBuf {
        self.folder.join("engine.log")
    }

    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The file that every `dev` locks shared.
    pub fn lease(&self) -> Result<File> {
        self.open("lease")
    }

    /// Returns the supervisor's lock, or `None` if a supervisor holds it.
    pub fn lock_supervisor(&self) -> Result<Option<File>> {
        let file = self.open("supervisor.lock")?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(Failure::io("lock", &self.folder.join("supervisor.lock"), error)),
        }
    }

    fn open(&self, name: &str) -> Result<File> {
        let path = self.folder.join(name);
        let file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path);
        file.map_err(|error| Failure::io("open", &path, error))
    }

    /// Returns the supervisor that is running and listens.
    pub fn running(&self) -> Result<Option<Running>> {
        match self.lock_supervisor()? {
            Some(_free) => Ok(None),
            None => Ok(self.read("supervisor.json")),
        }
    }

    pub fn set_running(&self, running: Option<&Running>) -> Result<()> {
        self.write("supervisor.json", running)
    }

    pub fn ended(&self) -> Option<Ended> {
        self.read("ended.json")
    }

    pub fn set_ended(&self, ended: Option<&Ended>) -> Result<()> {
        self.write("ended.json", ended)
    }

    /// Whether the engine runs on although no `dev` is left.
    pub fn is_kept(&self) -> bool {
        self.folder.join("keep").exists()
    }

    pub fn set_kept(&self, kept: bool) -> Result<()> {
        self.mark("keep", kept)
    }

    pub fn is_stop_requested(&self) -> bool {
        self.folder.join("stop").exists()
    }

    pub fn set_stop_requested(&self, requested: bool) -> Result<()> {
        self.mark("stop", requested)
    }

    /// The process id of the supervisor whose tables are ready.
    pub fn ready(&self) -> Option<u32> {
        self.read("ready.json")
    }

    pub fn set_ready(&self, supervisor: Option<u32>) -> Result<()> {
        self.write("ready.json", supervisor.as_ref())
    }

    pub fn leftover(&self) -> Option<Leftover> {
        self.read("leftover.json")
    }

    pub fn set_leftover(&self, leftover: &Leftover) -> Result<()> {
        self.write("leftover.json", Some(leftover))
    }

    pub fn pulled(&self) -> Option<Pulled> {
        self.read("image.json")
    }

    pub fn set_pulled(&self, pulled: &Pulled) -> Result<()> {
        self.write("image.json", Some(pulled))
    }

    fn read<T: for<'de> Deserialize<'de>>(&self, name: &str) -> Option<T> {
        serde_json::from_str(&fs::read_to_string(self.folder.join(name)).ok()?).ok()
    }

    /// Creates an empty file, or deletes it. Creating it works on most full disks, because it has no data.
    fn mark(&self, name: &str, exists: bool) -> Result<()> {
        let path = self.folder.join(name);
        match exists {
            true => File::create(&path).map(drop).map_err(|error| Failure::io("create", &path, error)),
            false => files::remove(&path),
        }
    }

    /// Replaces a file, or deletes it.
    fn write<T: Serialize>(&self, name: &str, value: Option<&T>) -> Result<()> {
        let path = self.folder.join(name);
        let Some(value) = value else { return files::remove(&path) };
        let text = serde_json::to_string(value).map_err(|error| Failure::io("write", &path, error))?;
        files::replace(&path, &text)
    }
}

/// Returns the workspace, other than the current one, whose running engine has this port.
pub fn other_owner(port: u16) -> Result<Option<PathBuf>> {
    let Ok(folder) = states() else { return Ok(None) };
    let own = State::of_workspace()?.folder;
    let folders = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    for folder in folders.filter(|folder| *folder != own && folder.is_dir()) {
        let state = State { root: folder.clone(), folder };
        if let Some(running) = state.running()?
            && running.settings.port == port
        {
            return Ok(Some(running.root));
        }
    }
    Ok(None)
}

/// Waits until no other process creates or updates a project: two of them would overwrite each other's manifest.
pub fn lock_projects() -> Option<File> {
    let folder = states().ok()?;
    fs::create_dir_all(&folder).ok()?;
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(folder.join("new.lock")).ok()?;
    file.lock().ok()?;
    Some(file)
}

/// Returns the folder of all states: a variable of ours, or else the state folder of the platform.
/// <https://specifications.freedesktop.org/basedir-spec/latest/>
fn states() -> Result<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let platform = || match cfg!(windows) {
        true => variable("LOCALAPPDATA"),
        false => variable("XDG_STATE_HOME").or_else(|| Some(variable("HOME")?.join(".local/state"))),
    };
    variable(STATE_DIR).or_else(|| Some(platform()?.join("monotable"))).ok_or_else(|| {
        Failure::failed(format!("no folder for the data of local tables: set HOME, or set {STATE_DIR} to a folder"))
    })
}
