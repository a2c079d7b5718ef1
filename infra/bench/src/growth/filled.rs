//! A stack whose ledger was filled, with what it takes to ask it.

use std::path::Path;

use dynoxide::types::Item;
use serde_json::json;

use super::rows::{Book, Read, Which, living, name, revoked};
use crate::stack::{Caller, Outcome, Running};

/// How many living tokens the organization with the revoked ones has, those that ask among them.
const FEW: usize = 10;

/// What there is more of in one ledger than in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Series {
    /// Living tokens, in one organization.
    Living,
    /// Revoked tokens, in an organization of few living ones.
    Revoked,
}

impl Series {
    /// Both.
    pub(super) const ALL: [Self; 2] = [Self::Living, Self::Revoked];

    /// The organization.
    pub(super) fn org(self) -> &'static str {
        match self {
            Self::Living => "living",
            Self::Revoked => "revoked",
        }
    }

    /// How many tokens a list asks for: fewer than any organization has, or all that the one with the revoked ones has.
    pub(super) fn limit(self) -> usize {
        match self {
            Self::Living => FEW / 2,
            Self::Revoked => FEW,
        }
    }
}

/// A stack and its two organizations.
pub(super) struct Filled {
    pub(super) running: Running,
    pub(super) caller: Caller,
    pub(super) book: Book,
    orgs: [Org; 2],
}

/// An organization and those who ask in it.
pub(super) struct Org {
    /// The token of an owner.
    pub(super) owner: String,
    /// A token of ours.
    pub(super) token: String,
    /// A token of ours that may change nothing.
    pub(super) read_only: String,
    /// The row of a living token, after which others are made.
    pub(super) row: Item,
    /// How many tokens of the series were put in.
    pub(super) filled: usize,
}

impl Filled {
    /// Starts a stack and fills it: `tokens` living ones in one organization, `gone` revoked ones in the other.
    pub(super) async fn start(workspace: &Path, release: bool, tokens: usize, gone: usize) -> Outcome<Self> {
        let running = Running::start(workspace, release).await?;
        let book = Book::open(&running.data(), &running.stack.local.table)?;
        let caller = running.caller();
        let mut full = Org::new(&running, &book, Series::Living.org()).await?;
        let mut empty = Org::new(&running, &book, Series::Revoked.org()).await?;
        // In either, two that ask are there already.
        (full.filled, empty.filled) = (tokens.saturating_sub(2), gone);
        book.put((0..full.filled).map(|number| living(&full.row, Which::Many(number))))?;
        book.put((2..FEW).map(|number| living(&empty.row, Which::Few(number))))?;
        book.put((0..empty.filled).map(|number| revoked(&empty.row, Which::Gone(number))))?;
        Ok(Self { running, caller, book, orgs: [full, empty] })
    }

    /// The organization of a series.
    pub(super) fn org(&self, series: Series) -> &Org {
        let [full, empty] = &self.orgs;
        match series {
            Series::Living => full,
            Series::Revoked => empty,
        }
    }

    /// What the list's query reads of the index.
    pub(super) fn read(&self, series: Series) -> Outcome<Read> {
        self.book.read(series.org(), series.limit())
    }

    /// Stops the stack and takes its ledger away.
    pub(super) async fn stop(self) -> Outcome<()> {
        drop(self.book);
        self.running.stop().await
    }
}

impl Org {
    async fn new(running: &Running, book: &Book, org: &str) -> Outcome<Self> {
        let (owner, caller) = (running.owner(org)?, running.caller());
        let (id, token) = caller.create(&owner, &json!({ "name": name(0) }).to_string()).await?;
        let (_, read_only) = caller.create(&owner, &json!({ "name": name(1), "read_only": true }).to_string()).await?;
        Ok(Self { owner, token, read_only, row: book.row(&id)?, filled: 0 })
    }
}
