//! Runs the program in a terminal, as a person does, and knows what is on the screen.

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rexpect::process::{PtyProcess, Signal, WaitStatus};
use vt100::Parser;

const ROWS: u16 = 60;
const COLUMNS: u16 = 120;

pub const ENTER: &str = "\r";
pub const CTRL_C: &str = "\x03";
pub const DOWN: &str = "\x1b[B";

/// A program in a terminal.
pub struct Terminal {
    process: PtyProcess,
    keyboard: File,
    screen: Arc<Mutex<Parser>>,
    reader: JoinHandle<()>,
}

impl Terminal {
    /// Runs a line of the shell, in which `monotable` is the program. The environment has only what is given and what a terminal needs.
    pub fn start(line: &str, folder: &Path, environment: &[(&str, String)]) -> Self {
        let program = Path::new(env!("CARGO_BIN_EXE_monotable")).parent().unwrap();
        let path = std::env::var("PATH").unwrap();
        // A terminal shows what is typed, which `rexpect` turns off.
        let script =
            format!("stty rows {ROWS} cols {COLUMNS} echo && PATH=\"${{TOOLS:-$PATH}}\" && eval \"exec $LINE\"");
        let mut command = Command::new("sh");
        command.args(["-c", &script]).current_dir(folder).env_clear();
        command.env("PATH", format!("{}:{path}", program.display())).env("LINE", line);
        command.env("TERM", "xterm-256color").env("LANG", "C.UTF-8");
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        let mut process = PtyProcess::new(command).unwrap();
        process.set_kill_timeout(Some(5000));
        let size = |size| NonZeroU16::new(size).unwrap();
        let screen = Arc::new(Mutex::new(Parser::new(size(ROWS), size(COLUMNS), 0)));
        let (mut output, shown) = (process.get_file_handle().unwrap(), Arc::clone(&screen));
        let reader = std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            // Reading fails when the last program has left the terminal.
            while let Ok(read @ 1..) = output.read(&mut bytes) {
                shown.lock().unwrap().process(&bytes[..read]);
            }
        });
        Self { keyboard: process.get_file_handle().unwrap(), process, screen, reader }
    }

    /// Returns the text on the screen, without colours.
    pub fn screen(&self) -> String {
        let text = self.screen.lock().unwrap().screen().contents();
        text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_end().to_owned()
    }

    pub fn wait_for(&self, text: &str) {
        let until = Instant::now() + Duration::from_secs(30);
        while !self.screen().contains(text) {
            assert!(Instant::now() < until, "`{text}` is not on the screen:\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub fn press(&mut self, key: &str) {
        self.keyboard.write_all(key.as_bytes()).unwrap();
    }

    /// Types a text as a person does: one key after the other, and each one is shown before the next one.
    pub fn type_text(&mut self, text: &str) {
        for (at, key) in text.char_indices() {
            self.press(key.encode_utf8(&mut [0; 4]));
            self.wait_for(&text[..at + key.len_utf8()]);
        }
    }

    /// Sends a signal to the program alone.
    pub fn signal(&mut self, signal: Signal) {
        self.process.signal(signal).unwrap();
    }

    /// Waits until the program has ended, and returns what is on the screen, and the exit code.
    pub fn end(self) -> (String, i32) {
        let until = Instant::now() + Duration::from_secs(30);
        let code = loop {
            match self.process.status().unwrap() {
                WaitStatus::Exited(_, code) => break code,
                WaitStatus::Signaled(_, signal, _) => break 128 + signal as i32,
                _ => assert!(Instant::now() < until, "the program does not end:\n{}", self.screen()),
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        while !self.reader.is_finished() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
        }
        (self.screen(), code)
    }
}
