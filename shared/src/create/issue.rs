//! *(recorded before released)* A token is made by a walk by value, `Draft → Signed → Issued`, and only `Issued` gives the
//! signed token out. Signed first, so that a signer that fails leaves nothing behind; recorded before anybody has it.

use crate::{
    failure::Failure,
    jwt::{Jwt, SigningInput},
    ports::Recorder,
    token::Token,
};

/// A token that was decided on.
pub(super) struct Draft(Token);

/// A token that was signed and that nobody may have yet.
pub(super) struct Signed {
    token: Token,
    jwt: Jwt,
}

/// A token that is in the ledger, and may be given out.
#[derive(Debug)]
pub struct Issued {
    token: Token,
    jwt: Jwt,
}

impl Draft {
    pub(super) fn new(token: Token) -> Self {
        Self(token)
    }

    pub(super) fn token(&self) -> &Token {
        &self.0
    }

    pub(super) fn sign(self, input: SigningInput, signature: &[u8]) -> Signed {
        Signed { token: self.0, jwt: input.seal(signature) }
    }
}

impl Signed {
    /// Records the token. A row that is there already and says the same is an earlier attempt of this very write, whose
    /// answer was lost.
    pub(super) async fn record(self, ledger: &impl Recorder) -> Result<Issued, Failure> {
        match ledger.record(&self.token).await? {
            Some(other) if other != self.token => Err(Failure::Internal("the id is taken".to_owned())),
            _ => Ok(Issued { token: self.token, jwt: self.jwt }),
        }
    }
}

impl Issued {
    /// The token as it was recorded.
    #[must_use]
    pub fn token(&self) -> &Token {
        &self.token
    }

    /// Gives the signed token out, to be written into the one answer that carries it.
    #[must_use]
    pub fn reveal(self) -> String {
        self.jwt.reveal()
    }
}
