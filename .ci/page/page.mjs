/** The token page in a browser, before `cargo local`. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { launch, LOOKS, Visitor } from './browser.mjs';
import { PEOPLE, Stack } from './stack.mjs';

let browser;
let stack;

before(async () => {
  [browser, stack] = await Promise.all([launch(), Stack.start()]);
});

after(async () => {
  await browser?.close();
  assert.equal(await stack?.stop(), 0);
});

/** A test with somebody at the page. */
function visit(rule, name, body, look) {
  test(rule, async () => {
    const visitor = await Visitor.arrive(browser, stack, name, look);
    await body(visitor);
    await visitor.leave();
  });
}

describe('a token', () => {
  visit('is generated, copied, used, seen as used, revoked and refused', PEOPLE.ada, async (visitor) => {
    const page = await visitor.signIn();
    await visitor.text('No tokens yet').waitFor();
    await visitor.form('Nightly export', /^Viewer/);
    await visitor.button('Generate token').click();
    const shown = visitor.field('Token “Nightly export”');
    const token = await shown.inputValue();
    await visitor.text('This is the only time you will see it.').waitFor();

    await visitor.button('Copy token').click();
    await visitor.button('Copied').waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), token);
    await visitor.button('Copy command').click();
    await page.waitForFunction((token) => navigator.clipboard.readText().then((text) => text !== token), token);
    const command = await page.evaluate(() => navigator.clipboard.readText());
    const item = JSON.parse(execFileSync('sh', ['-c', command], { encoding: 'utf8' }));
    assert.deepEqual([item.name, item.assignments], ['Nightly export', ['life:viewer']]);

    await visitor.button('Done, I have saved it').click();
    await visitor.row('Nightly export').getByText('new').waitFor();
    await visitor.row('Nightly export').getByText('never').first().waitFor();
    await visitor.row('Nightly export').getByText('by you').waitFor();
    await visitor.row('Nightly export').getByText('in 4 weeks').waitFor();
    assert.equal((await stack.ask('GET', '/v1/permissions/me', token)).status, 200);
    await visitor.button('Refresh').click();
    await visitor.row('Nightly export').getByText('today').waitFor();

    await page.getByRole('searchbox').fill('nightly');
    await visitor.text('1 of 1 token').waitFor();
    await visitor.button('Revoke Nightly export').click();
    await page.getByRole('heading', { name: 'Revoke “Nightly export”?' }).waitFor();
    await visitor.button('Revoke token').click();
    await visitor.text('“Nightly export” is revoked.').waitFor();
    await visitor.row('Nightly export').getByText('revoked', { exact: true }).waitFor();
    assert.equal((await stack.ask('GET', '/v1/permissions/me', token)).status, 401);
    await visitor.button('Refresh').click();
    await visitor.text('No token matches').waitFor();
  });

  visit('is nowhere once it was shown', PEOPLE.ada, async (visitor) => {
    await visitor.signIn();
    const token = await visitor.generate('Nowhere', /^Viewer/);
    const [, , signature] = token.split('.');
    await visitor.button('Refresh').click();
    await visitor.button('Revoke Nowhere').waitFor();
    for (const [place, text] of Object.entries(await visitor.kept())) assert(!text.includes(signature), place);
  });

  visit('is not left behind unasked', PEOPLE.ada, async (visitor) => {
    const page = await visitor.signIn();
    await visitor.form('Careless', /^Viewer/);
    await visitor.button('Generate token').click();
    const shown = visitor.field('Token “Careless”');
    const token = await shown.inputValue();
    for (let press = 0; press < 3; press++) {
      await page.keyboard.press('Escape');
      await visitor.text('Have you saved the token?').waitFor();
      await visitor.focused('Back to the token');
    }
    await page.keyboard.press('Enter');
    await visitor.focused('Copy token');
    assert.equal(await shown.inputValue(), token);
    await visitor.go(`${stack.base}/docs`);
    assert.deepEqual(visitor.dialogs, ['beforeunload']);
  });

  visit('ends when its maker says', PEOPLE.ada, async (visitor) => {
    const page = await visitor.signIn();
    const day = 86_400_000;
    const chosen = new Date(Date.now() + 10 * day).toISOString().slice(0, 10);
    const ends = async (name, choose) => {
      await visitor.form(name, /^Viewer/);
      await choose();
      await visitor.button('Generate token').click();
      const token = await visitor.field(`Token “${name}”`).inputValue();
      await visitor.button('Done, I have saved it').click();
      return (await stack.ask('GET', '/v1/access-tokens/self', token)).body;
    };
    const radio = (name) => () => page.getByRole('radio', { name }).check();
    const days = (item) => Math.round((Date.parse(item.expires_at) - Date.parse(item.created_at)) / day);
    assert.equal(days(await ends('7', radio(/^7 days/))), 7);
    assert.equal(days(await ends('365', radio(/^1 year/))), 365);
    assert.equal((await ends('none', radio(/^No expiration/))).expires_at, undefined);
    const dated = await ends('dated', async () => {
      await radio(/^Until a date/)();
      await page.getByLabel('The last day').fill(chosen);
    });
    assert.equal(new Date(dated.expires_at).toISOString().slice(0, 10), chosen);
    await visitor.row('7').getByText('soon').waitFor();
    assert.equal(await visitor.row('365').getByText('soon').count(), 0);
  });

  visit('is found by itself, and forgotten at once', PEOPLE.ada, async (visitor) => {
    const page = await visitor.signIn();
    const token = await visitor.generate('Found in a log', /^Viewer/);
    await visitor.generate('Another', /^Viewer/);
    await page.getByRole('searchbox').fill(`Bearer ${token}`);
    await visitor.row('Found in a log').waitFor();
    await visitor.row('Another').waitFor({ state: 'detached' });
    assert.match(await page.getByRole('searchbox').inputValue(), /^api_/);
  });

  visit('has no more than is asked for, and what is wrong is said at its field', PEOPLE.ada, async (visitor) => {
    const page = await visitor.signIn();
    await visitor.button('Generate new token').first().click();
    await visitor.button('Generate token').click();
    await visitor.text('Give the token a name.').waitFor();
    await visitor.text('Choose at least one role.').waitFor();
    assert.equal(await visitor.field('Name').evaluate((field) => field === document.activeElement), true);
    await visitor.field('Name').fill('x'.repeat(256));
    await page.getByRole('checkbox', { name: /^Auditor/ }).check();
    await visitor.text('order/*').waitFor();
    await visitor.button('Generate token').click();
    await visitor.text('A name has 255 characters at most.').waitFor();
    await page.getByRole('radio', { name: /^Until a date/ }).check();
    await visitor.field('Name').fill('Audit');
    await visitor.button('Generate token').click();
    await visitor.text('Choose the last day').waitFor();
    await page.getByRole('radio', { name: /^30 days/ }).check();
    await page.getByRole('checkbox', { name: /^Read-only/ }).check();
    await visitor.button('Generate token').click();
    await visitor.button('Done, I have saved it').click();
    await visitor.row('Audit').getByText('read-only').waitFor();
    await visitor.row('Audit').getByText('auditor').waitFor();
  });

  visit('carries what takes rights away, chosen or not', PEOPLE.careful, async (visitor) => {
    const page = await visitor.signIn();
    await visitor.button('Generate new token').first().click();
    const role = page.getByRole('checkbox', { name: /^Everything but billing/ });
    await role.waitFor();
    assert.deepEqual([await role.isChecked(), await role.isDisabled()], [true, true]);
    await visitor.field('Name').fill('Careful');
    await visitor.button('Generate token').click();
    await visitor.text('It carries careful:no_billing.').waitFor();
  });
});

