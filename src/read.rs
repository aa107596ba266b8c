//! What a query or a scan asks for, as inert data, and the request that it makes. No I/O.

mod check;

use std::collections::HashMap;
use std::fmt;

use aws_sdk_dynamodb::operation::query::builders::QueryInputBuilder;
use aws_sdk_dynamodb::operation::scan::builders::ScanInputBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Select};
use chrono::{DateTime, Utc};

use crate::arg::Texts;
use crate::client::Connection;
use crate::codec::Stored;
use crate::condition::{self, AttributeType, Comparison, Node, Operand};
use crate::cursor::{Cursor, Place};
use crate::entity::Entity;
use crate::error::{Error, ErrorKind, Result};
use crate::expr::{self, Placeholders};
use crate::key::{self, Args};
use crate::label::{self, Label};
use crate::own_key;
use crate::projection::{self, Projection, Selected};
use crate::readable::Telling;
use crate::schema::{EntitySchema, IndexSchema, KeyAttribute, KeyTemplates, KeyType, TableLayout, TableSchema};
use crate::sort::{self, Condition, Shape};
use crate::template::{PARTITION_LIMIT, Rendering, SORT_LIMIT};

/// What a read reads: all that the table holds, or some of its entities.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Target {
    pub name: &'static str,
    pub entities: &'static [&'static EntitySchema],
    /// Their discriminators, sorted.
    pub labels: &'static [Label],
    /// The table's own enum: nothing is filtered out or skipped.
    pub whole: bool,
}

impl Target {
    /// The number of the entity whose items have this discriminator.
    pub(crate) fn entity(&self, label: &str) -> Option<usize> {
        label::find(self.labels, label)
    }
}

/// The templates that a typed query speaks in.
#[derive(Clone, Copy)]
pub(crate) struct TypedKeys {
    pub entity: &'static EntitySchema,
    pub keys: &'static KeyTemplates,
    pub index: Option<&'static IndexSchema>,
    /// Whether no other entity's items are among those that the templates select.
    pub exclusive: bool,
}

impl TypedKeys {
    pub fn primary<E: Entity>() -> Self {
        let exclusive = E::__EXCLUSIVE.has(None);
        Self { entity: E::SCHEMA, keys: &E::SCHEMA.primary, index: None, exclusive }
    }

    /// Of the index with this number among the entity's.
    pub fn index<E: Entity>(number: usize) -> Self {
        let index = &E::SCHEMA.indexes[number];
        let exclusive = E::__EXCLUSIVE.has(Some(number));
        Self { entity: E::SCHEMA, keys: &index.keys, index: Some(index.index), exclusive }
    }
}

/// Which items of a partition: its key, and a condition on the sort key.
pub(crate) struct Partition {
    pub text: Result<String>,
    /// Of a typed query, its entity.
    pub entity: Option<&'static EntitySchema>,
    /// For a typed query, what its sort key looks like once the partition's fields are known.
    pub shape: Option<Shape>,
    pub condition: Result<Condition>,
}

/// The least that is asked for where a filter takes items away, so that a small limit is no request per item.
const FILTERED_LIMIT: usize = 100;

/// The most segments of a scan.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html>
pub(crate) const MAX_SEGMENTS: usize = 1_000_000;

/// A read before it is sent.
pub(crate) struct Plan {
    pub table: &'static TableSchema,
    pub target: Target,
    pub index: Option<&'static IndexSchema>,
    /// `None` for a scan.
    pub partition: Option<Partition>,
    /// Whether other items can be among those asked for, which a filter must keep away.
    pub filtered: bool,
    /// The caller's own.
    pub filter: Option<Node>,
    /// Not those whose time of expiry has come.
    pub exclude_expired: bool,
    pub descending: bool,
    pub consistent: bool,
    pub limit: Option<usize>,
    pub page_size: Option<i32>,
    /// The most requests of one page.
    pub max_requests: Option<u32>,
    pub start: Option<Cursor>,
    /// Of a scan, this segment of so many.
    pub segment: Option<(usize, usize)>,
    /// Capacity units in a second, at most.
    pub rate: Option<f64>,
    /// The next request is sent while the items at hand are consumed.
    pub read_ahead: bool,
    /// The projection expression of what is read; `None` for all.
    pub projection: fn(&[&str], &mut Placeholders) -> Option<String>,
    /// The attributes that are read, where it is not all.
    pub selected: Option<&'static [Selected]>,
}

