/** Ids, claims and items of tokens. */
export const AUDIENCE = process.env.TOKEN_AUDIENCE;
export const ISSUER = `${process.env.PUBLIC_URL}/v1/access-tokens`;

export const isTokenId = (value) => /^api_[\w-]{21}$/.test(value);
export const isRole = (value) => typeof value === 'string' && /^[\w-]{1,64}:[\w.-]{1,64}$/.test(value);

/** The claims of the token with this item (RFC 9068, section 2.2). */
export function claimsOf(item) {
  const { id } = item;
  const claims = { iss: ISSUER, sub: id, aud: AUDIENCE, jti: id, client_id: id, iat: item.created_at, token_use: 'access' };
  Object.assign(claims, { token_id: id, token_name: item.name, token_type: 'api', org_id: item.org, user_id: id });
  claims.assume_roles = item.roles;
  if (item.expires_at !== undefined) claims.exp = item.expires_at;
  for (const name of ['parent', 'read_only', 'anonymize']) if (item[name] !== undefined) claims[name] = item[name];
  return claims;
}

export const isActive = ({ revoked_at: revokedAt, expires_at: expiresAt }) =>
  revokedAt === undefined && (expiresAt === undefined || Date.now() / 1000 < expiresAt);
