/** Scenarios for every client. Each takes the stack, the client and its further input. */

import assert from 'node:assert/strict';

import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';

import { create, expectStatus, list } from './api_calls.mjs';
import { ASSUME_ROLES_BODY, BODIES, LISTED_TYPES, UNSUPPORTED_BODIES } from './request_bodies.mjs';

/** The operations that return a JWK set. */
export const JWKS_OPERATIONS = ['getAccessTokenJwks', 'getPublicTokenJwks'];

/** The operations that return a discovery document, with the path of its issuer. */
export const ISSUER_PATHS = { getAccessTokenOIDC: '/v1/access-tokens', getPublicTokenOIDC: '/v1/access-tokens/public' };

/** Every type of the client's document has a body in these tests. */
export function coversTokenTypes({ document }) {
  const covered = { ...BODIES, ...UNSUPPORTED_BODIES };
  assert.deepEqual(document.tokenTypes.filter((type) => !(type in covered)), []);
}

/** The response repeats the request's members, and the token verifies. */
export async function createsToken(stack, client, body) {
  client.document.assertRequest('createAccessToken', body);
  const { token, ...item } = await create(stack, client, body);
  const { expires_in: lifetime, ...expected } = { token_type: 'api', ...body };
  for (const [member, value] of Object.entries(expected)) assert.deepEqual(item[member], value, member);
  assert.match(item.id, new RegExp(`^${expected.token_type}_[A-Za-z0-9_-]{21}$`));
  assert.equal('expires_at' in item, lifetime !== undefined || expected.token_type === 'assume');
  await assertTokenVerifies(stack, token, item);
}

/** The token verifies with the keys of its own issuer and not with those of the other one. */
async function assertTokenVerifies({ url }, token, { id, token_type: type }) {
  const issuers = Object.values(ISSUER_PATHS).map((path) => url + path);
  const [issuer, other] = ['journey', 'portal'].includes(type) ? issuers.reverse() : issuers;
  const keys = await discoverKeys(decodeJwt(token).iss);
  const { payload } = await jwtVerify(token, keys, { issuer, audience: url, typ: 'at+jwt' });
  assert.deepEqual([payload.sub, payload.token_id, payload.token_type], [id, id, type]);
  await assert.rejects(jwtVerify(token, await discoverKeys(other)), { code: 'ERR_JWKS_NO_MATCHING_KEY' });
}

async function discoverKeys(issuer) {
  const response = await fetch(`${issuer}/.well-known/openid-configuration`);
  const metadata = await response.json();
  assert.equal(metadata.issuer, issuer);
  return createRemoteJWKSet(new URL(metadata.jwks_uri));
}

/** `assume_roles`, the older name of `assignments`, has the same effect. */
export async function createsTokenWithAssumeRoles(stack, client) {
  const { assignments, token } = await create(stack, client, ASSUME_ROLES_BODY);
  assert.deepEqual(assignments, ASSUME_ROLES_BODY.assume_roles);
  assert.deepEqual(decodeJwt(token).assume_roles, ASSUME_ROLES_BODY.assume_roles);
}

/** A revoked token is no longer listed and no longer accepted. */
export async function revokesToken(stack, client, body) {
  const { id, token } = await create(stack, client, body);
  const response = await expectStatus(client.connect(stack.url, stack.token).revokeAccessToken({ id }), 200);
  client.document.assertResponse('revokeAccessToken', response);
  assert.deepEqual([response.data.id, 'token' in response.data], [id, false]);
  const items = await list(stack, client, { token_type: [body.token_type] });
  assert.ok(!items.some((item) => item.id === id));
  await expectStatus(client.connect(stack.url, token).listAccessTokens(), 401);
}

/** A filter by one type returns only tokens of that type, the newest first. */
export async function filtersByType(stack, client, body) {
  const { id } = await create(stack, client, body);
  const items = await list(stack, client, { token_type: [body.token_type] });
  assert.ok(items.some((item) => item.id === id));
  assert.ok(items.every((item) => item.token_type === body.token_type && !('token' in item)));
  const times = items.map((item) => Date.parse(item.created_at));
  assert.deepEqual(times, times.toSorted((one, other) => other - one), 'the newest token is not first');
}

/** A filter by `api` and `app` returns both types in every format of the parameter. */
export async function filtersByTwoTypes(stack, client, types, config) {
  const created = await createOneOfEachType(stack, client);
  const items = await list(stack, client, null, null, { ...config, params: { token_type: types } });
  assert.deepEqual(typesOfListed(created, items), ['api', 'app']);
}

/** A list without a filter omits system tokens. */
export async function listsWithoutSystemTokens(stack, client) {
  const created = await createOneOfEachType(stack, client);
  assert.deepEqual(typesOfListed(created, await list(stack, client)), LISTED_TYPES);
}

/** Creates one token more than a page of a client that pages can have. */
export async function createMoreThanOnePage(stack, client) {
  for (let created = 0; created < 1_001; created += 13) {
    await Promise.all(Array.from({ length: 13 }, () => create(stack, client, BODIES.portal)));
  }
}

/** A list contains all tokens: the clients do not follow links to further pages. */
export async function listsMoreThanOnePage(stack, client) {
  const items = await list(stack, client, { token_type: ['portal'] });
  assert.ok(items.length > 1_000, `${items.length} tokens`);
}

function createOneOfEachType(stack, client) {
  return Promise.all(Object.values(BODIES).map((body) => create(stack, client, body)));
}

/** The types of the created tokens that the list contains. */
function typesOfListed(created, items) {
  const ids = new Set(items.map((item) => item.id));
  return created.filter(({ id }) => ids.has(id)).map((item) => item.token_type);
}

/** The JWK set contains signing keys. */
export async function readsKeys(stack, client, operation) {
  const { keys } = await readPublicDocument(stack, client, operation);
  assert.ok(keys.length > 0);
  for (const { kty, use, alg, kid } of keys) {
    assert.ok(['RSA RS256', 'EC ES256'].includes(`${kty} ${alg}`) && use === 'sig' && kid);
  }
}

/** The discovery document names its issuer and the issuer's JWK set. */
export async function readsDiscoveryDocument(stack, client, operation) {
  const { issuer, jwks_uri: keys } = await readPublicDocument(stack, client, operation);
  assert.equal(issuer, stack.url + ISSUER_PATHS[operation]);
  assert.equal(keys, `${issuer}/.well-known/jwks.json`);
}

/** A public document does not depend on the credential: the clients send one to these routes too. */
async function readPublicDocument({ url, token }, { connect, document }, operation) {
  const response = await expectStatus(connect(url, token)[operation](), 200);
  document.assertResponse(operation, response);
  const withInvalidToken = await expectStatus(connect(url, 'invalid')[operation](), 200);
  assert.deepEqual(withInvalidToken.data, response.data);
  return response.data;
}

/** The client works with a token that it has created. */
export async function usesCreatedToken(stack, client) {
  const { id, token } = await create(stack, client, BODIES.api);
  const asToken = { url: stack.url, token };
  const items = await list(asToken, client);
  assert.ok(items.some((item) => item.id === id));
  const child = await create(asToken, client, { name: 'Child' });
  assert.equal(child.parent, id);
}

/** An error response has the members of the original contract. */
export async function readsErrorResponse({ url, token }, { connect, document }) {
  const response = await expectStatus(connect(url, token).createAccessToken(null, { name: '' }), 400);
  document.assertResponse('createAccessToken', response);
  assert.deepEqual([response.data.status, response.data.code], [400, 'invalid_request']);
  assert.match(response.data.error, /name/);
}
