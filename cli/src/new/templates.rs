//! The files of a generated crate.

use minijinja::context;

use super::options::Request;
use crate::generate;

/// The path of each file in the crate, and its template.
const FILES: [(&str, &str); 11] = [
    ("Cargo.toml", include_str!("../../templates/crate/Cargo.toml")),
    ("README.md", include_str!("../../templates/crate/README.md")),
    ("config.json", include_str!("../../templates/crate/config.json")),
    ("schema.json", include_str!("../../templates/crate/schema.json")),
    ("src/lib.rs", include_str!("../../templates/crate/src/lib.rs")),
    ("src/client.rs", include_str!("../../templates/crate/src/client.rs")),
    ("src/entities/mod.rs", include_str!("../../templates/crate/src/entities/mod.rs")),
    ("src/entities/base.rs", include_str!("../../templates/crate/src/entities/base.rs")),
    ("src/entities/example.rs", include_str!("../../templates/crate/src/entities/example.rs")),
    ("examples/list.rs", include_str!("../../templates/crate/examples/list.rs")),
    ("tests/example.rs", include_str!("../../templates/crate/tests/example.rs")),
];

/// The JSON Schema of `config.json`, for editors. It is in a folder that only this tool writes.
pub const CONFIG_SCHEMA: &str = ".monotable/config.schema.json";

/// Renders the files of the crate, as pairs of path and text.
pub fn files(request: &Request, port: u16) -> Vec<(String, String)> {
    let environment = generate::environment();
    let names = &request.names;
    let values = context! {
        crate => &names.krate,
        module => &names.module,
        class => &names.class,
        local_table => &names.local_table,
        path => request.member.to_string_lossy().replace('\\', "/"),
        port => port,
        config_schema => CONFIG_SCHEMA,
        monotable => request.source.dependency(""),
        monotable_local => request.source.dependency("local"),
        standalone => request.workspace.is_none(),
        has_engine => request.has_engine,
    };
    let render = |(path, template): (&'static str, &str)| {
        let text = environment.render_str(template, &values);
        (path.to_owned(), text.unwrap_or_else(|error| unreachable!("the golden test renders each template: {error}")))
    };
    let mut files: Vec<_> = FILES.into_iter().map(render).collect();
    files.push((CONFIG_SCHEMA.to_owned(), monotable_config::CONFIG_JSON_SCHEMA.to_owned()));
    files
}
