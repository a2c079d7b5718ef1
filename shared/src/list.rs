//! Listing tokens, page by page.

mod cursor;
mod filter;

pub use cursor::{CursorError, Position};
pub use filter::{Filter, LIMIT};

use crate::{
    caller::Caller,
    error::ApiError,
    ports::{Clock, Lister, Slice},
    token::{Class, Row, Token},
};

/// Lists tokens.
pub struct List<L, C> {
    /// Lists them.
    pub ledger: L,
    /// Tells the time.
    pub clock: C,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Its tokens, newest first.
    pub tokens: Vec<Token>,
    /// The cursor of the next page; `None` at the end.
    pub next: Option<String>,
}

impl<L: Lister, C: Clock> List<L, C> {
    /// The live tokens of the caller's organization that `filter` lets through, newest first, behind the place where `cursor`
    /// is. One read for each class.
    ///
    /// # Errors
    ///
    /// [`ApiError::Invalid`] for a cursor that is altered, or of another request; what the ledger could not do.
    pub async fn run(&self, caller: &Caller, filter: &Filter, cursor: Option<&str>) -> Result<Page, ApiError> {
        let before = cursor.map(|text| Position::open(text, &caller.org, filter)).transpose()?;
        let now = self.clock.now();
        let mut slices = Vec::new();
        for class in [Class::Listed, Class::System] {
            if filter.wants(class) {
                slices.push(self.ledger.slice(&caller.org, class, before.as_ref(), now, filter).await?);
            }
        }
        let (mut tokens, reached) = merge(slices);
        tokens.retain(|token| filter.lets_through(token));
        let left_over = tokens.len() > filter.limit;
        tokens.truncate(filter.limit);
        let next = if left_over { tokens.last().map(Position::of) } else { reached };
        Ok(Page { next: next.map(|position| position.seal(&caller.org, filter)), tokens })
    }
}

/// The slices as one, newest first, down to the place above which every class was read, and that place; `None` where all of
/// them were read to their ends.
fn merge(slices: Vec<Slice>) -> (Vec<Token>, Option<Position>) {
    let reached = slices.iter().filter_map(|slice| slice.reached.clone()).max();
    let mut tokens: Vec<Token> = slices.into_iter().flat_map(|slice| slice.tokens).collect();
    tokens.retain(|token| reached.as_ref().is_none_or(|reached| Position::of(token) >= *reached));
    tokens.sort_by_cached_key(|token| std::cmp::Reverse(Row::position(token)));
    (tokens, reached)
}

impl From<CursorError> for ApiError {
    fn from(error: CursorError) -> Self {
        Self::Invalid(error.to_string())
    }
}

#[cfg(test)]
mod tests;
