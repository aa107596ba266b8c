//! Conditions on the sort key. Raw conditions are sent unchanged; typed conditions select only items of the entity.

use crate::error::{Error, ErrorKind, Result};
use crate::expr::placeholders::Placeholders;
use crate::key::args::SortTexts;
use crate::key::key_text::{self, Args, check_length};
use crate::key::segment::SegmentError;
use crate::key::template::{END, Rendering, SORT_LIMIT};
use crate::schema::{KeyAttribute, KeyType, Template};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Eq,
    Lt,
    Le,
    Gt,
    Ge,
    BeginsWith,
}

/// A condition on the sort key that can be sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum SortCondition {
    /// The whole partition.
    #[default]
    All,
    Compare(Operator, String),
    /// Both bounds are inclusive in the request. With `without_upper`, monotable drops items at the upper bound from the
    /// response.
    Between {
        lower: String,
        upper: String,
        without_upper: bool,
    },
}

impl SortCondition {
    pub fn excluded(&self) -> Option<&str> {
        match self {
            Self::Between { upper, without_upper: true, .. } => Some(upper),
            _ => None,
        }
    }

    /// Refuses a condition that DynamoDB would reject.
    pub fn check(&self, key: &KeyAttribute, is_field: bool) -> Result<()> {
        match self {
            Self::All => Ok(()),
            Self::Compare(Operator::BeginsWith, _) if key.key_type == KeyType::N => Err(Error::new(
                ErrorKind::InvalidRequest,
                "`begins_with` needs a string, but this sort key is a number; use `eq`, `ge` or `between`",
            )
            .attribute(key.name)),
            Self::Compare(_, text) => check_length(text, key, SORT_LIMIT, is_field),
            Self::Between { lower, upper, .. } => {
                check_length(lower, key, SORT_LIMIT, is_field)?;
                check_length(upper, key, SORT_LIMIT, is_field)?;
                if lower > upper && key.key_type != KeyType::N {
                    let message = format!(
                        "the lower bound `{lower}` of `between` sorts after the upper bound `{upper}`; swap them"
                    );
                    return Err(Error::new(ErrorKind::InvalidRequest, message).attribute(key.name));
                }
                Ok(())
            }
        }
    }

    pub fn expression(
        &self,
        key: &KeyAttribute,
        is_field: bool,
        placeholders: &mut Placeholders,
    ) -> Result<Option<String>> {
        let name = match self {
            Self::All => return Ok(None),
            _ => placeholders.name(key.name),
        };
        let mut value =
            |text: &str| Ok::<_, Error>(placeholders.value(key_text::queried(key, text.to_owned(), is_field)?));
        Ok(Some(match self {
            Self::All => return Ok(None),
            Self::Compare(Operator::BeginsWith, text) => format!("begins_with({name}, {})", value(text)?),
            Self::Compare(operator, text) => format!("{name} {} {}", operator.symbol(), value(text)?),
            Self::Between { lower, upper, .. } => format!("{name} BETWEEN {} AND {}", value(lower)?, value(upper)?),
        }))
    }
}

impl Operator {
    fn symbol(self) -> &'static str {
        match self {
            Self::Eq => "=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::BeginsWith => unreachable!("`SortCondition::expression` writes it as a function"),
        }
    }
}

/// Returns an upper bound for all sort keys that begin with `prefix`. It does not exceed the maximum length of a sort key.
fn last_with(prefix: &str) -> String {
    let room = SORT_LIMIT.saturating_sub(prefix.len());
    // The greatest character with this many bytes.
    let end = match room {
        0 => return prefix.to_owned(),
        1 => '\u{7F}',
        2 => '\u{7FF}',
        3 => '\u{FFFF}',
        _ => END,
    };
    format!("{prefix}{end}")
}

/// Returns a text that sorts after all keys that begin with `prefix`, and before all other keys that follow them.
fn after_all_with(prefix: &str) -> String {
    match prefix.len() + END.len_utf8() <= SORT_LIMIT {
        true => format!("{prefix}{END}"),
        false => next_of_its_length(prefix),
    }
}

