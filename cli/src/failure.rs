//! Failures of commands, with the exit codes that scripts can rely on.

use std::fmt::Display;
use std::path::Path;

/// The exit codes. Success is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The command failed.
    Failed = 1,
    /// An argument is wrong or missing.
    Usage = 2,
    /// The command would destroy data, and needs a flag to do that.
    Refused = 3,
    /// There are differences.
    Different = 4,
    /// A tool that the command needs is not installed.
    MissingTool = 5,
    /// Something was not ready in time.
    Deadline = 124,
}

/// Why a command failed. The message names the problem and the remedy; it is empty if the command has reported the problem itself.
#[derive(Debug)]
pub struct Failure {
    pub code: u8,
    pub message: String,
}

pub type Result<T, E = Failure> = std::result::Result<T, E>;

impl Failure {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code: code as u8, message: message.into() }
    }

    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Code::Failed, message)
    }

    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Code::Usage, message)
    }

    /// A failure to do something with a file or folder.
    pub fn io(verb: &str, path: &Path, error: impl Display) -> Self {
        Self::failed(format!("cannot {verb} {}: {error}", path.display()))
    }

    /// The failure of a command that was run, with its exit code.
    pub fn exit(code: u8) -> Self {
        Self { code, message: String::new() }
    }

    /// Returns the name of the exit code in JSON.
    pub fn name(&self) -> &'static str {
        match self.code {
            2 => "usage",
            3 => "refused",
            4 => "different",
            5 => "missing-tool",
            124 => "deadline",
            _ => "failed",
        }
    }

    /// A failure that the command has already reported.
    pub fn reported(code: Code) -> Self {
        Self::new(code, "")
    }
}

impl From<monotable_local::Error> for Failure {
    fn from(error: monotable_local::Error) -> Self {
        let code = match &error {
            monotable_local::Error::NotInstalled(_) | monotable_local::Error::Java(_) => Code::MissingTool,
            _ => Code::Failed,
        };
        Self::new(code, error.to_string())
    }
}
