/** Sessions: their beginning, their renewal and their end. */

import assert from 'node:assert/strict';

import { stack, visit } from './setting.mjs';
import { PEOPLE } from './stack.mjs';

/** Requests of the API with a token that is over, in place of the page's. */
const expire = async (page, times) => {
  const over = await stack.person('life', 'ada', '--ttl', '0s');
  const send = (route) => {
    const headers = { ...route.request().headers(), authorization: `Bearer ${over.slice(0, -4)}AAAA` };
    return route.continue({ headers });
  };
  await page.route('**/v1/**', send, { times });
};

visit('is renewed unseen', PEOPLE.ada, async (visitor) => {
  const page = await visitor.signIn();
  const renewed = page.waitForRequest((request) => (request.postData() ?? '').includes('grant_type=refresh_token'));
  await expire(page, 1);
  await visitor.button('Refresh').click();
  await renewed;
  await visitor.generate('After renewal', /^Viewer/);
  assert.equal(await visitor.text('could not').count(), 0);
});

visit('that has ended comes back to where it was', PEOPLE.ada, async (visitor) => {
  const page = await visitor.signIn();
  await page.getByRole('searchbox').fill('zebra');
  await page.getByRole('switch').check();
  await visitor.form('Half written', /^Viewer/);
  await page.getByRole('radio', { name: /^90 days/ }).check();
  await expire(page, 100);
  await page.route('**/token', (route) => route.continue({ postData: 'grant_type=refresh_token&client_id=latchkey-page&refresh_token=x' }));
  await visitor.button('Generate token').click();
  await page.getByRole('heading', { name: 'Your session has ended' }).waitFor();
  await page.unrouteAll();
  await page.getByRole('dialog').getByRole('button', { name: 'Sign in' }).click();
  // The provider knows them still, and asks nothing.
  await visitor.field('Name').waitFor();
  assert.equal(await visitor.field('Name').inputValue(), 'Half written');
  assert.equal(await page.getByRole('radio', { name: /^90 days/ }).isChecked(), true);
  assert.equal(await page.locator('main').getByRole('searchbox', { includeHidden: true }).inputValue(), 'zebra');
  assert.equal(await page.getByRole('switch', { includeHidden: true }).isChecked(), true);
  await visitor.button('Generate token').click();
  await visitor.button('Done, I have saved it').click();
  // Whatever was searched for, what is new is seen.
  await visitor.row('Half written').waitFor();
});

visit('that cannot be renewed at once still comes back to where it was, with the same order', PEOPLE.faults, async (visitor) => {
  const page = await visitor.signIn();
  await visitor.form('Once only', /^Role 5/);
  let key;
  await page.route('**/v1/access-tokens', async (route) => {
    key = route.request().headers()['idempotency-key'];
    await route.fetch();
    return route.abort('connectionreset');
  }, { times: 1 });
  await visitor.button('Generate token').click();
  await visitor.text('a retry returns the same token').waitFor();
  await page.route('**/v1/**', (route) => route.fulfill({ status: 401, json: {} }));
  await page.route('**/token', (route) => route.abort());
  await visitor.button('Try again').click();
  await page.getByRole('heading', { name: 'Your session has ended' }).waitFor();
  await page.unroute('**/v1/**');
  // Neither a provider that cannot be reached nor an answer that is lost on the way back forgets where that was.
  await page.route('**/.well-known/openid-configuration', (route) => route.abort(), { times: 1 });
  await page.getByRole('dialog').getByRole('button', { name: 'Sign in' }).click();
  await visitor.text('The identity provider cannot be reached.').waitFor();
  await visitor.button('Sign in with local').click();
  await visitor.text('The identity provider cannot be reached.').waitFor();
  await page.unroute('**/token');
  await visitor.button('Sign in with local').click();
  const repeated = page.waitForRequest((request) => request.method() === 'POST' && request.url().endsWith('/v1/access-tokens'));
  await visitor.button('Generate token').click();
  assert.equal((await repeated).headers()['idempotency-key'], key);
  await visitor.button('Done, I have saved it').click();
  await visitor.button('Refresh').click();
  await page.getByRole('searchbox').fill('once only');
  await visitor.text(/^1 of/).waitFor();
});

visit('leaves nothing in storage, and goes when it is told to', PEOPLE.grace, async (visitor) => {
  const page = await visitor.signIn();
  await visitor.button('Generate new token').first().waitFor();
  const { local, session, cookies } = await visitor.kept();
  assert.deepEqual([local, session, cookies], ['{}', '{}', '']);
  assert.equal(page.url(), `${stack.base}/tokens`);
  await visitor.button('Sign out').click();
  await visitor.text('You are signed out').waitFor();
  assert.deepEqual((await visitor.kept()).session, '{}');
  await visitor.button('Sign in with local').click();
  await visitor.choose();
  await visitor.button('Generate new token').first().waitFor();
});

visit('is not begun by an answer that nobody asked for', PEOPLE.ada, async (visitor) => {
  const { page } = visitor;
  for (const query of ['code=x&state=y', 'state=y', 'code=x&state=y%3Blocal', 'error=access_denied&state=y%3Blocal']) {
    await visitor.go(`${stack.base}/tokens?${query}`);
    await visitor.text('Sign-in failed').waitFor();
    assert.equal(page.url(), `${stack.base}/tokens`);
  }
});

visit('is not begun by an answer that does not say that it is the provider’s', PEOPLE.ada, async (visitor) => {
  const { page } = visitor;
  for (const issuer of ['', `&iss=${encodeURIComponent('https://somebody.example')}`]) {
    await visitor.go(`${stack.base}/tokens`);
    await page.waitForURL(`${stack.provider}/**`);
    const state = encodeURIComponent(new URL(page.url()).searchParams.get('state'));
    await visitor.go(`${stack.base}/tokens?code=x&state=${state}${issuer}`);
    await visitor.text('does not belong to a sign-in from this page').waitFor();
  }
});

visit('that the API does not take is no endless round', PEOPLE.ada, async (visitor) => {
  const { page } = visitor;
  await expire(page, 100);
  await visitor.go(`${stack.base}/tokens`);
  await visitor.choose();
  await visitor.text('the API rejected its token').waitFor();
  await visitor.picture('unaccepted', 'light');
  // Somebody else may sign in, though the provider knows this one.
  await page.unrouteAll();
  await visitor.button('Sign in with local').click();
  await visitor.choose();
  await visitor.button('Generate new token').first().waitFor();
});