/// Returns the text that directly follows in sort order.
fn after(text: &str) -> String {
    match text.len() < SORT_LIMIT {
        true => format!("{text}\0"),
        false => next_of_its_length(text),
    }
}

/// Returns the next text that does not begin with `text`. It is needed if a longer text would exceed the maximum length.
fn next_of_its_length(text: &str) -> String {
    let mut next = text.to_owned();
    while let Some(last) = next.pop() {
        let room = SORT_LIMIT.saturating_sub(next.len());
        let following = (last..=char::MAX).nth(1).filter(|following| following.len_utf8() <= room);
        if let Some(following) = following {
            next.push(following);
            return next;
        }
    }
    // No other key follows.
    END.to_string()
}

/// The sort key of a typed query whose partition is known.
pub(crate) struct SortKeyText {
    /// The known fields, or the error of rendering them, which every condition reports.
    known: Result<KnownFields>,
}

struct KnownFields {
    template: &'static Template,
    rendering: Rendering<'static>,
    /// The values of the partition fields, and of the fields fixed by [`SortKeyText::under`].
    partition: Args,
    /// The fields for which a sort condition can provide values.
    fields: Vec<usize>,
    /// The prefix of every sort key of the entity in this partition.
    prefix: String,
    /// Whether `prefix` is the whole sort key.
    complete: bool,
}

/// The operand of a condition.
struct Bound {
    text: String,
    /// The condition does not provide all fields, so the text represents every key that begins with it.
    partial: bool,
}

impl SortKeyText {
    pub fn new(
        rendering: Rendering<'static>,
        template: &'static Template,
        partition: Args,
        partition_fields: &[usize],
    ) -> Self {
        let fields = key_text::sort_only(partition_fields, template.fields());
        Self { known: Self::known_by(rendering, template, partition, fields) }
    }

    /// Fixes the first fields to these texts, so that later conditions provide only the fields after them.
    pub fn under(self, texts: Result<Vec<String>>) -> Self {
        let fixed = |known: KnownFields| {
            let texts = texts?;
            let KnownFields { template, rendering, mut partition, mut fields, .. } = known;
            let rest = fields.split_off(texts.len().min(fields.len()));
            partition.extend(fields, texts);
            Self::known_by(rendering, template, partition, rest)
        };
        Self { known: self.known.and_then(fixed) }
    }

    fn known_by(
        rendering: Rendering<'static>,
        template: &'static Template,
        partition: Args,
        fields: Vec<usize>,
    ) -> Result<KnownFields> {
        let rendered = rendering.render(template, &partition)?;
        let complete = rendered.missing.is_none();
        Ok(KnownFields { template, rendering, partition, fields, prefix: rendered.text, complete })
    }

    fn known(&self) -> Result<&KnownFields> {
        self.known.as_ref().map_err(Error::clone)
    }

    /// Returns the condition that selects all of the entity's items in the partition.
    pub fn whole(&self) -> Result<SortCondition> {
        let known = self.known()?;
        Ok(match (known.prefix.is_empty(), known.complete) {
            (true, _) => SortCondition::All,
            (false, true) => SortCondition::Compare(Operator::Eq, known.prefix.clone()),
            (false, false) => SortCondition::Compare(Operator::BeginsWith, known.prefix.clone()),
        })
    }

