/** A list of 2,500 tokens. */

import assert from 'node:assert/strict';
import { before } from 'node:test';

import { pageTest, stack } from './fixture.mjs';
import { USERS, createToken } from './seed.mjs';

const TOKEN_COUNT = 2_500;
/** Concurrent create requests. More would exceed the functions' time limit on two cores. */
const CONCURRENCY = 4;

/** Runs in the page. */
const isFirstRowInView = () => {
  const { top } = document.querySelector('tbody tr').getBoundingClientRect();
  return top >= 0 && top < innerHeight;
};

before(async () => {
  const owner = await stack.userToken('many', 'many');
  let next = 0;
  const worker = async () => {
    for (let number = next++; number < TOKEN_COUNT; number = next++) {
      await createToken(stack, owner, { name: `Machine ${number}`, assignments: ['many:owner'] });
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  await createToken(stack, owner, { name: 'System', token_type: 'app', assignments: ['many:owner'] });
});

pageTest('paging, search and sorting cover the whole list', USERS.many, async (tokenPage) => {
  const page = await tokenPage.signIn();
  await tokenPage.text('2,500 tokens', { exact: true }).waitFor();
  await tokenPage.capture('many', 'light');
  const names = new Set();
  for (let number = 1; ; number++) {
    await tokenPage.text(`${(50 * (number - 1) + 1).toLocaleString('en')} to ${(50 * number).toLocaleString('en')} of`).waitFor();
    for (const name of await page.locator('td.name .strong').allInnerTexts()) names.add(name);
    if ((await tokenPage.button('Next').getAttribute('aria-disabled')) === 'true') break;
    await tokenPage.button('Next').click();
    // A page begins at its first row.
    if (number === 1) await page.waitForFunction(isFirstRowInView);
  }
  assert.equal(names.size, TOKEN_COUNT);
  await page.getByRole('searchbox').fill('machine 249');
  await tokenPage.text('11 of 2,500 tokens').waitFor();
  await tokenPage.row('Machine 2499').waitFor();
  await page.getByRole('searchbox').fill('');
  await tokenPage.button('Name').click();
  assert.equal(await page.getByRole('columnheader', { name: 'Name' }).getAttribute('aria-sort'), 'ascending');
  assert.deepEqual((await page.locator('td.name .strong').allInnerTexts()).slice(0, 3), ['Machine 0', 'Machine 1', 'Machine 2']);
  await tokenPage.button('Name').click();
  await tokenPage.row('Machine 2499').waitFor();
});

pageTest('failed refresh is shown above the stale list', USERS.many, async (tokenPage) => {
  const page = await tokenPage.signIn();
  await tokenPage.text('2,500 tokens', { exact: true }).waitFor();
  await page.route('**/v1/access-tokens?*', (route) => route.abort(), { times: 1 });
  await tokenPage.button('Refresh').click();
  const notice = tokenPage.text('The list is not up to date');
  await notice.waitFor();
  await tokenPage.capture('stale', 'light');
  const bottom = await notice.evaluate((element) => element.getBoundingClientRect().bottom);
  assert(bottom < (await page.getByRole('table').evaluate((table) => table.getBoundingClientRect().top)));
  assert(bottom < page.viewportSize().height);
  await tokenPage.text('2,500 tokens', { exact: true }).waitFor();
});

pageTest('switch shows system tokens', USERS.many, async (tokenPage) => {
  const page = await tokenPage.signIn();
  await tokenPage.text('2,500 tokens', { exact: true }).waitFor();
  await page.getByRole('searchbox').fill('system');
  await tokenPage.text('0 of 2,500 tokens').waitFor();
  await page.getByRole('switch').check();
  await tokenPage.row('System').getByText('App', { exact: true }).waitFor();
  await tokenPage.text('1 of 2,501 tokens').waitFor();
});
