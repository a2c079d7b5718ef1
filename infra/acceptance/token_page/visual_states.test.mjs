/** Screenshots and accessibility of every state, in both themes and on a narrow screen. */

import assert from 'node:assert/strict';
import { before } from 'node:test';

import { pageTest, stack } from './fixture.mjs';
import { USERS, createToken } from './seed.mjs';
import { VIEWS } from './token_page.mjs';

before(async () => {
  const owner = await stack.userToken('acme', 'margaret');
  const requests = [
    { name: 'Sign-up form', token_type: 'journey', journey_id: 'sign-up', expires_in: '5d' },
    { name: 'Warehouse loader', assignments: ['acme:viewer', 'acme:auditor'], expires_in: '1y', renewable: true },
    { name: 'CI deployment', assignments: ['acme:admin'], expires_in: '30d' },
    { name: 'Postman', assignments: ['acme:owner'], expires_in: '7d' },
    { name: 'Quarterly report', assignments: ['acme:auditor'], expires_in: '90d', read_only: true },
    { name: 'Billing sync', assignments: ['acme:viewer'], description: 'In the vault of the finance team, entry billing-sync' },
    {
      name: 'Order reader',
      assignments: ['acme:viewer'],
      expires_in: '30d',
      grants: [{ action: 'order:view', resource: 'order/*' }],
      allowed_cidrs: ['203.0.113.0/24'],
    },
  ];
  for (const request of requests) {
    const { id, token } = await createToken(stack, owner, request);
    // Sets the day of the last use.
    if (request.token_type !== 'journey' && request.name !== 'Postman') await stack.request('GET', '/v1/permissions/me', token);
    if (request.name === 'Warehouse loader') await stack.request('POST', `/v1/access-tokens/${id}/rotate`, owner, { overlap: '7d' });
  }
});

for (const [view, options] of Object.entries(VIEWS)) {
  pageTest(`every state is accessible: ${view}`, USERS.margaret, (tokenPage) => visitStates(tokenPage, view), options);
}

async function visitStates(tokenPage, view) {
  const { page } = tokenPage;
  const capture = (state) => tokenPage.capture(state, view);
  await tokenPage.open(`${stack.url}/tokens`);
  await page.waitForURL(`${stack.idpUrl}/**`);
  await page.getByRole('button', { name: USERS.margaret }).waitFor();
  await capture('provider');
  await page.route('**/v1/access-tokens?*', (route) => route.fulfill({ json: [] }), { times: 1 });
  await tokenPage.selectUser();
  await tokenPage.text('No tokens yet').waitFor();
  await capture('empty');
  await page.route('**/v1/access-tokens?*', (route) => route.abort(), { times: 1 });
  await tokenPage.button('Refresh').click();
  await tokenPage.text('The tokens could not be loaded').waitFor();
  await capture('failed');
  await tokenPage.button('Try again').click();
  await page.getByRole('table').waitFor();
  await page.getByRole('searchbox').fill('nothing like it');
  await tokenPage.text('No tokens match your search').waitFor();
  await capture('nothing-found');
  await tokenPage.button('Clear search').click();
  await page.getByRole('table').waitFor();
  await capture('list');

  await tokenPage.button('Generate new token').first().click();
  await page.getByRole('checkbox', { name: /^Viewer/ }).waitFor();
  await capture('generate');
  await tokenPage.button('Generate token').click();
  await tokenPage.text('Enter a name for the token.').waitFor();
  await capture('generate-invalid');
  await tokenPage.field('Name').fill('Nightly export');
  await page.getByRole('checkbox', { name: /^Viewer/ }).check();
  await page.getByRole('radio', { name: /^Custom date/ }).check();
  await page.getByLabel('Last valid day').scrollIntoViewIfNeeded();
  await capture('generate-date');
  await page.getByRole('radio', { name: /^No expiration/ }).check();
  await tokenPage.text('Anyone who obtains this token').scrollIntoViewIfNeeded();
  await capture('generate-none');
  await tokenPage.openRestrictions();
  await tokenPage.button('Add permission').click();
  await tokenPage.field('Addresses').fill('10.1.2.3/8');
  await tokenPage.text('Its network is 10.0.0.0/8.').scrollIntoViewIfNeeded();
  await capture('generate-restrictions-invalid');
  await tokenPage.field('Action of permission 1').fill('order:view');
  await tokenPage.field('Resource (optional) of permission 1').fill('order/*');
  await tokenPage.field('Addresses').fill('10.0.0.0/8');
  await tokenPage.text('This token can at most view orders').scrollIntoViewIfNeeded();
  await capture('generate-restrictions');
  await page.route('**/v1/access-tokens', (route) => route.abort(), { times: 1 });
  await tokenPage.button('Generate token').click();
  await tokenPage.text('It is unknown whether the token was generated').scrollIntoViewIfNeeded();
  await capture('generate-failed');
  await tokenPage.button('Try again').click();
  await tokenPage.button('Copy token').waitFor();
  await capture('created');
  await page.keyboard.press('Escape');
  await tokenPage.text('Have you saved the token?').waitFor();
  await capture('created-leave');
  await tokenPage.button('Leave without saving').click();
  await tokenPage.text('is ready to use').waitFor();
  await capture('generated');

  await tokenPage.button('Edit Billing sync').click();
  await capture('edit');
  await tokenPage.field('Name').fill('');
  await tokenPage.button('Save').click();
  await tokenPage.text('Enter a name for the token.').waitFor();
  await capture('edit-invalid');
  await tokenPage.field('Name').fill('Billing');
  await page.route('**/v1/access-tokens/*', (route) => route.abort(), { times: 1 });
  await tokenPage.button('Save').click();
  await tokenPage.text('It is unknown whether the token was changed').waitFor();
  await capture('edit-failed');
  await tokenPage.button('Cancel').click();

  await tokenPage.button('Rotate CI deployment').click();
  await capture('rotate');
  await page.route('**/v1/access-tokens/*/rotate', (route) => route.abort(), { times: 1 });
  await tokenPage.button('Rotate token').click();
  await tokenPage.text('It is unknown whether the token was rotated').waitFor();
  await capture('rotate-failed');
  await tokenPage.button('Cancel').click();
  // The token and its successor have one name, and may be of the same second.
  const rotated = tokenPage.row('Warehouse loader').filter({ has: page.getByText('rotated', { exact: true }) });
  await rotated.getByRole('button', { name: 'Rotate Warehouse loader' }).click();
  await tokenPage.text('You receive the same new token').waitFor();
  await capture('rotate-again');
  await tokenPage.button('Rotate token').click();
  await tokenPage.text('Trying it is a use.').scrollIntoViewIfNeeded();
  await capture('rotated');
  await tokenPage.button('Done, I have saved it').click();
  await rotated.getByRole('button', { name: 'Revoke Warehouse loader' }).click();
  await page.getByRole('checkbox', { name: /^Also revoke/ }).check();
  await capture('revoke-chain');
  await tokenPage.button('Cancel').click();

  await tokenPage.button('Revoke Nightly export').click();
  await capture('revoke');
  await page.route('**/v1/access-tokens/*', (route) => route.abort(), { times: 1 });
  await tokenPage.button('Revoke token').click();
  await tokenPage.text('It is unknown whether the token was revoked').waitFor();
  await capture('revoke-failed');
  await tokenPage.button('Try again').click();
  await tokenPage.text('is revoked.').waitFor();
  await capture('revoked');

  await page.route('**/v1/**', (route) => route.fulfill({ status: 401, json: {} }));
  await page.route('**/token', (route) => route.abort());
  await tokenPage.button('Refresh').click();
  await page.getByRole('heading', { name: 'Your session has ended' }).waitFor();
  await capture('ended');
  await page.unrouteAll();
  const denied = { status: 403, json: { detail: 'the permission `token:view` is missing', code: 'permission_denied' } };
  await page.route('**/v1/access-tokens?*', (route) => route.fulfill(denied));
  await page.getByRole('dialog').getByRole('button', { name: 'Sign in' }).click();
  await tokenPage.text('You do not have permission to see tokens').waitFor();
  await tokenPage.text('Your roles in this organization').waitFor();
  await capture('denied');
  await tokenPage.button('Sign out').click();
  await tokenPage.text('You are signed out').waitFor();
  await capture('signed-out');
  await page.route('**/.well-known/openid-configuration', (route) => route.abort());
  await tokenPage.button('Sign in with local').click();
  await tokenPage.text('Sign-in failed').waitFor();
  await capture('sign-in-failed');
}