    pub fn compare(&self, operator: Operator, texts: Vec<String>) -> Result<SortCondition> {
        let known = self.known()?;
        if operator == Operator::BeginsWith {
            return known.begins_with(texts);
        }
        let Bound { text, partial } = known.bound(texts)?;
        let prefix = known.prefix.as_str();
        let between = |lower: String, upper: String| SortCondition::Between { lower, upper, without_upper: false };
        Ok(match (operator, partial) {
            (Operator::Eq, true) => SortCondition::Compare(Operator::BeginsWith, text),
            // Without a prefix, the range does not need another bound.
            (Operator::Le, true) if prefix.is_empty() => SortCondition::Compare(Operator::Le, last_with(&text)),
            (Operator::Gt, true) if prefix.is_empty() => SortCondition::Compare(Operator::Ge, after_all_with(&text)),
            _ if prefix.is_empty() || operator == Operator::Eq => SortCondition::Compare(operator, text),
            (Operator::Ge, _) => between(text, last_with(prefix)),
            (Operator::Gt, true) => between(after_all_with(&text), last_with(prefix)),
            (Operator::Gt, false) => between(after(&text), last_with(prefix)),
            (Operator::Le, true) => between(prefix.to_owned(), last_with(&text)),
            (Operator::Le, false) => between(prefix.to_owned(), text),
            (Operator::Lt, _) => SortCondition::Between { lower: prefix.to_owned(), upper: text, without_upper: true },
            (Operator::Eq | Operator::BeginsWith, _) => unreachable!("handled above"),
        })
    }

    pub fn between(&self, lower: Vec<String>, upper: Vec<String>) -> Result<SortCondition> {
        let known = self.known()?;
        let (lower, upper) = (known.bound(lower)?, known.bound(upper)?);
        let upper = if upper.partial { last_with(&upper.text) } else { upper.text };
        Ok(SortCondition::Between { lower: lower.text, upper, without_upper: false })
    }
}

impl KnownFields {
    fn args(&self, texts: Vec<String>) -> Args {
        let mut args = self.partition.clone();
        args.extend(self.fields.iter().copied(), texts);
        args
    }

    fn bound(&self, texts: Vec<String>) -> Result<Bound> {
        let rendered = self.rendering.render(self.template, &self.args(texts))?;
        Ok(Bound { text: rendered.text, partial: rendered.missing.is_some() })
    }

    /// Uses the last value as a prefix of its field, so the text ends after that value.
    fn begins_with(&self, mut texts: Vec<String>) -> Result<SortCondition> {
        let args = self.args(texts.clone());
        let is_empty = texts.pop().is_none_or(|last| last.is_empty());
        let rendered = self.rendering.render(self.template, &self.args(texts))?;
        let mut text = rendered.text;
        if let (Some(missing), false) = (rendered.missing, is_empty) {
            // The placeholder defines the padding and the transform of the value.
            if let Some(place) = self.template.place(missing) {
                self.rendering.field(place, &args, &mut text)?;
            }
        }
        Ok(if text.is_empty() { SortCondition::All } else { SortCondition::Compare(Operator::BeginsWith, text) })
    }
}

/// Builds a raw condition, or a typed condition if the query has templates.
pub(crate) fn compare(
    shape: Option<&SortKeyText>,
    operator: Operator,
    value: Result<SortTexts, SegmentError>,
) -> Result<SortCondition> {
    match (texts(value)?, shape) {
        (SortTexts::Fields(texts), Some(shape)) => shape.compare(operator, texts),
        (SortTexts::Raw(text), _) => Ok(SortCondition::Compare(operator, text)),
        (SortTexts::Fields(_), None) => Err(lost()),
    }
}

pub(crate) fn between(
    shape: Option<&SortKeyText>,
    lower: Result<SortTexts, SegmentError>,
    upper: Result<SortTexts, SegmentError>,
) -> Result<SortCondition> {
    match (texts(lower)?, texts(upper)?, shape) {
        (SortTexts::Fields(lower), SortTexts::Fields(upper), Some(shape)) => shape.between(lower, upper),
        (SortTexts::Raw(lower), SortTexts::Raw(upper), _) => {
            Ok(SortCondition::Between { lower, upper, without_upper: false })
        }
        _ => Err(lost()),
    }
}

pub(crate) fn texts<T>(value: Result<T, SegmentError>) -> Result<T> {
    value.map_err(|error| Error::new(ErrorKind::InvalidKey, format!("an argument {error}")).caused_by(error))
}

/// Returns an error that is never reported, because the partition could not be rendered, and that error is reported first.
fn lost() -> Error {
    Error::new(ErrorKind::InvalidKey, "the sort condition needs a partition")
}
