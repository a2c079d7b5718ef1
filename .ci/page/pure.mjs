/** What the page decides without a browser: orders, rows, and how times are told. */

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';

// Where clocks are changed, and days begin at another time than in UTC.
process.env.TZ = 'Europe/Berlin';

const ROOT = new URL('portal/page/', import.meta.url);
const SECOND = 1_000;
const DAY = 86_400;
const NOW = Date.parse('2026-03-01T12:00:00Z');

let vite;
let orders;
let tokens;
let format;

before(async () => {
  const { createServer } = await import(pathToFileURL(createRequire(ROOT).resolve('vite')).href);
  vite = await createServer({ root: ROOT.pathname, appType: 'custom', logLevel: 'error', server: { middlewareMode: true, ws: false } });
  [orders, tokens, format] = await Promise.all(['create-request', 'token-list', 'format'].map((name) => vite.ssrLoadModule(`/src/${name}.ts`)));
});

after(() => vite?.close());

const draft = (change = {}) => ({ ...orders.emptyDraft(null), name: 'A', roles: ['1:a'], ...change });

test('every lifetime that is offered, and every day that may be chosen, is within the bounds', () => {
  for (const ceiling of [null, 3_600, 12 * 3_600, DAY, 36 * 3_600, 2 * DAY, 30 * DAY, 90 * DAY, 365 * DAY, 400 * DAY]) {
    const longest = Math.min(ceiling ?? Infinity, 365 * DAY);
    const offered = orders.offeredLifetimes(ceiling);
    assert(offered.length > 0 && offered.every((seconds) => seconds <= longest), `${ceiling}: ${offered}`);
    // At noon, at midnight, and on the days on which clocks are changed somewhere.
    for (const at of [NOW, Date.parse('2026-03-28T23:59:59Z'), Date.parse('2026-10-25T00:30:00Z'), Date.parse('2027-12-31T23:00:00Z')]) {
      const days = orders.choosableDays(ceiling, at);
      if (ceiling !== null && ceiling < DAY) assert.equal(days, undefined);
      for (const date of days ? [days.min, days.max] : []) {
        const chosen = draft({ expiry: { kind: 'date', date } });
        assert.deepEqual(orders.wrongs(chosen, ceiling, at), {});
        const { expires_in: seconds } = orders.attempt(chosen, undefined, at).order;
        assert(seconds >= 30 && seconds <= longest, `${ceiling}, ${date}: ${seconds}`);
      }
    }
  }
});

test('a form begins with 30 days, or with what is allowed', () => {
  const begins = (ceiling) => orders.emptyDraft(ceiling).expiry;
  assert.deepEqual(begins(null), { kind: 'lifetime', seconds: 30 * DAY });
  assert.deepEqual(begins(90 * DAY), { kind: 'lifetime', seconds: 30 * DAY });
  assert.deepEqual(begins(3_600), { kind: 'lifetime', seconds: 3_600 });
});

test('the same form again is the same order with the same key, another form is another', () => {
  const dated = draft({ expiry: { kind: 'date', date: '2026-03-10' } });
  const first = orders.attempt(dated, undefined, NOW);
  assert.equal(orders.attempt({ ...dated }, first, NOW + 5_000), first);
  const other = orders.attempt({ ...dated, name: 'B' }, first, NOW);
  assert.notEqual(other.key, first.key);
  assert.equal(other.order.name, 'B');
});

test('what is wrong is said at its field', () => {
  const wrong = (change) => Object.keys(orders.wrongs(draft(change), null, NOW));
  assert.deepEqual(wrong({}), []);
  assert.deepEqual(wrong({ name: ' \t' }), ['name']);
  assert.deepEqual(wrong({ name: '🔑'.repeat(255) }), []);
  assert.deepEqual(wrong({ name: '🔑'.repeat(256) }), ['name']);
  assert.deepEqual(wrong({ roles: [] }), ['roles']);
  for (const date of ['', '2026-02-28', '2027-03-02']) assert.deepEqual(wrong({ expiry: { kind: 'date', date } }), ['date']);
});

const item = (id, change = {}) => ({ id, name: id, created_at: '2026-03-01T00:00:00Z', token_type: 'api', assignments: [], ...change });
const ids = (rows) => rows.map(({ item }) => item.id);

test('what was made and revoked here shows at once, and each token once', () => {
  const made = { item: item('new'), at: NOW };
  const revoked = item('old', { revoked_at: '2026-03-01T11:00:00Z' });
  const rows = tokens.rows([item('old'), item('new')], { made: [made], revoked: [revoked], gone: [] });
  assert.deepEqual(new Set(ids(rows)), new Set(['new', 'old']));
  assert.equal(rows.find((row) => row.item.id === 'old').item.revoked_at, revoked.revoked_at);
  assert.equal(rows.find((row) => row.item.id === 'new').isNew, true);
});

