/** Unit tests of the page’s logic for rotations and changes of tokens without a browser. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { PageModules } from './page_modules.mjs';

const HOUR = 3_600;
const DAY = 24 * HOUR;
const NOW = Date.parse('2026-03-01T12:00:00Z');

let pageModules;
let rotation;
let tokenList;
let tokenTexts;

before(async () => {
  pageModules = await PageModules.start();
  rotation = await pageModules.load('rotation');
  tokenList = await pageModules.load('token-list');
  tokenTexts = await pageModules.load('token-texts');
});

after(() => pageModules?.close());

const at = (seconds) => new Date(NOW + seconds * 1_000).toISOString();
const item = (change = {}) => ({ id: 'api_1', name: 'A', created_at: at(-DAY), token_type: 'api', ...change });
const successor = (change = {}) => item({ id: 'api_2', created_at: at(0), rotated_from: 'api_1', rotated_by: 'local|7', ...change });

test('the form has the values of the API’s defaults', () => {
  const form = rotation.rotationForm(item());
  assert.deepEqual(rotation.rotationRequest(form, NOW), { overlap: DAY });
  assert.equal(form.pendingRequest, undefined);
});

test('the form of a rotated token has the overlap of the rotation', () => {
  for (const [overlap, expected] of [[0, 0], [HOUR, HOUR], [30 * DAY, 30 * DAY], [1_800, DAY]]) {
    const form = rotation.rotationForm(item({ successor: 'api_2', rotated_at: at(-60), ends_at: at(overlap - 60) }));
    assert.equal(form.draft.overlapSeconds, expected);
  }
});

test('a pending request is repeated, whatever time passes', () => {
  const form = rotation.rotationForm(item());
  const dated = { ...form, draft: { overlapSeconds: 0, expiration: { kind: 'date', date: '2026-03-10' } } };
  const request = rotation.rotationRequest(dated, NOW);
  assert(request.expires_in > 8 * DAY);
  assert.equal(rotation.rotationRequest({ ...dated, pendingRequest: request }, NOW + 5_000), request);
});

test('the outcome is unknown until the API answers the first request', () => {
  const form = rotation.rotationForm(item());
  const request = { overlap: DAY };
  const pending = { ...form, pendingRequest: request };
  for (const [before, code, expected] of [
    [form, 'connection', request],
    [form, 'throttled', undefined],
    [form, 'permission_denied', undefined],
    [pending, 'connection', request],
    [pending, 'throttled', request],
    [pending, 'unauthenticated', request],
    [pending, 'already_rotated', undefined],
    [pending, 'token_inactive', undefined],
  ]) {
    assert.equal(rotation.pendingAfterError(before, request, code), expected, code);
  }
});

test('the lifetime is within the bounds of the type', () => {
  for (const [type, maxLifetime, expected] of [
    ['api', null, null],
    ['api', 30 * DAY, 30 * DAY],
    ['app', null, 7 * DAY],
    ['journey', DAY, DAY],
    ['portal', 30 * DAY, 7 * DAY],
  ]) {
    assert.equal(rotation.maxSuccessorLifetime(item({ token_type: type }), maxLifetime), expected, type);
  }
  assert.equal(rotation.hasSelectableLifetime(item({ token_type: 'assume' })), false);
  const dated = (type) => ({ item: item({ token_type: type }), draft: { overlapSeconds: 0, expiration: { kind: 'date', date: '2026-03-20' } } });
  assert.deepEqual(['api', 'app'].map((type) => rotation.isValidRotation(dated(type), null, NOW)), [true, false]);
});

test('the same lifetime begins now, within the maximum', () => {
  const expiring = item({ expires_at: at(9 * DAY) });
  for (const [token, maxLifetime, expected] of [
    [item(), null, undefined],
    [item(), DAY, NOW + DAY * 1_000],
    [expiring, null, NOW + 10 * DAY * 1_000],
    [expiring, 2 * DAY, NOW + 2 * DAY * 1_000],
  ]) {
    assert.equal(rotation.unchangedExpiration(token, maxLifetime, NOW), expected);
  }
});

test('a rotated token ends with its overlap, expiration or successor', () => {
  assert.equal(rotation.overlapEnd(item(), HOUR, NOW), NOW + HOUR * 1_000);
  assert.equal(rotation.overlapEnd(item({ expires_at: at(60) }), HOUR, NOW), NOW + 60_000);
  const members = rotation.rotatedMembers(item(), successor(), HOUR);
  assert.deepEqual(members, { successor: 'api_2', rotated_at: at(0), ends_at: at(HOUR) });
  const rotated = item(members);
  assert.deepEqual(rotation.rotatedMembers(rotated, successor(), DAY), {}, 'the list is right');
  assert.equal(rotation.endOfRotated(rotated, undefined), at(HOUR));
  assert.equal(rotation.endOfRotated(rotated, successor()), at(HOUR));
  assert.equal(rotation.endOfRotated(rotated, successor({ first_used_at: at(30) })), at(90));
  assert.equal(rotation.endOfRotated(rotated, successor({ first_used_at: at(HOUR - 5) })), at(HOUR));
});

test('a rotated token is rotatable until its successor is used', () => {
  const rotated = item({ successor: 'api_2' });
  for (const [token, next, expected] of [
    [item(), undefined, true],
    [rotated, successor(), true],
    [rotated, undefined, false],
    [rotated, successor({ first_used_at: at(1) }), false],
    [rotated, successor({ successor: 'api_3' }), false],
    [rotated, successor({ revoked_at: at(1) }), false],
    [rotated, successor({ rotated_by: 'local|8' }), false],
    [rotated, successor({ rotated_by: 'api_1' }), false],
  ]) {
    assert.equal(rotation.isRotatable(token, next, 'local|7'), expected);
  }
});

const ids = (rows) => rows.map(({ item }) => item.id);

test('a change shows until the list contains it', () => {
  const changes = { ...tokenList.NO_CHANGES, changed: [{ id: 'api_1', members: { successor: 'api_2' }, at: NOW }] };
  const [row] = tokenList.mergeChanges([item(), successor()], changes);
  assert.deepEqual([row.item.successor, row.successor.id], ['api_2', 'api_2']);
  assert.deepEqual(tokenList.mergeChanges([], changes), [], 'a change alone is not a token');
  const later = (seconds) => tokenList.changesAfterReload(changes, NOW + seconds * 1_000);
  assert.equal(tokenList.mergeChanges([item()], later(59))[0].item.successor, 'api_2');
  assert.equal(tokenList.mergeChanges([item()], later(61))[0].item.successor, undefined);
});

test('tokens of the chain show as revoked, then leave', () => {
  const rows = tokenList.mergeChanges([item({ successor: 'api_2' }), successor(), item({ id: 'api_9' })], tokenList.NO_CHANGES);
  const response = { ...item({ successor: 'api_2', revoked_at: at(1) }), also_revoked: ['api_2', 'api_3'] };
  const changes = tokenList.addRevocation(tokenList.NO_CHANGES, response, rows, NOW);
  // A token that was not loaded does not appear later, in a list that lags.
  const merged = tokenList.mergeChanges([...rows.map(({ item }) => item), item({ id: 'api_3' })], changes);
  const revoked = Object.fromEntries(merged.map(({ item }) => [item.id, item.revoked_at]));
  assert.deepEqual(revoked, { api_1: at(1), api_2: at(1), api_9: undefined });
  assert.equal(merged[0].successor.revoked_at, at(1));
  assert.equal('also_revoked' in merged[0].item, false);
  const after = tokenList.changesAfterReload(changes, NOW + 1_000);
  assert.deepEqual(ids(tokenList.mergeChanges(rows.map(({ item }) => item), after)), ['api_9']);
});

test('a search finds the chain of a token', () => {
  const rows = tokenList.mergeChanges([item({ successor: 'api_2' }), successor(), item({ id: 'api_9' })], tokenList.NO_CHANGES);
  const found = (search) => ids(tokenList.filterAndSort(rows, { ...tokenList.DEFAULT_LIST_OPTIONS, search }, 'local|7'));
  assert.deepEqual(found('api_2').sort(), ['api_1', 'api_2']);
  assert.deepEqual(found('api_1').sort(), ['api_1', 'api_2']);
});

test('a change contains the texts that differ', () => {
  const request = (described, draft) => {
    const form = tokenTexts.editForm(described);
    return tokenTexts.updateRequest({ ...form, draft: { ...form.draft, ...draft } });
  };
  const described = item({ description: 'In the vault' });
  for (const [token, draft, expected] of [
    [described, {}, undefined],
    [described, { name: ' A ', description: 'In the vault\n' }, undefined],
    [described, { name: 'B' }, { name: 'B' }],
    [described, { description: 'a \r\n\n b' }, { description: 'a b' }],
    [described, { description: ' ' }, { description: null }],
    [item(), {}, undefined],
    [item(), { name: 'B', description: 'c' }, { name: 'B', description: 'c' }],
  ]) {
    assert.deepEqual(request(token, draft), expected);
  }
});

test('an invalid text has an error', () => {
  const invalid = (draft) => Object.keys(tokenTexts.validateTexts({ name: 'A', description: '', ...draft }));
  assert.deepEqual(invalid({ description: '🔑'.repeat(1_000) }), []);
  assert.deepEqual(invalid({ description: '🔑'.repeat(1_001) }), ['description']);
  assert.deepEqual(invalid({ name: ' ', description: 'x'.repeat(1_001) }), ['name', 'description']);
});

test('a changed text shows at once', () => {
  const described = item({ description: 'In the vault', last_used: '2026-03-01' });
  const changes = tokenList.addChange(tokenList.NO_CHANGES, 'api_1', { name: 'B', description: undefined }, NOW);
  const [{ item: shown }] = tokenList.mergeChanges([described], changes);
  assert.deepEqual([shown.name, shown.description, shown.last_used], ['B', undefined, '2026-03-01']);
});
