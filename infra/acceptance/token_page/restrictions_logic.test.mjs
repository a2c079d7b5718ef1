/** Unit tests of restrictions and permissions without a browser: networks, validation, sentences, and what the page offers. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { PageModules } from './page_modules.mjs';

let pageModules;
let network;
let restrictions;
let permissionSummary;
let createRequest;
let tokenAccess;
let tokenList;

before(async () => {
  pageModules = await PageModules.start();
  network = await pageModules.load('network');
  restrictions = await pageModules.load('restrictions');
  permissionSummary = await pageModules.load('permission-summary');
  createRequest = await pageModules.load('create-request');
  tokenAccess = await pageModules.load('token-access');
  tokenList = await pageModules.load('token-list');
});

after(() => pageModules?.close());

/** The tables are those of the API's parser. */
test('a network has the canonical form of the API', () => {
  for (const [text, canonical] of [
    ['203.0.113.7', '203.0.113.7/32'],
    ['203.0.113.0/24', '203.0.113.0/24'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:DB8:0:0::/32', '2001:db8::/32'],
    ['2001:0db8::1', '2001:db8::1/128'],
    ['::/0', '::/0'],
    ['::1', '::1/128'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0/128'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3/128'],
    ['1:0:0:2:3:0:0:4', '1::2:3:0:0:4/128'],
    ['::ffff:203.0.113.7', '203.0.113.7/32'],
    ['::ffff:203.0.113.0/120', '203.0.113.0/24'],
    ['::ffff:0:0/96', '0.0.0.0/0'],
    ['0:0:0:0:0:ffff:cb00:7107/128', '203.0.113.7/32'],
    ['64:ff9b::203.0.113.7', '64:ff9b::cb00:7107/128'],
  ]) {
    assert.deepEqual(network.parseNetwork(text), { kind: 'network', text: canonical }, text);
  }
  assert.deepEqual(['10.0.0.0/8', '10.0.0.1/32', '::1/128', '::/32'].map(network.formatNetwork), ['10.0.0.0/8', '10.0.0.1', '::1', '::/32']);
});

test('a text that is not a network is rejected', () => {
  const malformed = [
    ...['', '/', '/8', '10.0.0.0/', '10.0.0.0/33', '::/129', '10.0.0.0/-1', '10.0.0.0/+8', '10.0.0.0/08', '10.0.0.0/00', '10.0.0.0/8/8'],
    ...['10.0.0', '10.0.0.0.0', '256.0.0.0', '010.0.0.0', '0x10.0.0.0', '1', 'example.org', '10.0.0.0 /8', '10.0.0.*'],
    ...['fe80::1%eth0', '[::1]', '[::1]:80', '10.0.0.1:80', ':', ':::', '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1::2:3:4:5:6:7:8'],
    ...['12345::', 'g::', '1.2.3.4::', '::1.2.3.4:5', '::01.2.3.4', '1:2:3:4:5:6:7:1.2.3.4', ':1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8:'],
  ];
  for (const text of malformed) assert.deepEqual(network.parseNetwork(text), { kind: 'malformed' }, text);
  for (const [text, expected] of [
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['10.0.0.1/0', '0.0.0.0/0'],
    ['2001:db8::1/32', '2001:db8::/32'],
    ['::ffff:10.0.0.1/104', '10.0.0.0/8'],
  ]) {
    assert.deepEqual(network.parseNetwork(text), { kind: 'host-bits', network: expected }, text);
  }
  for (const text of ['::ffff:0:0/95', '::ffff:10.0.0.1/0']) assert.deepEqual(network.parseNetwork(text), { kind: 'short-mapped-prefix' }, text);
});

const draft = (change = {}) => ({ grants: [], addresses: '', ...change });
const grant = (action, resource = '') => ({ action, resource });

test('invalid restrictions have an error', () => {
  const errors = (change) => restrictions.validateRestrictions(draft(change));
  const twenty = (text) => Array.from({ length: 20 }, () => text);
  assert.deepEqual(errors({}), {});
  assert.deepEqual(errors({ grants: [grant('order:view', 'order/*'), grant(' * ')] }), {});
  assert.deepEqual(errors({ grants: [grant('*'), grant(' '), grant('order view'), grant('é'), grant('x'.repeat(128))] }).actions, {
    1: 'Enter an action, or remove the entry.',
    2: 'The action is invalid. Use 1 to 128 of the characters A-Z a-z 0-9 _ - . : and *.',
    3: 'The action is invalid. Use 1 to 128 of the characters A-Z a-z 0-9 _ - . : and *.',
  });
  assert.deepEqual(Object.keys(errors({ grants: [grant('x'.repeat(129))] })), ['actions']);
  assert.deepEqual(errors({ grants: twenty(grant('a:b')) }), {});
  assert.equal(errors({ grants: [...twenty(grant('a:b')), grant('a:b')] }).grants, 'There are too many permissions. Use at most 20.');
  // 32 bytes in addition to the resource, whose characters have 2 bytes each.
  const longest = { grants: [grant('a:b', 'é'.repeat(496))] };
  assert.deepEqual(errors(longest), {});
  assert.equal(new TextEncoder().encode(JSON.stringify(restrictions.requestedGrants(draft(longest)))).length, 1_024);
  assert.deepEqual(errors({ grants: [grant('a:b', `${'é'.repeat(496)}x`)] }), { grants: 'The permissions are too long. Use at most 1,024 bytes as JSON.' });
  assert.deepEqual(errors({ addresses: ' 10.0.0.0/8,\n 2001:db8::/32 192.0.2.7\n' }), {});
  assert.deepEqual(errors({ addresses: twenty('10.0.0.1').join('\n') }), {});
  assert.match(errors({ addresses: [...twenty('10.0.0.1'), '10.0.0.1'].join('\n') }).addresses, /^There are too many addresses/);
  assert.match(errors({ addresses: '10.0.0.1\nhome' }).addresses, /^“home” is not an IP address or a network/);
  assert.equal(errors({ addresses: '10.1.2.3/8' }).addresses, '“10.1.2.3/8” has bits after its prefix. Its network is 10.0.0.0/8.');
  assert.match(errors({ addresses: '::ffff:0:0/95' }).addresses, /IPv4-mapped/);
});

test('a request contains the restrictions of the form', () => {
  const body = (change) => {
    const empty = createRequest.emptyDraft(null);
    return createRequest.prepareRequest({ ...empty, name: 'A', roles: ['1:a'], restrictions: draft(change) }, undefined, 0).body;
  };
  assert.deepEqual([body({}).grants, body({}).allowed_cidrs], [undefined, undefined]);
  assert.deepEqual(body({ grants: [grant(' order:view ', ' order/* '), grant('a:b', ' ')] }).grants, [
    { action: 'order:view', resource: 'order/*' },
    { action: 'a:b' },
  ]);
  assert.deepEqual(body({ addresses: ' 10.0.0.0/8,192.0.2.7\n\n' }).allowed_cidrs, ['10.0.0.0/8', '192.0.2.7']);
  assert.deepEqual(restrictions.canonicalNetworks(draft({ addresses: '192.0.2.7 192.0.2.7/32 x' })), ['192.0.2.7/32']);
});

/** The words name at least what the token is allowed: it may be allowed less, because of its roles, and never more. */
test('a sentence says what a token can do at most', () => {
  const view = { action: 'order:view' };
  for (const [token, expected] of [
    [{}, 'This token can do at most what its roles allow, from any address.'],
    [{ grants: [] , allowed_cidrs: [] }, 'This token can do at most what its roles allow, from any address.'],
    [{ grants: [view] }, 'This token can at most view orders, as far as its roles allow it, from any address.'],
    [
      { grants: [{ ...view, resource: 'order/*' }], allowed_cidrs: ['10.0.0.0/8'] },
      'This token can at most view orders on `order/*`, as far as its roles allow it, from `10.0.0.0/8` only.',
    ],
    [
      { grants: [view, { action: 'invoice:*' }, { action: '*:export' }], allowed_cidrs: ['192.0.2.7/32', '::1/128', '10.0.0.0/8'] },
      'This token can at most view orders, do anything with invoices and export everything, as far as its roles allow it, from ' +
        '`192.0.2.7`, `::1` and `10.0.0.0/8` only.',
    ],
    [{ allowed_cidrs: ['10.0.0.0/8'] }, 'This token can do at most what its roles allow, from `10.0.0.0/8` only.'],
    [{ read_only: true }, 'This token can do at most what its roles allow, from any address. Of this, it can only view, export and download.'],
    // A grant of everything does not limit the token.
    [{ grants: [view, { action: '*' }] }, 'This token can do at most what its roles allow, from any address.'],
    [{ grants: [{ action: '*', resource: '**' }] }, 'This token can do at most what its roles allow, from any address.'],
    [{ grants: [{ action: '*', resource: 'order/7' }] }, 'This token can at most do everything on `order/7`, as far as its roles allow it, from any address.'],
    [
      { grants: [{ action: '*' }], parent_grants: [view, { action: 'a' }] },
      'This token can do at most what its roles allow, from any address. Because of the token that created it, it can at most view ' +
        'orders and use the permission `a`.',
    ],
  ]) {
    assert.equal(permissionSummary.summaryText(permissionSummary.summarizeToken(token)), expected);
  }
});

/** `token:create` implies the other permissions on tokens, also if a pattern matches it. */
test('an action is named in words or in its notation', () => {
  for (const [action, expected] of [
    ['order:view', 'view orders'],
    ['orders:list', 'list orders'],
    ['entity:edit', 'edit entities'],
    ['survey:delete', 'delete surveys'],
    ['billing:view', 'view billing'],
    ['order_item:create', 'create order items'],
    ['order:*', 'do anything with orders'],
    ['*:view', 'view everything'],
    ['order:frobnicate', 'use the permission `order:frobnicate`'],
    ['order:item:view', 'use the permission `order:item:view`'],
    ['or*:view', 'use the permission `or*:view`'],
    ['Order:view', 'use the permission `Order:view`'],
    ['order', 'use the permission `order`'],
    ['constructor', 'use the permission `constructor`'],
    ['*:*', 'use the permission `*:*` (which includes managing all access tokens)'],
    ['token:view', 'view tokens'],
    ['token:create', 'manage all access tokens'],
    ['token:*', 'manage all access tokens'],
    ['token:revoke', 'view and revoke all access tokens'],
    ['token:self', 'manage its own access tokens'],
    ['*:create', 'create everything (which includes managing all access tokens)'],
    ['tok*create', 'use the permission `tok*create` (which includes managing all access tokens)'],
    ['t*k*n:*', 'use the permission `t*k*n:*` (which includes managing all access tokens)'],
    ['token:create*:create', 'use the permission `token:create*:create`'],
    ['*create:create', 'use the permission `*create:create`'],
    ['*:revoke', 'use the permission `*:revoke`'],
  ]) {
    const text = permissionSummary.summaryText(permissionSummary.summarizeToken({ grants: [{ action }] }));
    assert.equal(text, `This token can at most ${expected}, as far as its roles allow it, from any address.`);
  }
});

test('the page offers what the permissions allow', () => {
  const item = (owner) => ({ id: 'api_1', owner });
  for (const [allowed, canCreate, view, ownRevocable, otherRevocable] of [
    [[], false, 'none', false, false],
    [['token:create', 'token:view', 'token:revoke', 'token:self'], true, 'organization', true, true],
    [['token:view'], false, 'organization', false, false],
    [['token:view', 'token:revoke'], false, 'organization', true, true],
    [['token:self'], true, 'own', true, false],
    [['token:view', 'token:self'], true, 'organization', true, false],
    [['token:view', 'token:revoke', 'token:self'], true, 'organization', true, true],
    // A role denies to view tokens.
    [['token:create', 'token:revoke', 'token:self'], true, 'own', true, true],
  ]) {
    const decisions = Object.fromEntries(tokenAccess.TOKEN_ACTIONS.map((action) => [action, allowed.includes(action)]));
    const access = tokenAccess.tokenAccess(decisions);
    const revocable = ['local|7', 'local|8'].map((owner) => tokenAccess.mayRevoke(access, item(owner), 'local|7'));
    assert.deepEqual([access.manage !== 'none', access.view, ...revocable], [canCreate, view, ownRevocable, otherRevocable], allowed.join());
    assert.equal(tokenAccess.mayRevoke(access, item(undefined), 'local|7'), access.revoke === 'organization');
    // Only with `token:create` for all tokens can a user create public tokens.
    const rotatable = ['api', 'journey', 'portal'].map((type) => tokenAccess.mayRotate(access, { ...item('local|7'), token_type: type }, 'local|7'));
    const isAdministrator = allowed.includes('token:create');
    assert.deepEqual(rotatable, [canCreate, isAdministrator, isAdministrator], allowed.join());
    assert.equal(tokenAccess.mayRotate(access, { ...item('local|8'), token_type: 'api' }, 'local|7'), isAdministrator);
  }
});

test('a search finds restrictions and owners', () => {
  const item = { name: 'A', created_at: '2026-03-01T00:00:00Z', token_type: 'api' };
  const limited = { grants: [{ action: 'order:view', resource: 'order/7' }], parent_grants: [{ action: 'a:*' }] };
  const items = [
    { ...item, id: 'api_1', ...limited, allowed_cidrs: ['192.0.2.0/24'], owner: 'local|9' },
    { ...item, id: 'api_2' },
  ];
  const rows = tokenList.mergeChanges(items, tokenList.NO_CHANGES);
  for (const search of ['order:view', 'ORDER/7', 'a:*', '192.0.2', 'local|9']) {
    const found = tokenList.filterAndSort(rows, { ...tokenList.DEFAULT_LIST_OPTIONS, search }, 'local|1');
    assert.deepEqual(found.map(({ item }) => item.id), ['api_1'], search);
  }
});
