//! Sign-ins, sessions, authorization codes and refresh tokens, independent of HTTP and of the system's clock.

use std::mem;

use aws_lc_rs::{
    digest::{SHA256, digest},
    error::Unspecified,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use shared::token::UnixTime;

use super::{
    expiring_store::{ExpiringStore, random_key},
    users::User,
};

/// Time for choosing a user on the sign-in page.
const SIGN_IN_TTL_SECONDS: u64 = 10 * 60;
/// Lifetime of an authorization code (RFC 6749, section 4.1.2, recommends at most ten minutes).
const CODE_TTL_SECONDS: u64 = 60;
/// Lifetime of a session, and of a refresh token with all its successors.
const SESSION_TTL_SECONDS: u64 = 12 * 60 * 60;

/// A valid authorization request of the token page.
#[derive(Clone)]
pub(super) struct AuthorizationRequest {
    pub(super) redirect_uri: String,
    pub(super) state: Option<String>,
    pub(super) nonce: Option<String>,
    /// With the method S256 (RFC 7636, section 4.2).
    pub(super) code_challenge: String,
    /// Whether the scope `offline_access` requests a refresh token.
    pub(super) offline_access: bool,
}

/// A user's authentication.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) user: User,
    pub(super) authenticated_at: UnixTime,
}

/// What the token endpoint issues tokens for.
pub(super) struct TokenGrant {
    pub(super) session: Session,
    /// The `nonce` of the authorization request; `None` for a refresh.
    pub(super) nonce: Option<String>,
    pub(super) refresh_token: Option<String>,
}

/// A code or refresh token is not exchanged for tokens.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum GrantError {
    /// `invalid_grant` (RFC 6749, section 5.2), with its description.
    #[error("{0}")]
    Invalid(&'static str),
    /// The system has no random numbers.
    #[error("the system's random number generator failed")]
    Random(#[from] Unspecified),
}

#[derive(Clone)]
struct AuthorizationCode {
    request: AuthorizationRequest,
    session: Session,
    expires_at: UnixTime,
    /// Key of the refresh token family that the exchange of the code starts.
    family: String,
    is_used: bool,
}

/// A refresh token and its successors, of which only the last one is active.
struct RefreshTokenFamily {
    session: Session,
    current_secret: String,
}

/// Stores grants in memory.
pub(super) struct GrantStore {
    /// Requests for which the sign-in page is open.
    pub(super) sign_ins: ExpiringStore<AuthorizationRequest>,
    pub(super) sessions: ExpiringStore<Session>,
    /// Kept as long as refresh tokens that they started, because a second use of a code revokes those.
    codes: ExpiringStore<AuthorizationCode>,
    families: ExpiringStore<RefreshTokenFamily>,
}

impl GrantStore {
    pub(super) const fn new() -> Self {
        Self {
            sign_ins: ExpiringStore::new(SIGN_IN_TTL_SECONDS),
            sessions: ExpiringStore::new(SESSION_TTL_SECONDS),
            codes: ExpiringStore::new(CODE_TTL_SECONDS + SESSION_TTL_SECONDS),
            families: ExpiringStore::new(SESSION_TTL_SECONDS),
        }
    }

    /// Issues a code that the token page exchanges for tokens of the session's user.
    ///
    /// # Errors
    ///
    /// Returns an error if the system has no random numbers.
    pub(super) fn issue_code(
        &mut self,
        request: AuthorizationRequest,
        session: Session,
        now: UnixTime,
    ) -> Result<String, Unspecified> {
        let expires_at = now.plus(CODE_TTL_SECONDS);
        let code = AuthorizationCode { request, session, expires_at, family: random_key()?, is_used: false };
        self.codes.insert(code, now)
    }

    /// Exchanges a code for a grant. A code works once, even if the exchange fails. A second use also revokes the refresh
    /// tokens of the first one (RFC 6749, section 4.1.2).
    ///
    /// # Errors
    ///
    /// Returns [`GrantError::Invalid`] if the code is not active or another parameter differs from the authorization request.
    pub(super) fn redeem_code(
        &mut self,
        code: &str,
        redirect_uri: &str,
        code_verifier: &str,
        now: UnixTime,
    ) -> Result<TokenGrant, GrantError> {
        let code = self.codes.get(code, now).ok_or(GrantError::Invalid("the code is unknown"))?;
        if mem::replace(&mut code.is_used, true) {
            let family = code.family.clone();
            self.families.remove(&family, now);
            return Err(GrantError::Invalid("the code was already used"));
        }
        let AuthorizationCode { request, session, expires_at, family, .. } = code.clone();
        if now >= expires_at {
            return Err(GrantError::Invalid("the code has expired"));
        }
        if redirect_uri != request.redirect_uri {
            return Err(GrantError::Invalid("`redirect_uri` differs from the authorization request"));
        }
        if !verifier_matches(code_verifier, &request.code_challenge) {
            return Err(GrantError::Invalid("`code_verifier` does not match `code_challenge`"));
        }
        let refresh_token =
            if request.offline_access { Some(self.start_family(family, session.clone(), now)?) } else { None };
        Ok(TokenGrant { session, nonce: request.nonce, refresh_token })
    }

    fn start_family(&mut self, family: String, session: Session, now: UnixTime) -> Result<String, Unspecified> {
        let current_secret = random_key()?;
        let token = format!("{family}.{current_secret}");
        self.families.insert_at(family, RefreshTokenFamily { session, current_secret }, now);
        Ok(token)
    }

    /// Exchanges a refresh token for a grant with its successor. A second use revokes the family, because one of the two
    /// users stole the token (RFC 9700, section 4.14.2).
    ///
    /// # Errors
    ///
    /// Returns [`GrantError::Invalid`] if the refresh token is not active.
    pub(super) fn refresh(&mut self, token: &str, now: UnixTime) -> Result<TokenGrant, GrantError> {
        let unknown = GrantError::Invalid("the refresh token is unknown, expired or revoked");
        let Some((key, secret)) = token.split_once('.') else { return Err(unknown) };
        let family = self.families.get(key, now).ok_or(unknown)?;
        if family.current_secret != secret {
            self.families.remove(key, now);
            return Err(GrantError::Invalid("the refresh token was already used"));
        }
        family.current_secret = random_key()?;
        let refresh_token = format!("{key}.{}", family.current_secret);
        Ok(TokenGrant { session: family.session.clone(), nonce: None, refresh_token: Some(refresh_token) })
    }

    /// Revokes a refresh token, its predecessors and its successors. An unknown token has no effect.
    pub(super) fn revoke(&mut self, token: &str, now: UnixTime) {
        if let Some((key, _)) = token.split_once('.') {
            self.families.remove(key, now);
        }
    }
}

/// RFC 7636, sections 4.1 and 4.6.
fn verifier_matches(verifier: &str, challenge: &str) -> bool {
    let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let is_verifier = (43..=128).contains(&verifier.len()) && verifier.bytes().all(is_unreserved);
    is_verifier && URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes())) == challenge
}

#[cfg(test)]
mod tests {
    use super::verifier_matches;

    /// RFC 7636, appendix B.
    #[test]
    fn code_verifier_of_the_rfc_example_matches() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        assert!(verifier_matches(verifier, challenge));
        for other in [&verifier[1..], challenge, ""] {
            assert!(!verifier_matches(other, challenge), "{other}");
        }
    }
}
