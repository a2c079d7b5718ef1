/** What the page offers to users with different permissions on tokens. */

import assert from 'node:assert/strict';
import { before } from 'node:test';

import { pageTest, stack } from './fixture.mjs';
import { USERS, createToken } from './seed.mjs';

const GENERATE = 'Generate new token';

before(async () => {
  const tokens = [
    ['tokenAdmin', 'admin', ['Of the administrator', 'For Rex', 'For Tim']],
    ['developer', 'developer', ['Of the developer', 'For Dana']],
    ['lead', 'developer', ['Of the lead', 'For Lea']],
  ];
  for (const [user, role, names] of tokens) {
    const userToken = await stack.userToken('team', user);
    for (const name of names) await createToken(stack, userToken, { name, assignments: [`team:${role}`] });
  }
});

/** Asserts the buttons of the loaded list: to generate a token, and to edit, rotate and revoke each of these tokens. */
async function assertButtons(tokenPage, { canCreate, revocable, notRevocable }) {
  const { page } = tokenPage;
  for (const name of [...revocable, ...notRevocable]) await tokenPage.row(name).waitFor();
  assert.equal(await tokenPage.button(GENERATE).count(), canCreate ? 1 : 0);
  for (const name of revocable) assert.equal(await tokenPage.button(`Revoke ${name}`).count(), 1, name);
  for (const name of notRevocable) assert.equal(await tokenPage.button(`Revoke ${name}`).count(), 0, name);
  // Users who can create tokens can change and rotate those that they can revoke.
  for (const action of ['Edit', 'Rotate']) {
    for (const name of revocable) assert.equal(await tokenPage.button(`${action} ${name}`).count(), canCreate ? 1 : 0, name);
    for (const name of notRevocable) assert.equal(await tokenPage.button(`${action} ${name}`).count(), 0, name);
  }
  assert.equal(await page.getByRole('columnheader', { name: 'Actions' }).count(), revocable.length > 0 ? 1 : 0);
}

async function revoke(tokenPage, name) {
  await tokenPage.button(`Revoke ${name}`).click();
  await tokenPage.button('Revoke token').click();
  await tokenPage.text(`“${name}” is revoked.`).waitFor();
}

pageTest('missing permission is named as in the API’s response', USERS.withoutPermission, async (tokenPage) => {
  await tokenPage.signIn();
  await tokenPage.text('You do not have permission to see tokens').waitFor();
  await tokenPage.text('token:view').waitFor();
  await tokenPage.text('Your roles in this organization: Orders.').waitFor();
  assert.equal(await tokenPage.button(GENERATE).count(), 0);
});

pageTest('user without a role is informed', USERS.withoutRole, async (tokenPage) => {
  await tokenPage.signIn();
  await tokenPage.text('You have no role in this organization.').waitFor();
});

pageTest('viewer of an empty list is offered nothing', USERS.viewer, async (tokenPage) => {
  await tokenPage.signIn();
  await tokenPage.text('You have permission to see tokens, but not to create them.').waitFor();
  assert.equal(await tokenPage.button(GENERATE).count(), 0);
  await tokenPage.capture('empty-viewer', 'light');
});

pageTest('auditor sees tokens without buttons', USERS.tokenAuditor, async (tokenPage) => {
  await tokenPage.signIn();
  const notRevocable = ['Of the administrator', 'Of the developer', 'Of the lead'];
  await assertButtons(tokenPage, { canCreate: false, revocable: [], notRevocable });
  await tokenPage.capture('auditor', 'light');
});

pageTest('user with token:revoke revokes and cannot generate', USERS.revoker, async (tokenPage) => {
  await tokenPage.signIn();
  const revocable = ['Of the administrator', 'Of the developer', 'Of the lead', 'For Rex'];
  await assertButtons(tokenPage, { canCreate: false, revocable, notRevocable: [] });
  await revoke(tokenPage, 'For Rex');
});

