use std::cell::Cell;
use std::collections::HashSet;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemInputBuilder;
use aws_sdk_dynamodb::operation::update_item::{UpdateItemInput, UpdateItemOutput};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use serde::Serialize;

use super::{awaitable, conditional};
use crate::attribute::{Attribute, SettableField, StoredField};
use crate::client::{self, Connection, Operation, Sending};
use crate::condition::{self, Comparison, Condition, IntoCondition, Node, Operand};
use crate::entity::{self, Entity};
use crate::error::{Error, ErrorKind, Result, unbuilt};
use crate::expr::{self, Placeholders};
use crate::item::Item;
use crate::key::{self, Key};
use crate::known::{Known, Unknown};
use crate::operand::{self, IntoValue};
use crate::path::{self, Path, Step};
use crate::readable::decode_one;
use crate::schema::{DISCRIMINATOR, EntityIndex, EntitySchema, IndexKind, KeyAttribute, TableLayout};
use crate::segment::SegmentError;
use crate::table::Table;
use crate::template::Fields;

/// Changes some attributes of an item, and with them the index keys that are made from these. Gives the entity as it is then.
/// The item has to be there: otherwise it is an error with [`is_not_found`](crate::Error::is_not_found).
///
/// An index key can be made from several fields. Those that are not set are taken from the key, from the entity if the
/// update was given one (and are guarded: the stored key has to be the one that this entity has), or from
/// [`Update::assuming`]; if one is not known, the update is refused before it is sent, and names it.
#[must_use = "operations do nothing until awaited"]
pub struct Update<E: Entity> {
    key: Result<Key<E::Table>>,
    loaded: Option<Result<Item>>,
    actions: Vec<Action>,
    assumed: Vec<(&'static str, Operand)>,
    condition: Option<Condition<E>>,
    connection: Option<Connection>,
}

/// A path, and what becomes of it: a value, or nothing.
struct Action {
    path: Operand,
    value: Operand,
}

/// An action whose value can be had.
struct Change<'a> {
    steps: &'a [Step],
    value: Option<&'a AttributeValue>,
}

impl<E: Entity> Update<E> {
    pub(crate) fn new(key: Result<Key<E::Table>>, loaded: Option<Result<Item>>) -> Self {
        Self { key, loaded, actions: Vec::new(), assumed: Vec::new(), condition: None, connection: None }
    }

    /// Gives the attribute this value; `None` removes it. A field of the primary key cannot be set.
    pub fn set<T, R>(mut self, attribute: Attribute<E, T, R>, value: impl IntoValue<T>) -> Self
    where
        R: StoredField + SettableField,
    {
        let value = operand::value(value.__encode(attribute.encoder()));
        self.actions.push(Action { path: attribute.operand(), value });
        self
    }

    /// Gives a part of an attribute this value: `set_at(Order::ADDRESS.path("city"), "Oslo")`. What it is in has to be there.
    pub fn set_at(mut self, path: Path<E>, value: impl Serialize) -> Self {
        self.actions.push(Action { path: path.operand(), value: operand::any(&value) });
        self
    }

    /// Removes the attribute of an optional field.
    pub fn remove<T, R>(mut self, attribute: Attribute<E, Option<T>, R>) -> Self
    where
        R: StoredField + SettableField,
    {
        self.actions.push(Action { path: attribute.operand(), value: Operand::Value(Ok(None)) });
        self
    }

    /// Removes a part of an attribute.
    pub fn remove_at(mut self, path: Path<E>) -> Self {
        self.actions.push(Action { path: path.operand(), value: Operand::Value(Ok(None)) });
        self
    }

    /// Says what an attribute is that an index key is made from and that is not set. The update is made only if it is so.
    pub fn assuming<T, R: StoredField>(mut self, attribute: Attribute<E, T, R>, value: impl IntoValue<T>) -> Self {
        self.assumed.push((attribute.name(), operand::value(value.__encode(attribute.encoder()))));
        self
    }

