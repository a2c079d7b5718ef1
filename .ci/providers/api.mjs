/** Calls of the API, and tokens that no provider gives out. */

import assert from 'node:assert/strict';

import { SignJWT, decodeJwt, importJWK } from 'jose';

const PATH = '/v1/access-tokens';

/**
 * Calls the API.
 *
 * @param {string} token the bearer token
 * @param {object} call a body, to create with it; a query, to list with it
 * @returns {Promise<{status: number, headers: Headers, data: any, took: number}>} the answer, and how many milliseconds it took
 */
export async function call({ base }, token, { body, query = '' } = {}) {
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
  const method = body ? 'POST' : 'GET';
  const begun = performance.now();
  const signal = AbortSignal.timeout(30_000);
  const answer = await fetch(base + PATH + query, { method, headers, signal, body: body && JSON.stringify(body) });
  const data = await answer.json();
  return { status: answer.status, headers: answer.headers, data, took: Math.round(performance.now() - begun) };
}

/** The status, and why. Never the body, which may hold a token. */
function assertStatus({ status, data }, wanted) {
  assert.ok(status === wanted, `the answer is ${status} ${data.code ?? ''}, and not ${wanted}`);
}

/** The person of this token may create: the new item with its token. */
export async function create(stack, token, name) {
  const answer = await call(stack, token, { body: { name } });
  assertStatus(answer, 201);
  return answer.data;
}

/** Whoever has this token may list: the items, by this filter. */
export async function list(stack, token, query) {
  const answer = await call(stack, token, { query });
  assertStatus(answer, 200);
  return answer.data;
}

/** The bearer of this token is nobody: how many milliseconds it took to say so. */
export async function refuse(stack, token) {
  const answer = await call(stack, token);
  assertStatus(answer, 401);
  assert.equal(answer.data.code, 'unauthenticated');
  assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer/);
  return answer.took;
}

/**
 * Signs the claims of `token` again.
 *
 * @param {string} token whose claims
 * @param {object} jwk the private key, RSA
 * @param {object} changes claims over those
 */
export async function signAgain(token, jwk, changes = {}) {
  const jws = new SignJWT({ ...decodeJwt(token), ...changes });
  return jws.setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: jwk.kid }).sign(await importJWK(jwk, 'RS256'));
}
