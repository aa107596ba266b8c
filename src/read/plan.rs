//! A query or a scan before it is sent, and the requests that it builds. This module does no I/O.

mod check;
mod request;

use std::fmt;

pub(crate) use request::ReadRequest;

use crate::error::{Error, ErrorKind, Result};
use crate::expr::condition::Node;
use crate::expr::placeholders::Placeholders;
use crate::expr::projection;
use crate::expr::sort_condition::{self, SortCondition, SortKeyText};
use crate::key::args::Texts;
use crate::key::key_text::{self, Args};
use crate::key::template::{PARTITION_LIMIT, Rendering, SORT_LIMIT};
use crate::model::EntityModel;
use crate::model::projection::Projection;
use crate::model::read_target::Dispatch;
use crate::schema::projection::Selected;
use crate::schema::target::EntitySet;
use crate::schema::{EntitySchema, IndexSchema, KeyAttribute, KeyTemplates, TableSchema};
use crate::value::cursor::{Cursor, ReadScope};

/// The templates of a typed query.
#[derive(Clone, Copy)]
pub(crate) struct TypedKeys {
    pub entity: &'static EntitySchema,
    pub keys: &'static KeyTemplates,
    pub index: Option<&'static IndexSchema>,
    /// Whether the templates select only items of this entity.
    pub exclusive: bool,
}

impl TypedKeys {
    pub fn primary<E: EntityModel>() -> Self {
        let exclusive = E::__EXCLUSIVE.has(None);
        Self { entity: E::__SCHEMA, keys: &E::__SCHEMA.primary, index: None, exclusive }
    }

    /// Returns the templates of the index with this number among the entity's indexes.
    pub fn index<E: EntityModel>(number: usize) -> Self {
        let index = &E::__SCHEMA.indexes[number];
        let exclusive = E::__EXCLUSIVE.has(Some(number));
        Self { entity: E::__SCHEMA, keys: &index.keys, index: Some(index.index), exclusive }
    }
}

/// The selected items of a partition: the partition key, and a condition on the sort key.
pub(crate) struct Partition {
    pub text: Result<String>,
    /// The entity of a typed query.
    pub entity: Option<&'static EntitySchema>,
    /// The sort key of a typed query, with the fields that the partition key determines.
    pub shape: Option<SortKeyText>,
    pub condition: Result<SortCondition>,
}

/// The maximum number of segments of a scan.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html>
pub(crate) const MAX_SEGMENTS: usize = 1_000_000;

/// A read before it is sent.
pub(crate) struct Plan {
    pub table: &'static TableSchema,
    pub target: EntitySet,
    pub index: Option<&'static IndexSchema>,
    /// `None` for a scan.
    pub partition: Option<Partition>,
    /// Whether the read can find items of other entities, which must be excluded.
    pub filtered: bool,
    /// The caller's filter.
    pub filter: Option<Node>,
    /// Excludes expired items.
    pub exclude_expired: bool,
    pub descending: bool,
    pub consistent: bool,
    pub limit: Option<usize>,
    pub page_size: Option<i32>,
    /// The maximum number of requests for one page.
    pub max_requests: Option<u32>,
    pub start: Option<Cursor>,
    /// The segment of a scan, and the number of segments.
    pub segment: Option<(usize, usize)>,
    /// The maximum number of capacity units per second.
    pub rate: Option<f64>,
    /// Sends the next request while the program consumes the current items.
    pub read_ahead: bool,
    /// Returns the projection expression; `None` for whole items.
    pub projection: fn(&[&str], &mut Placeholders) -> Option<String>,
    /// The selected attributes; `None` for whole items.
    pub selected: Option<&'static [Selected]>,
}

impl Plan {
    pub fn new(table: &'static TableSchema, target: EntitySet, index: Option<&'static IndexSchema>) -> Self {
        Self {
            table,
            target,
            index,
            partition: None,
            filtered: !target.whole,
            filter: None,
            exclude_expired: false,
            descending: false,
            consistent: false,
            limit: None,
            page_size: None,
            max_requests: None,
            start: None,
            segment: None,
            rate: None,
            read_ahead: false,
            projection: |_, _| None,
            selected: None,
        }
    }

    pub fn raw(mut self, partition: String) -> Self {
        let condition = Ok(SortCondition::default());
        self.partition = Some(Partition { text: Ok(partition), entity: None, shape: None, condition });
        self
    }

    /// Selects all items of one partition, of every entity.
    pub fn collection(mut self, typed: TypedKeys, partition: Texts) -> Self {
        let args = Args::new(typed.keys.partition.fields(), partition, typed.entity);
        let text = args.and_then(|args| self.partition_text(typed, &args));
        let condition = Ok(SortCondition::default());
        self.partition = Some(Partition { text, entity: Some(typed.entity), shape: None, condition });
        self
    }

    fn partition_text(&self, typed: TypedKeys, args: &Args) -> Result<String> {
        let (key, template) = (self.partition_key(), &typed.keys.partition);
        key_text::complete(typed.entity, self.table.layout, &key, template, PARTITION_LIMIT, args)
    }

