/** Sign-in, renewal and end of sessions. */

import assert from 'node:assert/strict';

import { pageTest, stack } from './fixture.mjs';
import { USERS } from './seed.mjs';

/** Replaces the token of the page's next API requests by an expired one. */
const expireToken = async (page, times) => {
  const expired = await stack.userToken('life', 'ada', '--ttl', '0s');
  const send = (route) => {
    const headers = { ...route.request().headers(), authorization: `Bearer ${expired.slice(0, -4)}AAAA` };
    return route.continue({ headers });
  };
  await page.route('**/v1/**', send, { times });
};

pageTest('expired session is renewed silently', USERS.ada, async (tokenPage) => {
  const page = await tokenPage.signIn();
  const renewed = page.waitForRequest((request) => (request.postData() ?? '').includes('grant_type=refresh_token'));
  await expireToken(page, 1);
  await tokenPage.button('Refresh').click();
  await renewed;
  await tokenPage.generateToken('After renewal', /^Viewer/);
  assert.equal(await tokenPage.text('could not').count(), 0);
});

pageTest('sign-in after the session ended restores the form', USERS.ada, async (tokenPage) => {
  const page = await tokenPage.signIn();
  await page.getByRole('searchbox').fill('zebra');
  await page.getByRole('switch').check();
  await tokenPage.fillForm('Incomplete', /^Viewer/);
  await page.getByRole('radio', { name: /^90 days/ }).check();
  await expireToken(page, 100);
  await page.route('**/token', (route) => route.continue({ postData: 'grant_type=refresh_token&client_id=latchkey-page&refresh_token=x' }));
  await tokenPage.button('Generate token').click();
  await page.getByRole('heading', { name: 'Your session has ended' }).waitFor();
  await page.unrouteAll();
  await page.getByRole('dialog').getByRole('button', { name: 'Sign in' }).click();
  // The provider's own session is still active, so it does not ask for the user.
  await tokenPage.field('Name').waitFor();
  assert.equal(await tokenPage.field('Name').inputValue(), 'Incomplete');
  assert.equal(await page.getByRole('radio', { name: /^90 days/ }).isChecked(), true);
  assert.equal(await page.locator('main').getByRole('searchbox', { includeHidden: true }).inputValue(), 'zebra');
  assert.equal(await page.getByRole('switch', { includeHidden: true }).isChecked(), true);
  await tokenPage.button('Generate token').click();
  await tokenPage.button('Done, I have saved it').click();
  // A new token is listed regardless of the search.
  await tokenPage.row('Incomplete').waitFor();
});

pageTest('failed renewal keeps the form and the idempotency key', USERS.faults, async (tokenPage) => {
  const page = await tokenPage.signIn();
  await tokenPage.fillForm('Once only', /^Role 5/);
  let key;
  await page.route('**/v1/access-tokens', async (route) => {
    key = route.request().headers()['idempotency-key'];
    await route.fetch();
    return route.abort('connectionreset');
  }, { times: 1 });
  await tokenPage.button('Generate token').click();
  await tokenPage.text('a retry returns the same token').waitFor();
  await page.route('**/v1/**', (route) => route.fulfill({ status: 401, json: {} }));
  await page.route('**/token', (route) => route.abort());
  await tokenPage.button('Try again').click();
  await page.getByRole('heading', { name: 'Your session has ended' }).waitFor();
  await page.unroute('**/v1/**');
  // The form survives an unreachable provider and a lost token response.
  await page.route('**/.well-known/openid-configuration', (route) => route.abort(), { times: 1 });
  await page.getByRole('dialog').getByRole('button', { name: 'Sign in' }).click();
  await tokenPage.text('The identity provider cannot be reached.').waitFor();
  await tokenPage.button('Sign in with local').click();
  await tokenPage.text('The identity provider cannot be reached.').waitFor();
  await page.unroute('**/token');
  await tokenPage.button('Sign in with local').click();
  const repeatedRequest = page.waitForRequest((request) => request.method() === 'POST' && request.url().endsWith('/v1/access-tokens'));
  await tokenPage.button('Generate token').click();
  assert.equal((await repeatedRequest).headers()['idempotency-key'], key);
  await tokenPage.button('Done, I have saved it').click();
  await tokenPage.button('Refresh').click();
  await page.getByRole('searchbox').fill('once only');
  await tokenPage.text(/^1 of/).waitFor();
});

