/** What each of the clients can do. A case takes the stack, the client and what it is about. */

import assert from 'node:assert/strict';

import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';

import { answered, create, list } from './answers.mjs';
import { BODIES, LISTED, NOT_OFFERED, OLDER } from './bodies.mjs';

/** The operations that give keys. */
export const KEYS = ['getAccessTokenJwks', 'getPublicTokenJwks'];

/** The operations that give an OIDC document, and the issuer of each after the base URL. */
export const ISSUERS = { getAccessTokenOIDC: '/v1/access-tokens', getPublicTokenOIDC: '/v1/access-tokens/public' };

/** The client's document has no type that is neither created nor refused here. */
export function knowsTypes({ document }) {
  const covered = { ...BODIES, ...NOT_OFFERED };
  assert.deepEqual(document.tokenTypes.filter((type) => !(type in covered)), []);
}

/** The item says what was asked for, and the token verifies. */
export async function creates(stack, speaker, body) {
  speaker.document.assertRequest('createAccessToken', body);
  const { token, ...item } = await create(stack, speaker, body);
  const { expires_in: lifetime, ...told } = { token_type: 'api', ...body };
  for (const [member, value] of Object.entries(told)) assert.deepEqual(item[member], value, member);
  assert.match(item.id, new RegExp(`^${told.token_type}_[A-Za-z0-9_-]{21}$`));
  assert.equal('expires_at' in item, lifetime !== undefined || told.token_type === 'assume');
  await verifies(stack, token, item);
}

/** The token verifies by what its own issuer publishes, and not by the keys of the other family. */
async function verifies({ base }, token, { id, token_type: type }) {
  const issuers = Object.values(ISSUERS).map((path) => base + path);
  const [issuer, other] = ['journey', 'portal'].includes(type) ? issuers.reverse() : issuers;
  const keys = await discoveredKeys(decodeJwt(token).iss);
  const { payload } = await jwtVerify(token, keys, { issuer, audience: base, typ: 'at+jwt' });
  assert.deepEqual([payload.sub, payload.token_id, payload.token_type], [id, id, type]);
  await assert.rejects(jwtVerify(token, await discoveredKeys(other)), { code: 'ERR_JWKS_NO_MATCHING_KEY' });
}

async function discoveredKeys(issuer) {
  const answer = await fetch(`${issuer}/.well-known/openid-configuration`);
  const metadata = await answer.json();
  assert.equal(metadata.issuer, issuer);
  return createRemoteJWKSet(new URL(metadata.jwks_uri));
}

/** The older name of the roles gives the same. */
export async function createsByAssumeRoles(stack, speaker) {
  const { assignments, token } = await create(stack, speaker, OLDER);
  assert.deepEqual(assignments, OLDER.assume_roles);
  assert.deepEqual(decodeJwt(token).assume_roles, OLDER.assume_roles);
}

/** The revoked token is listed no more, and no call is granted to it. */
export async function revokes(stack, speaker, body) {
  const { id, token } = await create(stack, speaker, body);
  const answer = await answered(speaker.speak(stack.base, stack.owner).revokeAccessToken({ id }), 200);
  speaker.document.assertAnswer('revokeAccessToken', answer);
  assert.deepEqual([answer.data.id, 'token' in answer.data], [id, false]);
  const left = await list(stack, speaker, { token_type: [body.token_type] });
  assert.ok(!left.some((item) => item.id === id));
  await answered(speaker.speak(stack.base, token).listAccessTokens(), 401);
}

/** A filter by one type gives those tokens only, the newest first. */
export async function filters(stack, speaker, body) {
  const { id } = await create(stack, speaker, body);
  const items = await list(stack, speaker, { token_type: [body.token_type] });
  assert.ok(items.some((item) => item.id === id));
  assert.ok(items.every((item) => item.token_type === body.token_type && !('token' in item)));
  const times = items.map((item) => Date.parse(item.created_at));
  assert.deepEqual(times, times.toSorted((one, other) => other - one), 'the newest is not the first');
}

/** A filter by `api` and `app` gives both, however it is written. */
export async function filtersByTwo(stack, speaker, types, config) {
  const made = await createEach(stack, speaker);
  const items = await list(stack, speaker, null, null, { ...config, params: { token_type: types } });
  assert.deepEqual(typesFound(made, items), ['api', 'app']);
}

/** A list without a filter has no system tokens. */
export async function listsUnasked(stack, speaker) {
  const made = await createEach(stack, speaker);
  assert.deepEqual(typesFound(made, await list(stack, speaker)), LISTED);
}

function createEach(stack, speaker) {
  return Promise.all(Object.values(BODIES).map((body) => create(stack, speaker, body)));
}

/** The types of those that were made and are among the items. */
function typesFound(made, items) {
  const ids = new Set(items.map((item) => item.id));
  return made.filter(({ id }) => ids.has(id)).map((item) => item.token_type);
}

/** The keys that verify one family of tokens. */
export async function readsKeys(stack, speaker, operation) {
  const { keys } = await reads(stack, speaker, operation);
  assert.ok(keys.length > 0);
  for (const { kty, use, alg, kid } of keys) {
    assert.ok(['RSA RS256', 'EC ES256'].includes(`${kty} ${alg}`) && use === 'sig' && kid);
  }
}

/** The OIDC document of one family leads to its keys. */
export async function discovers(stack, speaker, operation) {
  const { issuer, jwks_uri: keys } = await reads(stack, speaker, operation);
  assert.equal(issuer, stack.base + ISSUERS[operation]);
  assert.equal(keys, `${issuer}/.well-known/jwks.json`);
}

/** A public document, which is the same to those whose credential is worth nothing: clients send it to these routes too. */
async function reads({ base, owner }, { speak, document }, operation) {
  const answer = await answered(speak(base, owner)[operation](), 200);
  document.assertAnswer(operation, answer);
  const again = await answered(speak(base, 'worthless')[operation](), 200);
  assert.deepEqual(again.data, answer.data);
  return answer.data;
}

/** The created token is a credential for the same client. */
export async function callsWithCreated(stack, speaker) {
  const { id, token } = await create(stack, speaker, BODIES.api);
  const own = { ...stack, owner: token };
  const items = await list(own, speaker);
  assert.ok(items.some((item) => item.id === id));
  const child = await create(own, speaker, { name: 'Child' });
  assert.equal(child.parent, id);
}

/** The refusal is in the members that the original contract has. */
export async function readsRefusal({ base, owner }, { speak, document }) {
  const answer = await answered(speak(base, owner).createAccessToken(null, { name: '' }), 400);
  document.assertAnswer('createAccessToken', answer);
  assert.deepEqual([answer.data.status, answer.data.code], [400, 'invalid_request']);
  assert.match(answer.data.error, /name/);
}
