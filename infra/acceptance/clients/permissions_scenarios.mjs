/** Scenarios of the permissions API. Each takes the stack and a client. */

import assert from 'node:assert/strict';

import { expectStatus } from './api_calls.mjs';

const ORG = '123';

/** The role that a client creates, with the members that its types require. */
function role(slug) {
  const grants = [{ action: 'order:*' }, { action: 'order:delete', resource: 'order/7', effect: 'deny' }];
  return { id: `${ORG}:${slug}`, name: 'Clerk', slug, type: 'user_role', organization_id: ORG, grants };
}

/** Calls an operation, and checks status, request and response against the contract that the client contains. */
async function call({ url, token }, client, operation, status, parameters, body) {
  if (body) client.document.assertRequest(operation, body);
  const response = await expectStatus(client.connect(url, token)[operation](parameters, body), status);
  client.document.assertResponse(operation, response);
  return response.data;
}

/** Creates, reads, lists, replaces and deletes a role. */
export async function managesRole(stack, client) {
  const created = role('clerk');
  assert.deepEqual(await call(stack, client, 'createRole', 200, null, created), created);
  assert.deepEqual(await call(stack, client, 'getRole', 200, { roleId: created.id }), created);
  const { roles } = await call(stack, client, 'listAllRoles', 200);
  assert.equal(roles[0].id, `${ORG}:owner`);
  assert.deepEqual(roles.find(({ id }) => id === created.id), created);
  const replaced = { ...created, name: 'Viewer', grants: [{ action: '*:view' }] };
  assert.deepEqual(await call(stack, client, 'putRole', 200, { roleId: created.id }, replaced), replaced);
  assert.deepEqual(await call(stack, client, 'deleteRole', 200, { roleId: created.id }), replaced);
  const { data } = await expectStatus(client.connect(stack.url, stack.token).getRole({ roleId: created.id }), 404);
  assert.equal(data.code, 'not_found');
}

/** Assigns roles to users whose ids have a separator, an address, a colon and a space, and takes them. */
export async function managesAssignments(stack, client) {
  const { id: roleId } = await call(stack, client, 'createRole', 200, null, role('packer'));
  for (const user of ['local|9001', 'ad|auth0|5f7d', 'ad|jane@b.example', 'ad|urn:x:1', 'ad|CN=Jane Doe,OU=Users']) {
    await assignsAndTakes(stack, client, user, user, roleId);
  }
  const user = 'ad|https://x.example/users?id=1&name=*;$%';
  await assignsAndTakes(stack, client, `~${Buffer.from(user).toString('base64url')}`, user, roleId);
  await call(stack, client, 'deleteRole', 200, { roleId });
}

async function assignsAndTakes(stack, client, userId, user, roleId) {
  const assigned = await call(stack, client, 'addAssignment', 201, { userId, roleId });
  assert.deepEqual(assigned, { user_id: user, roles: [roleId] });
  assert.deepEqual(await call(stack, client, 'getAssignedRolesForUser', 200, { userId }), [roleId]);
  const { assignments } = await call(stack, client, 'listAllAssignments', 200);
  assert.deepEqual(assignments.find(({ user_id }) => user_id === user), assigned);
  const both = [roleId, `${ORG}:viewer`];
  assert.deepEqual(await call(stack, client, 'assignRoles', 200, { userId }, both), both);
  const left = await call(stack, client, 'removeAssignment', 200, { userId, roleId });
  assert.deepEqual(left, { user_id: user, roles: [`${ORG}:viewer`] });
  assert.deepEqual(await call(stack, client, 'assignRoles', 200, { userId }, []), []);
}

/** The last owner keeps the role, and members and types that are not offered are rejected with a reason. */
export async function readsReasons(stack, client) {
  const connected = client.connect(stack.url, stack.token);
  const last = { userId: 'local|1001', roleId: `${ORG}:owner` };
  const conflict = await expectStatus(connected.removeAssignment(last), 409);
  assert.match(conflict.data.error, /last user with the role/);
  const root = { ...role('root') };
  const forbidden = await expectStatus(connected.putRole({ roleId: root.id }, root), 403);
  assert.match(forbidden.data.error, /only an operator can access the root role/);
  const inherited = { ...role('clerk'), parent_role: `${ORG}:viewer` };
  const invalid = await expectStatus(connected.createRole(null, inherited), 400);
  assert.match(invalid.data.error, /`parent_role` is not offered/);
}
