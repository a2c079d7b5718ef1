/** Rotation of tokens, and the revocation of chains of rotations. */

import assert from 'node:assert/strict';
import { before } from 'node:test';

import { pageTest, stack } from './fixture.mjs';
import { USERS, createToken } from './seed.mjs';
import { tabUntil } from './token_page.mjs';

const DAY = 86_400_000;

let owner;
let otherOwner;

before(async () => {
  owner = await stack.userToken('turn', 'rotating');
  otherOwner = await stack.userToken('turn', 'otherRotating');
});

const create = (name, change = {}) => createToken(stack, owner, { name, assignments: ['turn:viewer'], expires_in: '30d', ...change });

async function get(id) {
  return (await stack.request('GET', `/v1/access-tokens/${id}`, owner)).body;
}

/** Rotates a token through the API: by a user, or with `self` by the token itself. */
async function rotate(id, token, change = {}) {
  const { status, body } = await stack.request('POST', `/v1/access-tokens/${id}/rotate`, token, { overlap: '1h', ...change });
  assert.equal(status, 201);
  return body;
}

const statusWith = async (token) => (await stack.request('GET', '/v1/permissions/me', token)).status;

/** Lets the next rotation reach the service, and answers in its place. */
const replaceResponse = (page, answer) =>
  page.route('**/v1/access-tokens/*/rotate', async (route) => {
    await route.fetch();
    return answer(route);
  }, { times: 1 });

const dropResponse = (page) => replaceResponse(page, (route) => route.abort('connectionreset'));

/** The row of the token with this id. */
const rowOf = (page, id) => page.getByRole('row').filter({ has: page.getByRole('button', { name: id }).and(page.locator('.id')) });

const newToken = (tokenPage, name) => tokenPage.field(`Token “${name}”`).inputValue();

pageTest('token is rotated and the new one shown once', USERS.rotating, async (tokenPage) => {
  const old = await create('Nightly export');
  const page = await tokenPage.signIn();
  await tokenPage.button('Rotate Nightly export').click();
  await page.getByRole('heading', { name: 'Rotate “Nightly export”?' }).waitFor();
  await tokenPage.text('or until one minute after the first use of the new token, whichever is earlier').waitFor();
  assert.equal(await page.getByRole('radio', { name: /^1 day/ }).isChecked(), true);
  assert.equal(await page.getByRole('radio', { name: /^Same lifetime/ }).isChecked(), true);
  await tokenPage.button('Rotate token').click();
  const token = await newToken(tokenPage, 'Nightly export');
  await tokenPage.text('The token is shown only once.').waitFor();
  await tokenPage.text(`It replaces ${old.id}`).waitFor();
  await tokenPage.button('Copy token').click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), token);
  await page.getByRole('heading', { name: 'Try it' }).waitFor();
  await tokenPage.button('Done, I have saved it').click();

  const rotated = await get(old.id);
  assert.equal(Date.parse(rotated.ends_at) - Date.parse(rotated.rotated_at), DAY);
  const successor = await get(rotated.successor);
  assert.deepEqual([successor.name, successor.assignments, successor.rotated_from], ['Nightly export', ['turn:viewer'], old.id]);
  assert.equal(Date.parse(successor.expires_at) - Date.parse(successor.created_at), 30 * DAY);
  // Before the list is loaded again.
  const oldRow = rowOf(page, old.id);
  const newRow = rowOf(page, successor.id);
  await oldRow.getByText('rotated', { exact: true }).waitFor();
  await oldRow.getByText('Replaced by:').waitFor();
  await oldRow.getByText('or one minute after the first use of the new token').waitFor();
  await oldRow.getByText(/^in 2\d hours$|^in 1 day$|^tomorrow$/).waitFor();
  await newRow.getByText('new', { exact: true }).waitFor();
  await newRow.getByText('Replaces:').waitFor();
  await tokenPage.button('Refresh').click();
  await oldRow.getByText('Replaced by:').waitFor();
  await newRow.getByText('in 4 weeks').waitFor();

  assert.deepEqual([await statusWith(old.token), await statusWith(token)], [200, 200]);
  await tokenPage.button('Refresh').click();
  await oldRow.getByText('or one minute after').waitFor({ state: 'detached' });
  // A rotated token whose successor is in use cannot be rotated; the successor can.
  assert.equal(await oldRow.getByRole('button', { name: /^Rotate/ }).count(), 0);
  assert.equal(await newRow.getByRole('button', { name: /^Rotate/ }).count(), 1);
  const [, , signature] = token.split('.');
  for (const [location, text] of Object.entries(await tokenPage.storedText())) assert(!text.includes(signature), location);

  await oldRow.getByRole('button', { name: successor.id, exact: true }).click();
  assert.equal(await page.getByRole('searchbox').inputValue(), successor.id);
  await tokenPage.text(/^2 of/).waitFor();
});

