/** Sign-in on the token page at a certified OpenID Connect server, whose ID tokens the API accepts. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';

import { createOidcProvider, publicClient } from '../support/oidc_provider.mjs';
import { startStack } from './seed.mjs';
import { TokenPage, launchBrowser } from './token_page.mjs';

const CLIENT = 'token-page';

let browser;
let server;
let stack;

/** Listens before the stack starts, which needs the issuer; the server's client needs the stack's URL. */
async function listen() {
  let respond;
  server = createServer((request, response) => respond(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const configure = (pageUrl) => {
    const client = publicClient(CLIENT, pageUrl, { post_logout_redirect_uris: [pageUrl] });
    respond = createOidcProvider(issuer, { clients: [client], clientBasedCORS: () => true });
  };
  return { issuer, configure };
}

before(async () => {
  const { issuer, configure } = await listen();
  const page = { client_id: CLIENT, scope: 'openid', token: 'id_token', title: 'Acme', parameters: { ui_locales: 'en' } };
  const acme = { name: 'acme', issuer, audience: CLIENT, organizations: ['123'], page };
  const roles = { roles_claim: 'roles', owner_from_claim: true };
  // No server listens on this port.
  const unreachable = { ...acme, name: 'away', issuer: 'http://127.0.0.1:9', page: { client_id: CLIENT, title: 'Far away' } };
  stack = await startStack('--set', `IdentityProviders=${JSON.stringify([{ ...acme, ...roles }, unreachable])}`);
  configure(`${stack.url}/tokens`);
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  server.close();
  server.closeAllConnections();
  await stack?.stop();
});

test('unreachable provider does not prevent sign-in at another', async () => {
  const tokenPage = await TokenPage.create(browser, stack, 'grace');
  await tokenPage.open(`${stack.url}/tokens`);
  await tokenPage.text('Choose an identity provider.').waitFor();
  await tokenPage.capture('providers', 'light');
  await tokenPage.button('Sign in with Far away').click();
  await tokenPage.text('The identity provider cannot be reached.').waitFor();
  await tokenPage.button('Sign in with Acme').click();
  await tokenPage.page.getByPlaceholder('Enter any login').waitFor();
  await tokenPage.close();
});

test('user signs in, generates a token and signs out', async () => {
  const tokenPage = await TokenPage.create(browser, stack, 'grace');
  const { page } = tokenPage;
  await tokenPage.open(`${stack.url}/tokens`);
  await tokenPage.button('Sign in with Acme').click();
  await page.getByPlaceholder('Enter any login').fill('grace');
  await page.getByPlaceholder('and password').fill('any');
  await page.getByRole('button', { name: 'Sign-in' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
  await tokenPage.text('No tokens yet').waitFor();
  const token = await tokenPage.generateToken('Certified', /^owner/);
  const { body } = await stack.request('GET', '/v1/access-tokens/self', token);
  assert.equal(body.created_by, 'acme|grace');
  await tokenPage.row('Certified').getByText('by you').waitFor();
  await tokenPage.button('Sign out').click();
  await page.getByRole('button', { name: 'Yes, sign me out' }).click();
  await tokenPage.text('You are signed out').waitFor();
  await tokenPage.button('Sign in with Acme').click();
  await page.getByPlaceholder('Enter any login').waitFor();
  await tokenPage.close();
});
