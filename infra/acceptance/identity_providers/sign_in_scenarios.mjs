/** Requests with tokens of the providers. Each scenario takes the context: the stack, and the providers by their names. */

import assert from 'node:assert/strict';

import { decodeJwt, decodeProtectedHeader } from 'jose';

import { create, expectUnauthenticated, list, resign } from './api_calls.mjs';
import { CLIENT, OTHER_CLIENT, RESOURCE } from './identity_provider.mjs';
import { signIn } from './sign_in.mjs';

/** The user, who has this `sub` at every provider. */
export const USER = 'alice';

/** Each token has its type and audience, and both name the organization. */
export async function issuesTokensWithOrganization({ acme }) {
  const { id, access } = await signIn(acme, USER);
  for (const [token, typ, audience] of [[id, 'JWT', CLIENT], [access, 'at+jwt', RESOURCE]]) {
    const header = decodeProtectedHeader(token);
    const claims = decodeJwt(token);
    assert.deepEqual([header.typ ?? 'JWT', header.alg], [typ, 'RS256']);
    assert.deepEqual([claims.iss, claims.sub, claims.aud, claims.org_id], [acme.issuer, USER, audience, '123']);
  }
}

/** The user creates a token with their `id` or `access` token, and the new token is accepted. */
export async function createsToken({ stack }, provider, kind) {
  const item = await create(stack, (await signIn(provider, USER))[kind], `By ${provider.name}`);
  assert.equal(item.created_by, `${provider.name}|${USER}`);
  assert.deepEqual(item.assignments, ['123:owner']);
  const items = await list(stack, item.token);
  assert.ok(items.some(({ id }) => id === item.id));
}

/** One `sub` at two providers is two users, each with tokens of their own. */
export async function separatesProviders({ stack, acme, apis }) {
  const first = (await signIn(acme, USER)).id;
  const second = (await signIn(apis, USER)).access;
  const created = [await create(stack, first, 'First'), await create(stack, second, 'Second')];
  const creators = [acme, apis].map(({ name }) => `${name}|${USER}`);
  assert.deepEqual(created.map((item) => item.created_by), creators);
  for (const [position, creator] of creators.entries()) {
    const items = await list(stack, first, `?created_by=${encodeURIComponent(creator)}`);
    assert.ok(items.every((item) => item.created_by === creator));
    assert.deepEqual(created.map(({ id }) => items.some((item) => item.id === id)), [position === 0, position === 1]);
  }
}

/** An unsupported algorithm is an authentication error, not a server error. */
export async function rejectsAlgorithm({ stack }, provider) {
  const { id } = await signIn(provider, USER);
  assert.equal(decodeProtectedHeader(id).alg, provider.algorithm);
  await expectUnauthenticated(stack, id);
}

/** Tokens for another client, for the API instead of the client, and for the client instead of the API. */
export async function rejectsOtherAudiences({ stack, acme, apis }) {
  await expectUnauthenticated(stack, (await signIn(acme, USER, { client: OTHER_CLIENT })).id);
  await expectUnauthenticated(stack, (await signIn(acme, USER)).access);
  await expectUnauthenticated(stack, (await signIn(apis, USER)).id);
}

/** Two ID tokens that differ only in `exp`. */
export async function rejectsExpired({ stack, acme }) {
  const { id } = await signIn(acme, USER);
  const key = acme.keys.find(({ kty }) => kty === 'RSA');
  const now = Math.floor(Date.now() / 1000);
  await list(stack, await resign(id, key, { iat: now - 3600, exp: now + 60 }));
  await expectUnauthenticated(stack, await resign(id, key, { iat: now - 3600, exp: now - 61 }));
}

/** An access token that only its provider can read. */
export async function rejectsOpaque({ stack, acme }) {
  const { access } = await signIn(acme, USER, { resource: null });
  assert.ok(!access.includes('.'));
  await expectUnauthenticated(stack, access);
}