pageTest('overlap and lifetime are chosen', USERS.rotating, async (tokenPage) => {
  const old = await create('Chosen');
  const page = await tokenPage.signIn();
  await tokenPage.button('Rotate Chosen').click();
  await page.getByRole('radio', { name: /^None/ }).check();
  await page.getByRole('radio', { name: /^Custom date/ }).check();
  await tokenPage.button('Rotate token').click();
  await tokenPage.text('The date is missing or outside the allowed range.').waitFor();
  await page.getByRole('radio', { name: /^7 days/ }).last().check();
  await tokenPage.button('Rotate token').click();
  const token = await newToken(tokenPage, 'Chosen');
  await tokenPage.button('Done, I have saved it').click();
  const rotated = await get(old.id);
  assert.equal(rotated.ends_at, rotated.rotated_at);
  const successor = await get(rotated.successor);
  assert.equal(Date.parse(successor.expires_at) - Date.parse(successor.created_at), 7 * DAY);
  assert.deepEqual([await statusWith(old.token), await statusWith(token)], [401, 200]);
  await rowOf(page, old.id).getByText('ended', { exact: true }).waitFor();
});

pageTest('lifetimes are those of the token’s type', USERS.rotating, async (tokenPage) => {
  await create('Of an app', { token_type: 'app', expires_in: '1d' });
  await create('Of a system', { token_type: 'assume', expires_in: undefined });
  const page = await tokenPage.signIn();
  await page.getByRole('switch').check();
  const expiration = page.getByRole('group', { name: 'Expiration of the new token' });
  await tokenPage.button('Rotate Of an app').click();
  const labels = await expiration.locator('.option').allInnerTexts();
  assert.deepEqual(labels.map((label) => label.split(' until')[0].trim()), ['Same lifetime', '7 days', 'Custom date']);
  await expiration.getByRole('radio', { name: /^7 days/ }).check();
  await tokenPage.button('Rotate token').click();
  await tokenPage.button('Done, I have saved it').click();
  await tokenPage.button('Rotate Of a system').click();
  assert.equal(await expiration.count(), 0);
  await tokenPage.button('Rotate token').click();
  await tokenPage.button('Done, I have saved it').click();
});

const LOST = {
  'the connection fails': (route) => route.abort('connectionreset'),
  'the gateway fails': (route) => route.fulfill({ status: 504, json: { detail: 'timeout', code: 'internal' } }),
};

for (const [cause, answer] of Object.entries(LOST)) {
  pageTest(`lost rotation is repeated with its values: ${cause}`, USERS.rotating, async (tokenPage) => {
    const old = await create(`Lost as ${cause}`);
    const page = await tokenPage.signIn();
    const bodies = [];
    page.on('request', (request) => request.url().endsWith('/rotate') && bodies.push(request.postData()));
    await tokenPage.button(`Rotate Lost as ${cause}`).click();
    await page.getByRole('radio', { name: /^7 days/ }).first().check();
    await page.getByRole('radio', { name: /^90 days/ }).check();
    await replaceResponse(page, answer);
    await tokenPage.button('Rotate token').click();
    await tokenPage.text('It is unknown whether the token was rotated').waitFor();
    await tokenPage.text('the same request returns the same new token').waitFor();
    await tokenPage.waitForFocus('Try again');
    const [first] = await page.getByRole('dialog').getByRole('radio').all();
    assert.equal(await first.isDisabled(), true);
    // A rejected retry says nothing about the first request.
    const json = { detail: 'too many requests', code: 'throttled' };
    await page.route('**/v1/access-tokens/*/rotate', (route) => route.fulfill({ status: 429, json }), { times: 1 });
    await tokenPage.button('Try again').click();
    await tokenPage.text('Too many requests.').waitFor();
    assert.equal(await first.isDisabled(), true);
    await tokenPage.button('Try again').click();
    const token = await newToken(tokenPage, `Lost as ${cause}`);
    await tokenPage.button('Done, I have saved it').click();
    assert.deepEqual(bodies, Array(3).fill(JSON.stringify({ overlap: 7 * 86_400, expires_in: 90 * 86_400 })));
    assert.equal(await statusWith(token), 200);
    await tokenPage.button('Refresh').click();
    await page.getByRole('searchbox').fill((await get(old.id)).successor);
    await tokenPage.text(/^2 of/).waitFor();
  });
}

