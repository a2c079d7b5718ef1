/** Unit tests of the page’s logic without a browser: requests, expiration, the token list, pasted tokens and formats. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { PageModules } from './page_modules.mjs';

// A time zone with daylight saving time, where days do not begin at midnight UTC.
process.env.TZ = 'Europe/Berlin';

const SECOND = 1_000;
const DAY = 86_400;
const NOW = Date.parse('2026-03-01T12:00:00Z');

let pageModules;
let createRequest;
let expiration;
let tokenList;
let format;
let pastedToken;
let visibleText;
let tryIt;
let readUserClaim;
let signOutParameters;

before(async () => {
  pageModules = await PageModules.start();
  const load = (name) => pageModules.load(name);
  createRequest = await load('create-request');
  expiration = await load('expiration');
  tokenList = await load('token-list');
  format = await load('format');
  pastedToken = await load('pasted-token');
  ({ visibleText } = await load('visible-text'));
  tryIt = await load('try-it');
  ({ readUserClaim } = await load('user-claim'));
  ({ signOutParameters } = await load('sign-out'));
});

after(() => pageModules?.close());

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
  const rows = tokenList.mergeChanges([item('old'), item('new')], {
    created: [created],
    changed: [],
    revoked: [{ item: revoked, at: NOW }],
    removedIds: [],
  });
  assert.deepEqual(new Set(ids(rows)), new Set(['new', 'old']));
  assert.equal(rows.find((row) => row.item.id === 'old').item.revoked_at, revoked.revoked_at);
  assert.equal(rows.find((row) => row.item.id === 'new').isNew, true);
});

test('a token shows as revoked with its parent', () => {
  const children = [item('child', { parent: 'old' }), item('other', { parent: 'else' })];
  const changes = { created: [], changed: [], revoked: [{ item: item('old', { revoked_at: '2026-03-01T11:00:00Z' }), at: NOW }], removedIds: [] };
  const ends = tokenList.mergeChanges(children, changes).map(({ item }) => [item.id, item.revoked_at]);
  assert.deepEqual(Object.fromEntries(ends), { child: '2026-03-01T11:00:00Z', other: undefined, old: '2026-03-01T11:00:00Z' });
  assert.deepEqual(ids(tokenList.mergeChanges(children, tokenList.changesAfterReload(changes, NOW))), ['other']);
});

/** A revoked token never returns; a created token is kept for a minute. */
test('local changes survive a list that lags', () => {
  const changes = { created: [{ item: item('new'), at: NOW }], changed: [], revoked: [{ item: item('old', { revoked_at: 'x' }), at: NOW }], removedIds: [] };
  // A load that started before the revocation may not contain it.
  const early = tokenList.changesAfterReload(changes, NOW - SECOND);
  assert.equal(tokenList.mergeChanges([item('old')], early).find((row) => row.item.id === 'old').item.revoked_at, 'x');
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

test('a count has no token that was revoked', () => {
  const changes = { created: [], changed: [], revoked: [{ item: item('old', { revoked_at: 'x' }), at: NOW }], removedIds: [] };
  const rows = tokenList.mergeChanges([item('old'), item('child', { parent: 'old' }), item('other')], changes);
  assert.deepEqual(tokenList.countTokens(rows), { active: 1, revoked: 2 });
});

test('a complete token is found in a text', () => {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const token = `${part({ alg: 'RS256' })}.${part({ jti: 'api_1', name: '東京' })}.c2ln`;
  const around = [token, ` Bearer ${token}\n`, `Authorization: Bearer ${token}`, `curl 'https://a.example' -H 'authorization: bearer ${token}'`];
  for (const text of around) assert.equal(pastedToken.findToken(text), token, text);
  for (const text of ['', 'api_1', 'a.b.c', 'eyJ']) assert.equal(pastedToken.findToken(text), undefined, text);
  const wrapped = `${token.slice(0, 40)} ${token.slice(40)}`;
  for (const text of [wrapped, `${part({ alg: 'RS256', kid: 'k' })} .`, `x ${part({ jti: 'api_1' })}`]) {
    assert.match(pastedToken.findToken(text), /eyJ/, `a part of a token is found, and is not valid: ${text}`);
  }
});

const KEY = 'x'.repeat(21);
const SIGNATURES = {
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
  ES256: { name: 'ECDSA', hash: 'SHA-256', namedCurve: 'P-256' },
};

/** A signing key, its JWK, and a function that signs a token with this header and these claims. */
async function signer(alg, kid = 'key-1') {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(SIGNATURES[alg], true, ['sign', 'verify']);
  const jwk = { ...(await crypto.subtle.exportKey('jwk', publicKey)), kid, alg, use: 'sig' };
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const sign = async (claims, header = {}) => {
    const input = `${part({ alg, kid, ...header })}.${part(claims)}`;
    const signature = await crypto.subtle.sign(SIGNATURES[alg], privateKey, new TextEncoder().encode(input));
    return `${input}.${Buffer.from(signature).toString('base64url')}`;
  };
  return { jwk, sign };
}

/** Identifies a token with the keys of both families, and returns the families whose keys were loaded. */
async function identify(token, accessKeys, publicKeys) {
  const loaded = [];
  const loadKeySet = async (family) => {
    loaded.push(family);
    return { keys: (family === 'public' ? publicKeys : accessKeys).map(({ jwk }) => jwk) };
  };
  return { ...(await pastedToken.identifyToken(token, loadKeySet)), loaded };
}

test('a pasted token is identified by the keys of its family', async () => {
  for (const alg of ['RS256', 'ES256']) {
    const access = [await signer(alg, 'other'), await signer(alg)];
    const forPublic = [await signer(alg)];
    for (const [type, family, keys] of [['api', 'access', access], ['app', 'access', access], ['assume', 'access', access], ['journey', 'public', forPublic], ['portal', 'public', forPublic]]) {
      const id = `${type}_${KEY}`;
      const expired = await keys.at(-1).sign({ jti: id, exp: 1_000 });
      assert.deepEqual(await identify(expired, access, forPublic), { kind: 'valid', id, expiresAt: '1970-01-01T00:16:40.000Z', loaded: [family] });
      const unlimited = await identify(await keys.at(-1).sign({ jti: id }), access, forPublic);
      assert.deepEqual([unlimited.kind, unlimited.id, unlimited.expiresAt], ['valid', id, undefined]);
    }
    // The key of one family proves nothing about the ids of the other.
    const crossed = await forPublic[0].sign({ jti: `api_${KEY}` });
    assert.equal((await identify(crossed, access, forPublic)).kind, 'invalid');
  }
});

test('a forged or malformed pasted token has no id', async () => {
  const keys = [await signer('RS256'), await signer('ES256', 'key-2')];
  const jti = `api_${KEY}`;
  const token = await keys[0].sign({ jti });
  const [header, claims, signature] = token.split('.');
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const stranger = await signer('RS256');
  const forged = {
    'other claims': `${header}.${part({ jti: `api_${'y'.repeat(21)}` })}.${signature}`,
    'no signature': `${header}.${claims}.`,
    'another key': await stranger.sign({ jti }),
    'another key in the header': await stranger.sign({ jti }, { jwk: stranger.jwk }),
    'unknown key id': await keys[0].sign({ jti }, { kid: 'key-3' }),
    'key id missing': await keys[0].sign({ jti }, { kid: undefined }),
    'no algorithm': `${part({ alg: 'none', kid: 'key-1' })}.${claims}.`,
    'another algorithm': await keys[0].sign({ jti }, { alg: 'ES256' }),
    'symmetric algorithm': await keys[0].sign({ jti }, { alg: 'HS256' }),
    'inherited name as algorithm': await keys[0].sign({ jti }, { alg: 'constructor' }),
    'critical extension': await keys[0].sign({ jti }, { crit: ['exp'] }),
    'id missing': await keys[0].sign({ sub: 'x' }),
    'id of another type': await keys[0].sign({ jti: `user_${KEY}` }),
    'short id': await keys[0].sign({ jti: 'api_1' }),
    'id with markup': await keys[0].sign({ jti: `api_${'<'.repeat(21)}` }),
    'id with a line break': await keys[0].sign({ jti: `${jti}\n` }),
    'id in a list': await keys[0].sign({ jti: [jti] }),
    'too long': await keys[0].sign({ jti, name: 'x'.repeat(10_240) }),
    'claims are a list': await keys[0].sign([jti]),
  };
  for (const [name, forgery] of Object.entries(forged)) {
    assert.deepEqual({ ...(await identify(forgery, keys, keys)), loaded: [] }, { kind: 'invalid', loaded: [] }, name);
  }
});

test('a pasted token is not identified without keys', async () => {
  const token = await (await signer('RS256')).sign({ jti: `api_${KEY}` });
  for (const loadKeySet of [() => Promise.reject(new Error('offline')), async () => ({}), async () => ({ keys: [{ kid: 'key-1', kty: 'RSA', alg: 'RS256' }] })]) {
    assert.deepEqual(await pastedToken.identifyToken(token, loadKeySet), { kind: 'unavailable' });
  }
});

test('invisible and reordering characters are shown', () => {
  for (const [text, expected] of [
    ['Nightly export', 'Nightly export'],
    ['a\u202eb\u2066c', 'a\\u{202E}b\\u{2066}c'],
    ['soft\u00adhyphen\u200b\ufeff', 'soft\\u{00AD}hyphen\\u{200B}\\u{FEFF}'],
    ['\n\t\u0085\u2028', '\\u{000A}\\u{0009}\\u{0085}\\u{2028}'],
    ['\u3164\u2800\ue000\u{e0041}\ud800', '\\u{3164}\\u{2800}\\u{E000}\\u{E0041}\\u{D800}'],
    ['👩🏽‍💻 ❤️‍🔥 ☕️', '👩🏽‍💻 ❤️‍🔥 ☕️'],
    ['می‌خواهم क्‍ष', 'می‌خواهم क्‍ष'],
    ['\u200da b\u200d \u200dc\u200d', '\\u{200D}a b\\u{200D} \\u{200D}c\\u{200D}'],
    ['\ufe0fa\u200d\u200db', '\\u{FE0F}a\\u{200D}\\u{200D}b'],
    ['مرحبا עולם 東京', 'مرحبا עולם 東京'],
  ]) {
    assert.equal(visibleText(text), expected);
  }
});

/** Neither an argument, which other processes can read, nor the history of the shell contains the token. */
test('the command to try a token reads it from standard input', () => {
  const command = tryIt.tryItCommand('https://api.example/live');
  assert.match(command, /read -rs LATCHKEY_TOKEN/);
  assert.match(command, /curl -sS -H @- 'https:\/\/api\.example\/live\/v1\/access-tokens\/self'/);
  assert(!command.includes('\n'));
});

test('dates are in the language of the page', () => {
  assert.equal(format.formatDate('2026-03-01T12:00:00Z'), 'Mar 1, 2026');
  assert.match(format.formatDateTime('2026-03-01T12:00:00Z'), /^Sunday, March 1, 2026 at 1:00:00\sPM$/);
  assert.deepEqual(['2026-03-01', ''].map(format.formatCalendarDate), ['Sunday, March 1, 2026', '']);
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

test('user claim is found by its name, by a JSON Pointer or by dots', () => {
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { sub: 's', 'https://a.example/user': 'u', 'a.b': 'exact', a: { b: 'nested', c: ['x'] }, 'd/e': { f: 'p' } };
  const token = `${encode({ alg: 'RS256' })}.${encode(claims)}.c2ln`;
  const expected = [
    ['sub', 's'],
    ['https://a.example/user', 'u'],
    ['a.b', 'exact'],
    ['/a/b', 'nested'],
    ['/a/c/0', 'x'],
    ['a.c.0', ''],
    ['/d~1e/f', 'p'],
    ['a', ''],
    ['toString', ''],
    ['absent.name', ''],
  ];
  for (const [name, value] of expected) assert.equal(readUserClaim(token, name), value, name);
  assert.equal(readUserClaim('not a JWT', 'sub'), '');
});

test('sign-out at Cognito has its own parameters', () => {
  const parameters = (issuer) => signOutParameters({ issuer, client_id: 'page' }, 'https://a.example/tokens');
  const cognito = { client_id: 'page', logout_uri: 'https://a.example/tokens' };
  assert.deepEqual(parameters('https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Ab1'), cognito);
  assert.deepEqual(parameters('https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_Ab1'), cognito);
  for (const issuer of ['https://login.example.com/', 'https://cognito-idp.eu-central-1.amazonaws.com.evil.example/x']) {
    assert.deepEqual(parameters(issuer), {});
  }
});
