mod actions;
mod keys;
mod returned;

use std::collections::HashSet;
use std::marker::PhantomData;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemInputBuilder;
use aws_sdk_dynamodb::operation::update_item::{UpdateItemInput, UpdateItemOutput};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use chrono::{DateTime, Utc};

use self::keys::{Basis, KeyChange};
pub use self::returned::{New, Nothing, Old, Returned, Updated};
use super::{Expressions, awaitable, conditional, once::ExactlyOnce, version};
use crate::attribute::{Attribute, StoredField};
use crate::client::{self, Connection, Name, Operation, Sending};
use crate::condition::{Condition, IntoCondition, Node, Operand};
use crate::entity::Entity;
use crate::error::{Error, ErrorKind, Result, unbuilt};
use crate::expr::{self, Placeholders};
use crate::item::Item;
use crate::key::{self, Key};
use crate::known::Known;
use crate::operand::{self, IntoValue};
use crate::path::{self, Step};
use crate::schema::DISCRIMINATOR;
use crate::stamp::Stamp;
use crate::table::Table;
use crate::update::{self, Action, Change, Kind, shown};
use crate::{codec, readable};

/// Changes some attributes of an item, and with them the index keys that are made from these. Gives the entity as it is then.
/// The item has to be there, otherwise it is an error with [`is_not_found`](crate::Error::is_not_found); see
/// [`Update::upsert`].
///
/// An index key can be made from several fields. Those that are not set are taken from the key, from the entity if the
/// update was given one (and are guarded: the stored key has to be the one that this entity has), or from
/// [`Update::assuming`]; if one is not known, the update is refused before it is sent, and names it.
///
/// A version grows with each update. That of a loaded entity has to be the stored one.
///
/// Where what is stored then does not fit the entity (an `add` below 0 to a `u32`, a required attribute that was removed), the
/// update was made, and the error is of the kind [`Decode`](ErrorKind::Decode).
///
/// `R` is what it gives back.
#[must_use = "operations do nothing until awaited"]
pub struct Update<E: Entity, R = New> {
    key: Result<Key<E::Table>>,
    loaded: Option<Result<Item>>,
    actions: Vec<Action>,
    assumed: Vec<(&'static str, Operand)>,
    is_upsert: bool,
    condition: Option<Condition<E>>,
    connection: Option<Connection>,
    returned: PhantomData<fn() -> R>,
}

impl<E: Entity> Update<E> {
    pub(crate) fn new(key: Result<Key<E::Table>>, loaded: Option<Result<Item>>) -> Self {
        Self {
            key,
            loaded,
            actions: Vec::new(),
            assumed: Vec::new(),
            is_upsert: false,
            condition: None,
            connection: None,
            returned: PhantomData,
        }
    }

    /// Gives the entity as it was; `None` if the update made it.
    pub fn returning_old(self) -> Update<E, Old> {
        self.cast()
    }

    /// Gives the attributes that were changed, as they are then.
    pub fn returning_updated(self) -> Update<E, Updated> {
        self.cast()
    }

    /// Gives nothing back.
    pub fn returning_nothing(self) -> Update<E, Nothing> {
        self.cast()
    }

    /// Made once, however often it has to be sent: as a transaction of its own, at twice the capacity, whose token DynamoDB
    /// knows again for ten minutes. Gives nothing back. Where another transaction is at work on the item, it is an error with
    /// [`is_conflict`](Error::is_conflict), and nothing was done.
    pub fn exactly_once(self) -> ExactlyOnce<E> {
        ExactlyOnce::new(self.cast())
    }
}

impl<E: Entity, R> Update<E, R> {
    fn cast<S>(self) -> Update<E, S> {
        let Self { key, loaded, actions, assumed, is_upsert, condition, connection, .. } = self;
        Update { key, loaded, actions, assumed, is_upsert, condition, connection, returned: PhantomData }
    }

    fn act(mut self, path: Operand, kind: Kind, value: Operand) -> Self {
        self.actions.push(Action { path, kind, value });
        self
    }

    /// Says what an attribute is that an index key is made from and that is not set. The update is made only if it is so.
    pub fn assuming<T, F: StoredField>(mut self, attribute: Attribute<E, T, F>, value: impl IntoValue<T>) -> Self {
        self.assumed.push((attribute.name(), operand::value(value.__encode(attribute.encoder()))));
        self
    }

    /// Makes the item if it is not there. So the update has to say what a whole item needs: every field that has no default
    /// is set, added to, or in the key.
    pub fn upsert(mut self) -> Self {
        self.is_upsert = true;
        self
    }

    conditional!();

