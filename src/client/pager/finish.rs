//! The ways to complete a read: all items, the first item, the only item, a page, or a count.

use crate::client::pager::{Next, Outcome, Pager};
use crate::error::{Error, ErrorKind, Result};
use crate::model::read_target::ReadTarget;
use crate::read::page::Page;

impl<T: ReadTarget> Pager<T> {
    pub async fn all(mut self) -> Result<Vec<T>> {
        let mut items = Vec::new();
        while !self.is_full() {
            match self.at_hand() {
                Some(Next::Item(item)) => items.push(item),
                Some(Next::Bad { error, .. }) => return Err(error),
                Some(Next::End) => break,
                Some(Next::Boundary) => {}
                None => {
                    self.fetch().await?;
                    items.reserve(self.items.len().min(self.remaining.unwrap_or(usize::MAX)));
                    continue;
                }
            }
            if self.plan.read_ahead {
                self.look_ahead();
            }
        }
        Ok(items)
    }

    pub async fn first(mut self) -> Result<Option<T>> {
        self.remaining = Some(1.min(self.remaining.unwrap_or(1)));
        self.next().await.transpose()
    }

    pub async fn one(mut self) -> Result<T> {
        self.remaining = Some(2);
        let name = self.plan.target.name;
        let fail = |kind, message: &str| Err(Error::new(kind, message).with_operation("query").entity(name));
        let Some(one) = self.next().await.transpose()? else {
            return fail(ErrorKind::NotFound, "no item matches");
        };
        match self.next().await.transpose()? {
            None => Ok(one),
            Some(_) => fail(ErrorKind::NotUnique, "more than one item matches"),
        }
    }

    /// Reads one page: up to `limit` items; without a limit, the items of one request.
    pub async fn page(mut self) -> Result<Page<T>> {
        if self.is_full() {
            let error =
                Error::new(ErrorKind::InvalidRequest, "a page cannot have a limit of 0: set a limit of 1 or more");
            return Err(error.with_operation(self.operation()).entity(self.plan.target.name));
        }
        let start = self.start.clone();
        let mut items = Vec::new();
        let mut requests = 1;
        loop {
            if self.is_full() {
                let more = self.items.len() > 0;
                let next = if more { self.position() } else { self.next_cursor() };
                return Ok(Page { items, next });
            }
            // If a request fails, the earlier items of the page are lost, so `resume` is the start of the page.
            match self.step().await.map_err(|error| error.resume_at(start.clone()))? {
                Next::Item(item) => items.push(item),
                Next::Bad { error, .. } if items.is_empty() => return Err(error),
                Next::Bad { before, .. } => return Ok(Page { items, next: before }),
                Next::Boundary if self.remaining.is_none() => {
                    return Ok(Page { items, next: self.next_cursor() });
                }
                Next::Boundary if self.plan.max_requests.is_some_and(|most| requests >= most) => {
                    return Ok(Page { items, next: self.next_cursor() });
                }
                Next::Boundary => requests += 1,
                Next::End => return Ok(Page { items, next: None }),
            }
        }
    }

    /// Counts the items, up to the limit.
    pub async fn count(mut self) -> Result<usize> {
        let mut total: usize = 0;
        loop {
            let limit = self.plan.limit.unwrap_or(usize::MAX);
            if total >= limit {
                return Ok(limit);
            }
            let remaining = self.plan.limit.map(|limit| limit - total);
            let counted = self.request(remaining, true).await;
            let counted = counted.map_err(|error| error.with_operation("count").entity(self.plan.target.name))?;
            let excluded = counted.items.iter().filter(|(_, looked)| matches!(looked, Outcome::Other)).count();
            total += counted.count - excluded.min(counted.count);
            if self.next.is_none() {
                return Ok(total.min(limit));
            }
        }
    }
}