/// A request for items.
#[derive(Debug, Clone)]
pub(crate) enum ReadRequest {
    Query(QueryInputBuilder),
    Scan(ScanInputBuilder),
}

impl ReadRequest {
    pub fn segment(self, segment: Option<(usize, usize)>) -> Self {
        let clamp = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
        match (self, segment) {
            (Self::Scan(request), Some((number, of))) => {
                Self::Scan(request.segment(clamp(number)).total_segments(clamp(of)))
            }
            (request, _) => request,
        }
    }

    pub fn start_at(self, key: Option<HashMap<String, AttributeValue>>) -> Self {
        match self {
            Self::Query(request) => Self::Query(request.set_exclusive_start_key(key)),
            Self::Scan(request) => Self::Scan(request.set_exclusive_start_key(key)),
        }
    }
}

impl Plan {
    pub fn new(table: &'static TableSchema, target: Target, index: Option<&'static IndexSchema>) -> Self {
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
        let condition = Ok(Condition::default());
        self.partition = Some(Partition { text: Ok(partition), entity: None, shape: None, condition });
        self
    }

    /// All that is in a partition of these keys, whatever it is.
    pub fn collection(mut self, typed: TypedKeys, partition: Texts) -> Self {
        let args = Args::new(typed.keys.partition.fields(), partition, typed.entity);
        let text = args.and_then(|args| self.partition_text(typed, &args));
        let condition = Ok(Condition::default());
        self.partition = Some(Partition { text, entity: Some(typed.entity), shape: None, condition });
        self
    }

