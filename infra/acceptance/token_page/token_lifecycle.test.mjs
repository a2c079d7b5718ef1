/** A token from the form to its revocation. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';

import { pageTest, stack } from './fixture.mjs';
import { USERS, createToken } from './seed.mjs';

pageTest('token is generated, copied, used and revoked', USERS.ada, async (tokenPage) => {
  const page = await tokenPage.signIn();
  await tokenPage.text('No tokens yet').waitFor();
  await tokenPage.fillForm('Nightly export', /^Viewer/);
  await tokenPage.button('Generate token').click();
  const field = tokenPage.field('Token “Nightly export”');
  const token = await field.inputValue();
  await tokenPage.text('The token is shown only once.').waitFor();

  await tokenPage.button('Copy token').click();
  await tokenPage.button('Copied').waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), token);
  await tokenPage.button('Copy command').click();
  await page.waitForFunction((token) => navigator.clipboard.readText().then((text) => text !== token), token);
  const command = await page.evaluate(() => navigator.clipboard.readText());
  assert(!command.includes(token.slice(0, 20)));
  const item = JSON.parse(execFileSync('bash', ['-c', command], { encoding: 'utf8', input: `${token}\n` }));
  assert.deepEqual([item.name, item.assignments], ['Nightly export', ['life:viewer']]);

  await tokenPage.button('Done, I have saved it').click();
  await tokenPage.row('Nightly export').getByText('new').waitFor();
  await tokenPage.row('Nightly export').getByText('never').first().waitFor();
  await tokenPage.row('Nightly export').getByText('by you').waitFor();
  await tokenPage.row('Nightly export').getByText('in 4 weeks').waitFor();
  assert.equal((await stack.request('GET', '/v1/permissions/me', token)).status, 200);
  await tokenPage.button('Refresh').click();
  await tokenPage.row('Nightly export').getByText('today').waitFor();

  await page.getByRole('searchbox').fill('nightly');
  await tokenPage.text('1 of 1 token').waitFor();
  await tokenPage.button('Revoke Nightly export').click();
  await page.getByRole('heading', { name: 'Revoke “Nightly export”?' }).waitFor();
  await tokenPage.button('Revoke token').click();
  await tokenPage.text('“Nightly export” is revoked.').waitFor();
  await tokenPage.row('Nightly export').getByText('revoked', { exact: true }).waitFor();
  // The count and the badges of the row are those of a token that no longer works.
  await tokenPage.text('0 of 0 tokens, 1 just revoked').waitFor();
  assert.equal(await tokenPage.row('Nightly export').getByText(/^(new|soon)$/).count(), 0);
  assert.equal((await stack.request('GET', '/v1/permissions/me', token)).status, 401);
  await tokenPage.button('Refresh').click();
  await tokenPage.text('No tokens match your search').waitFor();
});

pageTest('token is not stored after it was shown', USERS.ada, async (tokenPage) => {
  await tokenPage.signIn();
  const token = await tokenPage.generateToken('Shown once', /^Viewer/);
  const [, , signature] = token.split('.');
  await tokenPage.button('Refresh').click();
  await tokenPage.button('Revoke Shown once').waitFor();
  for (const [location, text] of Object.entries(await tokenPage.storedText())) assert(!text.includes(signature), location);
});

pageTest('leaving an unsaved token requires confirmation', USERS.ada, async (tokenPage) => {
  const page = await tokenPage.signIn();
  await tokenPage.fillForm('Unsaved', /^Viewer/);
  await tokenPage.button('Generate token').click();
  const field = tokenPage.field('Token “Unsaved”');
  const token = await field.inputValue();
  for (let press = 0; press < 3; press++) {
    await page.keyboard.press('Escape');
    await tokenPage.text('Have you saved the token?').waitFor();
    await tokenPage.waitForFocus('Back to the token');
  }
  await page.keyboard.press('Enter');
  await tokenPage.waitForFocus('Copy token');
  assert.equal(await field.inputValue(), token);
  await tokenPage.open(`${stack.url}/docs`);
  assert.deepEqual(tokenPage.dialogs, ['beforeunload']);
});

pageTest('token expires at the chosen time', USERS.ada, async (tokenPage) => {
  const page = await tokenPage.signIn();
  const day = 86_400_000;
  const chosen = new Date(Date.now() + 10 * day).toISOString().slice(0, 10);
  const generate = async (name, chooseExpiration) => {
    await tokenPage.fillForm(name, /^Viewer/);
    await chooseExpiration();
    await tokenPage.button('Generate token').click();
    const token = await tokenPage.field(`Token “${name}”`).inputValue();
    await tokenPage.button('Done, I have saved it').click();
    return (await stack.request('GET', '/v1/access-tokens/self', token)).body;
  };
  const radio = (name) => () => page.getByRole('radio', { name }).check();
  const days = (item) => Math.round((Date.parse(item.expires_at) - Date.parse(item.created_at)) / day);
  assert.equal(days(await generate('7', radio(/^7 days/))), 7);
  assert.equal(days(await generate('365', radio(/^1 year/))), 365);
  assert.equal((await generate('none', radio(/^No expiration/))).expires_at, undefined);
  const dated = await generate('dated', async () => {
    await radio(/^Custom date/)();
    await page.getByLabel('Last valid day').fill(chosen);
  });
  assert.equal(new Date(dated.expires_at).toISOString().slice(0, 10), chosen);
  await tokenPage.row('7').getByText('soon').waitFor();
  assert.equal(await tokenPage.row('365').getByText('soon').count(), 0);
});

pageTest('search for a pasted token finds it by its id', USERS.ada, async (tokenPage) => {
  const page = await tokenPage.signIn();
  const token = await tokenPage.generateToken('Found in a log', /^Viewer/);
  await tokenPage.generateToken('Another', /^Viewer/);
  await page.getByRole('searchbox').fill(`Bearer ${token}`);
  await tokenPage.row('Found in a log').waitFor();
  await tokenPage.row('Another').waitFor({ state: 'detached' });
  assert.match(await page.getByRole('searchbox').inputValue(), /^api_/);
  await tokenPage.text('The pasted token is genuine').waitFor();
  await page.getByRole('searchbox').fill('another');
  await tokenPage.text('The pasted token is genuine').waitFor({ state: 'detached' });
});

pageTest('pasted token of the public family is identified', USERS.margaret, async (tokenPage) => {
  const owner = await stack.userToken('acme', 'margaret');
  const { token } = await createToken(stack, owner, { name: 'Sign-up form', token_type: 'journey', journey_id: 'sign-up' });
  const page = await tokenPage.signIn();
  await page.getByRole('searchbox').fill(token);
  await tokenPage.row('Sign-up form').waitFor();
  assert.match(await page.getByRole('searchbox').inputValue(), /^journey_/);
});

pageTest('forged pasted token is discarded and stays in the browser', USERS.ada, async (tokenPage) => {
  const page = await tokenPage.signIn();
  const token = await tokenPage.generateToken('Target of a forgery', /^Viewer/);
  const [header, claims, signature] = token.split('.');
  const { jti } = JSON.parse(Buffer.from(claims, 'base64url'));
  const stranger = `${header}.${claims}.${signature.split('').reverse().join('')}`;
  const sent = [];
  page.on('request', (request) => sent.push(request.url() + JSON.stringify(request.headers()) + (request.postData() ?? '')));
  await page.getByRole('searchbox').fill(`Bearer ${stranger}`);
  await tokenPage.text('its signature is invalid').waitFor();
  await tokenPage.capture('pasted-forged', 'light');
  assert.equal(await page.getByRole('searchbox').inputValue(), '');
  await page.route('**/jwks.json', (route) => route.abort());
  await page.getByRole('searchbox').fill(token);
  await tokenPage.text('The pasted token could not be verified.').waitFor();
  assert.equal(await page.getByRole('searchbox').inputValue(), '');
  assert(sent.length > 0 && sent.every((request) => !request.includes(claims) && !request.includes(jti)));
});