pageTest('signed-in page stores nothing and sign-out ends it', USERS.grace, async (tokenPage) => {
  const page = await tokenPage.signIn();
  await tokenPage.button('Generate new token').first().waitFor();
  const { local, session, cookies } = await tokenPage.storedText();
  assert.deepEqual([local, session, cookies], ['{}', '{}', '']);
  assert.equal(page.url(), `${stack.url}/tokens`);
  const revocation = page.waitForResponse((response) => response.url() === `${stack.idpUrl}/revoke`);
  await tokenPage.button('Sign out').click();
  const response = await revocation;
  const form = new URLSearchParams(response.request().postData());
  assert.deepEqual([response.status(), form.get('token_type_hint'), form.get('client_id')], [200, 'refresh_token', 'latchkey-page']);
  // The refresh token no longer works.
  const refresh = { grant_type: 'refresh_token', client_id: 'latchkey-page', refresh_token: form.get('token') };
  const refreshed = await fetch(`${stack.idpUrl}/token`, { method: 'POST', body: new URLSearchParams(refresh) });
  assert.deepEqual([refreshed.status, (await refreshed.json()).error], [400, 'invalid_grant']);
  await tokenPage.text('You are signed out').waitFor();
  assert.deepEqual((await tokenPage.storedText()).session, '{}');
  await tokenPage.button('Sign in with local').click();
  await tokenPage.selectUser();
  await tokenPage.button('Generate new token').first().waitFor();
});

pageTest('failed revocation does not prevent sign-out', USERS.grace, async (tokenPage) => {
  const page = await tokenPage.signIn();
  for (const answer of [(route) => route.abort(), (route) => route.fulfill({ status: 503 }), () => {}]) {
    await tokenPage.button('Generate new token').first().waitFor();
    await page.route('**/revoke', answer, { times: 1 });
    await tokenPage.button('Sign out').click();
    await tokenPage.text('You are signed out').waitFor();
    await tokenPage.button('Sign in with local').click();
    await tokenPage.selectUser();
  }
});

pageTest('sign-out during a renewal revokes the renewed refresh token', USERS.grace, async (tokenPage) => {
  const page = await tokenPage.signIn();
  await tokenPage.button('Generate new token').first().waitFor();
  let release;
  const released = new Promise((resolve) => (release = resolve));
  let token;
  await page.route('**/token', async (route) => {
    await released;
    const response = await route.fetch();
    // Read here, because the browser discards the body once the page navigates.
    ({ refresh_token: token } = await response.json());
    return route.fulfill({ response });
  });
  await expireToken(page, 1);
  const revocation = page.waitForRequest((request) => request.url() === `${stack.idpUrl}/revoke`);
  const renewal = page.waitForRequest((request) => request.url() === `${stack.idpUrl}/token`);
  await tokenPage.button('Refresh').click();
  await renewal;
  await tokenPage.button('Sign out').click();
  release();
  const revoked = new URLSearchParams((await revocation).postData()).get('token');
  assert(token);
  assert.equal(revoked, token);
  await tokenPage.text('You are signed out').waitFor();
});

pageTest('unsolicited authorization response is rejected', USERS.ada, async (tokenPage) => {
  const { page } = tokenPage;
  for (const query of ['code=x&state=y', 'state=y', 'code=x&state=y%3Blocal', 'error=access_denied&state=y%3Blocal']) {
    await tokenPage.open(`${stack.url}/tokens?${query}`);
    await tokenPage.text('Sign-in failed').waitFor();
    assert.equal(page.url(), `${stack.url}/tokens`);
  }
});

pageTest('authorization response of another issuer is rejected', USERS.ada, async (tokenPage) => {
  const { page } = tokenPage;
  for (const issuer of ['', `&iss=${encodeURIComponent('https://other.example')}`]) {
    await tokenPage.open(`${stack.url}/tokens`);
    await page.waitForURL(`${stack.idpUrl}/**`);
    const state = encodeURIComponent(new URL(page.url()).searchParams.get('state'));
    await tokenPage.open(`${stack.url}/tokens?code=x&state=${state}${issuer}`);
    await tokenPage.text('does not belong to a sign-in from this page').waitFor();
  }
});

pageTest('token rejected by the API does not cause a redirect loop', USERS.ada, async (tokenPage) => {
  const { page } = tokenPage;
  await expireToken(page, 100);
  await tokenPage.open(`${stack.url}/tokens`);
  await tokenPage.selectUser();
  await tokenPage.text('the API rejected its token').waitFor();
  await tokenPage.capture('token-rejected', 'light');
  // Another user can sign in, although the provider's session is active.
  await page.unrouteAll();
  await tokenPage.button('Sign in with local').click();
  await tokenPage.selectUser();
  await tokenPage.button('Generate new token').first().waitFor();
});