    conditional!();

    /// The request, less the table's name.
    ///
    /// # Errors
    /// If it would be refused before it is sent.
    pub fn into_request(self) -> Result<UpdateItemInput> {
        self.request()?.build().map_err(unbuilt)
    }

    fn changes(&self) -> Result<Vec<Change<'_>>> {
        let mut changes: Vec<Change<'_>> = Vec::with_capacity(self.actions.len());
        for Action { path, value } in &self.actions {
            let (Operand::Path(steps), Operand::Value(value)) = (path, value) else {
                unreachable!("`Update` makes its actions of paths and values")
            };
            let steps = steps.as_ref().map_err(Error::again)?.as_slice();
            if let Some(other) =
                changes.iter().find(|other| steps.starts_with(other.steps) || other.steps.starts_with(steps))
            {
                let message = format!("`{}` and `{}` overlap; change one of them", shown(other.steps), shown(steps));
                return Err(Error::new(ErrorKind::InvalidRequest, message));
            }
            changes.push(Change { steps, value: value.as_ref().map_err(Error::again)?.as_ref() });
        }
        if changes.is_empty() {
            return Err(Error::new(ErrorKind::InvalidRequest, "nothing is changed; `set` or `remove` something"));
        }
        Ok(changes)
    }

    /// All that is known of the item as it will be.
    fn known(&self, changes: &[Change<'_>]) -> Result<Known> {
        let mut known = Known::default();
        if let Some(loaded) = &self.loaded {
            let item = loaded.as_ref().map_err(Error::again)?;
            for attribute in E::SCHEMA.attributes {
                known.insert(*attribute, item.get(*attribute).cloned());
            }
        }
        for (attribute, value) in key::attributes_of::<E>(self.key.as_ref().map_err(Error::again)?) {
            known.insert(attribute, Some(value));
        }
        for (attribute, value) in &self.assumed {
            let Operand::Value(value) = value else { unreachable!("`assuming` takes values") };
            known.insert(*attribute, value.as_ref().map_err(Error::again)?.clone());
        }
        for change in changes {
            if let [Step::Name(attribute)] = change.steps {
                known.insert(attribute.as_str(), change.value.cloned());
            }
        }
        Ok(known)
    }

    /// What becomes of the keys of an index; nothing for those that no change feeds.
    fn index_keys(
        &self,
        index: &EntityIndex,
        changed: &HashSet<&str>,
        known: &Known,
    ) -> Result<Vec<(KeyAttribute, Option<String>)>> {
        let (schema, layout) = (E::SCHEMA, <E::Table as Table>::SCHEMA.layout);
        let is_fed =
            |field: &usize| schema.fields[*field].attributes.iter().any(|attribute| changed.contains(attribute));
        let fields = index_fields(index);
        if !fields.iter().any(is_fed) {
            return Ok(Vec::new());
        }
        let source = Source::<E> { known, missing: Cell::new(None), entity: std::marker::PhantomData };
        let missing = |error: Error| match source.missing.get() {
            Some(attribute) => {
                let message = format!(
                    "the keys of `{}` are made from `{attribute}` too, which this update does not know: set it, say what it is \
                     (`assuming`), or update a loaded entity",
                    index.index.name
                );
                Error::new(ErrorKind::InvalidRequest, message).attribute(attribute)
            }
            None => error,
        };
        let keys = index_attributes(layout, index);
        // Where a field may be `None`, one that comes or goes takes all of the keys with it.
        if fields.iter().any(|field| schema.fields[*field].optional) || index.when.is_some() {
            let texts = entity::index_texts::<E>(index, &source).map_err(missing)?;
            return Ok(match texts {
                None => keys.into_iter().map(|(key, _)| (key, None)).collect(),
                Some((partition, sort)) => {
                    let text = |is_sort| if is_sort { sort.clone() } else { Some(partition.clone()) };
                    keys.into_iter().map(|(key, is_sort)| (key, text(is_sort))).collect()
                }
            });
        }
        let mut texts = Vec::new();
        for (key, is_sort) in keys {
            let template = if is_sort { index.keys.sort.as_ref() } else { Some(&index.keys.partition) };
            let Some(template) = template.filter(|template| template.fields().iter().any(is_fed)) else { continue };
            let limit = if is_sort { crate::template::SORT_LIMIT } else { crate::template::PARTITION_LIMIT };
            texts.push((key, Some(key::complete(schema, layout, &key, template, limit, &source).map_err(missing)?)));
        }
        Ok(texts)
    }

    /// The stored keys have to be those that the entity was loaded with; what was assumed has to be so.
    fn guards(&self, replaced: &[KeyAttribute]) -> Result<Vec<Node>> {
        let path = |name: &str| Operand::Path(Ok(vec![Step::Name(name.to_owned())]));
        let mut guards = Vec::new();
        if let Some(Ok(item)) = &self.loaded {
            for key in replaced {
                guards.push(match item.get(key.name) {
                    Some(value) => {
                        let value = Operand::Value(Ok(Some(value.clone())));
                        Node::Compare(path(key.name), Comparison::Eq, value)
                    }
                    None => Node::NotExists(path(key.name)),
                });
            }
        }
        for (attribute, value) in &self.assumed {
            let Operand::Value(value) = value else { unreachable!("`assuming` takes values") };
            let value = Operand::Value(Ok(value.as_ref().map_err(Error::again)?.clone()));
            guards.push(Node::Compare(path(attribute), Comparison::Eq, value));
        }
        Ok(guards)
    }
}

