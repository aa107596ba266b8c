//! Longer documentation: the chapters of the guide, and pages on single topics.
//!
//! The snippets of the chapters share a small model with users, orders and sessions, which [`keys`] shows.
//!
//! | chapter | topic |
//! |---|---|
//! | [`keys`] | how keys are made from fields |
//! | [`queries`] | queries, sort conditions, pages, filters, projections, streams, scans |
//! | [`updates`] | update actions, index keys, conditions and versions |
//! | [`batches`] | reads and writes of many items |
//! | [`transactions`] | writes that are applied together, and reads of one consistent state |
//! | [`errors`] | kinds of errors, and lost responses |
//! | [`testing`] | a table for each test, and a fixed clock |
//! | [`existing`] | tables that another program created |
//! | [`deployed`] | deployment on AWS: client settings, credentials, several regions |
//! | [`infrastructure`] | CloudFormation, CDK and Terraform from `config.json`, and safe deployments |
//! | [`connections`] | programs that use a table: an HTTP API, [AWS Lambda](connections::lambda), an [MCP server](connections::mcp), an [agent](connections::agent) |
//! | [`tool`] | the command-line tool |
//!
//! | page | topic |
//! |---|---|
//! | [`config`] | every setting in `config.json` |
//! | [`pynamodb`] | monotable for PynamoDB users |
//! | [`performance`] | the cost of reads and writes |
//! | [`changelog`] | the changes of each release |

// The pages link to each other's files, which do not exist on docs.rs. So each page begins with its own definitions of the links:
// in Markdown, the first definition of a link applies.

#[doc = "[existing]: existing"]
#[doc = ""]
#[doc = include_str!("../docs/chapters/keys.md")]
pub mod keys {}

#[doc = "[errors]: errors"]
#[doc = ""]
#[doc = include_str!("../docs/chapters/queries.md")]
pub mod queries {}

#[doc = "[errors]: errors"]
#[doc = "[existing]: existing"]
#[doc = "[testing]: testing"]
#[doc = ""]
#[doc = include_str!("../docs/chapters/updates.md")]
pub mod updates {}

#[doc = "[transactions]: transactions"]
#[doc = ""]
#[doc = include_str!("../docs/chapters/batches.md")]
pub mod batches {}

#[doc = "[errors]: errors"]
#[doc = ""]
#[doc = include_str!("../docs/chapters/transactions.md")]
pub mod transactions {}

#[doc = "[transactions]: transactions"]
#[doc = ""]
#[doc = include_str!("../docs/chapters/errors.md")]
pub mod errors {}

#[doc = include_str!("../docs/chapters/testing.md")]
pub mod testing {}

#[doc = "[keys]: keys"]
#[doc = ""]
#[doc = include_str!("../docs/chapters/existing.md")]
pub mod existing {}

#[doc = "[errors]: errors"]
#[doc = ""]
#[doc = include_str!("../docs/chapters/deployed.md")]
pub mod deployed {}

#[doc = "[config-the-deployed-table]: config#the-deployed-table"]
#[doc = ""]
#[doc = include_str!("../docs/chapters/infrastructure.md")]
pub mod infrastructure {}

#[doc = "[lambda]: connections::lambda"]
#[doc = "[mcp]: connections::mcp"]
#[doc = "[agent]: connections::agent"]
#[doc = "[infrastructure-connected-programs]: infrastructure#connected-programs"]
#[doc = ""]
#[doc = include_str!("../docs/chapters/connections.md")]
pub mod connections {
    #[doc = "[infrastructure-lambda-functions]: super::infrastructure#lambda-functions"]
    #[doc = ""]
    #[doc = include_str!("../docs/chapters/connections/lambda.md")]
    pub mod lambda {}

    #[doc = "[agent]: agent"]
    #[doc = ""]
    #[doc = include_str!("../docs/chapters/connections/mcp.md")]
    pub mod mcp {}

    #[doc = "[mcp-tools]: mcp#tools"]
    #[doc = ""]
    #[doc = include_str!("../docs/chapters/connections/agent.md")]
    pub mod agent {}
}

#[doc = "[connections]: connections"]
#[doc = "[infrastructure]: infrastructure"]
#[doc = "[infrastructure-lambda-functions]: infrastructure#lambda-functions"]
#[doc = "[infrastructure-waves]: infrastructure#waves"]
#[doc = "[testing]: testing"]
#[doc = ""]
#[doc = include_str!("../docs/chapters/tool.md")]
pub mod tool {}

#[doc = include_str!("../docs/config.md")]
pub mod config {}

#[doc = "[config]: config"]
#[doc = "[readme-where-the-table-is]: crate#connections"]
#[doc = ""]
#[doc = include_str!("../docs/pynamodb.md")]
pub mod pynamodb {}

#[doc = include_str!("../docs/performance.md")]
pub mod performance {}

#[doc = include_str!("../CHANGELOG.md")]
pub mod changelog {}
