//! `docs/messages.md` lists every message that users can see, so that all of them can be reviewed in one sitting.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

const PAGE: &str = "docs/messages.md";

const HEAD: &str = "# Messages

Every text in the sources that users can see: errors, compile errors, panics and log events. A test generates this page. To update it,
run `MONOTABLE_WRITE_MESSAGES=1 cargo test --test messages`.
";

#[test]
fn the_page_lists_all_messages() {
    let mut page = HEAD.to_owned();
    for folder in ["src", "config/src", "derive/src", "local/src", "cli/src", "infra/src"] {
        for file in rust_files(Path::new(folder)) {
            let tokens: TokenStream = fs::read_to_string(&file).unwrap().parse().unwrap();
            let mut messages = Vec::new();
            collect(tokens, &mut messages);
            if messages.is_empty() {
                continue;
            }
            writeln!(page, "\n## {}\n", file.display().to_string().replace('\\', "/")).unwrap();
            for message in messages {
                writeln!(page, "- {message}").unwrap();
            }
        }
    }
    if std::env::var_os("MONOTABLE_WRITE_MESSAGES").is_some() {
        fs::write(PAGE, &page).unwrap();
    }
    let is_current = fs::read_to_string(PAGE).unwrap_or_default() == page;
    assert!(
        is_current,
        "{PAGE} is out of date: run `MONOTABLE_WRITE_MESSAGES=1 cargo test --test messages`, and read the diff"
    );
}

/// Returns the Rust files of a folder in a stable order.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        match path.is_dir() {
            true => files.extend(rust_files(&path)),
            false if path.extension().is_some_and(|extension| extension == "rs") => files.push(path),
            false => {}
        }
    }
    files
}

/// Collects the string literals that are sentences. Documentation, unit tests and lint reasons are not messages.
fn collect(tokens: TokenStream, messages: &mut Vec<String>) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                if matches!(tokens.peek(), Some(TokenTree::Punct(bang)) if bang.as_char() == '!') {
                    tokens.next();
                }
                let Some(TokenTree::Group(attribute)) = tokens.next() else { continue };
                let text = attribute.stream().to_string();
                if text.starts_with("cfg (test)") {
                    skip_item(&mut tokens);
                } else if text.starts_with("diagnostic") || text.starts_with("error") || text.starts_with("must_use") {
                    collect(attribute.stream(), messages);
                }
            }
            TokenTree::Group(group) => collect(group.stream(), messages),
            TokenTree::Literal(literal) => {
                let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) else { continue };
                let text = text.value().split_whitespace().collect::<Vec<_>>().join(" ");
                if text.split(' ').count() > 2 {
                    messages.push(text);
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}

/// Skips the item after `#[cfg(test)]`: up to its braces or its semicolon.
fn skip_item(tokens: &mut std::iter::Peekable<proc_macro2::token_stream::IntoIter>) {
    for token in tokens.by_ref() {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => return,
            TokenTree::Punct(punct) if punct.as_char() == ';' => return,
            _ => {}
        }
    }
}
