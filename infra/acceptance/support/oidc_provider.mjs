/** A certified OpenID Connect server (the package `oidc-provider`), whose users own the organization 123. */

import { Provider } from 'oidc-provider';

const CLAIMS = { org_id: '123', roles: ['owner'] };

// Each server warns that its keys, pages and storage are not for production.
const warn = console.warn;
console.warn = (...parts) => String(parts[0]).includes('quick start development-only') || warn(...parts);

/**
 * Returns the request listener of a server.
 *
 * @param {string} issuer the server's URL
 * @param {object} configuration of `oidc-provider`, in addition to the defaults here
 */
export function createOidcProvider(issuer, configuration) {
  const provider = new Provider(issuer, {
    cookies: { keys: ['unused'] },
    // Otherwise an ID token that is issued with an access token for the server itself contains no claim but `sub`.
    conformIdTokenClaims: false,
    claims: { openid: ['sub', ...Object.keys(CLAIMS)] },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, ...CLAIMS }) }),
    extraTokenClaims: () => CLAIMS,
    ttl: { AccessToken: 3600, Grant: 3600, IdToken: 3600, Interaction: 3600, Session: 3600 },
    ...configuration,
  });
  return provider.callback();
}

/** The configuration of a public client, which authenticates with PKCE only. */
export function publicClient(id, redirectUri, options = {}) {
  return {
    client_id: id,
    application_type: 'native',
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    ...options,
  };
}
