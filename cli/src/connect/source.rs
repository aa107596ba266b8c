//! The crate of a table: its names, its `schema.json`, and where it gets monotable from.

use std::path::{Path, PathBuf};

use heck::ToSnakeCase;
use monotable_config::SchemaFile;
use toml_edit::{DocumentMut, InlineTable, Item, Value};

use crate::failure::{Failure, Result};
use crate::files;
use crate::new::Source;
use crate::workspace::Project;

/// The crate of a table.
#[derive(Debug)]
pub struct TableCrate {
    /// The name of the package.
    pub name: String,
    /// The name of the library in Rust code.
    pub module: String,
    pub folder: PathBuf,
    manifest: DocumentMut,
    runtime_config_key: String,
}

impl TableCrate {
    /// Reads the manifest of the crate around a `config.json`.
    pub fn read(project: &Project) -> Result<Self> {
        let folder = project.file.parent().unwrap_or(Path::new(".")).to_owned();
        let path = folder.join("Cargo.toml");
        let text = files::read(&path)?.ok_or_else(|| {
            Failure::failed(format!("{} is not in a crate: it has no Cargo.toml", project.file.display()))
        })?;
        let manifest: DocumentMut = text.parse().map_err(|error| Failure::io("read", &path, error))?;
        let name = manifest.get("package").and_then(|package| package.get("name")?.as_str());
        let name = name.ok_or_else(|| Failure::failed(format!("{} has no package", path.display())))?.to_owned();
        let library = manifest.get("lib").and_then(|library| library.get("name")?.as_str());
        let module = library.map_or_else(|| name.to_snake_case(), str::to_owned);
        Ok(Self { name, module, folder, manifest, runtime_config_key: project.config.runtime_config_key.clone() })
    }

    /// Returns the command that creates or updates `schema.json`.
    pub fn update_command(&self) -> String {
        format!("UPDATE_SCHEMA=1 cargo test -p {} schema_json", self.name)
    }

    /// Reads `schema.json`.
    pub fn schema(&self) -> Result<SchemaFile> {
        let path = self.folder.join("schema.json");
        let remedy = format!("run `{}`, then connect again", self.update_command());
        let text = files::read(&path)?
            .ok_or_else(|| Failure::failed(format!("{} does not exist: {remedy}", path.display())))?;
        let schema = SchemaFile::parse(&text)
            .map_err(|error| Failure::failed(format!("cannot read {}: {error}; {remedy}", path.display())))?;
        if schema.runtime_config_key != self.runtime_config_key {
            return Err(Failure::failed(format!(
                "{} is out of date: its runtimeConfigKey is `{}`, and that of config.json is `{}`: {remedy}",
                path.display(),
                schema.runtime_config_key,
                self.runtime_config_key
            )));
        }
        Ok(schema)
    }

    /// Returns the entities in the source of the crate that `schema.json` does not have. They may belong to another table, so they are
    /// only worth a remark.
    pub fn unlisted(&self, schema: &SchemaFile) -> Result<Vec<String>> {
        let mut unlisted = Vec::new();
        let pattern = self.folder.join("src/**/*.rs");
        for file in glob::glob(&pattern.to_string_lossy()).into_iter().flatten().flatten() {
            let text = files::read(&file)?.unwrap_or_default();
            let is_listed = |name: &String| schema.entities.iter().any(|entity| entity.name == *name);
            unlisted.extend(entities_in(&text).into_iter().filter(|name| !is_listed(name)));
        }
        Ok(unlisted)
    }

    /// Returns the path of a type of the crate: types of a crate that `monotable new` has created are in the module `entities`.
    pub fn path(&self) -> String {
        let in_module = ["src/entities.rs", "src/entities/mod.rs"].iter().any(|file| self.folder.join(file).is_file());
        if in_module { format!("{}::entities", self.module) } else { self.module.clone() }
    }

