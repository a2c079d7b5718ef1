//! *(recorded before released)* Tokens that are known to be stored.

use super::{InsertToken, PortError, PortErrorKind, ReadAuthorizationData, Service};
use crate::{
    jwt::ReleaseProof,
    token::{Token, TokenId},
};

/// A token that is stored in the table.
///
/// Its field is private, and the functions of this module are the only code that creates one. Adapters return plain tokens.
///
/// # Examples
///
/// [`insert_token`] returns one:
///
/// ```
/// use shared::{ports::{InsertOutcome, PortError, InsertToken, insert_token}, token::Token};
///
/// async fn store(ledger: &impl InsertToken, token: Token) -> Result<InsertOutcome, PortError> {
///     insert_token(ledger, token).await
/// }
/// ```
///
/// Code outside of this module cannot construct one:
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
    /// Another token is stored under the same key. The new one is not stored.
    Exists(RecordedToken),
}

impl RecordedToken {
    /// The token.
    #[must_use]
    pub fn token(&self) -> &Token {
        &self.0
    }
}

impl ReleaseProof for RecordedToken {}

/// Stores `token`. An equal token that exists already is an earlier attempt of the same write whose response was lost.
///
/// # Errors
///
/// Those of the adapter. The token may be stored then.
pub async fn insert_token(ledger: &impl InsertToken, token: Token) -> Result<InsertOutcome, PortError> {
    Ok(match ledger.insert(&token).await? {
        Some(existing) if existing != token => InsertOutcome::Exists(RecordedToken(existing)),
        _ => InsertOutcome::Inserted(RecordedToken(token)),
    })
}

/// The token `id` with a strongly consistent read; `None` if it does not exist.
///
/// # Errors
///
/// Those of the adapter, and [`PortErrorKind::InvalidItem`] if the stored item cannot be read.
pub async fn find_token(ledger: &impl ReadAuthorizationData, id: &TokenId) -> Result<Option<RecordedToken>, PortError> {
    let mut data = ledger.read_authorization_data(std::slice::from_ref(id), &[]).await?;
    let token = data.tokens.remove(id.key()).transpose();
    let invalid = PortError::new(Service::DynamoDb, "BatchGetItem", PortErrorKind::InvalidItem);
    token.map(|token| token.map(RecordedToken)).map_err(|error| invalid.with_detail(error.to_string()))
}