pageTest('rejected rotation can be changed', USERS.rotating, async (tokenPage) => {
  await create('Rejected');
  const page = await tokenPage.signIn();
  await tokenPage.button('Rotate Rejected').click();
  const json = { detail: 'too many requests', code: 'throttled' };
  await page.route('**/v1/access-tokens/*/rotate', (route) => route.fulfill({ status: 429, json }), { times: 1 });
  await tokenPage.button('Rotate token').click();
  await tokenPage.text('The token was not rotated').waitFor();
  assert.equal(await tokenPage.text('may have been').count(), 0);
  await page.getByRole('radio', { name: /^1 hour/ }).check();
  await tokenPage.button('Try again').click();
  await tokenPage.button('Done, I have saved it').click();
});

/** The tab was closed before the token was saved: the token is shown again while it is unused. */
pageTest('unused successor is received again', USERS.rotating, async (tokenPage) => {
  const old = await create('Closed');
  const page = await tokenPage.signIn();
  await tokenPage.button('Rotate Closed').click();
  await page.getByRole('radio', { name: /^1 hour/ }).check();
  await dropResponse(page);
  await tokenPage.button('Rotate token').click();
  await tokenPage.text('It is unknown whether the token was rotated').waitFor();
  await page.keyboard.press('Escape');
  await rowOf(page, old.id).getByText('rotated', { exact: true }).waitFor();
  await rowOf(page, old.id).getByRole('button', { name: 'Rotate Closed' }).click();
  await tokenPage.text('You receive the same new token').waitFor();
  assert.equal(await page.getByRole('radio', { name: /^1 hour/ }).isChecked(), true);
  await page.getByRole('radio', { name: /^30 days/ }).first().check();
  await tokenPage.button('Rotate token').click();
  await tokenPage.text('The token was rotated with another').waitFor();
  await tokenPage.text('Repeat the values of the first request').waitFor();
  await page.getByRole('radio', { name: /^1 hour/ }).check();
  await tokenPage.button('Try again').click();
  const token = await newToken(tokenPage, 'Closed');
  const { body } = await stack.request('GET', '/v1/access-tokens/self', token);
  assert.equal(body.id, (await get(old.id)).successor);
});

pageTest('rotation of a token that changed meanwhile has a hint', USERS.rotating, async (tokenPage) => {
  const rotated = await create('Rotated by another');
  const revoked = await create('Revoked meanwhile');
  const page = await tokenPage.signIn();
  await tokenPage.button('Rotate Rotated by another').click();
  const successor = await rotate(rotated.id, otherOwner);
  await tokenPage.button('Rotate token').click();
  await tokenPage.text('The token was not rotated').waitFor();
  await tokenPage.text('its successor was used, is revoked or belongs to another caller').waitFor();
  await tokenPage.text('Refresh the list to see the token that replaces it.').waitFor();
  await tokenPage.button('Cancel').click();
  // The list is loaded again. Another user's successor cannot be received.
  await rowOf(page, successor.id).waitFor();
  assert.equal(await rowOf(page, rotated.id).getByRole('button', { name: /^Rotate/ }).count(), 0);

  await tokenPage.button('Rotate Revoked meanwhile').click();
  await stack.request('DELETE', `/v1/access-tokens/${revoked.id}`, owner);
  await tokenPage.button('Rotate token').click();
  await tokenPage.text('Generate a new token.').waitFor();
  await tokenPage.button('Cancel').click();
  await tokenPage.row('Revoked meanwhile').waitFor({ state: 'detached' });
});

pageTest('sign-in restores a rotation of unknown outcome', USERS.rotating, async (tokenPage) => {
  await create('Interrupted');
  const page = await tokenPage.signIn();
  await tokenPage.button('Rotate Interrupted').click();
  await page.getByRole('radio', { name: /^1 hour/ }).check();
  await dropResponse(page);
  await tokenPage.button('Rotate token').click();
  await tokenPage.text('It is unknown whether the token was rotated').waitFor();
  await page.route('**/v1/**', (route) => route.fulfill({ status: 401, json: {} }));
  await page.route('**/token', (route) => route.abort());
  await tokenPage.button('Try again').click();
  await page.getByRole('heading', { name: 'Your session has ended' }).waitFor();
  await page.unrouteAll();
  await page.getByRole('dialog').getByRole('button', { name: 'Sign in' }).click();
  await tokenPage.text('the same request returns the same new token').waitFor();
  assert.equal(await page.getByRole('radio', { name: /^1 hour/ }).isDisabled(), true);
  const repeated = page.waitForRequest((request) => request.url().endsWith('/rotate'));
  await tokenPage.button('Try again').click();
  assert.deepEqual(JSON.parse((await repeated).postData()), { overlap: 3_600 });
  assert.equal(await statusWith(await newToken(tokenPage, 'Interrupted')), 200);
});

