/** A list of 2,500 tokens. */

import assert from 'node:assert/strict';
import { before } from 'node:test';

import { stack, visit } from './setting.mjs';
import { PEOPLE } from './stack.mjs';

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
