/** Names and descriptions of tokens, and their change. */

import assert from 'node:assert/strict';
import { before } from 'node:test';

import { pageTest, stack } from './fixture.mjs';
import { USERS, createToken } from './seed.mjs';
import { tabUntil } from './token_page.mjs';

let owner;

before(async () => {
  owner = await stack.userToken('turn', 'rotating');
});

const create = (name, change = {}) => createToken(stack, owner, { name, assignments: ['turn:viewer'], ...change });
const get = async (id) => (await stack.request('GET', `/v1/access-tokens/${id}`, owner)).body;

pageTest('description is entered with a new token', USERS.rotating, async (tokenPage) => {
  const page = await tokenPage.signIn();
  await tokenPage.fillForm('Described', /^Viewer/);
  const description = tokenPage.field('Description (optional)');
  await description.fill('x'.repeat(1_001));
  await tokenPage.button('Generate token').click();
  await tokenPage.text('The description is too long.').waitFor();
  assert.equal(await description.evaluate((field) => field === document.activeElement), true);
  await description.fill(' In the vault,\n  ask the data team ');
  await tokenPage.button('Generate token').click();
  const token = await tokenPage.field('Token “Described”').inputValue();
  await tokenPage.button('Done, I have saved it').click();
  // The API accepts one line.
  const { body } = await stack.request('GET', '/v1/access-tokens/self', token);
  assert.equal(body.description, 'In the vault, ask the data team');
  await tokenPage.row('Described').getByText('In the vault, ask the data team').waitFor();
  await page.getByRole('searchbox').fill('DATA TEAM');
  await tokenPage.text(/^1 of/).waitFor();
});

pageTest('token is renamed and described', USERS.rotating, async (tokenPage) => {
  const { id, token } = await create('Former name');
  const page = await tokenPage.signIn();
  await tokenPage.button('Edit Former name').click();
  await page.getByRole('heading', { name: 'Edit “Former name”' }).waitFor();
  await tokenPage.field('Name').fill(' ');
  await tokenPage.button('Save').click();
  await tokenPage.text('Enter a name for the token.').waitFor();
  await tokenPage.field('Name').fill('Present name');
  await tokenPage.field('Description (optional)').fill('Stored in the vault');
  await tokenPage.button('Save').click();
  await tokenPage.text('The changes of “Present name” are saved.').waitFor();
  await tokenPage.row('Present name').getByText('Stored in the vault').waitFor();
  assert.equal(await tokenPage.row('Former name').count(), 0);
  const { name, description } = await get(id);
  assert.deepEqual([name, description], ['Present name', 'Stored in the vault']);
  assert.equal((await stack.request('GET', '/v1/permissions/me', token)).status, 200);
  await tokenPage.button('Refresh').click();
  await tokenPage.row('Present name').getByText('today').waitFor();

  // The request contains what was changed.
  const bodies = [];
  page.on('request', (request) => request.method() === 'PATCH' && bodies.push(JSON.parse(request.postData())));
  await tokenPage.button('Edit Present name').click();
  await tokenPage.field('Description (optional)').fill('');
  await tokenPage.button('Save').click();
  await tokenPage.row('Present name').getByText('Stored in the vault').waitFor({ state: 'detached' });
  await tokenPage.button('Edit Present name').click();
  await tokenPage.button('Save').click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.deepEqual(bodies, [{ description: null }]);
  assert.equal((await get(id)).description, undefined);
});

pageTest('long description is shown on request', USERS.rotating, async (tokenPage) => {
  const description = `${'Who to call, and when. '.repeat(8)}The end.`;
  await create('Long', { description });
  const page = await tokenPage.signIn();
  const row = tokenPage.row('Long');
  await row.getByText('Who to call').first().waitFor();
  assert.equal(await row.getByText('The end.').isVisible(), false);
  await row.locator('.token-description summary').click();
  await row.getByText('The end.').waitFor();
  await tokenPage.capture('description', 'light');
  await tokenPage.button('Revoke Long').click();
  await page.getByRole('dialog').locator('.token-description summary').click();
  await page.getByRole('dialog').getByText('The end.').waitFor();
});

pageTest('lost change can be repeated', USERS.rotating, async (tokenPage) => {
  const { id } = await create('Before the loss');
  const page = await tokenPage.signIn();
  await tokenPage.button('Edit Before the loss').click();
  await tokenPage.field('Name').fill('After the loss');
  await page.route('**/v1/access-tokens/*', async (route) => {
    await route.fetch();
    return route.abort('connectionreset');
  }, { times: 1 });
  await tokenPage.button('Save').click();
  await tokenPage.text('It is unknown whether the token was changed').waitFor();
  await tokenPage.text('It is safe to try again.').waitFor();
  await tokenPage.button('Try again').click();
  await tokenPage.row('After the loss').waitFor();
  assert.equal((await get(id)).name, 'After the loss');
});

pageTest('change of an inactive token has a hint', USERS.rotating, async (tokenPage) => {
  const { id } = await create('Revoked while edited');
  await tokenPage.signIn();
  await tokenPage.button('Edit Revoked while edited').click();
  await stack.request('DELETE', `/v1/access-tokens/${id}`, owner);
  await tokenPage.field('Name').fill('Too late');
  await tokenPage.button('Save').click();
  await tokenPage.text('The token was not changed').waitFor();
  await tokenPage.text('It can neither be rotated nor changed.').waitFor();
  await tokenPage.button('Cancel').click();
  await tokenPage.row('Revoked while edited').waitFor({ state: 'detached' });
});

pageTest('invisible characters are rejected with the reason', USERS.rotating, async (tokenPage) => {
  await create('Visible');
  await tokenPage.signIn();
  await tokenPage.button('Edit Visible').click();
  await tokenPage.field('Description (optional)').fill('a\u202eb');
  await tokenPage.button('Save').click();
  await tokenPage.text('`description` must not contain the invisible or reordering character U+202E').waitFor();
});

pageTest('sign-in restores an unsaved change', USERS.rotating, async (tokenPage) => {
  await create('Unsaved change');
  const page = await tokenPage.signIn();
  await tokenPage.button('Edit Unsaved change').click();
  await tokenPage.field('Description (optional)').fill('Typed before');
  await page.route('**/v1/**', (route) => route.fulfill({ status: 401, json: {} }));
  await page.route('**/token', (route) => route.abort());
  await tokenPage.button('Save').click();
  await page.getByRole('heading', { name: 'Your session has ended' }).waitFor();
  await page.unrouteAll();
  await page.getByRole('dialog').getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Edit “Unsaved change”' }).waitFor();
  assert.equal(await tokenPage.field('Description (optional)').inputValue(), 'Typed before');
  await tokenPage.button('Save').click();
  await tokenPage.row('Unsaved change').getByText('Typed before').waitFor();
});

pageTest('token is edited by keyboard', USERS.rotating, async (tokenPage) => {
  await create('Keyed');
  const page = await tokenPage.signIn();
  await tabUntil(page, tokenPage.button('Edit Keyed'));
  await page.keyboard.press('Enter');
  await tabUntil(page, tokenPage.field('Name'));
  await page.keyboard.press('End');
  await page.keyboard.type(' in');
  await page.keyboard.press('Enter');
  await tokenPage.row('Keyed in').waitFor();
  await tokenPage.waitForFocus('Edit');
});