pageTest('user with token:self manages only own tokens', USERS.developer, async (tokenPage) => {
  const page = await tokenPage.signIn('Your tokens');
  await assertButtons(tokenPage, { canCreate: true, revocable: ['Of the developer', 'For Dana'], notRevocable: [] });
  await page.getByRole('table', { name: 'Your tokens' }).waitFor();
  for (const name of ['Of the administrator', 'Of the lead']) assert.equal(await tokenPage.row(name).count(), 0);
  await tokenPage.capture('own-tokens', 'light');
  await tokenPage.generateToken('New of Dana', /^Developer/);
  await tokenPage.row('New of Dana').getByText('by you').waitFor();
  await revoke(tokenPage, 'New of Dana');
  await revoke(tokenPage, 'For Dana');
});

pageTest('user who sees all tokens revokes only own ones', USERS.lead, async (tokenPage) => {
  await tokenPage.signIn();
  const notRevocable = ['Of the administrator', 'Of the developer'];
  await assertButtons(tokenPage, { canCreate: true, revocable: ['Of the lead', 'For Lea'], notRevocable });
  await tokenPage.capture('own-revocable', 'light');
  await revoke(tokenPage, 'For Lea');
});

pageTest('user with token:create manages all tokens', USERS.tokenAdmin, async (tokenPage) => {
  await tokenPage.signIn();
  const revocable = ['Of the administrator', 'Of the developer', 'Of the lead', 'For Tim'];
  await assertButtons(tokenPage, { canCreate: true, revocable, notRevocable: [] });
  await revoke(tokenPage, 'For Tim');
});

/** The API decides each request itself. A service of an older version returns no decisions. */
for (const [cause, respond] of [
  ['a request fails', (route) => route.abort()],
  ['none is returned', (route) => route.fulfill({ json: { roles: [] } })],
]) {
  pageTest(`everything is offered without decisions: ${cause}`, USERS.tokenAuditor, async (tokenPage) => {
    await tokenPage.page.route('**/v1/permissions/me?action=*', respond);
    await tokenPage.signIn();
    const revocable = ['Of the administrator', 'Of the developer', 'Of the lead'];
    await assertButtons(tokenPage, { canCreate: true, revocable, notRevocable: [] });
    await tokenPage.button('Revoke Of the developer').click();
    await tokenPage.button('Revoke token').click();
    await tokenPage.text('The token was not revoked').waitFor();
    await tokenPage.text('token:revoke').waitFor();
  });
}

pageTest('token of another user cannot be revoked', USERS.developer, async (tokenPage) => {
  const { page } = tokenPage;
  const admin = await stack.userToken('team', 'tokenAdmin');
  const { body: items } = await stack.request('GET', '/v1/access-tokens', admin);
  await page.route('**/v1/permissions/me?action=*', (route) => route.abort());
  await page.route('**/v1/access-tokens?*', (route) => route.fulfill({ json: items }));
  await tokenPage.signIn();
  await tokenPage.button('Revoke Of the administrator').click();
  await tokenPage.text('Owner: tokenAdmin.').waitFor();
  await tokenPage.button('Revoke token').click();
  await tokenPage.text('The token was not revoked').waitFor();
  await tokenPage.text('it belongs to another user').waitFor();
  await tokenPage.capture('revoke-not-own', 'light');
});

pageTest('list is not shown before the permissions are known', USERS.tokenAuditor, async (tokenPage) => {
  const { page } = tokenPage;
  let answer;
  const isAnswered = new Promise((resolve) => (answer = resolve));
  await page.route('**/v1/permissions/me?action=token%3Arevoke', async (route) => {
    await isAnswered;
    return route.continue();
  });
  const isListed = page.waitForResponse((response) => response.url().includes('/v1/access-tokens?'));
  await tokenPage.signIn();
  await isListed;
  await tokenPage.text('Loading tokens …').waitFor();
  assert.equal(await page.getByRole('row').count(), 0);
  answer();
  await tokenPage.row('Of the administrator').waitFor();
});