describe('who may not manage tokens', () => {
  visit('is told why, in the words of the API', PEOPLE.viewer, async (visitor) => {
    await visitor.signIn();
    await visitor.text('You may not manage tokens here').waitFor();
    await visitor.text('token:create').waitFor();
    await visitor.text('Your roles here: Viewer.').waitFor();
    assert.equal(await visitor.button('Generate new token').count(), 0);
  });

  visit('is told of having no role at all', PEOPLE.nobody, async (visitor) => {
    await visitor.signIn();
    await visitor.text('You have no role here.').waitFor();
  });
});

describe('whatever somebody called something', () => {
  visit('is shown as text', PEOPLE.hostile, async (visitor) => {
    const page = await visitor.signIn();
    const name = '<img src=x onerror=alert(1)>';
    await visitor.form(name);
    await page.getByRole('checkbox', { name: /onerror=alert/ }).check();
    await visitor.text('<script>alert(2)</script> on "><b>').waitFor();
    await visitor.button('Generate token').click();
    await visitor.button('Done, I have saved it').click();
    await visitor.row(name).waitFor();
    await visitor.button(`Revoke ${name}`).click();
    await page.getByRole('heading', { name: `Revoke “${name}”?` }).waitFor();
    await visitor.button('Revoke token').click();
    await visitor.text(`“${name}” is revoked.`).waitFor();
    assert.equal(await page.locator('img, script:not([src])').count(), 0);
    assert.deepEqual(visitor.dialogs, []);
  });
});