    pub fn typed(mut self, typed: TypedKeys, partition: Texts) -> Self {
        let layout = self.table.layout;
        let args = Args::new(typed.keys.partition.fields(), partition, typed.entity);
        let (text, shape) = match args {
            Err(error) => (Err(error), None),
            Ok(args) => {
                let text = self.partition_text(typed, &args);
                let shape = typed.keys.sort.as_ref().zip(self.sort_key());
                let shape = shape.map(|(template, sort_key)| {
                    let rendering = Rendering {
                        entity: typed.entity,
                        attribute: sort_key.name,
                        delimiter: layout.delimiter,
                        limit: SORT_LIMIT,
                    };
                    // A value that the partition key contains only in part, such as a day, is not known: the sort key may contain
                    // the whole value.
                    let given = typed.keys.partition.given();
                    SortKeyText::new(rendering, template, args.only(&given), &given)
                });
                (text, shape)
            }
        };
        let condition = shape.as_ref().map_or_else(|| Ok(SortCondition::default()), SortKeyText::whole);
        self.filtered = !typed.exclusive;
        self.partition = Some(Partition { text, entity: Some(typed.entity), shape, condition });
        self
    }

    /// Reads each item as the projection `P`.
    pub fn select<P: Projection>(mut self) -> Self {
        self.target = P::__TARGET;
        self.selected = P::__SELECT;
        self.projection = |also, placeholders| projection::expression::<P>(also, None, placeholders);
        self
    }

    /// Fixes the first fields of the sort key of a typed query.
    pub fn under(mut self, texts: Texts) -> Self {
        if let Some(partition) = &mut self.partition {
            partition.shape = partition.shape.take().map(|shape| shape.under(sort_condition::texts(texts)));
            partition.condition =
                partition.shape.as_ref().map_or_else(|| Ok(SortCondition::default()), SortKeyText::whole);
        }
        self
    }

    fn partition_key(&self) -> KeyAttribute {
        let of_index = self.index.and_then(|index| index.partition_keys.first().copied());
        of_index.unwrap_or(self.table.layout.partition_key)
    }

    pub fn sort_key(&self) -> Option<KeyAttribute> {
        match self.index {
            Some(index) => index.sort_keys.first().copied(),
            None => self.table.layout.sort_key,
        }
    }

    /// Returns the sort key of a typed query.
    pub fn shape(&self) -> Option<&SortKeyText> {
        self.partition.as_ref()?.shape.as_ref()
    }

    pub fn index_name(&self) -> Option<&'static str> {
        self.index.map(|index| index.name)
    }

    /// Returns the key attributes that identify the position of an item: those of the table, then those of the index, each once.
    pub fn position_keys(&self) -> Vec<KeyAttribute> {
        let layout = self.table.layout;
        let of_index = self.index.into_iter().flat_map(|index| index.partition_keys.iter().chain(index.sort_keys));
        let mut keys: Vec<KeyAttribute> = Vec::with_capacity(4);
        for key in [&layout.partition_key].into_iter().chain(&layout.sort_key).chain(of_index) {
            if !keys.contains(key) {
                keys.push(*key);
            }
        }
        keys
    }

    /// Returns the scope that cursors of this read are bound to. `table_name` is the name of the table, if it is known.
    pub fn place(&self, table_name: Option<&str>, segment: Option<(usize, usize)>) -> ReadScope {
        let keys = self.position_keys();
        let mut read = vec![self.table.name, self.index.map_or("", |index| index.index_name)];
        read.extend(keys.iter().map(|key| key.name));
        let segment = segment.map(|(number, of)| format!("{number}/{of}"));
        if let Some(segment) = &segment {
            read.extend(["segment", segment.as_str()]);
        }
        if let Some(partition) = &self.partition {
            // If the text of the partition key is an error, the request reports it.
            read.extend(["query", partition.text.as_deref().unwrap_or_default()]);
        }
        ReadScope::new(read, table_name)
    }

    /// Returns the sort key that the condition excludes, but the request includes: the end of an `lt`.
    pub fn excluded(&self) -> Option<(&'static str, &str)> {
        let condition = self.partition.as_ref()?.condition.as_ref().ok()?;
        Some((self.sort_key()?.name, condition.excluded()?))
    }

    /// Returns how the read identifies an item's entity: by the key, if the read is for entities and the index does not store the
    /// discriminator.
    pub fn dispatch(&self) -> Dispatch {
        match Dispatch::of(self.table) {
            Dispatch::Discriminator(name) if self.stores(name) || self.reads_anything() => {
                Dispatch::Discriminator(name)
            }
            _ => Dispatch::Key,
        }
    }

    /// Returns `true` if the table or the index that is read stores the attribute.
    fn stores(&self, name: &str) -> bool {
        let of_index = |index: &IndexSchema| index.projection.has(name);
        self.index.is_none_or(of_index) || self.position_keys().iter().any(|key| key.name == name)
    }

    /// Returns `true` if the read can return unknown items.
    fn reads_anything(&self) -> bool {
        self.target.whole && !self.filtered
    }

    /// Returns `true` if a count has to check the entity of each item.
    pub fn counts_by_entity(&self) -> bool {
        self.filtered && self.filtered_by().is_none()
    }

    fn has_filter(&self) -> bool {
        self.filtered || self.filter.is_some() || self.exclude_expired
    }

    fn error(&self, kind: ErrorKind, message: String) -> Error {
        Error::new(kind, message).entity(self.target.name)
    }
}

/// Shows the request without any value.
impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut placeholders = Placeholders::default();
        let condition = self.key_condition(&mut placeholders).ok().flatten();
        let mut debug = f.debug_struct(if self.partition.is_some() { "Query" } else { "Scan" });
        debug.field("reads", &self.target.name);
        if let Some(index) = self.index_name() {
            debug.field("index", &index);
        }
        if let Some(condition) = condition {
            debug.field("key_condition", &condition).field("names", &placeholders.names());
        }
        debug
            .field("filtered", &self.filtered)
            .field("filter", &self.filter)
            .field("descending", &self.descending)
            .field("consistent", &self.consistent)
            .field("limit", &self.limit)
            .field("page_size", &self.page_size)
            .finish_non_exhaustive()
    }
}
