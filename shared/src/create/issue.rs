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

/// What became of recording a token.
pub(super) enum Recorded {
    /// It is in the ledger.
    New(Box<Issued>),
    /// It is not; another is there under its id: the token that was to be recorded, and that one.
    There(Box<Token>, Box<Token>),
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
    pub(super) async fn record(self, ledger: &impl Recorder) -> Result<Recorded, Failure> {
        Ok(match ledger.record(&self.token).await? {
            Some(there) if there != self.token => Recorded::There(Box::new(self.token), Box::new(there)),
            _ => Recorded::New(Box::new(self.already_recorded())),
        })
    }

    /// Gives the token out that was read from the ledger and signed anew.
    pub(super) fn already_recorded(self) -> Issued {
        Issued { token: self.token, jwt: self.jwt }
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