describe('a list of 2,500', () => {
  const NUMBER = 2_500;

  before(async () => {
    const owner = await stack.person('many', 'many');
    let next = 0;
    const worker = async () => {
      for (let number = next++; number < NUMBER; number = next++) {
        const { status } = await stack.create(owner, { name: `Machine ${number}`, assignments: ['many:owner'] });
        assert.equal(status, 201);
      }
    };
    await Promise.all(Array.from({ length: 16 }, worker));
    const { status } = await stack.create(owner, { name: 'System', token_type: 'app', assignments: ['many:owner'] });
    assert.equal(status, 201);
  });

  visit('is paged through, searched and sorted as a whole', PEOPLE.many, async (visitor) => {
    const page = await visitor.signIn();
    await visitor.text('2,500 tokens', { exact: true }).waitFor();
    await visitor.picture('many', 'light');
    const seen = new Set();
    for (let turn = 1; ; turn++) {
      await visitor.text(`${(50 * (turn - 1) + 1).toLocaleString('en')} to ${(50 * turn).toLocaleString('en')} of`).waitFor();
      for (const name of await page.locator('td.name .strong').allInnerTexts()) seen.add(name);
      if ((await visitor.button('Next').getAttribute('aria-disabled')) === 'true') break;
      await visitor.button('Next').click();
    }
    assert.equal(seen.size, NUMBER);
    await page.getByRole('searchbox').fill('machine 249');
    await visitor.text('11 of 2,500 tokens').waitFor();
    await visitor.row('Machine 2499').waitFor();
    await page.getByRole('searchbox').fill('');
    await visitor.button('Name').click();
    assert.equal(await page.getByRole('columnheader', { name: 'Name' }).getAttribute('aria-sort'), 'ascending');
    assert.deepEqual((await page.locator('td.name .strong').allInnerTexts()).slice(0, 3), ['Machine 0', 'Machine 1', 'Machine 2']);
    await visitor.button('Name').click();
    await visitor.row('Machine 2499').waitFor();
  });

  visit('shows system tokens when it is asked to', PEOPLE.many, async (visitor) => {
    const page = await visitor.signIn();
    await visitor.text('2,500 tokens', { exact: true }).waitFor();
    await page.getByRole('searchbox').fill('system');
    await visitor.text('0 of 2,500 tokens').waitFor();
    await page.getByRole('switch').check();
    await visitor.row('System').getByText('App', { exact: true }).waitFor();
    await visitor.text('1 of 2,501 tokens').waitFor();
  });
});

describe('a connection that breaks', () => {
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
    await visitor.text('The connection broke.').waitFor();
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
    await visitor.text('never a second one').waitFor();
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
    await visitor.text('It is not known whether the token is revoked.').waitFor();
    await visitor.button('Try again').click();
    await visitor.text('“Lost and found” is revoked.').waitFor();
    assert.equal((await stack.ask('GET', '/v1/access-tokens/self', token)).status, 401);
  });

  visit('and a service that cannot answer says so itself', PEOPLE.faults, async (visitor) => {
    const page = await visitor.signIn();
    const detail = 'the service cannot answer right now, try again shortly';
    const json = { detail, error: detail, code: 'unavailable', status: 503, instance: 'request-1' };
    const headers = { 'Retry-After': '1' };
    await page.route('**/v1/access-tokens?*', (route) => route.fulfill({ status: 503, json, headers }), { times: 1 });
    await visitor.button('Refresh').click();
    await visitor.text('The service cannot answer right now, try again shortly. Try again in 1 second.').waitFor();
    await visitor.text('Request request-1').waitFor();
    await visitor.button('Try again').click();
    await visitor.text('request-1').waitFor({ state: 'detached' });
  });
});

