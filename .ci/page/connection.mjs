/** Connections that break. */

import assert from 'node:assert/strict';

import { stack, visit } from './setting.mjs';
import { PEOPLE } from './stack.mjs';

/** Lets the next request to this address be answered, and loses the answer. */
const loseAnswer = (page, address, method) =>
  page.route(
    address,
    async (route) => {
      if (route.request().method() !== method) return route.fallback();
      await route.fetch();
      return route.abort('connectionreset');
    },
    { times: 1 },
  );
const cut = (page, address) => page.route(address, (route) => route.abort('connectionreset'));

visit('at the sign-in', PEOPLE.faults, async (visitor) => {
  const { page } = visitor;
  for (const address of ['**/.well-known/openid-configuration', '**/token']) {
    await cut(page, address);
    await visitor.go(`${stack.base}/tokens`);
    if (address === '**/token') await visitor.choose();
    await visitor.text('The identity provider cannot be reached.').waitFor();
    await page.unroute(address);
  }
  await visitor.button('Sign in with local').click();
  await visitor.text('No tokens yet').waitFor();
});

visit('while the list is loaded', PEOPLE.faults, async (visitor) => {
  const { page } = visitor;
  await cut(page, '**/v1/access-tokens?*');
  await visitor.signIn();
  await visitor.text('The tokens could not be loaded').waitFor();
  await visitor.text('The connection to the API failed.').waitFor();
  await page.unroute('**/v1/access-tokens?*');
  await visitor.button('Try again').click();
  await visitor.text('No tokens yet').waitFor();
});

visit('while roles are loaded', PEOPLE.faults, async (visitor) => {
  const page = await visitor.signIn();
  await cut(page, '**/v1/permissions/me*');
  await visitor.button('Generate new token').first().click();
  await visitor.text('Your roles could not be loaded').waitFor();
  await visitor.picture('roles-failed', 'light');
  await page.unroute('**/v1/permissions/me*');
  await visitor.button('Try again').click();
  await page.getByRole('searchbox', { name: 'Search roles' }).fill('role 7');
  await page.getByRole('checkbox', { name: /^Role 7/ }).check();
  await visitor.picture('many-roles', 'light');
  assert.equal(await page.getByRole('checkbox', { name: /^Role/ }).count(), 1);
});

visit('when a token was made and its answer is lost: the repetition gives that token', PEOPLE.faults, async (visitor) => {
  const page = await visitor.signIn();
  await visitor.form('Lost and found', /^Role 3/);
  await loseAnswer(page, '**/v1/access-tokens', 'POST');
  await visitor.button('Generate token').click();
  await visitor.text('a retry returns the same token').waitFor();
  await visitor.button('Try again').click();
  const token = await visitor.field('Token “Lost and found”').inputValue();
  await visitor.button('Done, I have saved it').click();
  assert.equal((await stack.ask('GET', '/v1/access-tokens/self', token)).status, 200);
  await visitor.button('Refresh').click();
  await visitor.text('1 token', { exact: true }).waitFor();
  assert.equal(await visitor.row('Lost and found').count(), 1);

  await visitor.button('Revoke Lost and found').click();
  await loseAnswer(page, '**/v1/access-tokens/*', 'DELETE');
  await visitor.button('Revoke token').click();
  await visitor.text('The token may have been revoked.').waitFor();
  await visitor.button('Try again').click();
  await visitor.text('“Lost and found” is revoked.').waitFor();
  assert.equal((await stack.ask('GET', '/v1/access-tokens/self', token)).status, 401);
});

visit('and a service that cannot answer says so itself', PEOPLE.faults, async (visitor) => {
  const page = await visitor.signIn();
  const detail = 'the service is temporarily unavailable; retry after a second';
  const json = { detail, error: detail, code: 'unavailable', status: 503, instance: 'request-1' };
  const headers = { 'Retry-After': '1' };
  await page.route('**/v1/access-tokens?*', (route) => route.fulfill({ status: 503, json, headers }), { times: 1 });
  await visitor.button('Refresh').click();
  await visitor.text('The service is temporarily unavailable; retry after a second. Try again in 1 second.').waitFor();
  await visitor.text('Request ID: request-1').waitFor();
  await visitor.button('Try again').click();
  await visitor.text('request-1').waitFor({ state: 'detached' });
});