    fn partition_text(&self, typed: TypedKeys, args: &Args) -> Result<String> {
        let (key, template) = (self.partition_key(), &typed.keys.partition);
        key::complete(typed.entity, self.table.layout, &key, template, PARTITION_LIMIT, args)
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
                    // A value that the partition has but in part is not known: the sort key may have all of it.
                    let given = typed.keys.partition.given();
                    Shape::new(rendering, template, args.only(&given), &given)
                });
                (text, shape)
            }
        };
        let condition = shape.as_ref().map_or_else(|| Ok(Condition::default()), Shape::whole);
        self.filtered = !typed.exclusive;
        self.partition = Some(Partition { text, entity: Some(typed.entity), shape, condition });
        self
    }

    /// Reads `P` of each item.
    pub fn select<P: Projection>(mut self) -> Self {
        self.target = P::__TARGET;
        self.selected = P::__SELECT;
        self.projection = |also, placeholders| projection::expression::<P>(also, None, placeholders);
        self
    }

    /// Of a typed query, fixes the first fields of the sort key.
    pub fn under(mut self, texts: Texts) -> Self {
        if let Some(partition) = &mut self.partition {
            partition.shape = partition.shape.take().map(|shape| shape.under(sort::texts(texts)));
            partition.condition = partition.shape.as_ref().map_or_else(|| Ok(Condition::default()), Shape::whole);
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

    /// What sort conditions of a typed query speak to.
    pub fn shape(&self) -> Option<&Shape> {
        self.partition.as_ref()?.shape.as_ref()
    }

    pub fn index_name(&self) -> Option<&'static str> {
        self.index.map(|index| index.name)
    }

    /// The attributes that say where an item is: the table's keys, then the index's, each once.
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

    /// What cursors of this read are bound to. `table_name`: of the table that it is sent to, where it is known.
    pub fn place(&self, table_name: Option<&str>, segment: Option<(usize, usize)>) -> Place {
        let keys = self.position_keys();
        let mut read = vec![self.table.name, self.index.map_or("", |index| index.index_name)];
        read.extend(keys.iter().map(|key| key.name));
        let segment = segment.map(|(number, of)| format!("{number}/{of}"));
        if let Some(segment) = &segment {
            read.extend(["segment", segment.as_str()]);
        }
        if let Some(partition) = &self.partition {
            // A partition whose text cannot be had is an error of the request.
            read.extend(["query", partition.text.as_deref().unwrap_or_default()]);
        }
        Place::new(read, table_name)
    }

    /// The sort key of an item that a request brings and the condition excludes: the end of an `lt`.
    pub fn excluded(&self) -> Option<(&'static str, &str)> {
        let condition = self.partition.as_ref()?.condition.as_ref().ok()?;
        Some((self.sort_key()?.name, condition.excluded()?))
    }

    /// DynamoDB's `Limit`: how many items it looks at, before any filter.
    fn request_limit(&self, remaining: Option<usize>) -> Option<i32> {
        let clamp = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
        let wanted = remaining.map(|remaining| match self.has_filter() {
            true => remaining.max(FILTERED_LIMIT),
            // The excluded end takes a place in the answer.
            false => remaining.saturating_add(usize::from(self.excluded().is_some())),
        });
        match (self.page_size, wanted) {
            (Some(size), Some(wanted)) if !self.has_filter() => Some(size.min(clamp(wanted))),
            (Some(size), _) => Some(size),
            (None, wanted) => wanted.map(clamp),
        }
    }

    /// The request from the beginning. `remaining`: how many items are wanted yet.
    pub fn request(&self, remaining: Option<usize>, count: bool, now: DateTime<Utc>) -> Result<ReadRequest> {
        self.check(count)?;
        let limit = self.request_limit(remaining);
        let mut placeholders = Placeholders::default();
        let key_condition = self.key_condition(&mut placeholders)?;
        let filter = self.filter_expression(&mut placeholders, now)?;
        // Where an item must be looked at to be counted, its keys are enough.
        let is_looked_at = self.excluded().is_some() || self.counts_by_entity();
        let projection = (count && is_looked_at).then(|| {
            let mut keys = vec![self.table.layout.partition_key.name];
            keys.extend(self.sort_key().map(|key| key.name));
            let tells = match self.telling() {
                Telling::Discriminator(name) => Some(name),
                Telling::Key => self.table.layout.sort_key.map(|key| key.name),
            };
            keys.extend(tells.filter(|_| self.counts_by_entity()));
            let mut seen = Vec::new();
            keys.retain(|key| {
                !seen.contains(key) && {
                    seen.push(*key);
                    true
                }
            });
            keys.into_iter().map(|key| placeholders.name(key)).collect::<Vec<_>>().join(", ")
        });
        let discriminator = match self.telling() {
            Telling::Discriminator(name) => Some(name),
            Telling::Key => None,
        };
        let keys = self.position_keys();
        let also: Vec<&str> = discriminator.into_iter().chain(keys.iter().map(|key| key.name)).collect();
        let projection = match count {
            true => projection,
            false => (self.projection)(&also, &mut placeholders),
        };
        let select = (count && projection.is_none()).then_some(Select::Count);
        let index = self.index.map(|index| index.index_name.to_owned());
        let consistent = self.consistent.then_some(true);
        let (names, values) = placeholders.into_maps();
        Ok(match key_condition {
            Some(condition) => ReadRequest::Query(
                QueryInputBuilder::default()
                    .set_index_name(index)
                    .key_condition_expression(condition)
                    .set_filter_expression(filter)
                    .set_projection_expression(projection)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .set_scan_index_forward(self.descending.then_some(false))
                    .set_consistent_read(consistent)
                    .set_select(select)
                    .set_limit(limit),
            ),
            None => ReadRequest::Scan(
                ScanInputBuilder::default()
                    .set_index_name(index)
                    .set_filter_expression(filter)
                    .set_projection_expression(projection)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .set_consistent_read(consistent)
                    .set_select(select)
                    .set_limit(limit),
            ),
        })
    }

    /// The first request as it is shown, which goes nowhere. `connection`: that of `.on(..)`.
    pub fn first_request(&self, connection: Option<&Connection>) -> Result<ReadRequest> {
        let place = self.place(connection.map(Connection::table_name), self.segment);
        let seal = connection.and_then(Connection::seal).map(AsRef::as_ref);
        let start = self.start.as_ref().map(|start| start.open(&place, &self.position_keys(), seal));
        let now = connection.map_or_else(Connection::system_time, Connection::now);
        Ok(self.request(self.limit, false, now)?.segment(self.segment).start_at(start.transpose()?))
    }

    /// The discriminator's attribute, where a filter on it keeps other entities' items away. DynamoDB filters no query by its own
    /// keys, and there may be no discriminator in what is read: then the items that come are looked at.
    fn filtered_by(&self) -> Option<&'static str> {
        match self.telling() {
            Telling::Discriminator(name) if self.filtered => {
                let is_key = |key: KeyAttribute| key.name == name;
                let keys = [Some(self.partition_key()), self.sort_key()];
                let is_queried = self.partition.is_some() && keys.into_iter().flatten().any(is_key);
                (!is_queried).then_some(name)
            }
            _ => None,
        }
    }

    /// How an item's entity is told: by its key where the index does not store the discriminator, and entities are asked for.
    pub fn telling(&self) -> Telling {
        match Telling::of(self.table) {
            Telling::Discriminator(name) if self.stores(name) || self.reads_anything() => Telling::Discriminator(name),
            _ => Telling::Key,
        }
    }

    /// Whether the attribute is in what is read.
    fn stores(&self, name: &str) -> bool {
        let of_index = |index: &IndexSchema| index.projection.has(name);
        self.index.is_none_or(of_index) || self.position_keys().iter().any(|key| key.name == name)
    }

    /// Whether the items of no entity are welcome.
    fn reads_anything(&self) -> bool {
        self.target.whole && !self.filtered
    }

    /// Whether an item that is counted has to be looked at, for which entity it is of.
    pub fn counts_by_entity(&self) -> bool {
        self.filtered && self.filtered_by().is_none()
    }

    fn has_filter(&self) -> bool {
        self.filtered || self.filter.is_some() || self.exclude_expired
    }

    /// Items that expire later than this, or never.
    fn unexpired(&self, now: DateTime<Utc>) -> Result<Node> {
        let name = ttl_attribute(self.table.layout).map_err(|error| error.entity(self.target.name))?;
        let now = Operand::Value(Ok(Some(AttributeValue::N(now.timestamp().to_string()))));
        let later = Node::Compare(Node::attribute(name), Comparison::Gt, now);
        // A NULL, or what is no number, never expires.
        let is_number = Node::IsType(Node::attribute(name), AttributeType::N);
        Ok(Node::Or(vec![Node::Not(Box::new(is_number)), later]))
    }

    /// Keeps other entities' items away, and what the caller does not want.
    fn filter_expression(&self, placeholders: &mut Placeholders, now: DateTime<Utc>) -> Result<Option<String>> {
        let entities = self.filtered_by().map(|name| expr::entity_filter(name, self.target.entities));
        let refuse = |name: &str| {
            let message = format!(
                "the filter is on `{name}`, a key of what is queried, which DynamoDB does not filter by; use the query's sort \
                 conditions"
            );
            Err(self.error(ErrorKind::InvalidRequest, message))
        };
        if let Some(filter) = self.filter.as_ref().filter(|_| self.partition.is_some()) {
            let mut named = Vec::new();
            condition::attributes(filter, &mut named);
            let keys = [Some(self.partition_key()), self.sort_key()];
            if let Some(key) = keys.into_iter().flatten().find(|key| named.contains(&key.name)) {
                return refuse(key.name);
            }
        }
        let unexpired = self.exclude_expired.then(|| self.unexpired(now)).transpose()?;
        let nodes = entities.iter().chain(&self.filter).chain(&unexpired);
        condition::all(nodes, placeholders).map_err(|error| error.entity(self.target.name))
    }

    fn error(&self, kind: ErrorKind, message: String) -> Error {
        Error::new(kind, message).entity(self.target.name)
    }

    fn key_condition(&self, placeholders: &mut Placeholders) -> Result<Option<String>> {
        let Some(partition) = &self.partition else { return Ok(None) };
        let key = self.partition_key();
        let text = match &partition.text {
            Ok(text) => text,
            Err(error) => return Err(error.again()),
        };
        let named = |error: Error| error.entity(self.target.name);
        let is_field = |key: &KeyAttribute| partition.entity.is_some_and(|entity| own_key::is_field(entity, key.name));
        check_length(text, &key, PARTITION_LIMIT, is_field(&key)).map_err(named)?;
        let name = placeholders.name(key.name);
        let value = placeholders.value(key::queried(&key, text.clone(), is_field(&key)).map_err(named)?);
        let mut expression = format!("{name} = {value}");
        let condition = partition.condition.as_ref().map_err(Error::again)?;
        if let Some(sort_key) = self.sort_key() {
            condition.check(&sort_key, is_field(&sort_key)).map_err(named)?;
            if let Some(sort) = condition.expression(&sort_key, is_field(&sort_key), placeholders)? {
                expression.push_str(" AND ");
                expression.push_str(&sort);
            }
        }
        Ok(Some(expression))
    }
}

