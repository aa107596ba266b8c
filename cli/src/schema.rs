//! `monotable schema`: the JSON Schemas, for editors and other tools.

use clap::{Args, ValueEnum};

use crate::failure::Result;
use crate::output;

#[derive(Args)]
pub struct Options {
    /// The file that the schema describes.
    #[arg(value_enum, default_value_t = File::Config)]
    file: File,
}

#[derive(Clone, Copy, ValueEnum)]
enum File {
    /// config.json
    Config,
    /// schema.json
    Schema,
}

pub fn run(options: &Options) -> Result<()> {
    let text = match options.file {
        File::Config => monotable_config::CONFIG_JSON_SCHEMA,
        File::Schema => monotable_config::SCHEMA_JSON_SCHEMA,
    };
    output::print(text);
    Ok(())
}
