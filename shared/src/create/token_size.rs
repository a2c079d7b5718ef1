//! The size limits of a token: bytes of the JWT and bytes of its role list.

use crate::{
    caller::{MAX_ROLE_LIST_BYTES, role_list_bytes},
    error::ApiError,
    jwt::{SigningInput, VerifyingKey},
    permissions::RoleId,
    token::{Claims, Issuer, Token, TokenType},
};

/// Longest JWT, in bytes. API Gateway accepts 10,240 bytes of request headers, of which the token is one.
const MAX_TOKEN_BYTES: usize = 6_000;

/// Checks the size of a token before it is signed.
pub(super) struct TokenSizeLimit<'a> {
    /// Determines the length of the header and of the signature.
    pub(super) key: &'a VerifyingKey,
    /// Issuer and audience, which are claims.
    pub(super) issuer: &'a Issuer,
    /// The roles whose denies every token of the creator contains.
    pub(super) deny_roles: &'a [RoleId],
}

impl TokenSizeLimit<'_> {
    /// The signing input of `token`.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::Invalid`] if the JWT would exceed [`MAX_TOKEN_BYTES`], with the number of roles that fit,
    /// and [`ApiError::TooManyRoles`] if the roles exceed [`MAX_ROLE_LIST_BYTES`].
    pub(super) fn input(&self, token: &Token) -> Result<SigningInput, ApiError> {
        let input = self.write(token)?;
        let length = input.sealed_length(self.key.signature_length());
        let roles = token.token_type.roles();
        if length <= MAX_TOKEN_BYTES {
            let role_bytes = role_list_bytes(roles, token.token_type.inherited_denies());
            return if role_bytes <= MAX_ROLE_LIST_BYTES { Ok(input) } else { Err(too_many(role_bytes)) };
        }
        let fit = (1..roles.len()).rev().find(|count| self.fits(token, *count));
        let remedy = match fit {
            Some(count) => format!(": the first {count} of its roles fit"),
            None if has_grants(token) => ": request fewer `grants`".to_owned(),
            None => String::new(),
        };
        Err(ApiError::Invalid(format!("the token would have {length} bytes (maximum {MAX_TOKEN_BYTES}){remedy}")))
    }

    /// Whether the token fits with the first `count` of its roles and the denies of the others.
    fn fits(&self, token: &Token, count: usize) -> bool {
        let mut fewer = token.clone();
        if let TokenType::Api(access) | TokenType::Assume(access) | TokenType::App(access) = &mut fewer.token_type {
            let rest = access.roles.split_off(count);
            access.inherited_denies.extend(rest.into_iter().filter(|role| self.deny_roles.contains(role)));
        }
        self.write(&fewer).is_ok_and(|input| input.sealed_length(self.key.signature_length()) <= MAX_TOKEN_BYTES)
    }

    fn write(&self, token: &Token) -> Result<SigningInput, ApiError> {
        let claims = Claims::of(token, self.issuer);
        SigningInput::new(self.key.alg(), self.key.kid(), &claims)
            .map_err(|error| ApiError::internal(error.to_string()))
    }
}

fn has_grants(token: &Token) -> bool {
    token.token_type.access().is_some_and(|access| access.grant_limits.are_present())
}

/// Without this check the authorizer could not pass the roles of the token on to the functions.
fn too_many(bytes: usize) -> ApiError {
    ApiError::TooManyRoles(format!(
        "the roles and inherited denies of the token would have {bytes} bytes (maximum {MAX_ROLE_LIST_BYTES})"
    ))
}
