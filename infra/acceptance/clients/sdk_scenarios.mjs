/** Scenarios that only the SDK supports. Each takes the stack and its further input. */

import assert from 'node:assert/strict';

import { expectStatus, list } from './api_calls.mjs';
import { PERMISSIONS_DOCUMENT, SDK, createSdk } from './official_clients.mjs';
import { BODIES } from './request_bodies.mjs';
import { startThrottlingProxy } from './throttling_proxy.mjs';

/** The operations that return the keys of unsupported types. */
export const UNSUPPORTED_OPERATIONS = [
  'getPortalPreviewTokenJwks',
  'getPortalPreviewTokenOIDC',
  'getContactIdentificationTokenJwks',
  'getContactIdentificationTokenOIDC',
];

/** The keys of an unsupported type are not found. An empty JWK set instead would silently reject every token. */
export async function rejectsUnsupportedOperation({ url, token }, operation) {
  const { data } = await expectStatus(SDK.connect(url, token)[operation](), 404);
  assert.equal(data.code, 'not_found');
}

/** Creating a token of an unsupported type is an error, and listing that type returns an empty list. */
export async function rejectsUnsupportedType(stack, body) {
  SDK.document.assertRequest('createAccessToken', body);
  const response = await expectStatus(SDK.connect(stack.url, stack.token).createAccessToken(null, body), 400);
  SDK.document.assertResponse('createAccessToken', response);
  assert.match(response.data.error, /not offered/);
  assert.deepEqual(await list(stack, SDK, { token_type: [body.token_type] }), []);
}

/** The SDK's own delay is one second, so a delay of two seconds follows from the header. */
export async function retriesAfterRetryAfter({ url, token }) {
  const proxy = await startThrottlingProxy(url, 2);
  const started = performance.now();
  await expectStatus(createSdk(proxy.url, token).accessToken.createAccessToken(null, BODIES.api), 201);
  const elapsed = performance.now() - started;
  proxy.stop();
  assert.deepEqual(proxy.requests.map((headers) => headers['x-epilot-sdk-retry-count']), [undefined, '1']);
  assert.ok(elapsed > 1900, `the SDK retried after ${elapsed} ms`);
}

/** `x-epilot-org-id` with the caller's organization is accepted, and another one denied. */
export async function sendsOrganization({ url, token }) {
  const own = createSdk(url, token, { 'x-epilot-org-id': '123' });
  await expectStatus(own.accessToken.listAccessTokens(), 200);
  const other = createSdk(url, token, { 'x-epilot-org-id': '456' });
  const { data } = await expectStatus(other.accessToken.listAccessTokens(), 403);
  assert.equal(data.code, 'permission_denied');
}

/** The caller's roles have the shape of the permissions API. */
export async function listsCurrentRoles({ url, token }) {
  const response = await expectStatus(createSdk(url, token).permissions.listCurrentRoles(), 200);
  PERMISSIONS_DOCUMENT.assertResponse('listCurrentRoles', response);
  assert.deepEqual(response.data.roles.map(({ id }) => id), ['123:owner']);
}
