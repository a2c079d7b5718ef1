/** A person who signs in: authorization code with PKCE, by a certified client, through the provider's own pages. */

import assert from 'node:assert/strict';

import * as oidc from 'openid-client';

import { CLIENT, REDIRECT, RESOURCE } from './provider.mjs';

/** The most pages between the first address and the client's. */
const LONGEST_WAY = 12;

/**
 * Signs in as `person`.
 *
 * @param {string} person what they type
 * @param {object} wish the client's id, and the API that the access token is to be for; `null` for none
 * @returns {Promise<{id: string, access: string}>} the ID token and the access token
 */
export async function signIn({ issuer, algorithm }, person, { client = CLIENT, resource = RESOURCE } = {}) {
  const metadata = { id_token_signed_response_alg: algorithm };
  const options = { execute: [oidc.allowInsecureRequests] };
  const config = await oidc.discovery(new URL(issuer), client, metadata, oidc.None(), options);
  const verifier = oidc.randomPKCECodeVerifier();
  const [state, nonce] = [oidc.randomState(), oidc.randomNonce()];
  const wanted = resource ? { resource } : {};
  const first = oidc.buildAuthorizationUrl(config, {
    ...wanted,
    redirect_uri: REDIRECT,
    scope: resource ? 'openid tokens' : 'openid',
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
  });
  const last = await new Browser().walk(first, person);
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
  const tokens = await oidc.authorizationCodeGrant(config, last, checks, wanted);
  return { id: tokens.id_token, access: tokens.access_token };
}

/** What follows redirects, keeps cookies, and fills in forms. */
class Browser {
  #cookies = new Map();

  /** Goes from the first address to the client's, which is given and not visited. */
  async walk(first, person) {
    let step = { url: first };
    for (let page = 0; page < LONGEST_WAY; page += 1) {
      const answer = await this.#visit(step);
      step = await next(answer, step.url, person);
      if (step.url.href.startsWith(REDIRECT)) return step.url;
    }
    throw new Error(`the sign-in has more than ${LONGEST_WAY} pages`);
  }

  async #visit({ url, form }) {
    const sent = [...this.#cookies].filter(([, cookie]) => url.pathname.startsWith(cookie.path));
    const headers = { Cookie: sent.map(([name, cookie]) => `${name}=${cookie.value}`).join('; ') };
    const answer = await fetch(url, { method: form ? 'POST' : 'GET', body: form, headers, redirect: 'manual' });
    for (const cookie of answer.headers.getSetCookie()) this.#keep(cookie);
    return answer;
  }

  #keep(text) {
    const [, name, value] = text.match(/^([^=]+)=([^;]*)/);
    const [, path = '/'] = text.match(/; path=([^;]+)/i) ?? [];
    if (value) this.#cookies.set(name, { value, path });
    else this.#cookies.delete(name);
  }
}

/** Where an answer leads: by its redirect, or by the form on the page. */
async function next(answer, url, person) {
  const location = answer.headers.get('location');
  if (location) return { url: new URL(location, url) };
  const page = await answer.text();
  const [, action] = page.match(/<form[^>]* action="([^"]+)"/) ?? [];
  const [, prompt] = page.match(/name="prompt" value="([^"]+)"/) ?? [];
  assert.ok(action && prompt, `${url.pathname} answers ${answer.status} without a form`);
  return { url: new URL(action, url), form: new URLSearchParams({ prompt, login: person, password: 'any' }) };
}
