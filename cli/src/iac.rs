//! The languages of infrastructure.

use clap::ValueEnum;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A language of infrastructure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Iac {
    /// One CloudFormation template
    Cloudformation,
    /// An AWS CDK project
    Cdk,
    /// A Terraform root module
    Terraform,
}

/// A language of a CDK project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CdkLanguage {
    /// TypeScript
    Typescript,
    /// Python
    Python,
}

impl Iac {
    /// The words of the command line, for messages.
    pub const NAMES: &str = "`cloudformation`, `cdk` or `terraform`";

    /// Reads a word of a manifest.
    pub fn parse(word: &str) -> Option<Self> {
        Self::from_str(word, false).ok()
    }
}