/// A key field from what is known.
struct Source<'a, E> {
    known: &'a Known,
    missing: Cell<Option<&'static str>>,
    entity: std::marker::PhantomData<E>,
}

impl<E: Entity> Fields for Source<'_, E> {
    fn write(&self, field: usize, out: &mut String) -> Result<bool, SegmentError> {
        E::__derive(field, self.known, out).map_err(|unknown| match unknown {
            Unknown::Missing(attribute) => {
                self.missing.set(Some(attribute));
                SegmentError::new("is not known")
            }
            Unknown::Invalid(error) => error,
        })
    }
}

fn index_fields(index: &EntityIndex) -> Vec<usize> {
    let mut fields = match index.index.kind {
        IndexKind::Global => index.keys.partition.fields(),
        // A local index has the table's partition key, which no update changes.
        IndexKind::Local => Vec::new(),
    };
    fields.extend(index.keys.sort.iter().flat_map(|sort| sort.fields()));
    fields.extend(index.when);
    fields
}

/// The attributes that are the index's own, and whether each is its sort key.
fn index_attributes(layout: &TableLayout, index: &EntityIndex) -> Vec<(KeyAttribute, bool)> {
    let partition = index.index.partition_keys.iter().filter(|_| index.index.kind == IndexKind::Global);
    let all = partition.map(|key| (*key, false)).chain(index.index.sort_keys.iter().map(|key| (*key, true)));
    // One that is a key of the table as well is never changed.
    let is_primary = |key: &KeyAttribute| *key == layout.partition_key || Some(*key) == layout.sort_key;
    all.filter(|(key, _)| !is_primary(key)).collect()
}

fn shown(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        match step {
            Step::Name(name) if text.is_empty() => text.push_str(name),
            Step::Name(name) => text.push_str(&format!(".{name}")),
            Step::Index(index) => text.push_str(&format!("[{index}]")),
        }
    }
    text
}

