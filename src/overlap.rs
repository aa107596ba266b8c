//! Whether a key of one template can be a key of another, or begin with a given text.

use crate::schema::{EntityIndex, EntitySchema, KeyTemplates, Segment, Template};

/// One character of a key, or any number of them.
#[derive(Debug, Clone, Copy)]
enum Token {
    Literal(char),
    One(Class),
    Many(Class),
}

/// The characters that a placeholder can stand for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Class {
    Digit,
    NoDelimiter,
    Any,
}

fn tokens(template: &Template) -> Vec<Token> {
    let mut tokens = Vec::new();
    for segment in template.segments {
        match segment {
            Segment::Literal(literal) => tokens.extend(literal.chars().map(Token::Literal)),
            Segment::Field(placeholder) => match (placeholder.width, placeholder.path) {
                (Some(width), _) => tokens.extend([Token::One(Class::Digit)].repeat(width)),
                (None, path) => {
                    let class = if path { Class::Any } else { Class::NoDelimiter };
                    tokens.extend([Token::One(class), Token::Many(class)]);
                }
            },
        }
    }
    tokens
}

/// Whether some character fits both.
fn meet(a: Token, b: Token, delimiter: char) -> bool {
    let fits = |class: Class, c: char| match class {
        Class::Digit => c.is_ascii_digit(),
        Class::NoDelimiter => c != delimiter,
        Class::Any => true,
    };
    match (a, b) {
        (Token::Literal(a), Token::Literal(b)) => a == b,
        (Token::Literal(c), Token::One(class) | Token::Many(class))
        | (Token::One(class) | Token::Many(class), Token::Literal(c)) => fits(class, c),
        // Every class has characters in common with every other, unless the delimiter is itself a digit, which the
        // derive refuses.
        _ => true,
    }
}

/// Whether one text fits both token lists: a search over the pairs of places in them.
fn intersect(a: &[Token], b: &[Token], delimiter: char) -> bool {
    let mut seen = vec![false; (a.len() + 1) * (b.len() + 1)];
    let mut open = vec![(0, 0)];
    while let Some((i, j)) = open.pop() {
        if std::mem::replace(&mut seen[i * (b.len() + 1) + j], true) {
            continue;
        }
        if i == a.len() && j == b.len() {
            return true;
        }
        let (left, right) = (a.get(i), b.get(j));
        if matches!(left, Some(Token::Many(_))) {
            open.push((i + 1, j));
        }
        if matches!(right, Some(Token::Many(_))) {
            open.push((i, j + 1));
        }
        if let (Some(left), Some(right)) = (left, right)
            && meet(*left, *right, delimiter)
        {
            let step = |token: &Token| usize::from(!matches!(token, Token::Many(_)));
            open.push((i + step(left), j + step(right)));
        }
    }
    false
}

/// Whether a key of `template` can begin with `prefix`.
fn can_begin_with(template: &Template, prefix: &str, delimiter: char) -> bool {
    let mut wanted: Vec<Token> = prefix.chars().map(Token::Literal).collect();
    wanted.push(Token::Many(Class::Any));
    intersect(&tokens(template), &wanted, delimiter)
}

/// Whether no other entity can have items among those that `keys` of `entity` select: in one of its partitions, with a
/// sort key that begins with its literal prefix.
pub(crate) fn is_exclusive(
    entity: &EntitySchema,
    keys: &KeyTemplates,
    index: Option<&str>,
    entities: &[&EntitySchema],
    delimiter: char,
) -> bool {
    let prefix = keys.sort.map(|sort| sort.literal_prefix()).unwrap_or_default();
    let partition = tokens(&keys.partition);
    !entities.iter().filter(|other| other.name != entity.name).any(|other| {
        let theirs = match index {
            None => Some(&other.primary),
            Some(name) => other.indexes.iter().find(|found| found.index.name == name).map(keys_of),
        };
        theirs.is_some_and(|theirs| {
            intersect(&partition, &tokens(&theirs.partition), delimiter)
                && theirs.sort.is_none_or(|sort| can_begin_with(&sort, prefix, delimiter))
        })
    })
}

fn keys_of(index: &EntityIndex) -> &KeyTemplates {
    &index.keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Placeholder;

    const ID: Segment = Segment::Field(Placeholder { field: 0, width: None, path: false, transform: None });
    const NUMBER: Segment = Segment::Field(Placeholder { field: 0, width: Some(3), path: false, transform: None });
    const PATH: Segment = Segment::Field(Placeholder { field: 0, width: None, path: true, transform: None });

    fn template(segments: &'static [Segment]) -> Template {
        Template { text: "", segments }
    }

    #[test]
    fn keys_that_can_and_cannot_be_the_same() {
        let user = template(&[Segment::Literal("USER#"), ID]);
        let users = template(&[Segment::Literal("USERS#"), ID]);
        let order = template(&[Segment::Literal("ORDER#"), ID]);
        let line = template(&[Segment::Literal("ORDER#"), ID, Segment::Literal("#LINE#"), NUMBER]);
        let bare = template(&[ID]);
        let path = template(&[PATH]);
        let same = |a: &Template, b: &Template| intersect(&tokens(a), &tokens(b), '#');
        assert!(same(&user, &user) && !same(&user, &users) && !same(&user, &order) && !same(&order, &line));
        assert!(!same(&bare, &user) && same(&path, &line));
        assert!(same(&bare, &template(&[Segment::Literal("ORDER")])));
        assert!(!same(&template(&[NUMBER]), &template(&[Segment::Literal("12")])));
        assert!(same(&template(&[NUMBER]), &template(&[Segment::Literal("123")])));
    }

    #[test]
    fn prefixes_that_a_key_can_and_cannot_have() {
        let order = template(&[Segment::Literal("ORDER#"), ID]);
        let line = template(&[Segment::Literal("ORDER#"), ID, Segment::Literal("#LINE#"), NUMBER]);
        let bare = template(&[ID]);
        assert!(can_begin_with(&line, "ORDER#", '#') && can_begin_with(&order, "", '#'));
        assert!(!can_begin_with(&bare, "ORDER#", '#') && can_begin_with(&bare, "ORDER", '#'));
        assert!(!can_begin_with(&order, "ORDERS", '#'));
    }
}
