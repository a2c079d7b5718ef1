//! *(recorded before released)* The proof that a token is stored, and the only functions that create it.

use std::collections::HashMap;

use super::{InsertToken, PortError, ReadAuthorizationData};
use crate::{
    jwt::ReleaseProof,
    token::{Token, TokenId},
};

/// A token that is stored in the ledger.
///
/// The field is private, and only the functions of this module create a value. Adapters return plain tokens.
///
/// # Examples
///
/// [`insert_token`] returns a value:
///
/// ```
/// use shared::{ports::{InsertOutcome, PortError, InsertToken, insert_token}, token::Token};
///
/// async fn store(ledger: &impl InsertToken, token: Token) -> Result<InsertOutcome, PortError> {
///     insert_token(ledger, token).await
/// }
/// ```
///
/// Code outside of this module cannot construct a value:
///
/// ```compile_fail,E0423
/// use shared::{ports::{InsertOutcome, PortError, RecordedToken, InsertToken}, token::Token};
///
/// async fn store(ledger: &impl InsertToken, token: Token) -> Result<InsertOutcome, PortError> {
///     Ok(InsertOutcome::Inserted(RecordedToken(token)))
/// }
/// ```
#[derive(Debug)]
pub struct RecordedToken(Token);

/// The result of inserting a token.
#[derive(Debug)]
pub enum InsertOutcome {
    /// The token is stored.
    Inserted(RecordedToken),
    /// Another token is stored under the same key.
    Exists {
        /// The new token, which is not stored.
        token: Token,
        /// The stored token.
        existing: Box<RecordedToken>,
    },
}

impl RecordedToken {
    /// The token.
    #[must_use]
    pub fn token(&self) -> &Token {
        &self.0
    }

    /// The token, without the proof that it is stored.
    #[must_use]
    pub fn into_token(self) -> Token {
        self.0
    }
}

impl ReleaseProof for RecordedToken {}

/// Stores `token`. If an equal token exists, it counts as stored: an earlier attempt of the same write succeeded and
/// its response was lost.
///
/// # Errors
///
/// Returns the errors of the adapter. The token may be stored in this case.
pub async fn insert_token(ledger: &impl InsertToken, token: Token) -> Result<InsertOutcome, PortError> {
    Ok(match ledger.insert(&token).await? {
        Some(existing) if existing != token => {
            InsertOutcome::Exists { token, existing: Box::new(RecordedToken(existing)) }
        }
        _ => InsertOutcome::Inserted(RecordedToken(token)),
    })
}

/// The tokens `ids` with a strongly consistent read. Those that do not exist are missing from the result.
///
/// # Errors
///
/// Returns the errors of the adapter, and [`PortErrorKind::InvalidItem`](super::PortErrorKind::InvalidItem) if a stored item cannot be read.
pub async fn find_tokens(
    ledger: &impl ReadAuthorizationData,
    ids: &[TokenId],
) -> Result<HashMap<TokenId, RecordedToken>, PortError> {
    let mut data = ledger.read_authorization_data(ids, &[]).await?;
    let mut found = HashMap::new();
    for id in ids {
        let token = data.take_token(id)?.filter(|token| token.id == *id);
        found.extend(token.map(|token| (id.clone(), RecordedToken(token))));
    }
    Ok(found)
}

/// The token `id` with a strongly consistent read; `None` if it does not exist.
///
/// # Errors
///
/// Returns the errors of the adapter, and [`PortErrorKind::InvalidItem`](super::PortErrorKind::InvalidItem) if the stored item cannot be read.
pub async fn find_token(ledger: &impl ReadAuthorizationData, id: &TokenId) -> Result<Option<RecordedToken>, PortError> {
    let mut data = ledger.read_authorization_data(std::slice::from_ref(id), &[]).await?;
    Ok(data.take_token(id)?.map(RecordedToken))
}