    /// All that is known of the item as it will be.
    fn known(&self, changes: &[Change]) -> Result<Known> {
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
            known.insert(*attribute, assumed(value)?.cloned());
        }
        for change in changes {
            if let (Some(attribute), Kind::Set | Kind::IfNotExists) = (change.attribute(), change.kind) {
                known.insert(attribute, change.value.clone());
            }
        }
        Ok(known)
    }

    /// What the caller changes, what each write changes, and the index keys that follow.
    fn changes(&self, now: DateTime<Utc>) -> Result<Vec<Change>> {
        let (schema, layout) = (E::SCHEMA, <E::Table as Table>::SCHEMA.layout);
        let mut changes = update::changes(&self.actions)?;
        for change in &changes {
            check_part::<E>(change)?;
            if let (Some(value), Some(_)) = (&change.value, schema.managed.ttl.filter(|ttl| change.root() == *ttl)) {
                codec::check_ttl(value).map_err(|error| error.attribute(change.root()))?;
            }
        }
        let at_first = self.stamp(&mut changes, now)?;
        if self.is_upsert {
            self.complete(&mut changes)?;
        }
        let known = self.known(&changes)?;
        let mut keys: Vec<Change> = Vec::new();
        let changed: HashSet<&str> = changes.iter().map(Change::root).collect();
        let basis = Basis { known: &known, changed, is_upsert: self.is_upsert, at_first };
        for index in schema.indexes {
            for (key, change) in basis.of::<E>(index)? {
                if keys.iter().any(|known| known.root() == key.name) {
                    continue;
                }
                keys.push(match change {
                    KeyChange::Is(text) => Change::of(key.name, Kind::Set, Some(key::value(&key, text)?)),
                    KeyChange::IsAtFirst(text) => {
                        Change::of(key.name, Kind::IfNotExists, Some(key::value(&key, text)?))
                    }
                    KeyChange::Gone => Change::of(key.name, Kind::Set, None),
                });
            }
        }
        changes.extend(keys);
        if self.is_upsert {
            let label = AttributeValue::S(schema.discriminator.to_owned());
            changes.push(Change::of(DISCRIMINATOR, Kind::Set, Some(label)));
            let primary = self.key.as_ref().map_err(Error::again)?.to_attributes()?;
            whole::<E>(primary, &changes)?;
        }
        debug_assert!(changes.iter().all(|change| layout.partition_key.name != change.root()));
        Ok(changes)
    }

