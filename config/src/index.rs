use std::fmt;

use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize, Serializer};

use crate::capacity::{Autoscaling, Capacity};
use crate::key::KeyAttribute;
use crate::limit::check_resource_name;
use crate::name;

/// The maximum number of global secondary indexes of a table. This is the default quota; AWS can raise it on request.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html>
pub const MAX_GLOBAL_INDEXES: usize = 20;
/// The maximum number of local secondary indexes of a table.
pub const MAX_LOCAL_INDEXES: usize = 5;
/// The maximum number of attributes in the partition key, and in the sort key, of an index with multi-attribute keys.
pub const MAX_KEY_ATTRIBUTES: usize = 4;

/// The maximum number of attributes in the projections of all indexes of a table, in addition to their keys. An attribute in the
/// projections of two indexes counts twice.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html>
pub(crate) const MAX_PROJECTED: usize = 100;

/// A secondary index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Index {
    /// The name of the index in DynamoDB.
    pub index_name: String,
    /// The name of the index in code: `name` in the file, or a name derived from its key attribute.
    #[serde(rename = "name")]
    pub code_name: String,
    /// The partition key: one attribute, or up to four for a multi-attribute key. Empty for a local index, which uses the table's
    /// partition key.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub partition_keys: Vec<KeyAttribute>,
    /// The sort key: one attribute, or up to four for a multi-attribute key. Empty if the index has only a partition key.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sort_keys: Vec<KeyAttribute>,
    /// The attributes that the index stores in addition to the keys.
    pub projection: IndexProjection,
    /// The provisioned capacity of a global index. If it is `None`, the index has the capacity of the table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<Capacity>,
    /// How the capacity of a global index follows the load. If it is `None`, the capacity does not change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub autoscaling: Option<Autoscaling>,
}

/// The attributes that an index stores: `"ALL"`, `"KEYS_ONLY"`, or a list of attribute names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum IndexProjection {
    /// All attributes.
    #[default]
    All,
    /// Only the keys of the index and of the table.
    KeysOnly,
    /// The keys and these attributes.
    Include(Vec<String>),
}

impl<'de> Deserialize<'de> for IndexProjection {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Word(String),
            List(Vec<String>),
        }
        const FORMS: &str = r#"a projection is "ALL", "KEYS_ONLY" or a list of attribute names"#;
        match Form::deserialize(deserializer).map_err(|_| de::Error::custom(FORMS))? {
            Form::Word(word) if word == "ALL" => Ok(Self::All),
            Form::Word(word) if word == "KEYS_ONLY" => Ok(Self::KeysOnly),
            Form::List(attributes) if !attributes.is_empty() => Ok(Self::Include(attributes)),
            Form::Word(_) | Form::List(_) => Err(de::Error::custom(FORMS)),
        }
    }
}

impl Serialize for IndexProjection {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::All => serializer.serialize_str("ALL"),
            Self::KeysOnly => serializer.serialize_str("KEYS_ONLY"),
            Self::Include(attributes) => attributes.serialize(serializer),
        }
    }
}

/// A secondary index of the table.
// Each index is checked while it is read, so that serde_json reports an error with the index's line.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Spelled {
    /// The name of the index in DynamoDB.
    #[cfg_attr(test, schemars(regex(pattern = "^[a-zA-Z0-9_.-]{3,255}$")))]
    index_name: String,
    /// The name of the index in code. The default comes from the name of its key attribute.
    name: Option<String>,
    /// The partition key of a global index. A local index uses the partition key of the table.
    partition_key: Option<KeyAttribute>,
    /// The attributes of a multi-attribute partition key.
    #[serde(default)]
    #[cfg_attr(test, schemars(length(max = 4)))]
    partition_keys: Vec<KeyAttribute>,
    /// The sort key. A global index can omit it.
    sort_key: Option<KeyAttribute>,
    /// The attributes of a multi-attribute sort key.
    #[serde(default)]
    #[cfg_attr(test, schemars(length(max = 4)))]
    sort_keys: Vec<KeyAttribute>,
    /// The attributes that the index stores in addition to the keys.
    #[serde(default)]
    projection: IndexProjection,
    /// The provisioned capacity of a global index. The default is the capacity of the table.
    #[cfg_attr(test, schemars(with = "Option<crate::capacity::SpelledCapacity>"))]
    capacity: Option<Capacity>,
    /// How the capacity of a global index follows the load. By default, the capacity does not change.
    #[cfg_attr(test, schemars(with = "Option<crate::capacity::SpelledAutoscaling>"))]
    autoscaling: Option<Autoscaling>,
}

/// Returns the attributes of a key, which the file sets either as one attribute or as a list.
fn one_or_list(
    index: &str,
    key: &str,
    one: Option<KeyAttribute>,
    list: Vec<KeyAttribute>,
) -> Result<Vec<KeyAttribute>, String> {
    match (one, list) {
        (Some(_), list) if !list.is_empty() => Err(format!("index `{index}` has both `{key}` and `{key}s`; keep one")),
        (_, list) if list.len() > MAX_KEY_ATTRIBUTES => Err(format!(
            "index `{index}`: `{key}s` has {} attributes; DynamoDB allows {MAX_KEY_ATTRIBUTES}",
            list.len()
        )),
        (Some(one), _) => Ok(vec![one]),
        (None, list) => Ok(list),
    }
}

