//! *(recorded before released)* Stores a signed token before its JWT is released.
//!
//! The token is signed first, so that a failed signature leaves nothing in the table. The compiler enforces the rest:
//! the JWT of a [`SignedToken`] is accessible only through [`SignedToken::release`], which takes a [`RecordedToken`].

use crate::{
    error::ApiError,
    jwt::{Jwt, SigningInput},
    ports::{InsertOutcome, InsertToken, RecordedToken, insert_token},
    token::Token,
};

/// A token with its signed JWT, which is not accessible yet.
pub struct SignedToken {
    token: Token,
    jwt: Jwt,
}

/// A stored token with its JWT.
#[derive(Debug)]
pub struct IssuedToken {
    recorded: RecordedToken,
    jwt: Jwt,
}

/// The result of storing a signed token.
pub(super) enum Issuance {
    /// The token is stored.
    Issued(Box<IssuedToken>),
    /// Another token is stored under the same id. Contains the new token, which is not stored, and the existing one.
    IdTaken(Box<Token>, Box<RecordedToken>),
}

impl SignedToken {
    /// Combines `input` and `signature` (RFC 7518, section 3) into the JWT of `token`.
    pub(super) fn new(token: Token, input: SigningInput, signature: &[u8]) -> Self {
        Self { token, jwt: input.with_signature(signature) }
    }

    /// Stores the token and releases its JWT.
    pub(super) async fn record(self, ledger: &impl InsertToken) -> Result<Issuance, ApiError> {
        let Self { token, jwt } = self;
        Ok(match insert_token(ledger, token).await? {
            InsertOutcome::Inserted(recorded) => Issuance::Issued(Box::new(IssuedToken { recorded, jwt })),
            InsertOutcome::Exists { token, existing } => Issuance::IdTaken(Box::new(token), existing),
        })
    }

    /// Releases the JWT of a stored token.
    ///
    /// # Errors
    ///
    /// Returns an internal error if `recorded` differs from the signed token.
    ///
    /// # Examples
    ///
    /// A stored token releases the JWT:
    ///
    /// ```
    /// use shared::{create::{IssuedToken, SignedToken}, error::ApiError, ports::RecordedToken};
    ///
    /// fn release(signed: SignedToken, token: RecordedToken) -> Result<IssuedToken, ApiError> {
    ///     signed.release(token)
    /// }
    /// ```
    ///
    /// A token that is not stored does not compile:
    ///
    /// ```compile_fail,E0308
    /// use shared::{create::{IssuedToken, SignedToken}, error::ApiError, token::Token};
    ///
    /// fn release(signed: SignedToken, token: Token) -> Result<IssuedToken, ApiError> {
    ///     signed.release(token)
    /// }
    /// ```
    pub fn release(self, recorded: RecordedToken) -> Result<IssuedToken, ApiError> {
        if *recorded.token() == self.token {
            Ok(IssuedToken { recorded, jwt: self.jwt })
        } else {
            Err(ApiError::internal("the stored token differs from the signed token"))
        }
    }
}

impl IssuedToken {
    /// The stored token.
    #[must_use]
    pub fn token(&self) -> &Token {
        self.recorded.token()
    }

    /// The JWT, for the response to the create request. *(returned only on creation)*
    #[must_use]
    pub fn expose_secret(self) -> String {
        self.jwt.expose_secret(&self.recorded)
    }
}