    /// The version and the times. Gives the time of creation if only an item that is made gets it.
    fn stamp(&self, changes: &mut Vec<Change>, now: DateTime<Utc>) -> Result<Option<&'static str>> {
        let managed = E::SCHEMA.managed;
        let is_changed = |changes: &[Change], name: &str| changes.iter().any(|change| change.root() == name);
        let stamped = |name: &str, stamp| {
            E::__stamped(stamp)
                .map_err(|error| Error::new(ErrorKind::Encode, error.to_string()).attribute(name).caused_by(error))
        };
        if let Some(name) = managed.version {
            let one = AttributeValue::N("1".to_owned());
            changes.push(Change::of(name, Kind::Increment, Some(one)));
        }
        if let Some(name) = managed.updated_at.filter(|name| !is_changed(changes, name)) {
            changes.push(Change::of(name, Kind::Set, stamped(name, Stamp::UpdatedAt(now))?));
        }
        let is_assumed = |name: &str| self.assumed.iter().any(|(assumed, _)| *assumed == name);
        let primary = key::key_fields(E::SCHEMA);
        let is_key = |name: &&str| primary.iter().any(|field| E::SCHEMA.fields[*field].attributes.contains(name));
        let at_first = managed.created_at.filter(|name| self.is_upsert && !is_changed(changes, name));
        // One that is in the key, or was said, is known: it is written as that.
        let at_first = at_first.filter(|name| !is_key(name) && !is_assumed(name));
        if let Some(name) = at_first {
            changes.push(Change::of(name, Kind::IfNotExists, stamped(name, Stamp::CreatedAt(now))?));
        }
        Ok(at_first)
    }

    /// For an item that is made: the attributes that its keys are made from.
    fn complete(&self, changes: &mut Vec<Change>) -> Result<()> {
        let schema = E::SCHEMA;
        let known = self.known(&[])?;
        for field in schema.fields {
            for name in field.attributes {
                let is_stored = schema.attributes.contains(name);
                if is_stored
                    && !changes.iter().any(|change| change.root() == *name)
                    && let Some(value) = known.value(name)
                {
                    changes.push(Change::of(name, Kind::Set, Some(value.clone())));
                }
            }
        }
        Ok(())
    }

    /// What the stored item has to be like.
    fn guards(&self, changes: &[Change]) -> Result<Vec<Node>> {
        let (schema, layout) = (E::SCHEMA, <E::Table as Table>::SCHEMA.layout);
        let pk = || Node::attribute(layout.partition_key.name);
        let mut of_keys = Vec::new();
        let mut nodes = Vec::new();
        let is_key = |change: &&Change| change.root() != DISCRIMINATOR && layout.is_reserved(change.root());
        // A key that is made from the time of creation is that of the item, or the item is new: one that was never written
        // would be given the time of this update.
        let at_first = changes.iter().filter(is_key).filter(|change| change.kind == Kind::IfNotExists);
        of_keys.extend(at_first.map(|change| Node::Exists(Node::attribute(change.root()))));
        if let Some(loaded) = &self.loaded {
            let item = loaded.as_ref().map_err(Error::again)?;
            for change in changes.iter().filter(is_key) {
                // The stored keys have to be those that the entity was loaded with.
                of_keys.push(match item.get(change.root()) {
                    Some(value) => Node::is(change.root(), value.clone()),
                    None => Node::NotExists(Node::attribute(change.root())),
                });
            }
            nodes.extend(version::guard::<E>(item));
        }
        for (attribute, value) in &self.assumed {
            of_keys.push(match assumed(value)? {
                Some(value) => Node::is(attribute, value.clone()),
                None => Node::Compare(
                    Node::attribute(attribute),
                    crate::condition::Comparison::Eq,
                    Operand::Value(Ok(None)),
                ),
            });
        }
        // Of another entity with this key, no attribute is anybody's to change. An item that is not there is of none.
        of_keys.push(expr::is_of(schema));
        let mut all = match self.is_upsert {
            false => of_keys,
            true => vec![Node::Or(vec![Node::NotExists(pk()), Node::And(of_keys)])],
        };
        all.extend(nodes);
        Ok(all)
    }

    /// Key, expressions and placeholders.
    pub(super) fn expressions(&self, now: DateTime<Utc>) -> Result<Expressions> {
        let key = self.key.as_ref().map_err(Error::again)?;
        let named = |error: Error| error.entity(E::SCHEMA.name).key(key.to_string());
        let attributes = key.to_attributes()?;
        let changes = self.changes(now).map_err(named)?;
        let mut placeholders = Placeholders::default();
        let update = update::expression(&changes, &mut placeholders).map_err(named)?;
        let guards = self.guards(&changes).map_err(named)?;
        let nodes = guards.iter().chain(self.condition.as_ref().map(Condition::node));
        let condition = crate::condition::all(nodes, &mut placeholders).map_err(named)?;
        let (names, values) = placeholders.into_maps();
        Ok(Expressions { key: attributes, update: Some(update), condition, names, values })
    }

    pub(super) fn key(&self) -> Result<&Key<E::Table>> {
        self.key.as_ref().map_err(Error::again)
    }

    pub(super) fn take_connection(&mut self) -> Option<Connection> {
        self.connection.take()
    }

    /// Whether the item has to be there.
    pub(super) fn must_exist(&self) -> bool {
        !self.is_upsert
    }

    /// Whether the stored item is what this update makes of the one that it was given: an earlier attempt was made. `None` if
    /// the item does not tell.
    fn is_made(&self, item: &Item, now: DateTime<Utc>) -> Option<bool> {
        let (Some(Ok(loaded)), Ok(changes)) = (&self.loaded, self.changes(now)) else { return None };
        // Of two callers with one condition, the item does not tell who met it; a version does.
        let next = version::of::<E>(loaded).and_then(|version| version.checked_add(1));
        if self.condition.is_some() && next.is_none() {
            return None;
        }
        let mut is_sure = true;
        for change in &changes {
            let is_so = match (E::SCHEMA.managed.version, change.kind) {
                (Some(name), Kind::Increment) if change.root() == name => version::of::<E>(item) == next,
                (_, Kind::Set) if !change.steps.iter().any(|step| matches!(step, Step::Index(_))) => {
                    match (path::find(item, &change.steps), &change.value) {
                        (Some(found), Some(value)) => codec::same_values(found, value),
                        (found, value) => found.is_none() && value.is_none(),
                    }
                }
                // What becomes of these depends on what was there.
                _ => {
                    is_sure = false;
                    true
                }
            };
            if !is_so {
                return Some(false);
            }
        }
        is_sure.then_some(true)
    }
}

