/** Users, roles and assignments of the tests. Each test that changes data has an organization of its own. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { LocalStack } from '../support/local_stack.mjs';

const MARKUP = '<img src=x onerror=alert(1)>';

/** The name of each user, by its id. */
export const USERS = {
  ada: 'Ada Lovelace',
  grace: 'Grace Hopper',
  viewer: 'Vera Viewer',
  withoutRole: 'Nora Norole',
  many: 'Mary Many',
  markup: `Harry ${MARKUP}`,
  faults: 'Fay Fault',
  withDenyRole: 'Carl Careful',
  margaret: 'Margaret Hamilton',
  withoutPermission: 'Olga Orders',
  tokenAdmin: 'Tim Tokens',
  tokenAuditor: 'Audrey Auditor',
  revoker: 'Rex Revoker',
  developer: 'Dana Developer',
  lead: 'Lea Lead',
  restricting: 'Rita Restrict',
  rotating: 'Rosa Rotate',
  otherRotating: 'Otto Other',
};

const administrator = (org) => ({ id: `${org}:admin`, name: 'Administrator', grants: [{ action: 'token:create' }] });
const viewer = (org) => ({ id: `${org}:viewer`, name: 'Viewer', grants: [{ action: '*:view' }] });
const auditor = (org) => ({ id: `${org}:auditor`, name: 'Auditor', grants: [{ action: '*:export', resource: 'order/*' }] });
const allButBilling = [{ action: '*' }, { action: 'billing:*', resource: 'invoice/*', effect: 'deny' }];

const SEED = {
  people: Object.entries(USERS).map(([user, name]) => ({ user, name })),
  roles: [
    ...['life', 'keys', 'seen', 'acme', 'turn'].flatMap((org) => [administrator(org), viewer(org)]),
    ...['life', 'acme'].map(auditor),
    { id: 'markup:x', name: MARKUP, grants: [{ action: 'a:b', resource: '"><script>alert(2)</script>' }] },
    { id: 'deny:no_billing', name: 'Everything but billing', grants: allButBilling },
    viewer('deny'),
    { id: 'seen:orders', name: 'Orders', grants: [{ action: 'order:view' }] },
    { id: 'limits:orders', name: 'Orders', grants: [{ action: 'order:*' }] },
    administrator('team'),
    { id: 'team:auditor', name: 'Token auditor', grants: [{ action: 'token:view' }] },
    { id: 'team:revoker', name: 'Token revoker', grants: [{ action: 'token:revoke' }] },
    { id: 'team:developer', name: 'Developer', grants: [{ action: 'order:*' }, { action: 'token:self' }] },
    ...Array.from({ length: 12 }, (_, index) => ({ ...viewer('faults'), id: `faults:role_${index}`, name: `Role ${index}` })),
  ],
  assignments: [
    { org: 'life', user: 'ada', roles: ['life:owner'] },
    { org: 'keys', user: 'grace', roles: ['keys:admin', 'keys:viewer'] },
    { org: 'seen', user: 'viewer', roles: ['seen:viewer'] },
    { org: 'alone', user: 'withoutRole', roles: [] },
    { org: 'many', user: 'many', roles: ['many:owner'] },
    { org: 'markup', user: 'markup', roles: ['markup:owner', 'markup:x'] },
    { org: 'faults', user: 'faults', roles: ['faults:owner'] },
    { org: 'deny', user: 'withDenyRole', roles: ['deny:no_billing', 'deny:viewer'] },
    { org: 'acme', user: 'margaret', roles: ['acme:owner'] },
    { org: 'seen', user: 'withoutPermission', roles: ['seen:orders'] },
    { org: 'team', user: 'tokenAdmin', roles: ['team:admin'] },
    { org: 'team', user: 'tokenAuditor', roles: ['team:auditor'] },
    { org: 'team', user: 'revoker', roles: ['team:revoker'] },
    { org: 'team', user: 'developer', roles: ['team:developer'] },
    { org: 'team', user: 'lead', roles: ['team:auditor', 'team:developer'] },
    { org: 'limits', user: 'restricting', roles: ['limits:owner'] },
    { org: 'turn', user: 'rotating', roles: ['turn:owner'] },
    { org: 'turn', user: 'otherRotating', roles: ['turn:owner'] },
  ],
};

/** Starts a local stack with this seed and further options of `cargo local`. */
export async function startStack(...options) {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-seed-'));
  try {
    const file = join(folder, 'seed.json');
    writeFileSync(file, JSON.stringify(SEED));
    return await LocalStack.start('--seed', file, ...options);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Creates a token and returns the response body. */
export async function createToken(stack, userToken, request) {
  const { status, body } = await stack.request('POST', '/v1/access-tokens', userToken, request);
  assert.equal(status, 201);
  return body;
}
