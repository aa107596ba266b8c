//! The sorted discriminators of the entities that a read returns. Binary search keeps reads fast with any number of entities.

use crate::schema::EntitySchema;
use crate::schema::const_str::is_before;

/// A discriminator, and the position of its entity.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Discriminator(&'static str, usize);

/// Returns the position of the entity whose items have this discriminator.
pub(crate) fn find(labels: &[Discriminator], label: &str) -> Option<usize> {
    let order = |known: &Discriminator| known.0.len().cmp(&label.len()).then_with(|| known.0.cmp(label));
    labels.binary_search_by(order).ok().map(|place| labels[place].1)
}

/// Counts the discriminators of the entities, including aliases. Called by the derives.
pub const fn count_labels(entities: &[&EntitySchema]) -> usize {
    let (mut count, mut n) = (0, 0);
    while n < entities.len() {
        count += 1 + entities[n].aliases.len();
        n += 1;
    }
    count
}

/// Returns the discriminators of the entities, sorted by length and then by text. `N` is their count. Called by the derives.
pub const fn labels<const N: usize>(entities: &[&'static EntitySchema]) -> [Discriminator; N] {
    let mut labels = [Discriminator("", 0); N];
    let (mut count, mut n) = (0, 0);
    while n < entities.len() {
        let mut alias = 0;
        while alias <= entities[n].aliases.len() {
            let label = if alias == 0 { entities[n].discriminator } else { entities[n].aliases[alias - 1] };
            let mut place = count;
            while place > 0 && is_before(label, labels[place - 1].0) {
                labels[place] = labels[place - 1];
                place -= 1;
            }
            labels[place] = Discriminator(label, n);
            count += 1;
            alias += 1;
        }
        n += 1;
    }
    labels
}
