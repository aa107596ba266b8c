//! Where the generated crate gets monotable from.

use std::path::{Path, PathBuf};

use crate::failure::{Failure, Result};

/// The source of the crates `monotable` and `monotable-local`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A checkout.
    Path(PathBuf),
    /// A Git repository.
    Git(String),
    /// crates.io.
    Registry,
}

impl Source {
    /// The options `--monotable-path` and `--monotable-git`, or else the checkout from which this program was built, or else crates.io.
    pub fn new(path: Option<&Path>, git: Option<&str>) -> Result<Self> {
        match (path, git) {
            (Some(_), Some(_)) => Err(Failure::usage("give either `--monotable-path` or `--monotable-git`")),
            (Some(path), None) => {
                let path = dunce::canonicalize(path).map_err(|error| Failure::io("find", path, error))?;
                match is_checkout(&path) {
                    true => Ok(Self::Path(path)),
                    false => Err(Failure::usage(format!("{} is not a checkout of monotable", path.display()))),
                }
            }
            (None, Some(url)) => Ok(Self::Git(url.to_owned())),
            (None, None) => {
                let built_from = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
                match dunce::canonicalize(built_from) {
                    Ok(path) if is_checkout(&path) => Ok(Self::Path(path)),
                    _ => Ok(Self::Registry),
                }
            }
        }
    }

    /// Returns the value of a dependency in `Cargo.toml`. `folder` is the folder of the crate in the checkout.
    pub fn dependency(&self, folder: &str) -> String {
        match self {
            Self::Path(path) => {
                let path = if folder.is_empty() { path.clone() } else { path.join(folder) };
                // TOML has the same escapes as JSON.
                let text = serde_json::Value::from(path.display().to_string());
                format!("{{ path = {text} }}")
            }
            Self::Git(url) => format!("{{ git = {} }}", serde_json::Value::from(url.as_str())),
            Self::Registry => format!("\"{}\"", env!("CARGO_PKG_VERSION")),
        }
    }
}

fn is_checkout(path: &Path) -> bool {
    let manifest = std::fs::read_to_string(path.join("Cargo.toml")).unwrap_or_default();
    manifest.lines().any(|line| line.trim() == "name = \"monotable\"") && path.join("local/Cargo.toml").is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_that_was_built_from_a_checkout_uses_it() {
        let Source::Path(path) = Source::new(None, None).unwrap() else { panic!("this is a checkout") };
        assert!(path.join("cli").is_dir());
        let dependency = Source::Path(path).dependency("local");
        assert!(dependency.starts_with("{ path = \"") && dependency.ends_with("/local\" }"), "{dependency}");
    }

    #[test]
    fn a_folder_without_monotable_is_rejected() {
        let error = Source::new(Some(&std::env::temp_dir()), None).unwrap_err();
        assert!(error.message.ends_with("is not a checkout of monotable"), "{}", error.message);
        let both = Source::new(Some(Path::new(".")), Some("url")).unwrap_err();
        assert_eq!(both.code, crate::failure::Code::Usage as u8);
    }
}