    /// Returns the value of the dependency on monotable, as the crate has it, for a crate in another folder.
    pub fn monotable(&self, folder: &Path, features: &[&str]) -> Result<String> {
        let mut value = self.dependency("dependencies", "monotable", "", folder)?;
        let mut all: Vec<String> = value
            .get("features")
            .and_then(Value::as_array)
            .map(|list| list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
            .unwrap_or_default();
        all.extend(features.iter().map(|feature| (*feature).to_owned()));
        all.dedup();
        value.insert("features", all.into_iter().collect());
        Ok(Value::InlineTable(value).to_string().trim().to_owned())
    }

    /// Returns the value of the dependency on `monotable-local`.
    pub fn monotable_local(&self, folder: &Path) -> Result<String> {
        let value = self.dependency("dev-dependencies", "monotable-local", "local", folder)?;
        Ok(Value::InlineTable(value).to_string().trim().to_owned())
    }

    fn dependency(&self, table: &str, name: &str, part: &str, folder: &Path) -> Result<InlineTable> {
        let found = self.manifest.get(table).and_then(|dependencies| dependencies.get(name));
        let mut value = match found.cloned().map(Item::into_value) {
            Some(Ok(Value::InlineTable(value))) => value,
            Some(Ok(Value::String(version))) => {
                let mut value = InlineTable::new();
                value.insert("version", version.into_value().into());
                value
            }
            _ => {
                let text = Source::new(None, None)?.dependency(part);
                let parsed = format!("d = {text}").parse::<DocumentMut>().ok().and_then(|mut d| d.remove("d"));
                match parsed.map(Item::into_value) {
                    Some(Ok(Value::InlineTable(value))) => value,
                    _ => {
                        let mut value = InlineTable::new();
                        value.insert("version", env!("CARGO_PKG_VERSION").into());
                        value
                    }
                }
            }
        };
        if let Some(path) = value.get("path").and_then(Value::as_str).map(Path::new).filter(|path| path.is_relative()) {
            value.insert("path", relative(folder, &self.folder.join(path)).into());
        }
        value.fmt();
        Ok(value)
    }
}

/// Returns the names of the structs that derive `Entity`.
fn entities_in(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut is_entity = false;
    for line in text.lines().map(str::trim) {
        if let Some((_, derives)) = line.split_once("derive(") {
            is_entity |= derives.split(|c: char| !c.is_alphanumeric()).any(|word| word == "Entity");
        }
        let words = line.strip_prefix("pub ").unwrap_or(line);
        if let Some(rest) = words.strip_prefix("struct ") {
            let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if std::mem::take(&mut is_entity) {
                names.push(name);
            }
        }
    }
    names
}

/// Returns the path from one folder to another, with `/`.
pub fn relative(from: &Path, to: &Path) -> String {
    let [from, to] = [from, to].map(|path| dunce::canonicalize(path).unwrap_or_else(|_| normal(path)));
    let shared = from.components().zip(to.components()).take_while(|(one, other)| one == other).count();
    let up = from.components().skip(shared).map(|_| "..".to_owned());
    let down = to.components().skip(shared).map(|part| part.as_os_str().to_string_lossy().into_owned());
    let parts: Vec<String> = up.chain(down).collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

/// Removes `.` and `..` from the path of a folder that does not exist yet.
fn normal(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => drop(clean.pop()),
            part => clean.push(part),
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_paths_go_up_and_down() {
        let path = |from: &str, to: &str| relative(Path::new(from), Path::new(to));
        assert_eq!(path("/none/a/b", "/none/a/c"), "../c");
        assert_eq!(path("/none/a", "/none/a/b/./c"), "b/c");
        assert_eq!(path("/none/a/b", "/none/x/../a"), "..");
        assert_eq!(path("/none/a", "/none/a"), ".");
    }

    #[test]
    fn structs_that_derive_entity_are_found() {
        let text = "#[derive(Debug, Clone, Entity)]\n#[entity(\n    table = T,\n)]\npub struct Order {\n}\n\
                    #[derive(Debug)]\nstruct Line;\n#[derive(EntitySet)]\nstruct Set;\n";
        assert_eq!(entities_in(text), ["Order"]);
    }
}