impl<E: Entity, R: Returned<E>> Update<E, R> {
    /// The request, less the table's name.
    ///
    /// # Errors
    /// If it would be refused before it is sent.
    pub fn into_request(self) -> Result<UpdateItemInput> {
        let now = self.connection.as_ref().map_or_else(Connection::system_time, Connection::now);
        self.request(now)?.build().map_err(unbuilt)
    }
}

fn assumed(value: &Operand) -> Result<Option<&AttributeValue>> {
    let Operand::Value(value) = value else { unreachable!("`assuming` takes values") };
    Ok(value.as_ref().map_err(Error::again)?.as_ref())
}

/// Of an attribute that keys are made from, the whole has to be known; what a path names may be no one's to change.
fn check_part<E: Entity>(change: &Change) -> Result<()> {
    let root = change.root();
    let refuse = |message: String| Err(Error::new(ErrorKind::InvalidRequest, message));
    if <E::Table as Table>::SCHEMA.layout.is_reserved(root) {
        return refuse(format!(
            "`{root}` is an attribute of the table's keys or its discriminator; set what it is made from"
        ));
    }
    if E::SCHEMA.managed.version == Some(root) {
        return refuse(format!("`{root}` is the version, which each write counts"));
    }
    let primary = key::key_fields(E::SCHEMA);
    if primary.iter().any(|field| E::SCHEMA.fields[*field].attributes.contains(&root)) {
        return refuse(format!(
            "the primary key is made from `{root}`, which cannot be set: put the item under its new key"
        ));
    }
    let feeds = E::SCHEMA.fields.iter().any(|field| field.attributes.contains(&root));
    if !feeds || change.attribute().is_some() && change.kind == Kind::Set {
        return Ok(());
    }
    refuse(format!("keys are made from `{root}`; set it as a whole, not `{}`", shown(&change.steps)))
}

/// Whether what an update makes, where there is no item, is a whole entity.
fn whole<E: Entity>(key: client::Attributes, changes: &[Change]) -> Result<()> {
    let mut item = Item::from(key);
    for change in changes {
        let Some(attribute) = change.attribute() else {
            let message = format!(
                "an upsert may make the item, in which there is no `{}` yet; set the whole attribute",
                shown(&change.steps)
            );
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        };
        if let (Some(value), false) = (&change.value, change.kind == Kind::Delete) {
            item.insert(attribute.to_owned(), value.clone());
        }
    }
    readable::decode_item::<E>(&item).map(drop).map_err(|error| {
        let message =
            format!("an upsert may make the item, so it has to say what a whole one needs: {}", error.message());
        let whole = Error::new(ErrorKind::InvalidRequest, message);
        match error.attribute_name() {
            Some(attribute) => whole.attribute(attribute),
            None => whole,
        }
    })
}

impl<E: Entity, R: Returned<E>> Operation for Update<E, R> {
    type Table = E::Table;
    type Request = UpdateItemInputBuilder;
    type Output = R::Output;

    const NAME: &'static str = "update";

    fn connection(&mut self) -> Option<Connection> {
        self.take_connection()
    }

    fn name(&self) -> Name {
        let is_once = self.actions.iter().any(Action::is_once);
        Name { operation: Self::NAME, entity: E::SCHEMA.name, is_once, ..Name::default() }
    }

    fn request(&self, now: DateTime<Utc>) -> Result<UpdateItemInputBuilder> {
        let Expressions { key, update, condition, names, values } = self.expressions(now)?;
        Ok(UpdateItemInputBuilder::default()
            .set_key(Some(key))
            .set_update_expression(update)
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .return_values(R::__VALUE)
            // Whether the item is there at all.
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld))
    }

    fn read(self, answer: Result<UpdateItemOutput>, now: DateTime<Utc>) -> Result<R::Output> {
        let error = match answer {
            Ok(answer) => return R::__read(answer.attributes),
            Err(error) => error,
        };
        let found = error.found_item().filter(|_| error.is_outcome_unknown());
        let made = found.map_or(Some(false), |item| self.is_made(item, now));
        if let (Some(item), Some(true)) = (found, made)
            && let Some(output) = R::__after(item.clone(), &self.changes(now)?)
        {
            return output;
        }
        let error = match &self.loaded {
            // Otherwise it was made, and what it was before is not known any more; or the item does not tell.
            Some(Ok(loaded)) if made == Some(false) => version::known::<E>(error, loaded),
            _ => error,
        };
        let key = self.key?;
        let error = error.of_another::<E>(!self.is_upsert);
        Err(error.entity(E::SCHEMA.name).key(key.to_string()))
    }
}

awaitable!(Update[R: Returned<E>] -> R::Output);
