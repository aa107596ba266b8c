//! The names that follow from the name of a project.

use heck::{ToKebabCase, ToSnakeCase, ToUpperCamelCase};

use crate::failure::{Failure, Result};

/// The names of one project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// The crate, such as `my-table`.
    pub krate: String,
    /// The crate in Rust code, such as `my_table`.
    pub module: String,
    /// The key in AppConfig, such as `MyTable`.
    pub class: String,
    /// The local table, such as `my-workspace-my-table`.
    pub local_table: String,
}

/// The longest name that crates.io accepts.
/// <https://github.com/rust-lang/crates.io/blob/main/crates/crates_io_validation/src/lib.rs>
const MAX_LENGTH: usize = 64;

impl Names {
    /// Returns the name of the crate of a project.
    pub fn krate(name: &str) -> Result<String> {
        check(name)?;
        Ok(name.to_kebab_case())
    }

    /// `scope` is the name of the workspace. `table` replaces the project's name in the name of the local table.
    pub fn new(name: &str, scope: &str, table: Option<&str>) -> Result<Self> {
        check(name)?;
        let krate = name.to_kebab_case();
        let table = table.unwrap_or(name);
        let kebab = table.to_kebab_case();
        // Table names are ASCII, but a folder can have any name.
        let scope: String = scope.chars().map(|c| if c.is_ascii() { c } else { ' ' }).collect();
        let local_table = match scope.to_kebab_case() {
            scope if scope.is_empty() || kebab.is_empty() => kebab,
            scope => format!("{scope}-{kebab}"),
        };
        monotable_config::check_table_name(&local_table)
            .map_err(|problem| Failure::usage(format!("`{table}` cannot be the name of a table: {problem}")))?;
        let class = match krate.to_upper_camel_case() {
            class if class.starts_with(|c: char| c.is_ascii_digit()) => format!("_{class}"),
            class => class,
        };
        Ok(Self { module: krate.to_snake_case(), class, local_table, krate })
    }
}

/// Checks the name of a project by the rules of cargo.
/// <https://doc.rust-lang.org/cargo/reference/manifest.html#the-name-field>
fn check(name: &str) -> Result<()> {
    let fail = |rule: &str| Err(Failure::usage(format!("`{name}` cannot be the name of a project: {rule}")));
    if name.is_empty() {
        return fail("a name has at least one letter");
    }
    if name.len() > MAX_LENGTH {
        return fail("a name has at most 64 characters");
    }
    if let Some(bad) = name.chars().find(|c| !c.is_ascii_alphanumeric() && *c != '-' && *c != '_') {
        return fail(&format!("it contains `{bad}`; use the letters a to z, digits, `-` and `_`"));
    }
    let krate = name.to_kebab_case();
    match krate.as_str() {
        "" => fail("a name has at least one letter"),
        _ if krate.starts_with(|c: char| c.is_ascii_digit()) => fail("a name begins with a letter"),
        // <https://doc.rust-lang.org/reference/keywords.html>
        "abstract" | "as" | "async" | "await" | "become" | "box" | "break" | "const" | "continue" | "crate" | "do"
        | "dyn" | "else" | "enum" | "extern" | "false" | "final" | "fn" | "for" | "gen" | "if" | "impl" | "in"
        | "let" | "loop" | "macro" | "match" | "mod" | "move" | "mut" | "override" | "priv" | "pub" | "ref"
        | "return" | "self" | "static" | "struct" | "super" | "trait" | "true" | "try" | "type" | "typeof"
        | "unsafe" | "unsized" | "use" | "virtual" | "where" | "while" | "yield" => fail("it is a keyword of Rust"),
        "alloc" | "core" | "proc-macro" | "std" | "test" => fail("it is a crate of Rust"),
        "build" | "deps" | "examples" | "incremental" => fail("cargo has a folder of this name in its target folder"),
        "aux" | "con" | "nul" | "prn" => fail("Windows reserves it"),
        _ if is_device(&krate) => fail("Windows reserves it"),
        "chrono" | "monotable" | "monotable-local" | "serde" | "tokio" => {
            fail("it is the name of a dependency of the project")
        }
        // Names that the generated code uses.
        "base" | "client" | "entities" | "example" | "list" => fail("the generated code uses it; add a word"),
        _ => Ok(()),
    }
}

fn is_device(name: &str) -> bool {
    let number = name.strip_prefix("com").or_else(|| name.strip_prefix("lpt"));
    number.is_some_and(|number| number.len() == 1 && number.chars().all(|c| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_from_the_name_of_the_project() {
        for name in ["MyTable", "my-table", "my_table", "myTable"] {
            let names = Names::new(name, "My Shop", None).unwrap();
            assert_eq!(names.krate, "my-table");
            assert_eq!(names.module, "my_table");
            assert_eq!(names.class, "MyTable");
            assert_eq!(names.local_table, "my-shop-my-table");
        }
        assert_eq!(Names::new("orders", "shop", Some("CustomName")).unwrap().local_table, "shop-custom-name");
        assert_eq!(Names::new("orders", "", None).unwrap().local_table, "orders");
    }

    #[test]
    fn invalid_names_are_rejected_with_the_rule() {
        let cases = [
            ("", "at least one letter"),
            ("--", "at least one letter"),
            ("1st", "begins with a letter"),
            ("my table", "contains ` `"),
            ("größe", "contains `ö`"),
            ("async", "keyword"),
            ("Test", "a crate of Rust"),
            ("con", "Windows"),
            ("lpt1", "Windows"),
            ("serde", "a dependency"),
            ("deps", "target folder"),
        ];
        for (name, rule) in cases {
            let message = Names::new(name, "scope", None).unwrap_err().message;
            assert!(message.contains(rule), "{name}: {message}");
        }
        assert!(Names::new(&"a".repeat(65), "s", None).unwrap_err().message.contains("64"));
        let message = Names::new("orders", "s", Some("t!")).map(|names| names.local_table);
        assert_eq!(message.unwrap(), "s-t");
        assert!(Names::new("orders", "", Some("x")).unwrap_err().message.contains("3 to 255"));
    }
}
