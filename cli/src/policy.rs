//! `monotable policy`: prints the IAM policy that a program needs for a table.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};
use monotable_config::SchemaFile;
use monotable_infra::policy::{Access, Arn, Target};

use crate::failure::{Failure, Result};
use crate::files;
use crate::output;
use crate::workspace;

const EXAMPLES: &str = "Examples:
  monotable policy --for read --table-arn arn:aws:dynamodb:eu-west-1:123456789012:table/orders
  monotable policy --for-patterns list_by_user,Order.create --table-arn arn:aws:dynamodb:eu-west-1:123456789012:table/orders";

#[derive(Args)]
#[command(after_help = EXAMPLES, group = ArgGroup::new("access").required(true).args(["for_access", "for_patterns"]))]
pub struct Options {
    /// The kind of access.
    #[arg(long = "for", value_enum, value_name = "ACCESS")]
    for_access: Option<Kind>,
    /// The access patterns that the program uses, from schema.json: queries and operations of entities. The policy allows nothing
    /// else.
    #[arg(long, value_name = "PATTERN", value_delimiter = ',')]
    for_patterns: Vec<String>,
    /// The ARN of the table.
    #[arg(long, value_name = "ARN")]
    table_arn: String,
    /// The ARN of the customer-managed key of the table.
    #[arg(long, value_name = "ARN")]
    key_arn: Option<String>,
    /// The ARN of the AppConfig application from which the program reads the name of the table.
    #[arg(long, value_name = "ARN")]
    app_config_arn: Option<String>,
    /// The config.json of the table. Its schema.json is in the same folder.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Read,
    Write,
    ReadWrite,
    Full,
    Stream,
}

impl Kind {
    fn access(self) -> Access {
        match self {
            Self::Read => Access::Read,
            Self::Write => Access::Write,
            Self::ReadWrite => Access::ReadWrite,
            Self::Full => Access::Full,
            Self::Stream => Access::Stream,
        }
    }
}

pub fn run(options: &Options) -> Result<()> {
    let mut target = Target::new(Arn::text(&options.table_arn));
    if let Some(key) = &options.key_arn {
        target = target.key(Arn::text(key));
    }
    if let Some(application) = &options.app_config_arn {
        target = target.application(Arn::text(application));
    }
    let policy = match options.for_access {
        Some(kind) => target.policy(kind.access()),
        None => {
            let patterns: Vec<&str> = options.for_patterns.iter().map(String::as_str).collect();
            let policy = target.policy_for_patterns(&schema(options)?, &patterns);
            policy.map_err(|error| Failure::usage(error.to_string()))?
        }
    };
    let text = policy.to_json();
    output::print(&format!("{}\n", text.trim_end()));
    Ok(())
}

fn schema(options: &Options) -> Result<SchemaFile> {
    let file = workspace::project(options.config.as_deref())?.file.with_file_name("schema.json");
    let text = files::read(&file)?.ok_or_else(|| {
        Failure::failed(format!(
            "{} does not exist; `cargo test` in its crate prints the command that creates it",
            file.display()
        ))
    })?;
    SchemaFile::parse(&text).map_err(|error| Failure::io("read", &file, error))
}
