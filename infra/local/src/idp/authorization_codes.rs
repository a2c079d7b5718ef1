//! Who signed in, and what the page was given for it. Pure: the time comes from outside, and nothing here knows HTTP.

use std::mem;

use aws_lc_rs::{
    digest::{SHA256, digest},
    error::Unspecified,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use shared::token::UnixTime;

use super::{
    store::{Store, secret},
    users::User,
};

/// For how many seconds a sign-in page may stand open.
const TRANSACTION: u64 = 10 * 60;
/// For how many seconds a code may be redeemed (RFC 6749, section 4.1.2, advises ten minutes at most).
const CODE: u64 = 60;
/// For how many seconds somebody stays signed in, and a refresh token and its successors work.
const SESSION: u64 = 12 * 60 * 60;

/// What the page asked for at the authorization endpoint.
#[derive(Clone)]
pub(super) struct Order {
    pub redirect_uri: String,
    pub state: Option<String>,
    pub nonce: Option<String>,
    /// S256 (RFC 7636, section 4.2).
    pub challenge: String,
    /// Whether a refresh token is asked for, by `offline_access`.
    pub offline: bool,
}

/// Somebody who signed in, and when.
#[derive(Clone)]
pub(super) struct SignedIn {
    pub user: User,
    pub at: UnixTime,
}

/// What the token endpoint gives tokens for.
pub(super) struct Granted {
    pub who: SignedIn,
    /// As the page sent it; none where the tokens are renewed.
    pub nonce: Option<String>,
    pub refresh: Option<String>,
}

/// Why there is nothing to give.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum GrantError {
    /// `invalid_grant` (RFC 6749, section 5.2), with the reason.
    #[error("{0}")]
    Invalid(&'static str),
    /// The system has no random numbers.
    #[error("there are no random numbers")]
    Random(#[from] Unspecified),
}

#[derive(Clone)]
struct Code {
    order: Order,
    who: SignedIn,
    end: UnixTime,
    /// The family that is founded when the code is redeemed.
    family: String,
    used: bool,
}

/// A refresh token and its successors, of which the last alone works.
struct Family {
    who: SignedIn,
    current: String,
}

/// What the provider remembers until it stops.
pub(super) struct Grants {
    pub transactions: Store<Order>,
    pub sessions: Store<SignedIn>,
    /// They outlive their use, so that a second one is noticed as long as what came of the first still works.
    codes: Store<Code>,
    families: Store<Family>,
}

impl Grants {
    pub(super) const fn new() -> Self {
        Self {
            transactions: Store::new(TRANSACTION),
            sessions: Store::new(SESSION),
            codes: Store::new(CODE + SESSION),
            families: Store::new(SESSION),
        }
    }

    /// A code by which the page gets the tokens of `who`.
    ///
    /// # Errors
    ///
    /// When the system has no random numbers.
    pub(super) fn code(&mut self, order: Order, who: SignedIn, now: UnixTime) -> Result<String, Unspecified> {
        let code = Code { order, who, end: now.plus(CODE), family: secret()?, used: false };
        self.codes.put(code, now)
    }

    /// What `code` is worth, once: it is spent by whatever is wrong with the rest. A second use also takes the refresh tokens
    /// that came of the first (RFC 6749, section 4.1.2).
    ///
    /// # Errors
    ///
    /// See [`GrantError`].
    pub(super) fn redeem(
        &mut self,
        code: &str,
        redirect_uri: &str,
        verifier: &str,
        now: UnixTime,
    ) -> Result<Granted, GrantError> {
        let code = self.codes.get(code, now).ok_or(GrantError::Invalid("the code is not known"))?;
        if mem::replace(&mut code.used, true) {
            let family = code.family.clone();
            self.families.take(&family, now);
            return Err(GrantError::Invalid("the code was used before"));
        }
        let Code { order, who, end, family, .. } = code.clone();
        if now >= end {
            return Err(GrantError::Invalid("the code has expired"));
        }
        if redirect_uri != order.redirect_uri {
            return Err(GrantError::Invalid("the redirect_uri is not that of the authorization request"));
        }
        if !answers(verifier, &order.challenge) {
            return Err(GrantError::Invalid("the code_verifier does not answer the code_challenge"));
        }
        let refresh = if order.offline { Some(self.found(family, who.clone(), now)?) } else { None };
        Ok(Granted { who, nonce: order.nonce, refresh })
    }

    fn found(&mut self, family: String, who: SignedIn, now: UnixTime) -> Result<String, Unspecified> {
        let current = secret()?;
        let token = format!("{family}.{current}");
        self.families.put_under(family, Family { who, current }, now);
        Ok(token)
    }

    /// What the refresh token `token` is worth, with its successor. One that was used before ends its family, since one of its
    /// two users is a thief (RFC 9700, section 4.14.2).
    ///
    /// # Errors
    ///
    /// See [`GrantError`].
    pub(super) fn renew(&mut self, token: &str, now: UnixTime) -> Result<Granted, GrantError> {
        let unknown = GrantError::Invalid("the refresh token is not known, or has ended");
        let Some((name, secret_part)) = token.split_once('.') else { return Err(unknown) };
        let family = self.families.get(name, now).ok_or(unknown)?;
        if family.current != secret_part {
            self.families.take(name, now);
            return Err(GrantError::Invalid("the refresh token was used before"));
        }
        family.current = secret()?;
        let refresh = format!("{name}.{}", family.current);
        Ok(Granted { who: family.who.clone(), nonce: None, refresh: Some(refresh) })
    }
}

/// RFC 7636, sections 4.1 and 4.6.
fn answers(verifier: &str, challenge: &str) -> bool {
    let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let is_verifier = (43..=128).contains(&verifier.len()) && verifier.bytes().all(is_unreserved);
    is_verifier && URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes())) == challenge
}

#[cfg(test)]
mod tests {
    use super::answers;

    #[test]
    fn a_verifier_answers_as_in_the_rfcs_example() {
        // RFC 7636, appendix B.
        let (verifier, challenge) =
            ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert!(answers(verifier, challenge));
        assert!(!answers(&verifier[1..], challenge) && !answers(challenge, challenge) && !answers("", challenge));
    }
}