pageTest('invisible and reordering characters are isolated', USERS.ada, async (tokenPage) => {
  const { page } = tokenPage;
  const name = 'Invoice \u202etxt.exe\u2066';
  const shown = 'Invoice \\u{202E}txt.exe\\u{2066}';
  const item = { id: `api_${'x'.repeat(21)}`, name, token_type: 'api', created_at: '2026-01-01T00:00:00Z' };
  const limits = { description: 'see \u2067here', grants: [{ action: 'a:b', resource: 'c\u2066d' }], parent_grants: [{ action: 'e:\u202ef' }], owner: 'local|\u200by' };
  const json = [{ ...item, ...limits, assignments: ['life:a\u200bb'], created_by: 'local|\u00adx' }, { ...item, id: `api_${'y'.repeat(21)}`, name: 'مرحبا (1)' }];
  await page.route('**/v1/access-tokens?*', (route) => route.fulfill({ json }));
  await tokenPage.signIn();
  await tokenPage.row(shown).waitFor();
  await tokenPage.text('a\\u{200B}b').waitFor();
  await tokenPage.text('\\u{00AD}x').waitFor();
  for (const text of ['see \\u{2067}here', 'a:b on c\\u{2066}d', 'e:\\u{202E}f', '\\u{200B}y']) await tokenPage.text(text).waitFor();
  await tokenPage.capture('isolated', 'light');
  await page.getByRole('button', { name: `Revoke ${shown}` }).click();
  await page.getByRole('heading', { name: `Revoke “${shown}”?` }).waitFor();
  const [direction, isolation] = await page.locator('h2 bdi').evaluate((element) => {
    return [getComputedStyle(element).direction, getComputedStyle(element).unicodeBidi];
  });
  assert.deepEqual([direction, isolation], ['ltr', 'isolate']);
  const text = await page.evaluate(() => document.documentElement.outerHTML);
  assert.doesNotMatch(text, /[\u200b-\u200f\u202a-\u202e\u2060-\u2069\u00ad]/);
  await page.keyboard.press('Escape');
  assert.equal(await page.getByText('مرحبا (1)').first().evaluate((element) => getComputedStyle(element).direction), 'rtl');
});