/// The attribute with the time of expiry.
pub(crate) fn ttl_attribute(layout: &TableLayout) -> Result<&'static str> {
    layout.ttl_attribute.ok_or_else(|| {
        let message = "what has expired is told by the `ttlAttribute` of config.json, which has none";
        Error::new(ErrorKind::InvalidRequest, message)
    })
}

/// Items whose time of expiry has come.
pub(crate) fn expired(layout: &TableLayout, now: DateTime<Utc>) -> Result<Node> {
    let name = ttl_attribute(layout)?;
    let now = Operand::Value(Ok(Some(AttributeValue::N(now.timestamp().to_string()))));
    Ok(Node::And(vec![
        Node::IsType(Node::attribute(name), AttributeType::N),
        Node::Compare(Node::attribute(name), Comparison::Le, now),
    ]))
}

/// Whether the item's time of expiry has come. DynamoDB deletes it some time later, within days.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html>
pub(crate) fn is_expired(item: &Stored<'_>, attribute: &str, now: DateTime<Utc>) -> bool {
    let Some(seconds) = item.get(attribute).and_then(|value| value.number()) else { return false };
    // A fraction, or an exponent, is a number to DynamoDB, too.
    seconds.parse::<f64>().is_ok_and(|seconds| seconds <= now.timestamp() as f64)
}

/// Refuses what DynamoDB would: a key that is empty or too long. `is_field`: the key is a field itself, and if it is binary, its text
/// has two digits for each byte.
pub(crate) fn check_length(text: &str, key: &KeyAttribute, limit: usize, is_field: bool) -> Result<()> {
    let limit = if is_field && key.key_type == KeyType::B { 2 * limit } else { limit };
    let error = |message: String| Err(Error::new(ErrorKind::InvalidKey, message).attribute(key.name));
    if text.is_empty() {
        return error("the key is empty; give it a value".to_owned());
    }
    if text.len() > limit {
        return error(format!("the key has {} bytes; DynamoDB takes {limit}", text.len()));
    }
    Ok(())
}

/// Shows what is asked for, without any value.
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
