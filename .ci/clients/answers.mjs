/** Calls and what becomes of them. */

import assert from 'node:assert/strict';

/** The answer to a call of a client, which fails unless it has this status. A refusal is an answer too. */
export async function answered(call, status) {
  const answer = await call.catch((error) => error.response ?? Promise.reject(error));
  assert.equal(answer.status, status, JSON.stringify(answer.data));
  return answer;
}

/** A new token by this body: the item and the token. */
export async function create({ base, owner }, { speak, document }, body) {
  const answer = await answered(speak(base, owner).createAccessToken(null, body), 201);
  document.assertAnswer('createAccessToken', answer);
  return answer.data;
}

/** The items that a list gives. The further parameters are those of the client's operation. */
export async function list({ base, owner }, { speak, document }, ...call) {
  const answer = await answered(speak(base, owner).listAccessTokens(...call), 200);
  document.assertAnswer('listAccessTokens', answer);
  return answer.data;
}
