//! Builds the requests of a plan.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::query::builders::QueryInputBuilder;
use aws_sdk_dynamodb::operation::scan::builders::ScanInputBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Select};
use chrono::{DateTime, Utc};

use crate::error::{Error, ErrorKind, Result};
use crate::expr::placeholders::Placeholders;
use crate::expr::{condition, entity_filter};
use crate::key::key_text::{self, check_length};
use crate::key::template::PARTITION_LIMIT;
use crate::model::read_target::Dispatch;
use crate::read::expiry;
use crate::read::plan::Plan;
use crate::schema::{KeyAttribute, own_key};

/// The smallest `Limit` of a request with a filter. DynamoDB counts items before it filters them, so a smaller limit would cause
/// many requests.
const FILTERED_LIMIT: usize = 100;

/// A `Query` or `Scan` request.
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
    /// Returns DynamoDB's `Limit`: the number of items to read, before filtering.
    fn request_limit(&self, remaining: Option<usize>) -> Option<i32> {
        let clamp = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
        let wanted = remaining.map(|remaining| match self.has_filter() {
            true => remaining.max(FILTERED_LIMIT),
            // The response can contain one item that is excluded afterwards.
            false => remaining.saturating_add(usize::from(self.excluded().is_some())),
        });
        match (self.page_size, wanted) {
            (Some(size), Some(wanted)) if !self.has_filter() => Some(size.min(clamp(wanted))),
            (Some(size), _) => Some(size),
            (None, wanted) => wanted.map(clamp),
        }
    }

    /// Returns the request for the first page. `remaining` is the number of items that are still needed.
    pub fn request(&self, remaining: Option<usize>, count: bool, now: DateTime<Utc>) -> Result<ReadRequest> {
        self.check(count)?;
        let limit = self.request_limit(remaining);
        let mut placeholders = Placeholders::default();
        let key_condition = self.key_condition(&mut placeholders)?;
        let filter = self.filter_expression(&mut placeholders, now)?;
        // If monotable has to check each item before it counts it, the item's keys are enough.
        let is_looked_at = self.excluded().is_some() || self.counts_by_entity();
        let projection = (count && is_looked_at).then(|| {
            let mut keys = vec![self.table.layout.partition_key.name];
            keys.extend(self.sort_key().map(|key| key.name));
            let tells = match self.dispatch() {
                Dispatch::Discriminator(name) => Some(name),
                Dispatch::Key => self.table.layout.sort_key.map(|key| key.name),
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
        let discriminator = match self.dispatch() {
            Dispatch::Discriminator(name) => Some(name),
            Dispatch::Key => None,
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

    /// Returns the key condition expression of a query; `None` for a scan.
    pub(super) fn key_condition(&self, placeholders: &mut Placeholders) -> Result<Option<String>> {
        let Some(partition) = &self.partition else { return Ok(None) };
        let key = self.partition_key();
        let text = match &partition.text {
            Ok(text) => text,
            Err(error) => return Err(error.clone()),
        };
        let named = |error: Error| error.entity(self.target.name);
        let is_field = |key: &KeyAttribute| partition.entity.is_some_and(|entity| own_key::is_field(entity, key.name));
        check_length(text, &key, PARTITION_LIMIT, is_field(&key)).map_err(named)?;
        let name = placeholders.name(key.name);
        let value = placeholders.value(key_text::queried(&key, text.clone(), is_field(&key)).map_err(named)?);
        let mut expression = format!("{name} = {value}");
        let condition = partition.condition.as_ref().map_err(Error::clone)?;
        if let Some(sort_key) = self.sort_key() {
            condition.check(&sort_key, is_field(&sort_key)).map_err(named)?;
            if let Some(sort) = condition.expression(&sort_key, is_field(&sort_key), placeholders)? {
                expression.push_str(" AND ");
                expression.push_str(&sort);
            }
        }
        Ok(Some(expression))
    }

    /// Returns the discriminator's attribute if a filter on it can exclude the items of other entities.
    ///
    /// DynamoDB does not allow a filter on a key of the query, and the index may not store the discriminator. In these cases,
    /// monotable checks the items of the response.
    pub(super) fn filtered_by(&self) -> Option<&'static str> {
        match self.dispatch() {
            Dispatch::Discriminator(name) if self.filtered => {
                let is_key = |key: KeyAttribute| key.name == name;
                let keys = [Some(self.partition_key()), self.sort_key()];
                let is_queried = self.partition.is_some() && keys.into_iter().flatten().any(is_key);
                (!is_queried).then_some(name)
            }
            _ => None,
        }
    }

    /// Returns the filter expression: the filter on the entities, the caller's filter, and the filter on expired items.
    fn filter_expression(&self, placeholders: &mut Placeholders, now: DateTime<Utc>) -> Result<Option<String>> {
        let entities = self.filtered_by().map(|name| entity_filter::entity_filter(name, self.target.entities));
        let refuse = |name: &str| {
            let message = format!(
                "the filter uses `{name}`, a key of this query, and DynamoDB does not allow that; use a sort condition \
                 of the query"
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
        let unexpired = match self.exclude_expired {
            true => Some(expiry::unexpired(self.table.layout, now).map_err(|error| error.entity(self.target.name))?),
            false => None,
        };
        let nodes = entities.iter().chain(&self.filter).chain(&unexpired);
        condition::all(nodes, placeholders).map_err(|error| error.entity(self.target.name))
    }
}