test('a token shows as revoked with the one that made it', () => {
  const children = [item('child', { parent: 'old' }), item('other', { parent: 'else' })];
  const changes = { made: [], revoked: [item('old', { revoked_at: '2026-03-01T11:00:00Z' })], gone: [] };
  const ends = tokens.rows(children, changes).map(({ item }) => [item.id, item.revoked_at]);
  assert.deepEqual(Object.fromEntries(ends), { child: '2026-03-01T11:00:00Z', other: undefined, old: '2026-03-01T11:00:00Z' });
  assert.deepEqual(ids(tokens.rows(children, tokens.reloaded(changes, NOW))), ['other']);
});

test('a list that lags brings back nothing that was revoked, and keeps what was made for a minute', () => {
  const changes = { made: [{ item: item('new'), at: NOW }], revoked: [item('old', { revoked_at: 'x' })], gone: [] };
  const soon = tokens.reloaded(changes, NOW + SECOND);
  assert.deepEqual(ids(tokens.rows([item('old')], soon)), ['new']);
  assert.deepEqual(ids(tokens.rows([item('old')], tokens.reloaded(soon, NOW + 61 * SECOND))), []);
});

test('a search finds names, ids, roles, types and makers, in any case', () => {
  const all = tokens.rows(
    [item('api_1', { name: 'Nightly', assignments: ['1:viewer'], created_by: 'local|7' }), item('api_2', { token_type: 'journey' })],
    tokens.NO_CHANGES,
  );
  const found = (search) => ids(tokens.seen(all, { ...tokens.FIRST_VIEW, search }, 'local|7'));
  for (const search of ['NIGHT', 'api_1', 'viewer', 'local|7', ' you ']) assert.deepEqual(found(search), ['api_1'], search);
  assert.deepEqual(found('journey'), ['api_2']);
  assert.deepEqual(found('nothing'), []);
});

test('each column sorts both ways: never used is oldest, never ending is last, names go by numbers', () => {
  const rows = tokens.rows(
    [
      item('a', { name: 'Job 10', last_used: '2026-02-01', expires_at: '2026-04-01T00:00:00Z' }),
      item('b', { name: 'job 9' }),
      item('c', { name: '2025', last_used: '2026-03-01', expires_at: '2026-03-02T00:00:00Z' }),
      item('d', { name: '300 of 7', last_used: '2026-02-03', expires_at: '2026-05-02T00:00:00Z' }),
      item('e', { name: '10000', last_used: '2026-02-02', expires_at: '2026-06-02T00:00:00Z' }),
    ],
    tokens.NO_CHANGES,
  );
  for (const [column, expected] of [
    ['name', ['d', 'c', 'e', 'b', 'a']],
    ['used', ['b', 'a', 'e', 'd', 'c']],
    ['expires', ['c', 'a', 'd', 'e', 'b']],
  ]) {
    const sorted = (descending) => ids(tokens.seen([...rows], { ...tokens.FIRST_VIEW, column, descending }, ''));
    assert.deepEqual(sorted(false), expected, column);
    assert.deepEqual(sorted(true), expected.toReversed(), column);
  }
});

test('system tokens show when they are asked for', () => {
  const rows = tokens.rows([item('a'), item('b', { token_type: 'app' }), item('c', { token_type: 'assume' })], tokens.NO_CHANGES);
  const shown = (system) => tokens.seen(rows, { ...tokens.FIRST_VIEW, system }, '').length;
  assert.deepEqual([shown(false), shown(true)], [1, 3]);
});

test('a pasted token is its id, and no other text is', () => {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const token = `${part({ alg: 'RS256' })}.${part({ jti: 'api_1', name: '東京' })}.c2ln`;
  const around = [token, ` Bearer ${token}\n`, `Authorization: Bearer ${token}`, `curl 'https://a.example' -H 'authorization: bearer ${token}'`];
  for (const text of around) assert.equal(tokens.pastedId(text), 'api_1', text);
  assert.equal(tokens.pastedId(`${part({ alg: 'RS256' })}.${part({ sub: 'x' })}.c2ln`), '');
  for (const text of ['', 'api_1', 'a.b.c', 'eyJ']) assert.equal(tokens.pastedId(text), undefined, text);
});

test('times are told as seen from now', () => {
  const at = (seconds) => new Date(NOW + seconds * SECOND).toISOString();
  for (const [seconds, told] of [
    [0, 'just now'],
    [-59, 'just now'],
    [-100, '2 minutes ago'],
    [-3 * 3_600, '3 hours ago'],
    [30 * DAY, 'in 4 weeks'],
    [365 * DAY, 'in 12 months'],
    [800 * DAY, 'in 2 years'],
  ]) {
    assert.equal(format.relative(at(seconds), NOW), told);
  }
  assert.deepEqual([6 * DAY, 8 * DAY, -DAY].map((seconds) => format.isSoon(at(seconds), NOW)), [true, false, true]);
  const used = ['2026-03-01', '2026-02-28', '2026-02-26', '2026-01-02'].map((date) => format.usedOn(date, NOW));
  assert.deepEqual(used, ['today', 'yesterday', '3 days ago', 'Jan 2, 2026']);
});
