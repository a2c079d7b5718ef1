/** Failed connections and error responses. */

import assert from 'node:assert/strict';

import { pageTest, stack } from './fixture.mjs';
import { USERS } from './seed.mjs';

/** Lets the next request to this address reach the service, and drops the response. */
const dropResponse = (page, address, method) =>
  page.route(
    address,
    async (route) => {
      if (route.request().method() !== method) return route.fallback();
      await route.fetch();
      return route.abort('connectionreset');
    },
    { times: 1 },
  );
const failConnections = (page, address) => page.route(address, (route) => route.abort('connectionreset'));

pageTest('failed sign-in can be repeated', USERS.faults, async (tokenPage) => {
  const { page } = tokenPage;
  for (const address of ['**/.well-known/openid-configuration', '**/token']) {
    await failConnections(page, address);
    await tokenPage.open(`${stack.url}/tokens`);
    if (address === '**/token') await tokenPage.selectUser();
    await tokenPage.text('The identity provider cannot be reached.').waitFor();
    await page.unroute(address);
  }
  await tokenPage.button('Sign in with local').click();
  await tokenPage.text('No tokens yet').waitFor();
});

pageTest('failed list request can be repeated', USERS.faults, async (tokenPage) => {
  const { page } = tokenPage;
  await failConnections(page, '**/v1/access-tokens?*');
  await tokenPage.signIn();
  await tokenPage.text('The tokens could not be loaded').waitFor();
  await tokenPage.text('The connection to the API failed.').waitFor();
  await page.unroute('**/v1/access-tokens?*');
  await tokenPage.button('Try again').click();
  await tokenPage.text('No tokens yet').waitFor();
});

pageTest('failed role request can be repeated', USERS.faults, async (tokenPage) => {
  const page = await tokenPage.signIn();
  await failConnections(page, '**/v1/permissions/me*');
  await tokenPage.button('Generate new token').first().click();
  await tokenPage.text('Your roles could not be loaded').waitFor();
  await tokenPage.capture('roles-failed', 'light');
  await page.unroute('**/v1/permissions/me*');
  await tokenPage.button('Try again').click();
  await page.getByRole('searchbox', { name: 'Search roles' }).fill('role 7');
  await page.getByRole('checkbox', { name: /^Role 7/ }).check();
  await tokenPage.capture('many-roles', 'light');
  assert.equal(await page.getByRole('checkbox', { name: /^Role/ }).count(), 1);
});

pageTest('retry after a lost response returns the same token', USERS.faults, async (tokenPage) => {
  const page = await tokenPage.signIn();
  await tokenPage.fillForm('Lost and found', /^Role 3/);
  await dropResponse(page, '**/v1/access-tokens', 'POST');
  await tokenPage.button('Generate token').click();
  await tokenPage.text('It is unknown whether the token was generated').waitFor();
  await tokenPage.text('a retry returns the same token').waitFor();
  await tokenPage.button('Try again').click();
  const token = await tokenPage.field('Token “Lost and found”').inputValue();
  await tokenPage.button('Done, I have saved it').click();
  assert.equal((await stack.request('GET', '/v1/access-tokens/self', token)).status, 200);
  await tokenPage.button('Refresh').click();
  await tokenPage.text('1 token', { exact: true }).waitFor();
  assert.equal(await tokenPage.row('Lost and found').count(), 1);

  await tokenPage.button('Revoke Lost and found').click();
  await dropResponse(page, '**/v1/access-tokens/*', 'DELETE');
  await tokenPage.button('Revoke token').click();
  await tokenPage.text('It is unknown whether the token was revoked').waitFor();
  await tokenPage.text('The token may have been revoked.').waitFor();
  await tokenPage.button('Try again').click();
  await tokenPage.text('“Lost and found” is revoked.').waitFor();
  assert.equal((await stack.request('GET', '/v1/access-tokens/self', token)).status, 401);
});

pageTest('rejected request is not reported as unknown', USERS.faults, async (tokenPage) => {
  const page = await tokenPage.signIn();
  await tokenPage.fillForm('Rejected', /^Role 3/);
  const json = { detail: 'too many requests', code: 'throttled' };
  await page.route('**/v1/access-tokens', (route) => route.fulfill({ status: 429, json }), { times: 1 });
  await tokenPage.button('Generate token').click();
  await tokenPage.text('The token was not generated').waitFor();
  assert.equal(await tokenPage.text('may have been').count(), 0);
});

pageTest('error response shows its reason and request id', USERS.faults, async (tokenPage) => {
  const page = await tokenPage.signIn();
  const detail = 'the service is temporarily unavailable; retry after a second';
  const json = { detail, error: detail, code: 'unavailable', status: 503, instance: 'request-1' };
  const headers = { 'Retry-After': '1' };
  await page.route('**/v1/access-tokens?*', (route) => route.fulfill({ status: 503, json, headers }), { times: 1 });
  await tokenPage.button('Refresh').click();
  await tokenPage.text('The service is temporarily unavailable; retry after a second. Try again in 1 second.').waitFor();
  await tokenPage.text('Request ID: request-1').waitFor();
  await tokenPage.button('Try again').click();
  await tokenPage.text('request-1').waitFor({ state: 'detached' });
});
