/** Unit tests of the page’s logic without a browser: requests, expiration, the token list and formats. */

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';

// A time zone with daylight saving time, where days do not begin at midnight UTC.
process.env.TZ = 'Europe/Berlin';

const ROOT = pathToFileURL(`${process.env.TOKEN_PAGE_OUTPUT}/portal/page/`);
const SECOND = 1_000;
const DAY = 86_400;
const NOW = Date.parse('2026-03-01T12:00:00Z');

let vite;
let createRequest;
let expiration;
let tokenList;
let format;

before(async () => {
  const { createServer } = await import(pathToFileURL(createRequire(ROOT).resolve('vite')).href);
  vite = await createServer({ root: ROOT.pathname, appType: 'custom', logLevel: 'error', server: { middlewareMode: true, ws: false } });
  const load = (name) => vite.ssrLoadModule(`/src/${name}.ts`);
  createRequest = await load('create-request');
  expiration = await load('expiration');
  tokenList = await load('token-list');
  format = await load('format');
});

after(() => vite?.close());

const draft = (change = {}) => ({ ...createRequest.emptyDraft(null), name: 'A', roles: ['1:a'], ...change });

test('offered lifetimes and dates are within the bounds', () => {
  for (const maxLifetime of [null, 3_600, 12 * 3_600, DAY, 36 * 3_600, 2 * DAY, 30 * DAY, 90 * DAY, 365 * DAY, 400 * DAY]) {
    const longest = Math.min(maxLifetime ?? Infinity, 365 * DAY);
    const offered = expiration.lifetimeOptions(maxLifetime);
    assert(offered.length > 0 && offered.every((seconds) => seconds <= longest), `${maxLifetime}: ${offered}`);
    // At noon, near midnight, and at changes of daylight saving time.
    for (const at of [NOW, Date.parse('2026-03-28T23:59:59Z'), Date.parse('2026-10-25T00:30:00Z'), Date.parse('2027-12-31T23:00:00Z')]) {
      const days = expiration.selectableDates(maxLifetime, at);
      if (maxLifetime !== null && maxLifetime < DAY) assert.equal(days, undefined);
      for (const date of days ? [days.min, days.max] : []) {
        const chosen = draft({ expiration: { kind: 'date', date } });
        assert.deepEqual(createRequest.validateDraft(chosen, maxLifetime, at), {});
        const { expires_in: seconds } = createRequest.prepareRequest(chosen, undefined, at).body;
        assert(seconds >= 30 && seconds <= longest, `${maxLifetime}, ${date}: ${seconds}`);
      }
    }
  }
});

test('the default lifetime is 30 days or the maximum', () => {
  const begins = (maxLifetime) => createRequest.emptyDraft(maxLifetime).expiration;
  assert.deepEqual(begins(null), { kind: 'lifetime', seconds: 30 * DAY });
  assert.deepEqual(begins(90 * DAY), { kind: 'lifetime', seconds: 30 * DAY });
  assert.deepEqual(begins(3_600), { kind: 'lifetime', seconds: 3_600 });
});

test('an unchanged form repeats its request and key', () => {
  const dated = draft({ expiration: { kind: 'date', date: '2026-03-10' } });
  const first = createRequest.prepareRequest(dated, undefined, NOW);
  assert.equal(createRequest.prepareRequest({ ...dated }, first, NOW + 5_000), first);
  const other = createRequest.prepareRequest({ ...dated, name: 'B' }, first, NOW);
  assert.notEqual(other.key, first.key);
  assert.equal(other.body.name, 'B');
});

test('an invalid field has an error', () => {
  const invalid = (change) => Object.keys(createRequest.validateDraft(draft(change), null, NOW));
  assert.deepEqual(invalid({}), []);
  assert.deepEqual(invalid({ name: ' \t' }), ['name']);
  assert.deepEqual(invalid({ name: '🔑'.repeat(255) }), []);
  assert.deepEqual(invalid({ name: '🔑'.repeat(256) }), ['name']);
  assert.deepEqual(invalid({ roles: [] }), ['roles']);
  for (const date of ['', '2026-02-28', '2027-03-02']) assert.deepEqual(invalid({ expiration: { kind: 'date', date } }), ['date']);
});

const item = (id, change = {}) => ({ id, name: id, created_at: '2026-03-01T00:00:00Z', token_type: 'api', assignments: [], ...change });
const ids = (rows) => rows.map(({ item }) => item.id);

test('created and revoked tokens show at once, each token once', () => {
  const created = { item: item('new'), at: NOW };
  const revoked = item('old', { revoked_at: '2026-03-01T11:00:00Z' });
  const rows = tokenList.mergeChanges([item('old'), item('new')], { created: [created], revoked: [revoked], removedIds: [] });
  assert.deepEqual(new Set(ids(rows)), new Set(['new', 'old']));
  assert.equal(rows.find((row) => row.item.id === 'old').item.revoked_at, revoked.revoked_at);
  assert.equal(rows.find((row) => row.item.id === 'new').isNew, true);
});

