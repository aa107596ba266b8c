//! The links of the documentation, in the repository and on docs.rs.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd};

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Returns the Markdown files at the root of the repository and in `docs`.
fn pages() -> Vec<PathBuf> {
    fn below(folder: &Path, pages: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            match entry.file_type().unwrap().is_dir() {
                true if folder.starts_with("docs") || path == Path::new("docs") => below(&path, pages),
                false if path.extension().is_some_and(|extension| extension == "md") => pages.push(path),
                _ => {}
            }
        }
    }
    let mut pages = Vec::new();
    below(Path::new(""), &mut pages);
    pages.sort();
    pages
}

struct Link {
    to: String,
    is_inline: bool,
    label: String,
}

fn links(text: &str) -> Vec<Link> {
    let parser = Parser::new_ext(text, Options::ENABLE_TABLES);
    let link = |event| match event {
        Event::Start(Tag::Link { link_type, dest_url, id, .. } | Tag::Image { link_type, dest_url, id, .. }) => {
            Some(Link { to: dest_url.into(), is_inline: link_type == LinkType::Inline, label: id.into() })
        }
        _ => None,
    };
    let is_relative = |link: &Link| !link.to.contains("://");
    parser.filter_map(link).filter(is_relative).collect()
}

/// Returns the anchors of a page's headings, as GitHub makes them: in lower case, without punctuation, with `-` for each space.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    let mut heading: Option<String> = None;
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match (event, &mut heading) {
            (Event::Start(Tag::Heading { .. }), _) => heading = Some(String::new()),
            (Event::End(TagEnd::Heading(_)), Some(title)) => {
                let kept = title.to_lowercase().replace(' ', "-");
                anchors.insert(kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect());
                heading = None;
            }
            (Event::Text(text) | Event::Code(text), Some(title)) => title.push_str(&text),
            _ => {}
        }
    }
    anchors
}

/// Removes `..` and `.` from a path without reading the file system.
fn normalize(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut path, part| {
        match part {
            Component::ParentDir => _ = path.pop(),
            Component::CurDir => {}
            part => path.push(part),
        }
        path
    })
}

#[test]
fn relative_links_lead_to_files_and_headings_that_exist() {
    let mut dead = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(root().join(&page)).unwrap();
        for link in links(&text) {
            let (file, anchor) = link.to.split_once('#').unwrap_or((&link.to, ""));
            let target = match file {
                "" => page.clone(),
                file => normalize(&page.parent().unwrap().join(file)),
            };
            let is_there = root().join(&target).exists();
            if !is_there
                || !anchor.is_empty() && !anchors(&fs::read_to_string(root().join(&target)).unwrap()).contains(anchor)
            {
                dead.push(format!("{}: {}", page.display(), link.to));
            }
        }
    }
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}

/// On docs.rs, a page is a module and the files do not exist. `src/documentation.rs` defines each link of a page again, above the page.
#[test]
fn links_between_pages_work_on_docs_rs() {
    let code = fs::read_to_string(root().join("src/documentation.rs")).unwrap();
    let mut defined = BTreeSet::new();
    let mut dead = Vec::new();
    let mut count = 0;
    for line in code.lines().map(str::trim) {
        if let Some((label, _)) = line.strip_prefix("#[doc = \"[").and_then(|rest| rest.split_once("]: ")) {
            defined.insert(label.to_owned());
        }
        let Some(page) = line.strip_prefix("#[doc = include_str!(\"../").and_then(|rest| rest.split('"').next()) else {
            continue;
        };
        let text = fs::read_to_string(root().join(page)).unwrap();
        for link in links(&text).into_iter().filter(|link| !link.to.starts_with('#')) {
            count += 1;
            if link.is_inline || !defined.contains(&link.label) {
                dead.push(format!("{page}: {}", link.to));
            }
        }
        defined.clear();
    }
    assert!(count > 10, "the test found only {count} links");
    assert!(dead.is_empty(), "write [text][label], and define the label in src/documentation.rs:\n{}", dead.join("\n"));
}
