//! Checks a read before it is sent.

use crate::error::{ErrorKind, Result};
use crate::expr::condition;
use crate::model::read_target::Dispatch;
use crate::read::plan::{MAX_SEGMENTS, Plan};
use crate::schema::{EntitySchema, IndexKind, IndexSchema, overlap};

impl Plan {
    /// Returns an attribute that the filter uses but the index does not store.
    fn not_filtered(&self) -> Option<String> {
        let mut named = Vec::new();
        if let Some(filter) = &self.filter {
            condition::attributes(filter, &mut named);
        }
        named.extend(self.table.layout.ttl_attribute.filter(|_| self.exclude_expired));
        named.into_iter().find(|name| !self.stores(name)).map(str::to_owned)
    }

    /// Returns an entity of the read, and an attribute of it that the index does not store.
    fn not_stored(&self, index: &IndexSchema) -> Option<(&'static str, &'static str)> {
        // Without a discriminator, such a read returns only unknown items.
        if matches!(self.dispatch(), Dispatch::Discriminator(name) if !self.stores(name)) {
            return None;
        }
        let layout = self.table.layout;
        let entities = self.target.entities.iter().filter(|entity| overlap::is_in(entity, layout, index));
        let is_read = |name: &str| self.selected.is_none_or(|all| all.iter().any(|selected| selected.path[0] == name));
        let lacks = |entity: &&EntitySchema| {
            let mut read = entity.attributes.iter().filter(|attribute| is_read(attribute));
            let lacking = read.find(|attribute| !self.stores(attribute));
            lacking.map(|attribute| (entity.name, *attribute))
        };
        entities.copied().find_map(|entity| lacks(&entity))
    }

    pub fn check(&self, count: bool) -> Result<()> {
        let refuse = |message: String| Err(self.error(ErrorKind::InvalidRequest, message));
        if self.page_size.is_some_and(|size| size < 1) {
            return refuse("`page_size` is 0; use 1 or more".to_owned());
        }
        if self.max_requests == Some(0) {
            return refuse("`max_requests` is 0; use 1 or more".to_owned());
        }
        if let Some(rate) = self.rate.filter(|rate| !rate.is_finite() || *rate <= 0.0) {
            return refuse(format!(
                "`rate_limit` is {rate}; use a number of capacity units per second that is more than 0"
            ));
        }
        if let Some((number, of)) = self.segment.filter(|(number, of)| number >= of || *of > MAX_SEGMENTS) {
            return refuse(format!(
                "segment {number} of {of} does not exist; segments are numbered from 0, and a scan has at most \
                 {MAX_SEGMENTS}"
            ));
        }
        if let (Dispatch::Key, false, Some(name)) =
            (self.dispatch(), self.table.overlaps.is_empty(), self.table.layout.discriminator_attribute)
        {
            return refuse(format!(
                "the index `{index}` does not store `{name}`, which is needed to tell apart the entities that `overlap`; \
                 query `{table}::{index}()`, which returns unknown items (`#[table(unknown)]`), or add the attribute to \
                 the index's `projection` in config.json",
                index = self.index.map_or("", |index| index.name),
                table = self.table.name,
            ));
        }
        if let (Some(index), false) = (self.index, count)
            && let Some((entity, attribute)) = self.not_stored(index)
        {
            return refuse(format!(
                "the index `{}` does not store `{attribute}` of `{entity}`, so it would be read as missing; select only \
                 stored attributes (`.select::<..>()`), add the attribute to the index's `projection` in config.json, or \
                 remove the index from the entity",
                index.name
            ));
        }
        if let Some((index, name)) = self.index.and_then(|index| Some((index, self.not_filtered()?))) {
            return refuse(format!(
                "the index `{}` does not store `{name}`, which the filter uses; add it to the index's `projection` in \
                 config.json",
                index.name
            ));
        }
        match self.index {
            Some(index) if self.consistent && index.kind == IndexKind::Global => refuse(format!(
                "the index `{}` is global and does not support consistent reads; query the table itself",
                index.name
            )),
            _ => Ok(()),
        }
    }
}