pageTest('main button of the form is visible at 1280 x 800', USERS.faults, async (tokenPage) => {
  const page = await tokenPage.signIn();
  await tokenPage.button('Generate new token').first().click();
  await page.getByRole('checkbox', { name: /^Role 1/ }).first().waitFor();
  await page.getByRole('radio', { name: /^No expiration/ }).check();
  const { top, bottom } = await tokenPage.button('Generate token').evaluate((button) => button.getBoundingClientRect());
  assert(top > 0 && bottom <= 800, `${top} to ${bottom}`);
  await tokenPage.button('Generate token').click({ trial: true });
  await tokenPage.capture('main-button', 'light');
}, { viewport: { width: 1280, height: 800 } });

pageTest('dates are in the language of the page', USERS.margaret, async (tokenPage) => {
  const page = await tokenPage.signIn();
  await page.getByRole('table').waitFor();
  await tokenPage.button('Generate new token').first().click();
  const english = /^until (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d+, \d{4}$/;
  for (const until of await page.getByText(/^until /).allInnerTexts()) assert.match(until, english);
  await page.getByRole('radio', { name: /^Custom date/ }).check();
  const date = page.getByLabel('Last valid day');
  await date.fill(await date.getAttribute('max'));
  await page.getByText(/^The token works until the end of \w+day, \w+ \d+, \d{4}\.$/).waitFor();
  await page.keyboard.press('Escape');
  const titles = await page.locator('time').evaluateAll((times) => times.map((time) => time.title));
  for (const title of titles) assert.match(title, /, 20\d\d/);
}, { locale: 'de-DE' });

pageTest('page fits a narrow screen', USERS.margaret, async (tokenPage) => {
  const page = await tokenPage.signIn();
  await tokenPage.button('Generate new token').first().click();
  await page.getByRole('checkbox', { name: /^Viewer/ }).waitFor();
  const dialog = page.getByRole('dialog');
  assert.equal(await dialog.evaluate((box) => box.scrollWidth - box.clientWidth), 0);
  assert(await dialog.evaluate((box) => box.getBoundingClientRect().right <= innerWidth));
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('table').waitFor();
  // The narrowest table is that of 961 pixels.
  for (const width of [320, 961, 1120]) {
    await page.setViewportSize({ width, height: 640 });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert(overflow <= 0, `${overflow} pixels too wide at ${width}`);
  }
  await tokenPage.capture('list', 'medium');
}, { viewport: { width: 320, height: 640 } });
