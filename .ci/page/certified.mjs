/** Signing in on the page at a certified OpenID Connect server that is not ours, whose ID tokens the API takes. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';

import { Provider } from 'oidc-provider';

import { launch, Visitor } from './browser.mjs';
import { Stack } from './stack.mjs';

const CLIENT = 'the-page';

// That keys, pages and memory are not for production is said of each server, and is no news here.
const warn = console.warn;
console.warn = (...said) => String(said[0]).includes('quick start development-only') || warn(...said);

let browser;
let server;
let stack;

/** The server, whose people own the organization 123; the page is told to it once it is known where that is. */
async function startProvider() {
  server = createServer((request, answer) => server.callback(request, answer));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.issuer = `http://127.0.0.1:${server.address().port}`;
}

function register(page) {
  const rights = { org_id: '123', roles: ['owner'] };
  const client = {
    client_id: CLIENT,
    redirect_uris: [page],
    post_logout_redirect_uris: [page],
    grant_types: ['authorization_code'],
    token_endpoint_auth_method: 'none',
    application_type: 'native',
  };
  const provider = new Provider(server.issuer, {
    clients: [client],
    clientBasedCORS: () => true,
    conformIdTokenClaims: false,
    cookies: { keys: ['any'] },
    claims: { openid: ['sub', ...Object.keys(rights)] },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, ...rights }) }),
    ttl: { AccessToken: 600, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
  });
  server.callback = provider.callback();
}

before(async () => {
  await startProvider();
  const page = { client_id: CLIENT, scope: 'openid', token: 'id_token', title: 'Acme', parameters: { ui_locales: 'en' } };
  const known = { name: 'acme', issuer: server.issuer, audience: CLIENT, organizations: ['123'], page };
  const rights = { roles_claim: 'roles', owner_from_claim: true };
  // Where nobody answers.
  const away = { ...known, name: 'away', issuer: 'http://127.0.0.1:9', page: { client_id: CLIENT, title: 'Far away' } };
  stack = await Stack.start('--set', `IdentityProviders=${JSON.stringify([{ ...known, ...rights }, away])}`);
  register(`${stack.base}/tokens`);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  server.close();
  server.closeAllConnections();
  assert.equal(await stack?.stop(), 0);
});

test('where there are several providers one is chosen, and one that is away says nothing against the other', async () => {
  const visitor = await Visitor.arrive(browser, stack, 'grace');
  await visitor.go(`${stack.base}/tokens`);
  await visitor.text('Choose an identity provider.').waitFor();
  await visitor.picture('providers', 'light');
  await visitor.button('Sign in with Far away').click();
  await visitor.text('The identity provider cannot be reached.').waitFor();
  await visitor.button('Sign in with Acme').click();
  await visitor.page.getByPlaceholder('Enter any login').waitFor();
  await visitor.leave();
});

test('somebody signs in at a certified server, generates a token and signs out there too', async () => {
  const visitor = await Visitor.arrive(browser, stack, 'grace');
  const { page } = visitor;
  const signIn = async () => {
    await page.getByPlaceholder('Enter any login').fill('grace');
    await page.getByPlaceholder('and password').fill('any');
    await page.getByRole('button', { name: 'Sign-in' }).click();
    await page.getByRole('button', { name: 'Continue' }).click();
  };
  await visitor.go(`${stack.base}/tokens`);
  await visitor.button('Sign in with Acme').click();
  await signIn();
  await visitor.text('No tokens yet').waitFor();
  const token = await visitor.generate('Certified', /^owner/);
  const { body } = await stack.ask('GET', '/v1/access-tokens/self', token);
  assert.equal(body.created_by, 'acme|grace');
  await visitor.row('Certified').getByText('by you').waitFor();
  await visitor.button('Sign out').click();
  await page.getByRole('button', { name: 'Yes, sign me out' }).click();
  await visitor.text('You are signed out').waitFor();
  await visitor.button('Sign in with Acme').click();
  await page.getByPlaceholder('Enter any login').waitFor();
  await visitor.leave();
});