/// A part of an attribute that keys are made from cannot be changed: the whole has to be known.
fn check_parts(schema: &EntitySchema, changes: &[Change<'_>]) -> Result<()> {
    for change in changes {
        let Some(Step::Name(root)) = change.steps.first() else { continue };
        let field = schema.fields.iter().find(|field| field.attributes.contains(&root.as_str()));
        if let (Some(_), 2..) = (field, change.steps.len()) {
            let message = format!("keys are made from `{root}`; set it as a whole, not `{}`", shown(change.steps));
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        }
    }
    Ok(())
}

impl<E: Entity> Operation for Update<E> {
    type Table = E::Table;
    type Request = UpdateItemInputBuilder;
    type Output = E;

    const NAME: &'static str = "update";

    fn connection(&mut self) -> Option<Connection> {
        self.connection.take()
    }

    fn request(&self) -> Result<UpdateItemInputBuilder> {
        let (schema, layout) = (E::SCHEMA, <E::Table as Table>::SCHEMA.layout);
        let key = self.key.as_ref().map_err(Error::again)?;
        let named = |error: Error| error.entity(schema.name).key(key.to_string());
        let attributes = key.to_attributes()?;
        let changes = self.changes().map_err(named)?;
        check_parts(schema, &changes).map_err(named)?;
        let known = self.known(&changes).map_err(named)?;
        let changed: HashSet<&str> = changes
            .iter()
            .filter_map(|change| match change.steps.first() {
                Some(Step::Name(name)) => Some(name.as_str()),
                _ => None,
            })
            .collect();

        let mut placeholders = Placeholders::default();
        let (mut sets, mut removes, mut replaced) = (Vec::new(), Vec::new(), Vec::new());
        for Change { steps, value } in &changes {
            let mut text = String::new();
            path::write(steps, &mut placeholders, &mut text);
            match value {
                Some(value) => sets.push(format!("{text} = {}", placeholders.value((*value).clone()))),
                None => removes.push(text),
            }
        }
        for index in schema.indexes {
            for (key, text) in self.index_keys(index, &changed, &known).map_err(named)? {
                if replaced.contains(&key) {
                    continue;
                }
                replaced.push(key);
                let name = placeholders.name(key.name);
                match text {
                    Some(text) => {
                        let value = key::value(&key, &text).map_err(named)?;
                        sets.push(format!("{name} = {}", placeholders.value(value)));
                    }
                    None => removes.push(name),
                }
            }
        }
        let mut update = String::new();
        for (word, parts) in [("SET ", sets), ("REMOVE ", removes)] {
            if !parts.is_empty() {
                let joint = if update.is_empty() { "" } else { " " };
                update.push_str(&format!("{joint}{word}{}", parts.join(", ")));
            }
        }
        let exists = Operand::Path(Ok(vec![Step::Name(layout.partition_key.name.to_owned())]));
        let mut all = vec![Node::Exists(exists)];
        all.extend(self.guards(&replaced).map_err(named)?);
        let mut condition = condition::expression(&Node::And(all), &mut placeholders).map_err(named)?;
        // Of another entity with this key, no attribute is anybody's to change.
        condition.push_str(&format!(" AND ({})", expr::entity_filter(&[schema], &mut placeholders)));
        if let Some(own) = condition::optional(self.condition.as_ref(), &mut placeholders).map_err(named)? {
            condition.push_str(&format!(" AND ({own})"));
        }
        let (names, values) = placeholders.into_maps();
        Ok(UpdateItemInputBuilder::default()
            .set_key(Some(attributes))
            .update_expression(update)
            .condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .return_values(ReturnValue::AllNew)
            // Whether the item is there at all.
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld))
    }

    fn read(self, answer: Result<UpdateItemOutput>) -> Result<E> {
        let key = self.key?;
        let answer = answer.map_err(|error| {
            let other = error.found_item().and_then(|item| item.text(DISCRIMINATOR));
            let error = match other.filter(|label| !E::SCHEMA.accepts(label)) {
                Some(label) => Error::other_entity(label),
                None => error,
            };
            error.entity(E::SCHEMA.name).key(key.to_string())
        })?;
        decode_one(answer.attributes.unwrap_or_default().into())
    }
}

awaitable!(Update -> E);
