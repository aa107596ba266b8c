//! What a generated crate remembers about its last run: the options, and the generated texts.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::options::Answers;
use crate::failure::{Failure, Result};
use crate::files;

/// The file in the crate. It is committed with the crate, so that everyone who works on it can run `monotable new` again.
pub const FILE: &str = ".monotable/project.json";

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Project {
    /// The options of the last run. Options that are not given again stay as they were.
    pub answers: Answers,
    /// The name of the workspace when the crate was created. The local table keeps its name if the folder is renamed.
    pub scope: String,
    /// The generated text of each file. The next run merges with them.
    pub files: BTreeMap<String, String>,
}

impl Project {
    /// Reads the file of the crate in `folder`; `None` if it does not exist.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(FILE);
        let parse = |text: String| serde_json::from_str(&text).map_err(|error| Failure::io("read", &path, error));
        files::read(&path)?.map(parse).transpose()
    }

    pub fn to_json(&self) -> String {
        let text = serde_json::to_string_pretty(self);
        text.unwrap_or_else(|error| unreachable!("strings have a JSON form: {error}")) + "\n"
    }
}
