/** Calls of the API with assertions on the response, and tokens that no provider issues. */

import assert from 'node:assert/strict';

import { SignJWT, decodeJwt, importJWK } from 'jose';

const PATH = '/v1/access-tokens';

/**
 * Creates a token if there is a body, else lists tokens by the query.
 *
 * @returns {Promise<{status: number, headers: Headers, body: any, duration: number}>} the response and its duration in
 * milliseconds
 */
export async function call(stack, token, { body, query = '' } = {}) {
  const started = performance.now();
  const response = await stack.request(body ? 'POST' : 'GET', PATH + query, token, body);
  return { ...response, duration: Math.round(performance.now() - started) };
}

/** Fails without the body, which may contain a token. */
function assertStatus({ status, body }, expected) {
  assert.ok(status === expected, `the response is ${status} ${body.code ?? ''}, expected ${expected}`);
}

/** Creates a token and returns the response body. */
export async function create(stack, token, name) {
  const response = await call(stack, token, { body: { name } });
  assertStatus(response, 201);
  return response.body;
}

/** Lists tokens. */
export async function list(stack, token, query) {
  const response = await call(stack, token, { query });
  assertStatus(response, 200);
  return response.body;
}

/** Asserts that the token is rejected and returns the duration in milliseconds. */
export async function expectUnauthenticated(stack, token) {
  const response = await call(stack, token);
  assertStatus(response, 401);
  assert.equal(response.body.code, 'unauthenticated');
  assert.match(response.headers.get('www-authenticate') ?? '', /^Bearer/);
  return response.duration;
}

/**
 * Signs the claims of a token again.
 *
 * @param {string} token the token with the claims
 * @param {object} jwk the private RSA key
 * @param {object} changes claims that replace those of the token
 */
export async function resign(token, jwk, changes = {}) {
  const jws = new SignJWT({ ...decodeJwt(token), ...changes });
  return jws.setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: jwk.kid }).sign(await importJWK(jwk, 'RS256'));
}
