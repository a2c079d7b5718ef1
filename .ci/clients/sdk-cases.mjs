/** What only the SDK can do. A case takes the stack and what it is about. */

import assert from 'node:assert/strict';

import { answered, list } from './answers.mjs';
import { BODIES } from './bodies.mjs';
import { PERMISSIONS, sdk } from './speakers.mjs';
import { startThrottle } from './stack.mjs';

/** The operations that give the keys of types which are not offered. */
export const ABSENT = [
  'getPortalPreviewTokenJwks',
  'getPortalPreviewTokenOIDC',
  'getContactIdentificationTokenJwks',
  'getContactIdentificationTokenOIDC',
];

/** No keys, as a problem and not as an empty set that would verify nothing for ever. */
export async function findsNothing({ base, owner }, { speak }, operation) {
  const { data } = await answered(speak(base, owner)[operation](), 404);
  assert.equal(data.code, 'not_found');
}

/** A type that is not offered: the creation says so, and the list of it is empty. */
export async function refusesType(stack, speaker, body) {
  speaker.document.assertRequest('createAccessToken', body);
  const { speak, document } = speaker;
  const answer = await answered(speak(stack.base, stack.owner).createAccessToken(null, body), 400);
  document.assertAnswer('createAccessToken', answer);
  assert.match(answer.data.error, /not offered/);
  assert.deepEqual(await list(stack, speaker, { token_type: [body.token_type] }), []);
}

/** The SDK's own delay is one second. Two tell that it is the header which it obeys. */
export async function retries({ base, owner }) {
  const throttle = await startThrottle(base, 2);
  const began = performance.now();
  await answered(sdk(throttle.base, owner).accessToken.createAccessToken(null, BODIES.api), 201);
  const took = performance.now() - began;
  throttle.stop();
  assert.deepEqual(throttle.seen.map((headers) => headers['x-epilot-sdk-retry-count']), [undefined, '1']);
  assert.ok(took > 1900, `it asked again after ${took} ms`);
}

/** The header says the caller's own organization, or one in which they hold nothing. */
export async function namesOrganization({ base, owner }) {
  const own = sdk(base, owner, { 'x-epilot-org-id': '123' });
  await answered(own.accessToken.listAccessTokens(), 200);
  const other = sdk(base, owner, { 'x-epilot-org-id': '456' });
  const { data } = await answered(other.accessToken.listAccessTokens(), 403);
  assert.equal(data.code, 'permission_denied');
}

/** The caller's roles, in the shape of the Permissions API. */
export async function listsRoles({ base, owner }) {
  const answer = await answered(sdk(base, owner).permissions.listCurrentRoles(), 200);
  PERMISSIONS.assertAnswer('listCurrentRoles', answer);
  assert.deepEqual(answer.data.roles.map(({ id }) => id), ['123:owner']);
}