pageTest('token is renewable if the form says so', USERS.rotating, async (tokenPage) => {
  const page = await tokenPage.signIn();
  await tokenPage.fillForm('Self-renewing', /^Viewer/);
  await page.getByRole('checkbox', { name: /^Renewable/ }).check();
  await tokenPage.button('Generate token').click();
  const token = await newToken(tokenPage, 'Self-renewing');
  await tokenPage.button('Done, I have saved it').click();
  await tokenPage.row('Self-renewing').getByText('renewable', { exact: true }).waitFor();
  const { body } = await stack.request('GET', '/v1/access-tokens/self', token);
  assert.equal(body.renewable, true);
  await tokenPage.generateToken('Not renewing', /^Viewer/);
  await tokenPage.row('Not renewing').waitFor();
  assert.equal(await tokenPage.row('Not renewing').getByText('renewable').count(), 0);
});

pageTest('whole chain of rotations is revoked', USERS.rotating, async (tokenPage) => {
  const first = await create('Chain');
  const second = await rotate(first.id, owner);
  const third = await rotate(second.id, owner);
  const page = await tokenPage.signIn();
  await rowOf(page, second.id).getByRole('button', { name: 'Revoke Chain' }).click();
  await page.getByRole('dialog').getByText('Replaced by:').waitFor();
  await page.getByRole('dialog').getByText('Replaces:').waitFor();
  await page.getByRole('checkbox', { name: /^Also revoke all tokens of its chain of rotations/ }).check();
  await tokenPage.button('Revoke token').click();
  await tokenPage.text('“Chain” is revoked.').waitFor();
  assert.equal(await tokenPage.text('was not revoked').count(), 0);
  for (const { id } of [first, second, third]) await rowOf(page, id).getByText('revoked', { exact: true }).waitFor();
  for (const { token } of [first, second, third]) assert.equal(await statusWith(token), 401);
  await tokenPage.button('Refresh').click();
  await rowOf(page, second.id).waitFor({ state: 'detached' });
  for (const { id } of [first, third]) assert.equal(await rowOf(page, id).count(), 0);
});

pageTest('successor of a user is named when it remains', USERS.rotating, async (tokenPage) => {
  const first = await create('Replaced');
  const second = await rotate(first.id, owner);
  const page = await tokenPage.signIn();
  await rowOf(page, first.id).getByRole('button', { name: 'Revoke Replaced' }).click();
  await tokenPage.button('Revoke token').click();
  await tokenPage.text(`The token that replaces it was not revoked: ${second.id}`).waitFor();
  assert.equal(await statusWith(second.token), 200);
  assert.equal(await rowOf(page, second.id).getByText('revoked', { exact: true }).count(), 0);
});

pageTest('successors of the token itself are revoked with it', USERS.rotating, async (tokenPage) => {
  const first = await create('Self-rotating');
  const second = await rotate('self', first.token);
  const page = await tokenPage.signIn();
  await rowOf(page, first.id).getByRole('button', { name: 'Revoke Self-rotating' }).click();
  await tokenPage.button('Revoke token').click();
  await tokenPage.text('“Self-rotating” is revoked.').waitFor();
  assert.equal(await tokenPage.text('was not revoked').count(), 0);
  for (const { id } of [first, second]) await rowOf(page, id).getByText('revoked', { exact: true }).waitFor();
  assert.equal(await statusWith(second.token), 401);
});

pageTest('token without rotations has no choice of the chain', USERS.rotating, async (tokenPage) => {
  await create('Never rotated');
  const page = await tokenPage.signIn();
  await tokenPage.button('Revoke Never rotated').click();
  await tokenPage.button('Revoke token').waitFor();
  assert.equal(await page.getByRole('dialog').getByRole('checkbox').count(), 0);
});

pageTest('token is rotated by keyboard', USERS.rotating, async (tokenPage) => {
  await create('By keyboard');
  const page = await tokenPage.signIn();
  const press = (key) => page.keyboard.press(key);
  await tabUntil(page, tokenPage.button('Rotate By keyboard'));
  await press('Enter');
  const selected = page.getByRole('radio', { name: /^1 day/ });
  await page.waitForFunction(() => document.activeElement?.getAttribute('type') === 'radio');
  assert.equal(await selected.evaluate((radio) => radio === document.activeElement), true);
  await press('Escape');
  await tokenPage.waitForFocus('Rotate');
  await press('Enter');
  await tabUntil(page, tokenPage.button('Rotate token'));
  await tabUntil(page, selected);
  await press('ArrowUp');
  assert.equal(await page.getByRole('radio', { name: /^1 hour/ }).isChecked(), true);
  await dropResponse(page);
  // From a field that the request disables.
  await press('Enter');
  await tokenPage.waitForFocus('Try again');
  await press('Enter');
  await tokenPage.waitForFocus('Copy token');
});
