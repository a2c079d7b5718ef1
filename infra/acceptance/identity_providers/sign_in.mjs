/** A sign-in with authorization code and PKCE, by a certified client library, through the provider's own pages. */

import assert from 'node:assert/strict';

import * as oidc from 'openid-client';

import { CLIENT, REDIRECT, RESOURCE } from './identity_provider.mjs';

/** The most pages between the authorization request and the redirect URI. */
const MAX_PAGES = 12;

/**
 * Signs in as `user`.
 *
 * @param {string} user the login
 * @param {object} options the client's id, and the API that the access token is for, or `null` for none
 * @returns {Promise<{id: string, access: string}>} the ID token and the access token
 */
export async function signIn({ issuer, algorithm }, user, { client = CLIENT, resource = RESOURCE } = {}) {
  const metadata = { id_token_signed_response_alg: algorithm };
  const options = { execute: [oidc.allowInsecureRequests] };
  const config = await oidc.discovery(new URL(issuer), client, metadata, oidc.None(), options);
  const verifier = oidc.randomPKCECodeVerifier();
  const state = oidc.randomState();
  const nonce = oidc.randomNonce();
  const parameters = resource ? { resource } : {};
  const authorizationUrl = oidc.buildAuthorizationUrl(config, {
    ...parameters,
    redirect_uri: REDIRECT,
    scope: resource ? 'openid tokens' : 'openid',
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
  });
  const callbackUrl = await new Browser().follow(authorizationUrl, user);
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
  const tokens = await oidc.authorizationCodeGrant(config, callbackUrl, checks, parameters);
  return { id: tokens.id_token, access: tokens.access_token };
}

/** Follows redirects, keeps cookies and submits forms. */
class Browser {
  #cookies = new Map();

  /** Returns the URL with which the provider redirects to the client. It is not loaded. */
  async follow(authorizationUrl, user) {
    let request = { url: authorizationUrl };
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const response = await this.#send(request);
      request = await nextRequest(response, request.url, user);
      if (request.url.href.startsWith(REDIRECT)) return request.url;
    }
    throw new Error(`the sign-in has more than ${MAX_PAGES} pages`);
  }

  async #send({ url, form }) {
    const cookies = [...this.#cookies].filter(([, cookie]) => url.pathname.startsWith(cookie.path));
    const headers = { Cookie: cookies.map(([name, cookie]) => `${name}=${cookie.value}`).join('; ') };
    const response = await fetch(url, { method: form ? 'POST' : 'GET', body: form, headers, redirect: 'manual' });
    for (const cookie of response.headers.getSetCookie()) this.#store(cookie);
    return response;
  }

  #store(text) {
    const [, name, value] = text.match(/^([^=]+)=([^;]*)/);
    const [, path = '/'] = text.match(/; path=([^;]+)/i) ?? [];
    if (value) this.#cookies.set(name, { value, path });
    else this.#cookies.delete(name);
  }
}

/** The request that follows a response: its redirect, or the form on its page. */
async function nextRequest(response, url, user) {
  const location = response.headers.get('location');
  if (location) return { url: new URL(location, url) };
  const page = await response.text();
  const [, action] = page.match(/<form[^>]* action="([^"]+)"/) ?? [];
  const [, prompt] = page.match(/name="prompt" value="([^"]+)"/) ?? [];
  assert.ok(action && prompt, `${url.pathname} returns ${response.status} without a form`);
  return { url: new URL(action, url), form: new URLSearchParams({ prompt, login: user, password: 'any' }) };
}
