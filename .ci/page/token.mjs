/** A token, from the form to its end. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';

import { stack, visit } from './setting.mjs';
import { PEOPLE } from './stack.mjs';

visit('is generated, copied, used, seen as used, revoked and refused', PEOPLE.ada, async (visitor) => {
  const page = await visitor.signIn();
  await visitor.text('No tokens yet').waitFor();
  await visitor.form('Nightly export', /^Viewer/);
  await visitor.button('Generate token').click();
  const shown = visitor.field('Token “Nightly export”');
  const token = await shown.inputValue();
  await visitor.text('The token is shown only once.').waitFor();

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
  await visitor.text('No tokens match your search').waitFor();
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
    await radio(/^Custom date/)();
    await page.getByLabel('Last valid day').fill(chosen);
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
  await visitor.text('Enter a name for the token.').waitFor();
  await visitor.text('Choose at least one role.').waitFor();
  assert.equal(await visitor.field('Name').evaluate((field) => field === document.activeElement), true);
  await visitor.field('Name').fill('x'.repeat(256));
  await page.getByRole('checkbox', { name: /^Auditor/ }).check();
  await visitor.text('order/*').waitFor();
  await visitor.button('Generate token').click();
  await visitor.text('Use at most 255 characters.').waitFor();
  await page.getByRole('radio', { name: /^Custom date/ }).check();
  await visitor.field('Name').fill('Audit');
  await visitor.button('Generate token').click();
  await visitor.text('The date is missing or outside the allowed range.').waitFor();
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
  await visitor.text('The token has these roles: careful:no_billing.').waitFor();
});
