/** Calls of a client, with assertions on the response. */

import assert from 'node:assert/strict';

/** Awaits a call and returns its response, which must have this status. An error response counts as a response. */
export async function expectStatus(call, status) {
  const response = await call.catch((error) => error.response ?? Promise.reject(error));
  assert.equal(response.status, status, JSON.stringify(response.data));
  return response;
}

/** Creates a token and returns the response body. */
export async function create(stack, { connect, document }, body) {
  const response = await expectStatus(connect(stack.url, stack.token).createAccessToken(null, body), 201);
  document.assertResponse('createAccessToken', response);
  return response.data;
}

/** Lists tokens. The further parameters are those of the client's operation. */
export async function list(stack, { connect, document }, ...parameters) {
  const response = await expectStatus(connect(stack.url, stack.token).listAccessTokens(...parameters), 200);
  document.assertResponse('listAccessTokens', response);
  return response.data;
}
