//! What the Terraform and CDK projects have in common: their files are templates with the tables of an application.

use std::collections::BTreeMap;

use heck::{ToKebabCase, ToLowerCamelCase, ToSnakeCase};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value, context};

use crate::plan::{FunctionPlan, ProgramPlan, Trigger, programs_to_json};
use crate::{Application, Error, File, Owner, Plan, Result, name};

/// The templates of a project.
pub(crate) struct Project {
    /// The path and the text of each template.
    pub templates: &'static [(&'static str, &'static str)],
    /// Files and folders that are the same in every project, and that monotable replaces.
    pub core: &'static [&'static str],
    /// Names that a table cannot have in the files, in lower case without separators. Such a table gets the suffix `Table`.
    pub reserved: &'static [&'static str],
}

/// Returns the path and the text of each template in a folder.
macro_rules! templates {
    ($folder:literal: $($path:literal),+ $(,)?) => {
        &[$(($path, include_str!(concat!("../templates/", $folder, "/", $path)))),+]
    };
}
pub(crate) use templates;

/// A table's names in the files.
pub(crate) struct Names {
    /// The name in the application.
    pub name: String,
    /// The `runtimeConfigKey`.
    key: String,
    /// `user-events`
    pub kebab: String,
    /// `user_events`
    pub snake: String,
    /// `userEvents`
    pub camel: String,
    /// `UserEvents`, which is also the logical id in CloudFormation.
    pub class: String,
    /// The path of its `config.json`, from the root of the workspace.
    pub config: String,
}

/// What the templates know about an application.
pub(crate) struct Contents {
    pub tables: Vec<Names>,
    plan: Plan,
}

impl Contents {
    /// Returns the values of each program. `field` is how the files refer to a table.
    pub(crate) fn programs(&self, field: impl Fn(&Names) -> String) -> Vec<Value> {
        let of_program = |program: &ProgramPlan| {
            let is_used = |table: &&Names| program.tables.iter().any(|used| used.runtime_config_key == table.key);
            context! {
                name => &program.name,
                policy => &program.policy_id,
                snake => program.name.to_snake_case(),
                camel => program.name.to_lower_camel_case(),
                tables => self.tables.iter().filter(is_used).map(&field).collect::<Vec<_>>(),
                functions => self.functions_of(program, &field),
            }
        };
        self.plan.programs.iter().map(of_program).collect()
    }

    /// Returns the values of the functions of all programs.
    pub(crate) fn functions(&self, field: impl Fn(&Names) -> String) -> Vec<Value> {
        self.plan.programs.iter().flat_map(|program| self.functions_of(program, &field)).collect()
    }

    fn functions_of(&self, program: &ProgramPlan, field: &impl Fn(&Names) -> String) -> Vec<Value> {
        program.functions.iter().map(|function| self.function(program, function, field)).collect()
    }

    /// Returns the values of a function. `streams` are the tables whose streams invoke it.
    fn function(&self, program: &ProgramPlan, function: &FunctionPlan, field: impl Fn(&Names) -> String) -> Value {
        let is_read = |table: &&Names| program.is_invoked_by(function, &table.key);
        context! {
            id => &function.id,
            binary => &function.binary,
            snake => function.binary.to_snake_case(),
            camel => function.binary.to_lower_camel_case(),
            package => &function.package,
            is_for_streams => function.trigger == Trigger::Streams,
            streams => self.tables.iter().filter(is_read).map(field).collect::<Vec<_>>(),
        }
    }
}

impl Project {
    /// Checks the application and returns the names in its files.
    pub(crate) fn contents(&self, application: &Application, configs: &BTreeMap<String, String>) -> Result<Contents> {
        let plan = Plan::new(application)?;
        if plan.tables.is_empty() {
            return Err(Error::NoTables { application: application.name.clone() });
        }
        let mut taken: BTreeMap<String, &str> = BTreeMap::new();
        let mut tables = Vec::with_capacity(plan.tables.len());
        for table in &plan.tables {
            let is_reserved = self.reserved.contains(&folded(&table.name).as_str());
            let name = if is_reserved { format!("{}-table", table.name) } else { table.name.clone() };
            // Folders must also differ in a file system that ignores the case.
            if let Some(first) = taken.insert(folded(&name), &table.name) {
                return Err(Error::SimilarNames { first: first.to_owned(), second: table.name.clone() });
            }
            let config = configs.get(&table.name).ok_or_else(|| Error::NoConfigPath { table: table.name.clone() })?;
            tables.push(Names {
                kebab: name.to_kebab_case(),
                snake: name.to_snake_case(),
                camel: name.to_lower_camel_case(),
                class: name::upper_camel(&name),
                name: table.name.clone(),
                key: table.runtime_config_key.clone(),
                config: config.clone(),
            });
        }
        Ok(Contents { tables, plan })
    }

    /// Renders the templates. `tables` has the values and the file name of each table.
    pub(crate) fn render(&self, contents: &Contents, values: &Value, tables: &[(String, Value)]) -> Vec<File> {
        let environment = environment();
        let mut files = Vec::new();
        if !contents.plan.programs.is_empty() {
            let text = programs_to_json(&contents.plan.programs);
            files.push(File { path: "programs.json".to_owned(), text, owner: Owner::Generated });
        }
        for (path, template) in self.templates {
            let path = path.replace("gitignore", ".gitignore");
            if self.core.iter().any(|core| path.starts_with(core)) {
                files.push(File { path, text: (*template).to_owned(), owner: Owner::Generated });
            } else if path.contains(TABLE) {
                files.extend(tables.iter().map(|(name, values)| File {
                    path: path.replace(TABLE, &format!("tables/{name}")),
                    text: rendered(&environment, template, values),
                    owner: Owner::User,
                }));
            } else {
                files.push(File { path, text: rendered(&environment, template, values), owner: Owner::User });
            }
        }
        files
    }
}

/// The part of a template's path that stands for a table.
const TABLE: &str = "tables/table";

/// Returns the letters and digits of a name in lower case.
fn folded(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

fn rendered(environment: &Environment<'_>, template: &str, values: &Value) -> String {
    environment
        .render_str(template, values.clone())
        .unwrap_or_else(|error| unreachable!("the tests render each template: {error}"))
}

/// Returns an environment whose delimiters do not occur in Terraform, TypeScript, Python, YAML or Markdown.
fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder()
        .variable_delimiters("@{", "}@")
        .block_delimiters("@%", "%@")
        .comment_delimiters("@#", "#@")
        .keep_trailing_newline(true)
        .build();
    environment.set_syntax(syntax.unwrap_or_else(|error| unreachable!("the delimiters differ: {error}")));
    // A placeholder without a value is an error.
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use crate::{cdk, terraform};

    fn files(folder: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
    }

    #[test]
    fn every_template_in_the_folder_belongs_to_its_project() {
        let projects =
            [("terraform", terraform::PROJECT), ("cdk-typescript", cdk::TYPESCRIPT), ("cdk-python", cdk::PYTHON)];
        for (name, project) in projects {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates").join(name);
            let relative = |path: &PathBuf| path.strip_prefix(&folder).unwrap().to_str().unwrap().replace('\\', "/");
            let found: BTreeSet<String> = files(&folder).iter().map(relative).collect();
            let listed: BTreeSet<String> = project.templates.iter().map(|(path, _)| (*path).to_owned()).collect();
            assert_eq!(found, listed, "{name}");
        }
    }
}