describe('a session', () => {
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
    await visitor.text('never a second one').waitFor();
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
      await visitor.text('You could not be signed in').waitFor();
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
      await visitor.text('was not begun on this page').waitFor();
    }
  });

  visit('that the API does not take is no endless round', PEOPLE.ada, async (visitor) => {
    const { page } = visitor;
    await expire(page, 100);
    await visitor.go(`${stack.base}/tokens`);
    await visitor.choose();
    await visitor.text('the service does not accept it').waitFor();
    await visitor.picture('unaccepted', 'light');
    // Somebody else may sign in, though the provider knows this one.
    await page.unrouteAll();
    await visitor.button('Sign in with local').click();
    await visitor.choose();
    await visitor.button('Generate new token').first().waitFor();
  });
});

describe('the keyboard', () => {
  visit('is enough', PEOPLE.grace, async (visitor) => {
    const page = await visitor.signIn();
    const press = (key) => page.keyboard.press(key);
    const focused = (text) => visitor.focused(text);
    const tabTo = async (locator) => {
      for (let step = 0; step < 60; step++) {
        if (await locator.evaluate((element) => element === document.activeElement)) return;
        await press('Tab');
      }
      assert.fail(`no tab leads to ${locator}`);
    };
    await visitor.button('Generate new token').first().waitFor();
    await tabTo(visitor.button('Generate new token').first());
    await press('Enter');
    await page.keyboard.type('By hand');
    await page.getByRole('checkbox', { name: /^Viewer/ }).waitFor();
    await tabTo(page.getByRole('checkbox', { name: /^Viewer/ }));
    await press('Space');
    await tabTo(page.getByRole('radio', { name: /^30 days/ }));
    await press('ArrowDown');
    assert.equal(await page.getByRole('radio', { name: /^90 days/ }).isChecked(), true);
    await press('Enter');
    await visitor.button('Copy token').waitFor();
    await focused('Copy token');
    await press('Enter');
    await visitor.button('Copied').waitFor();
    await tabTo(visitor.button('Done, I have saved it'));
    await press('Enter');
    await visitor.row('By hand').waitFor();
    await focused('Generate new token');
    await page.route('**/v1/access-tokens/*', (route) => route.abort(), { times: 1 });
    await tabTo(visitor.button('Revoke By hand'));
    await press('Enter');
    await focused('Cancel');
    await press('Escape');
    await focused('Revoke');
    await press('Enter');
    await tabTo(visitor.button('Revoke token'));
    await press('Enter');
    await visitor.text('The token could not be revoked').waitFor();
    await focused('Try again');
    await press('Enter');
    await visitor.text('“By hand” is revoked.').waitFor();
    await focused('Access tokens');
  });
});

