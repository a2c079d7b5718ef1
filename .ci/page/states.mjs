/** Every state, in both themes and on a narrow screen. */

import assert from 'node:assert/strict';
import { before } from 'node:test';

import { LOOKS } from './browser.mjs';
import { stack, visit } from './setting.mjs';
import { PEOPLE } from './stack.mjs';

before(async () => {
  const owner = await stack.person('acme', 'margaret');
  const orders = [
    { name: 'Sign-up form', token_type: 'journey', journey_id: 'sign-up', expires_in: '5d' },
    { name: 'Warehouse loader', assignments: ['acme:viewer', 'acme:auditor'], expires_in: '1y' },
    { name: 'CI deployment', assignments: ['acme:admin'], expires_in: '30d' },
    { name: 'Postman', assignments: ['acme:owner'], expires_in: '7d' },
    { name: 'Quarterly report', assignments: ['acme:auditor'], expires_in: '90d', read_only: true },
    { name: 'Billing sync', assignments: ['acme:viewer'] },
  ];
  for (const order of orders) {
    const { body } = await stack.create(owner, order);
    if (order.token_type !== 'journey' && order.name !== 'Postman') await stack.ask('GET', '/v1/permissions/me', body.token);
  }
});

for (const [look, options] of Object.entries(LOOKS)) {
  visit(`is accessible, and pictured: ${look}`, PEOPLE.margaret, (visitor) => tour(visitor, look), options);
}

/** One state after the other. */
async function tour(visitor, look) {
  const { page } = visitor;
  const picture = (state) => visitor.picture(state, look);
  await visitor.go(`${stack.base}/tokens`);
  await page.waitForURL(`${stack.provider}/**`);
  await page.getByRole('button', { name: PEOPLE.margaret }).waitFor();
  await picture('provider');
  await page.route('**/v1/access-tokens?*', (route) => route.fulfill({ json: [] }), { times: 1 });
  await visitor.choose();
  await visitor.text('No tokens yet').waitFor();
  await picture('empty');
  await page.route('**/v1/access-tokens?*', (route) => route.abort(), { times: 1 });
  await visitor.button('Refresh').click();
  await visitor.text('The tokens could not be loaded').waitFor();
  await picture('failed');
  await visitor.button('Try again').click();
  await page.getByRole('table').waitFor();
  await page.getByRole('searchbox').fill('nothing like it');
  await visitor.text('No tokens match your search').waitFor();
  await picture('nothing-found');
  await visitor.button('Clear search').click();
  await page.getByRole('table').waitFor();
  await picture('list');

  await visitor.button('Generate new token').first().click();
  await page.getByRole('checkbox', { name: /^Viewer/ }).waitFor();
  await picture('generate');
  await visitor.button('Generate token').click();
  await visitor.text('Enter a name for the token.').waitFor();
  await picture('generate-wrong');
  await visitor.field('Name').fill('Nightly export');
  await page.getByRole('checkbox', { name: /^Viewer/ }).check();
  await page.getByRole('radio', { name: /^Custom date/ }).check();
  await page.getByLabel('Last valid day').scrollIntoViewIfNeeded();
  await picture('generate-date');
  await page.getByRole('radio', { name: /^No expiration/ }).check();
  await visitor.text('Anyone who obtains this token').scrollIntoViewIfNeeded();
  await picture('generate-none');
  await page.route('**/v1/access-tokens', (route) => route.abort(), { times: 1 });
  await visitor.button('Generate token').click();
  await visitor.text('The request to generate the token failed').scrollIntoViewIfNeeded();
  await picture('generate-failed');
  await visitor.button('Try again').click();
  await visitor.button('Copy token').waitFor();
  await picture('created');
  await page.keyboard.press('Escape');
  await visitor.text('Have you saved the token?').waitFor();
  await picture('created-leave');
  await visitor.button('Leave without saving').click();
  await visitor.text('is ready to use').waitFor();
  await picture('generated');

  await visitor.button('Revoke Nightly export').click();
  await picture('revoke');
  await page.route('**/v1/access-tokens/*', (route) => route.abort(), { times: 1 });
  await visitor.button('Revoke token').click();
  await visitor.text('The request to revoke the token failed').waitFor();
  await picture('revoke-failed');
  await visitor.button('Try again').click();
  await visitor.text('is revoked.').waitFor();
  await picture('revoked');

  await page.route('**/v1/**', (route) => route.fulfill({ status: 401, json: {} }));
  await page.route('**/token', (route) => route.abort());
  await visitor.button('Refresh').click();
  await page.getByRole('heading', { name: 'Your session has ended' }).waitFor();
  await picture('ended');
  await page.unrouteAll();
  const denied = { status: 403, json: { detail: 'the permission `token:create` is missing', code: 'permission_denied' } };
  await page.route('**/v1/access-tokens?*', (route) => route.fulfill(denied));
  await page.getByRole('dialog').getByRole('button', { name: 'Sign in' }).click();
  await visitor.text('You do not have permission to manage tokens').waitFor();
  await visitor.text('Your roles in this organization').waitFor();
  await picture('denied');
  await visitor.button('Sign out').click();
  await visitor.text('You are signed out').waitFor();
  await picture('signed-out');
  await page.route('**/.well-known/openid-configuration', (route) => route.abort());
  await visitor.button('Sign in with local').click();
  await visitor.text('Sign-in failed').waitFor();
  await picture('sign-in-failed');
}

visit('fits a narrow screen', PEOPLE.margaret, async (visitor) => {
  const page = await visitor.signIn();
  await visitor.button('Generate new token').first().click();
  await page.getByRole('checkbox', { name: /^Viewer/ }).waitFor();
  const dialog = page.getByRole('dialog');
  assert.equal(await dialog.evaluate((box) => box.scrollWidth - box.clientWidth), 0);
  assert(await dialog.evaluate((box) => box.getBoundingClientRect().right <= innerWidth));
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('table').waitFor();
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert(over <= 0, `${over} pixels too wide`);
}, { viewport: { width: 320, height: 640 } });
