//! What a read may not ask for, found before it is sent.

use crate::error::{ErrorKind, Result};
use crate::expr::condition;
use crate::model::read_target::Dispatch;
use crate::read::plan::{MAX_SEGMENTS, Plan};
use crate::schema::{EntitySchema, IndexKind, IndexSchema, overlap};

impl Plan {
    /// An attribute that is filtered by, and that the index does not store.
    fn not_filtered(&self) -> Option<String> {
        let mut named = Vec::new();
        if let Some(filter) = &self.filter {
            condition::attributes(filter, &mut named);
        }
        named.extend(self.table.layout.ttl_attribute.filter(|_| self.exclude_expired));
        named.into_iter().find(|name| !self.stores(name)).map(str::to_owned)
    }

    /// An attribute of an entity of the index, that the index does not store.
    fn not_stored(&self, index: &IndexSchema) -> Option<(&'static str, &'static str)> {
        // What has no discriminator becomes no entity.
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
            return refuse("`page_size` is 0; ask for 1 item or more".to_owned());
        }
        if self.max_requests == Some(0) {
            return refuse("`max_requests` is 0; allow a page 1 request or more".to_owned());
        }
        if let Some(rate) = self.rate.filter(|rate| !rate.is_finite() || *rate <= 0.0) {
            return refuse(format!("`rate_limit` is {rate}; give it capacity units in a second, more than 0"));
        }
        if let Some((number, of)) = self.segment.filter(|(number, of)| number >= of || *of > MAX_SEGMENTS) {
            return refuse(format!(
                "there is no segment {number} of {of}; they are numbered from 0, and there are at most {MAX_SEGMENTS}"
            ));
        }
        if let (Dispatch::Key, false, Some(name)) =
            (self.dispatch(), self.table.overlaps.is_empty(), self.table.layout.discriminator_attribute)
        {
            return refuse(format!(
                "the index `{index}` does not store `{name}`, which tells entities apart that `overlap`; query \
                 `{table}::{index}()`, whose items are `#[table(unknown)]` ones, or store it (`projection` of config.json)",
                index = self.index.map_or("", |index| index.name),
                table = self.table.name,
            ));
        }
        if let (Some(index), false) = (self.index, count)
            && let Some((entity, attribute)) = self.not_stored(index)
        {
            return refuse(format!(
                "the index `{}` does not store `{attribute}` of `{entity}`, which would be read as if it were not there; \
                 read only what it stores (`.select::<..>()`), store it (`projection` of config.json), or give the entity no \
                 place in this index",
                index.name
            ));
        }
        if let Some((index, name)) = self.index.and_then(|index| Some((index, self.not_filtered()?))) {
            return refuse(format!(
                "the index `{}` does not store `{name}`, which the filter is about; store it (`projection` of config.json)",
                index.name
            ));
        }
        match self.index {
            Some(index) if self.consistent && index.kind == IndexKind::Global => refuse(format!(
                "the index `{}` is global and has no consistent reads; query the table itself",
                index.name
            )),
            _ => Ok(()),
        }
    }
}