describe('every state', () => {
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
    await visitor.text('No token matches').waitFor();
    await picture('nothing-found');
    await visitor.button('Clear search').click();
    await page.getByRole('table').waitFor();
    await picture('list');

    await visitor.button('Generate new token').first().click();
    await page.getByRole('checkbox', { name: /^Viewer/ }).waitFor();
    await picture('generate');
    await visitor.button('Generate token').click();
    await visitor.text('Give the token a name.').waitFor();
    await picture('generate-wrong');
    await visitor.field('Name').fill('Nightly export');
    await page.getByRole('checkbox', { name: /^Viewer/ }).check();
    await page.getByRole('radio', { name: /^Until a date/ }).check();
    await page.getByLabel('The last day').scrollIntoViewIfNeeded();
    await picture('generate-date');
    await page.getByRole('radio', { name: /^No expiration/ }).check();
    await visitor.text('Whoever finds this token').scrollIntoViewIfNeeded();
    await picture('generate-none');
    await page.route('**/v1/access-tokens', (route) => route.abort(), { times: 1 });
    await visitor.button('Generate token').click();
    await visitor.text('The token was not generated').scrollIntoViewIfNeeded();
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
    await visitor.text('The token could not be revoked').waitFor();
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
    await visitor.text('You may not manage tokens here').waitFor();
    await visitor.text('Your roles here').waitFor();
    await picture('denied');
    await visitor.button('Sign out').click();
    await visitor.text('You are signed out').waitFor();
    await picture('signed-out');
    await page.route('**/.well-known/openid-configuration', (route) => route.abort());
    await visitor.button('Sign in with local').click();
    await visitor.text('You could not be signed in').waitFor();
    await picture('sign-in-failed');
  }

  visit('fits a narrow screen', PEOPLE.ada, async (visitor) => {
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
});

describe('the page', () => {
  visit('is small, is painted soon, and nothing in it moves', PEOPLE.ada, async (visitor) => {
    await visitor.page.addInitScript(() => {
      globalThis.shifts = [];
      globalThis.observer = new PerformanceObserver((list) => globalThis.shifts.push(...list.getEntries()));
      globalThis.observer.observe({ type: 'layout-shift', buffered: true });
    });
    const page = await visitor.signIn();
    await page.getByRole('table').waitFor();
    // What was painted last is told after the frame that shows it.
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    const { paint, shifts } = await page.evaluate(() => ({
      paint: performance.getEntriesByName('first-contentful-paint')[0].startTime,
      shifts: [...globalThis.shifts, ...globalThis.observer.takeRecords()].map(({ value }) => value),
    }));
    const assets = new URL('portal/assets/assets/', import.meta.url);
    const scripts = readdirSync(assets).filter((name) => /^tokens-.*\.js$/.test(name));
    const size = scripts.map((name) => gzipSync(readFileSync(new URL(name, assets)), { level: 9 }).length).reduce((a, b) => a + b);
    console.log(`script ${(size / 1024).toFixed(1)} KiB gzipped; first paint after ${paint.toFixed(0)} ms; layout shifts: ${shifts.length}`);
    assert(size < 60 * 1024);
    assert.deepEqual(shifts, []);
  });

  test('is sent compressed, and its assets may be kept for ever', async () => {
    const html = await (await fetch(`${stack.base}/tokens`)).text();
    for (const [, path] of html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.(?:js|css))"/g)) {
      const answer = await fetch(`${stack.base}/${path}`, { headers: { 'Accept-Encoding': 'gzip' } });
      assert.equal(answer.headers.get('content-encoding'), 'gzip', path);
      assert.equal(answer.headers.get('cache-control'), 'public, max-age=31536000, immutable');
    }
  });

  visit('is at home at one address', PEOPLE.ada, async (visitor) => {
    await visitor.go(`${stack.base.replace('127.0.0.1', 'localhost')}/`);
    await visitor.choose();
    await visitor.page.waitForURL(`${stack.base}/tokens`);
    await visitor.button('Generate new token').first().waitFor();
  });

  visit('has documentation beside it', PEOPLE.ada, async (visitor) => {
    const page = await visitor.signIn();
    await page.getByRole('link', { name: 'API docs' }).click();
    await visitor.text('Create a token').waitFor();
    await visitor.text('Create a token').click();
    await visitor.text('expires_in').first().waitFor();
    assert.equal(await visitor.button('Execute').count(), 0);
  });
});

test('behind a stage everything is found all the same', async () => {
  const staged = await Stack.start('--stage', '--set', 'MaxLifetime=12h');
  const visitor = await Visitor.arrive(browser, staged, PEOPLE.ada);
  const page = await visitor.signIn();
  assert.equal(page.url(), `${staged.base}/tokens`);
  assert(staged.base.endsWith('/live'));
  await visitor.form('Short', /^Viewer/);
  assert.equal(await page.getByRole('radio').count(), 1);
  await page.getByRole('radio', { name: /^12 hours/ }).check();
  await visitor.button('Generate token').click();
  await visitor.button('Done, I have saved it').click();
  await visitor.row('Short').getByText('in 12 hours').waitFor();
  await visitor.leave();
  assert.equal(await staged.stop(), 0);
});
