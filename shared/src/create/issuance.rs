//! *(recorded before released)* Signs a token, stores it, and only then releases the JWT.
//!
//! The token is signed first, so that a signer that fails leaves nothing in the table. The compiler enforces the rest: the JWT of a
//! [`SignedToken`] is accessible only through [`SignedToken::release`], which takes a [`RecordedToken`].

use crate::{
    error::ApiError,
    jwt::{Jwt, SigningInput},
    ports::{InsertOutcome, InsertToken, RecordedToken, insert_token},
    token::Token,
};

/// A token that is signed and not yet released.
pub struct SignedToken {
    token: Token,
    jwt: Jwt,
}

/// A token that is stored, with its JWT.
#[derive(Debug)]
pub struct IssuedToken {
    recorded: RecordedToken,
    jwt: Jwt,
}

/// The result of storing a signed token.
pub(super) enum Issuance {
    /// The token is stored.
    Issued(Box<IssuedToken>),
    /// Another token is stored under the same id: the token that was to be stored, and that one.
    IdTaken(Box<Token>, Box<RecordedToken>),
}

impl SignedToken {
    /// `token` with the JWT of `input` and `signature` (RFC 7518, section 3).
    pub(super) fn new(token: Token, input: SigningInput, signature: &[u8]) -> Self {
        Self { token, jwt: input.with_signature(signature) }
    }

    /// Stores the token.
    pub(super) async fn record(self, ledger: &impl InsertToken) -> Result<Issuance, ApiError> {
        match insert_token(ledger, self.token.clone()).await? {
            InsertOutcome::Inserted(recorded) => Ok(Issuance::Issued(Box::new(self.release(recorded)?))),
            InsertOutcome::Exists(existing) => Ok(Issuance::IdTaken(Box::new(self.token), Box::new(existing))),
        }
    }

    /// Releases the JWT of a token that is stored.
    ///
    /// # Errors
    ///
    /// An internal error if `recorded` is another token than the one that was signed.
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
            Err(ApiError::internal("the stored token is not the signed one"))
        }
    }
}

impl IssuedToken {
    /// The token as it is stored.
    #[must_use]
    pub fn token(&self) -> &Token {
        self.recorded.token()
    }

    /// The JWT, for the response of the request that creates the token.
    #[must_use]
    pub fn expose_secret(self) -> String {
        self.jwt.expose_secret(&self.recorded)
    }
}