pageTest('invalid form fields show their errors', USERS.ada, async (tokenPage) => {
  const page = await tokenPage.signIn();
  await tokenPage.button('Generate new token').first().click();
  await tokenPage.button('Generate token').click();
  await tokenPage.text('Enter a name for the token.').waitFor();
  await tokenPage.text('Choose at least one role.').waitFor();
  assert.equal(await tokenPage.field('Name').evaluate((field) => field === document.activeElement), true);
  await tokenPage.field('Name').fill('x'.repeat(256));
  await page.getByRole('checkbox', { name: /^Auditor/ }).check();
  await tokenPage.text('order/*').waitFor();
  await tokenPage.button('Generate token').click();
  await tokenPage.text('Use at most 255 characters.').waitFor();
  await page.getByRole('radio', { name: /^Custom date/ }).check();
  await tokenPage.field('Name').fill('Audit');
  await tokenPage.button('Generate token').click();
  await tokenPage.text('The date is missing or outside the allowed range.').waitFor();
  await page.getByRole('radio', { name: /^30 days/ }).check();
  await page.getByRole('checkbox', { name: /^Read-only/ }).check();
  await tokenPage.button('Generate token').click();
  await tokenPage.button('Done, I have saved it').click();
  await tokenPage.row('Audit').getByText('read-only').waitFor();
  await tokenPage.row('Audit').getByText('auditor').waitFor();
});

pageTest('denies of roles that are not chosen are shown', USERS.withDenyRole, async (tokenPage) => {
  const page = await tokenPage.signIn();
  await tokenPage.button('Generate new token').first().click();
  const role = page.getByRole('checkbox', { name: /^Everything but billing/ });
  await role.waitFor();
  assert.deepEqual([await role.isChecked(), await role.isDisabled()], [false, false]);
  const hint = page.getByText('Also denied by: Everything but billing');
  await hint.waitFor();
  await hint.getByText('billing:* on invoice/*').waitFor();
  assert.equal(await hint.getByText('Allows').count(), 0);
  await tokenPage.capture('inherited-denies', 'light');
  await role.check();
  await hint.waitFor({ state: 'detached' });
  await role.uncheck();
  await page.getByRole('checkbox', { name: /^Viewer/ }).check();
  await tokenPage.field('Name').fill('Restricted');
  await tokenPage.button('Generate token').click();
  await tokenPage.text('The token has these roles: deny:viewer. Also denied by: deny:no_billing.').waitFor();
  await tokenPage.capture('inherited-denies-created', 'light');
  await tokenPage.button('Done, I have saved it').click();
  await tokenPage.row('Restricted').getByText('Also denied by:').waitFor();
  await tokenPage.row('Restricted').getByText('no_billing').waitFor();
  await tokenPage.capture('inherited-denies-list', 'light');
});

pageTest('markup in names and roles is shown as text', USERS.markup, async (tokenPage) => {
  const page = await tokenPage.signIn();
  const name = '<img src=x onerror=alert(1)>';
  await tokenPage.fillForm(name);
  await page.getByRole('checkbox', { name: /onerror=alert/ }).check();
  await tokenPage.text('a:b on "><script>alert(2)</script>').waitFor();
  await tokenPage.button('Generate token').click();
  await tokenPage.button('Done, I have saved it').click();
  await tokenPage.row(name).waitFor();
  await tokenPage.button(`Revoke ${name}`).click();
  await page.getByRole('heading', { name: `Revoke “${name}”?` }).waitFor();
  await tokenPage.button('Revoke token').click();
  await tokenPage.text(`“${name}” is revoked.`).waitFor();
  assert.equal(await page.locator('img, script:not([src])').count(), 0);
  assert.deepEqual(tokenPage.dialogs, []);
});
