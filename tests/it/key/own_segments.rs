//! A type that implements `KeySegment` without the derive, with the two other traits of values in keys.

use monotable::bounds::{KeyArg, OrderedSegment};
use monotable::{Entity, KeySegment, SegmentError, Table};
use serde::{Deserialize, Serialize};

use crate::support::case::{Env, cases};

cases![a_segment_without_the_derive_accepts_ranges_and_its_text];

#[derive(Debug, Clone, PartialEq, Table)]
#[table(config_json = r#"{
    "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "own-segments" },
    "tableConfig": { "globalSecondaryIndexes": [] }
}"#)]
enum Builds {
    Build(Build),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Builds, pk = "APP#{app}", sk = "BUILD#{week}")]
struct Build {
    app: String,
    #[entity(key_only)]
    week: Week,
}

/// A calendar week, with the text `2026-W07` in keys.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Week {
    year: u16,
    week: u8,
}

impl KeySegment for Week {
    fn render(&self, out: &mut String) -> Result<(), SegmentError> {
        out.push_str(&format!("{:04}-W{:02}", self.year, self.week));
        Ok(())
    }

    fn parse(text: &str) -> Result<Self, SegmentError> {
        let (year, week) = text.split_once("-W").ok_or_else(|| SegmentError::new("is not a week"))?;
        let invalid = |_| SegmentError::new("is not a week");
        Ok(Self { year: year.parse().map_err(invalid)?, week: week.parse().map_err(invalid)? })
    }
}

impl OrderedSegment for Week {}

impl KeyArg<Week> for &str {
    fn write(&self, out: &mut String) -> Result<(), SegmentError> {
        Week::parse(self)?.render(out)
    }
}

async fn a_segment_without_the_derive_accepts_ranges_and_its_text(env: Env) {
    let table = env.table::<Builds>().await;
    let weeks = [(2025, 50), (2026, 2), (2026, 10)].map(|(year, week)| Week { year, week });
    for week in weeks {
        Build { app: "a".into(), week }.put().on(&table).await.unwrap();
    }
    let since = Build::query("a").ge(Week { year: 2026, week: 1 }).on(&table).all().await.unwrap();
    assert_eq!(since.iter().map(|build| build.week).collect::<Vec<_>>(), weeks[1..]);
    let until = Build::query("a").lt("2026-W10").on(&table).all().await.unwrap();
    assert_eq!(until.iter().map(|build| build.week).collect::<Vec<_>>(), weeks[..2]);
    let error = Build::query("a").lt("week 10").on(&table).all().await.unwrap_err();
    assert!(error.to_string().contains("is not a week"), "{error}");
}
