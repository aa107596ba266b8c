//! What commands print: results on standard output, everything else on standard error. With `--json`, each result and each error is
//! one JSON object on its own line.

use std::io::{BufRead, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use serde_json::json;

use crate::failure::{Failure, Result};

/// Whether errors are JSON. The whole process shares it, because an error can occur where no [`Output`] is at hand.
static ERRORS_ARE_JSON: AtomicBool = AtomicBool::new(false);

/// Prints a failure, and returns the exit code.
pub fn exit_code(result: Result<()>) -> ExitCode {
    let Err(failure) = result else { return ExitCode::SUCCESS };
    report(&failure);
    ExitCode::from(failure.code)
}

/// Prints a failure, unless the command has reported it already.
pub fn report(failure: &Failure) {
    let Failure { code, message } = failure;
    if message.is_empty() {
        return;
    }
    match ERRORS_ARE_JSON.load(Ordering::Relaxed) {
        true => {
            let error = json!({ "code": failure.name(), "exitCode": code, "message": message });
            remark(&json!({ "error": error }).to_string());
        }
        false => remark(&format!("error: {message}")),
    }
}

/// Prints a line to standard error. `eprintln!` would panic if nothing reads it.
pub fn remark(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Asks a question on a terminal, and returns the answer; `None` without a terminal.
pub fn ask(question: &str) -> Option<String> {
    if !std::io::stdin().is_terminal() {
        return None;
    }
    // One write: standard error has no buffer, and what is typed meanwhile would come between two.
    let _ = std::io::stderr().write_all(format!("{question} ").as_bytes());
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).ok()?;
    Some(answer.trim().to_owned())
}

/// Returns whether a person can be asked.
#[cfg(feature = "deployed")]
pub fn can_ask() -> bool {
    std::io::stdin().is_terminal()
}

/// Asks a question on a terminal, and returns whether the answer is yes.
#[cfg(feature = "deployed")]
pub fn agrees(question: &str) -> bool {
    ask(question).is_some_and(|answer| matches!(answer.to_lowercase().as_str(), "y" | "yes"))
}

/// Prints text to standard output. A reader that stops early, such as `head`, ends the program without an error.
pub fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        let failure = unwritten(&error);
        report(&failure);
        std::process::exit(failure.code.into());
    }
}

/// The failure of a command that cannot write its results.
pub fn unwritten(error: &std::io::Error) -> Failure {
    match error.kind() {
        std::io::ErrorKind::BrokenPipe => Failure::exit(0),
        _ => Failure::failed(format!("cannot write the results: {error}")),
    }
}

/// Where results go.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    json: bool,
    /// Whether the command goes on if its results are not read.
    needs_no_reader: bool,
}

impl Output {
    pub fn new(json: bool) -> Self {
        ERRORS_ARE_JSON.store(json, Ordering::Relaxed);
        Self { json, needs_no_reader: false }
    }

    /// Returns an output for a command that must not stop halfway if the reader of its results stops early.
    #[cfg(feature = "deployed")]
    pub fn without_reader(self) -> Self {
        Self { needs_no_reader: true, ..self }
    }

    /// Prints one result: its text, or with `--json` the object.
    pub fn result(self, result: &impl Serialize, text: impl FnOnce() -> String) {
        if let Some(line) = self.line(result, text) {
            let line = format!("{line}\n");
            match self.needs_no_reader {
                true => drop(std::io::stdout().lock().write_all(line.as_bytes())),
                false => print(&line),
            }
        }
    }

    /// Prints one result to standard error, because standard output belongs to a command that this process runs.
    pub fn aside(self, result: &impl Serialize, text: impl FnOnce() -> String) {
        if let Some(line) = self.line(result, text) {
            remark(&line);
        }
    }

    fn line(self, result: &impl Serialize, text: impl FnOnce() -> String) -> Option<String> {
        match self.json {
            true => match serde_json::to_string(result) {
                Ok(json) => Some(json),
                Err(error) => {
                    report(&Failure::failed(format!("a result has no JSON form: {error}")));
                    None
                }
            },
            false => Some(text()).filter(|text| !text.is_empty()),
        }
    }

    pub fn is_json(self) -> bool {
        self.json
    }

    /// Returns `true` if a person reads the results: they go to a terminal, and `--json` is not set.
    pub fn is_for_people(self) -> bool {
        !self.json && std::io::stdout().is_terminal()
    }

    /// Prints a remark that is not a result.
    pub fn note(self, text: &str) {
        if !self.json {
            remark(text);
        }
    }
}
