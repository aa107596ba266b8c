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
//!
//! | page | topic |
//! |---|---|
//! | [`config`] | every setting in `config.json` |
//! | [`pynamodb`] | monotable for PynamoDB users |
//! | [`performance`] | the cost of reads and writes |
//! | [`changelog`] | the changes of each release |

#[doc = include_str!("../docs/chapters/keys.md")]
pub mod keys {}

#[doc = include_str!("../docs/chapters/queries.md")]
pub mod queries {}

#[doc = include_str!("../docs/chapters/updates.md")]
pub mod updates {}

#[doc = include_str!("../docs/chapters/batches.md")]
pub mod batches {}

#[doc = include_str!("../docs/chapters/transactions.md")]
pub mod transactions {}

#[doc = include_str!("../docs/chapters/errors.md")]
pub mod errors {}

#[doc = include_str!("../docs/chapters/testing.md")]
pub mod testing {}

#[doc = include_str!("../docs/chapters/existing.md")]
pub mod existing {}

#[doc = include_str!("../docs/chapters/deployed.md")]
pub mod deployed {}

#[doc = include_str!("../docs/chapters/connections.md")]
pub mod connections {}

#[doc = include_str!("../docs/chapters/tool.md")]
pub mod tool {}

#[doc = include_str!("../docs/config.md")]
pub mod config {}

#[doc = include_str!("../docs/pynamodb.md")]
pub mod pynamodb {}

#[doc = include_str!("../docs/performance.md")]
pub mod performance {}

#[doc = include_str!("../CHANGELOG.md")]
pub mod changelog {}