impl Spelled {
    pub(crate) fn check(self, local: bool) -> Result<Index, String> {
        let index_name = self.index_name;
        check_resource_name("the index name", &index_name)?;
        let partition_keys = one_or_list(&index_name, "partitionKey", self.partition_key, self.partition_keys)?;
        let sort_keys = one_or_list(&index_name, "sortKey", self.sort_key, self.sort_keys)?;
        match (local, partition_keys.is_empty(), sort_keys.is_empty()) {
            (false, true, _) => return Err(format!("index `{index_name}` has no `partitionKey`")),
            (true, false, _) => {
                return Err(format!(
                    "local index `{index_name}` shares the table's partition key; remove `partitionKey`"
                ));
            }
            (true, _, true) => return Err(format!("local index `{index_name}` has no `sortKey`")),
            _ => {}
        }
        for (word, is_set) in [("capacity", self.capacity.is_some()), ("autoscaling", self.autoscaling.is_some())] {
            if local && is_set {
                return Err(format!("local index `{index_name}` uses the capacity of the table; remove `{word}`"));
            }
        }
        if let Some(twice) = partition_keys.iter().find(|key| sort_keys.iter().any(|sort| sort.name == key.name)) {
            return Err(format!("`{}` is both the partition key and the sort key of index `{index_name}`", twice.name));
        }
        if let IndexProjection::Include(names) = &self.projection {
            check_projection(&index_name, names)?;
        }
        let key = if local { &sort_keys[0] } else { &partition_keys[0] };
        let code_name = self.name.unwrap_or_else(|| name::derive(&key.name));
        name::check(&code_name).map_err(|why| {
            format!("index `{index_name}` needs a `name` for code, such as \"name\": \"by_owner\": {why}")
        })?;
        let Self { projection, capacity, autoscaling, .. } = self;
        Ok(Index { index_name, code_name, partition_keys, sort_keys, projection, capacity, autoscaling })
    }
}

fn check_projection(index: &str, names: &[String]) -> Result<(), String> {
    if names.len() > MAX_PROJECTED {
        return Err(format!(
            "the projection of index `{index}` has {} attributes; DynamoDB allows {MAX_PROJECTED} (\"ALL\" stores every one)",
            names.len()
        ));
    }
    if let Some((number, name)) = names.iter().enumerate().find(|(number, name)| names[..*number].contains(name)) {
        return Err(format!("the projection of index `{index}` has `{name}` twice (number {})", number + 1));
    }
    match names.iter().find(|name| !(1..=255).contains(&name.len())) {
        Some(name) => Err(format!(
            "the projection of index `{index}` has a name of {} bytes; DynamoDB allows 1 to 255",
            name.len()
        )),
        None => Ok(()),
    }
}

/// Checks the number of attributes in the projections of all indexes.
pub(crate) fn check_projected<'i>(indexes: impl Iterator<Item = &'i Index>) -> Result<(), String> {
    let counts = indexes.filter_map(|index| match &index.projection {
        IndexProjection::Include(names) => Some((&index.index_name, names.len())),
        IndexProjection::All | IndexProjection::KeysOnly => None,
    });
    let counts: Vec<_> = counts.collect();
    let sum: usize = counts.iter().map(|(_, count)| count).sum();
    if sum <= MAX_PROJECTED {
        return Ok(());
    }
    let counts: Vec<_> = counts.iter().map(|(name, count)| format!("{count} of `{name}`")).collect();
    Err(format!(
        "the projections of the indexes have {sum} attributes together ({}), but DynamoDB allows {MAX_PROJECTED} for a table; remove \
         some of them, or give one of the indexes the projection \"ALL\", which does not count",
        counts.join(", ")
    ))
}

/// Deserializes a list of indexes and checks each one, so that serde_json reports an error at the end of the wrong index.
fn list<'de, D: Deserializer<'de>, const LOCAL: bool>(deserializer: D) -> Result<Vec<Index>, D::Error> {
    deserializer.deserialize_seq(List::<LOCAL>)
}

struct List<const LOCAL: bool>;

impl<'de, const LOCAL: bool> de::Visitor<'de> for List<LOCAL> {
    type Value = Vec<Index>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of indexes")
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<Index>, A::Error> {
        let (max, what) = if LOCAL { (MAX_LOCAL_INDEXES, "local") } else { (MAX_GLOBAL_INDEXES, "global") };
        let mut indexes: Vec<Index> = Vec::new();
        while let Some(index) = seq.next_element_seed(Next::<LOCAL>(&indexes))? {
            indexes.push(index);
            if indexes.len() > max {
                return Err(de::Error::custom(format!("a table has at most {max} {what} secondary indexes")));
            }
        }
        Ok(indexes)
    }
}

/// Deserializes the next index, and checks it against the previous ones.
struct Next<'a, const LOCAL: bool>(&'a [Index]);

impl<'de, const LOCAL: bool> de::DeserializeSeed<'de> for Next<'_, LOCAL> {
    type Value = Index;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Index, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, const LOCAL: bool> de::Visitor<'de> for Next<'_, LOCAL> {
    type Value = Index;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#"an index, such as { "indexName": "..", "partitionKey": ".." }"#)
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Index, A::Error> {
        let spelled = Spelled::deserialize(de::value::MapAccessDeserializer::new(map))?;
        let index = spelled.check(LOCAL).map_err(de::Error::custom)?;
        clash(self.0, &index).map_err(de::Error::custom)?;
        Ok(index)
    }
}

/// Checks that `index` shares no name with `others`.
pub(crate) fn clash(others: &[Index], index: &Index) -> Result<(), String> {
    for other in others {
        if other.index_name == index.index_name {
            return Err(format!("two indexes have the name `{}`", index.index_name));
        }
        if other.code_name == index.code_name {
            return Err(format!(
                "the indexes `{}` and `{}` are both `{}` in code; give one of them another `name`",
                other.index_name, index.index_name, index.code_name
            ));
        }
    }
    Ok(())
}

pub(crate) fn global<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Index>, D::Error> {
    list::<D, false>(deserializer)
}

pub(crate) fn local<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Index>, D::Error> {
    list::<D, true>(deserializer)
}