test('a token shows as revoked with its parent', () => {
  const children = [item('child', { parent: 'old' }), item('other', { parent: 'else' })];
  const changes = { created: [], revoked: [item('old', { revoked_at: '2026-03-01T11:00:00Z' })], removedIds: [] };
  const ends = tokenList.mergeChanges(children, changes).map(({ item }) => [item.id, item.revoked_at]);
  assert.deepEqual(Object.fromEntries(ends), { child: '2026-03-01T11:00:00Z', other: undefined, old: '2026-03-01T11:00:00Z' });
  assert.deepEqual(ids(tokenList.mergeChanges(children, tokenList.changesAfterReload(changes, NOW))), ['other']);
});

/** A revoked token never returns; a created token is kept for a minute. */
test('local changes survive a list that lags', () => {
  const changes = { created: [{ item: item('new'), at: NOW }], revoked: [item('old', { revoked_at: 'x' })], removedIds: [] };
  const soon = tokenList.changesAfterReload(changes, NOW + SECOND);
  assert.deepEqual(ids(tokenList.mergeChanges([item('old')], soon)), ['new']);
  assert.deepEqual(ids(tokenList.mergeChanges([item('old')], tokenList.changesAfterReload(soon, NOW + 61 * SECOND))), []);
});

test('a search finds names, ids, roles, types and creators', () => {
  const all = tokenList.mergeChanges(
    [item('api_1', { name: 'Nightly', assignments: ['1:viewer'], created_by: 'local|7' }), item('api_2', { token_type: 'journey' })],
    tokenList.NO_CHANGES,
  );
  const found = (search) => ids(tokenList.filterAndSort(all, { ...tokenList.DEFAULT_LIST_OPTIONS, search }, 'local|7'));
  for (const search of ['NIGHT', 'api_1', 'viewer', 'local|7', ' you ']) assert.deepEqual(found(search), ['api_1'], search);
  assert.deepEqual(found('journey'), ['api_2']);
  assert.deepEqual(found('nothing'), []);
});

/** An unused token sorts before all dates, a token without expiration after them, and numbers in names by their value. */
test('each column sorts in both directions', () => {
  const rows = tokenList.mergeChanges(
    [
      item('a', { name: 'Job 10', last_used: '2026-02-01', expires_at: '2026-04-01T00:00:00Z' }),
      item('b', { name: 'job 9' }),
      item('c', { name: '2025', last_used: '2026-03-01', expires_at: '2026-03-02T00:00:00Z' }),
      item('d', { name: '300 of 7', last_used: '2026-02-03', expires_at: '2026-05-02T00:00:00Z' }),
      item('e', { name: '10000', last_used: '2026-02-02', expires_at: '2026-06-02T00:00:00Z' }),
    ],
    tokenList.NO_CHANGES,
  );
  for (const [column, expected] of [
    ['name', ['d', 'c', 'e', 'b', 'a']],
    ['used', ['b', 'a', 'e', 'd', 'c']],
    ['expires', ['c', 'a', 'd', 'e', 'b']],
  ]) {
    const sorted = (descending) => ids(tokenList.filterAndSort([...rows], { ...tokenList.DEFAULT_LIST_OPTIONS, column, descending }, ''));
    assert.deepEqual(sorted(false), expected, column);
    assert.deepEqual(sorted(true), expected.toReversed(), column);
  }
});

test('system tokens show if they are included', () => {
  const rows = tokenList.mergeChanges([item('a'), item('b', { token_type: 'app' }), item('c', { token_type: 'assume' })], tokenList.NO_CHANGES);
  const shown = (showSystemTokens) => tokenList.filterAndSort(rows, { ...tokenList.DEFAULT_LIST_OPTIONS, showSystemTokens }, '').length;
  assert.deepEqual([shown(false), shown(true)], [1, 3]);
});

test('a pasted token is replaced by its id, other text is not', () => {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const token = `${part({ alg: 'RS256' })}.${part({ jti: 'api_1', name: '東京' })}.c2ln`;
  const around = [token, ` Bearer ${token}\n`, `Authorization: Bearer ${token}`, `curl 'https://a.example' -H 'authorization: bearer ${token}'`];
  for (const text of around) assert.equal(tokenList.idFromPastedToken(text), 'api_1', text);
  assert.equal(tokenList.idFromPastedToken(`${part({ alg: 'RS256' })}.${part({ sub: 'x' })}.c2ln`), '');
  for (const text of ['', 'api_1', 'a.b.c', 'eyJ']) assert.equal(tokenList.idFromPastedToken(text), undefined, text);
});

test('times are formatted relative to now', () => {
  const at = (seconds) => new Date(NOW + seconds * SECOND).toISOString();
  for (const [seconds, expected] of [
    [0, 'just now'],
    [-59, 'just now'],
    [-100, '2 minutes ago'],
    [-3 * 3_600, '3 hours ago'],
    [30 * DAY, 'in 4 weeks'],
    [365 * DAY, 'in 12 months'],
    [800 * DAY, 'in 2 years'],
  ]) {
    assert.equal(format.formatRelative(at(seconds), NOW), expected);
  }
  assert.deepEqual([6 * DAY, 8 * DAY, -DAY].map((seconds) => format.expiresSoon(at(seconds), NOW)), [true, false, true]);
  const used = ['2026-03-01', '2026-02-28', '2026-02-26', '2026-01-02'].map((date) => format.formatLastUsed(date, NOW));
  assert.deepEqual(used, ['today', 'yesterday', '3 days ago', 'Jan 2, 2026']);
});
