//! How large a token may be.

use crate::{
    caller::{MAX_ROLE_LIST_BYTES, join},
    error::ApiError,
    jwt::{SigningInput, VerifyingKey},
    permissions::RoleId,
    token::{Claims, Issuer, Token, TokenType},
};

/// The most bytes of a finished token: API Gateway carries 10,240 bytes of headers.
const MAX_TOKEN_BYTES: usize = 6_000;

/// What the size of a token depends on, beside the token.
pub(super) struct TokenSizeLimit<'a> {
    pub(super) key: &'a VerifyingKey,
    pub(super) issuer: &'a Issuer,
    /// The maker's roles that come along, asked for or not.
    pub(super) denying: &'a [RoleId],
}

impl TokenSizeLimit<'_> {
    /// What is to be signed, once it is known that the whole will not be too long.
    pub(super) fn input(&self, token: &Token) -> Result<SigningInput, ApiError> {
        let input = self.write(token)?;
        let (length, roles) = (input.sealed_length(self.key.signature_length()), token.token_type.roles());
        if length <= MAX_TOKEN_BYTES {
            return if join(roles).len() <= MAX_ROLE_LIST_BYTES { Ok(input) } else { Err(too_many(roles)) };
        }
        let fit = (1..roles.len()).rev().find(|count| self.fits(token, *count));
        Err(ApiError::Invalid(match fit {
            Some(count) => format!(
                "the token would have {length} bytes and may have {MAX_TOKEN_BYTES}: the first {count} of its roles fit"
            ),
            None => format!("the token would have {length} bytes and may have {MAX_TOKEN_BYTES}"),
        }))
    }

    /// Whether the token would do with the first `count` of its roles, and those that come along anyway.
    fn fits(&self, token: &Token, count: usize) -> bool {
        let mut fewer = token.clone();
        if let TokenType::Api(access) | TokenType::Assume(access) | TokenType::App(access) = &mut fewer.token_type {
            let along = access.roles.split_off(count);
            access.roles.extend(along.into_iter().filter(|role| self.denying.contains(role)));
        }
        self.write(&fewer).is_ok_and(|input| input.sealed_length(self.key.signature_length()) <= MAX_TOKEN_BYTES)
    }

    fn write(&self, token: &Token) -> Result<SigningInput, ApiError> {
        let claims = Claims::of(token, self.issuer);
        SigningInput::new(self.key.alg(), self.key.kid(), &claims)
            .map_err(|error| ApiError::internal(error.to_string()))
    }
}

/// A token that was made and could not be used, since the authorizer cannot hand its roles on, would be of no use.
fn too_many(roles: &[RoleId]) -> ApiError {
    let bytes = join(roles).len();
    ApiError::TooManyRoles(format!(
        "the roles of the token would have {bytes} bytes and may have {MAX_ROLE_LIST_BYTES}"
    ))
}
