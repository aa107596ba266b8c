//! `monotable validate`: reports all mistakes in `config.json` files.

use std::fs;
use std::path::{Path, PathBuf};

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use clap::Args;
use monotable_config::{Config, ConfigError};
use serde::Serialize;

use crate::failure::{Code, Failure, Result};
use crate::output::Output;
use crate::workspace;

#[derive(Args)]
#[command(after_help = "Examples:\n  monotable validate\n  monotable validate crates/*/config.json")]
pub struct Options {
    /// The files. Without one, the config.json of this folder or of a folder above it, or those of the workspace.
    files: Vec<PathBuf>,
}

/// A mistake in a file, as `--json` prints it.
#[derive(Serialize)]
struct Problem<'a> {
    file: &'a Path,
    line: Option<usize>,
    column: Option<usize>,
    message: &'a str,
}

pub fn run(options: &Options, output: Output) -> Result<()> {
    let files = match options.files.is_empty() {
        false => options.files.clone(),
        true => {
            let files = workspace::config_files()?;
            if files.is_empty() {
                return Err(Failure::usage("no config.json here or in the workspace; give its path"));
            }
            files
        }
    };
    let mut count = 0;
    for file in &files {
        let text = read(file)?;
        let problems = Config::check(&text);
        for problem in &problems {
            report(output, file, &text, problem);
        }
        if problems.is_empty() {
            output.note(&format!("{}: valid", file.display()));
        }
        count += problems.len();
    }
    match count {
        0 => Ok(()),
        1 => {
            output.note("1 mistake");
            Err(Failure::reported(Code::Failed))
        }
        _ => {
            output.note(&format!("{count} mistakes"));
            Err(Failure::reported(Code::Failed))
        }
    }
}

fn read(file: &Path) -> Result<String> {
    let bytes = fs::read(file).map_err(|error| Failure::io("read", file, error))?;
    match bytes.as_slice() {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
            Err(Failure::failed(format!("{} is UTF-16; save it as UTF-8", file.display())))
        }
        _ => String::from_utf8(bytes)
            .map_err(|_| Failure::failed(format!("{} is not UTF-8; save it as UTF-8", file.display()))),
    }
}

fn report(output: Output, file: &Path, text: &str, problem: &ConfigError) {
    let (line, column) = problem.position().unzip();
    output.result(&Problem { file, line, column, message: problem.message() }, || {
        let path = file.display().to_string();
        let source = Snippet::source(text.trim_start_matches('\u{feff}')).path(path);
        let element = source.annotation(AnnotationKind::Primary.span(excerpt(text, problem)));
        let report = [Level::ERROR.primary_title(problem.message()).element(element)];
        Renderer::plain().decor_style(DecorStyle::Ascii).render(&report)
    });
}

/// Returns the part of the text to show: the wrong value if it is on one line, otherwise the character at its start.
fn excerpt(text: &str, problem: &ConfigError) -> std::ops::Range<usize> {
    let text = text.trim_start_matches('\u{feff}');
    let range = problem.range();
    if !range.is_empty() {
        let end = text[range.clone()].find('\n').map_or(range.end, |_| range.start + 1);
        return range.start..end;
    }
    let (line, column) = problem.position().unwrap_or((1, 1));
    let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let at = (start + column.saturating_sub(1)).min(text.len());
    let at = (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    at..text[at..].chars().next().map_or(at, |c| at + c.len_utf8())
}
