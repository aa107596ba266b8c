//! What commands print: results on standard output, everything else on standard error. With `--json`, each result is one JSON
//! object on its own line.

use std::io::IsTerminal;
use std::process::ExitCode;

use serde::Serialize;

use crate::failure::Result;

/// Prints a failure, and returns the exit code.
pub fn exit_code(result: Result<()>) -> ExitCode {
    let Err(failure) = result else { return ExitCode::SUCCESS };
    if !failure.message.is_empty() {
        eprintln!("error: {}", failure.message);
    }
    ExitCode::from(failure.code)
}

/// Where results go.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    json: bool,
}

impl Output {
    pub fn new(json: bool) -> Self {
        Self { json }
    }

    /// Prints one result: its text, or with `--json` the object.
    pub fn result(self, result: &impl Serialize, text: impl FnOnce() -> String) {
        match self.json {
            true => match serde_json::to_string(result) {
                Ok(json) => println!("{json}"),
                Err(error) => eprintln!("error: a result has no JSON form: {error}"),
            },
            false => {
                let text = text();
                if !text.is_empty() {
                    println!("{text}");
                }
            }
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
            eprintln!("{text}");
        }
    }
}
