/** Keyboard operation. */

import assert from 'node:assert/strict';

import { pageTest } from './fixture.mjs';
import { USERS } from './seed.mjs';
import { tabUntil } from './token_page.mjs';

pageTest('token is generated and revoked by keyboard', USERS.grace, async (tokenPage) => {
  const page = await tokenPage.signIn();
  const press = (key) => page.keyboard.press(key);
  const tabTo = (locator) => tabUntil(page, locator);
  await tokenPage.button('Generate new token').first().waitFor();
  await tabTo(tokenPage.button('Generate new token').first());
  await press('Enter');
  await page.waitForFunction(() => document.activeElement?.tagName === 'INPUT');
  await page.keyboard.type('By keyboard');
  await page.getByRole('checkbox', { name: /^Viewer/ }).waitFor();
  await tabTo(page.getByRole('checkbox', { name: /^Viewer/ }));
  await press('Space');
  await tabTo(page.getByRole('radio', { name: /^30 days/ }));
  await press('ArrowDown');
  assert.equal(await page.getByRole('radio', { name: /^90 days/ }).isChecked(), true);
  await press('Enter');
  await tokenPage.button('Copy token').waitFor();
  await tokenPage.waitForFocus('Copy token');
  await press('Enter');
  await tokenPage.button('Copied').waitFor();
  await tabTo(tokenPage.button('Done, I have saved it'));
  await press('Enter');
  await tokenPage.row('By keyboard').waitFor();
  await tokenPage.waitForFocus('Generate new token');
  await page.route('**/v1/access-tokens/*', (route) => route.abort(), { times: 1 });
  await tabTo(tokenPage.button('Revoke By keyboard'));
  await press('Enter');
  await tokenPage.waitForFocus('Cancel');
  await press('Escape');
  await tokenPage.waitForFocus('Revoke');
  await press('Enter');
  await tabTo(tokenPage.button('Revoke token'));
  await press('Enter');
  await tokenPage.text('It is unknown whether the token was revoked').waitFor();
  await tokenPage.waitForFocus('Try again');
  await press('Enter');
  await tokenPage.text('“By keyboard” is revoked.').waitFor();
  await tokenPage.waitForFocus('Access tokens');
});

pageTest('restrictions are entered by keyboard', USERS.grace, async (tokenPage) => {
  const page = await tokenPage.signIn();
  const press = (key) => page.keyboard.press(key);
  const tabTo = (locator) => tabUntil(page, locator);
  await tokenPage.fillForm('Restricted by keyboard', /^Viewer/);
  await tabTo(page.locator('.restrictions > summary'));
  await press('Enter');
  await tabTo(tokenPage.button('Add permission'));
  await press('Enter');
  await page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'Action of permission 1');
  await page.keyboard.type('order:view');
  await press('Tab');
  await page.keyboard.type('order/7');
  await tabTo(tokenPage.button('Add permission'));
  await press('Enter');
  await page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'Action of permission 2');
  await tabTo(tokenPage.button('Remove permission 2'));
  await press('Enter');
  await page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'Action of permission 1');
  await tabTo(tokenPage.field('Addresses'));
  await page.keyboard.type('127.0.0.1');
  await tabTo(tokenPage.button('Generate token'));
  // A screen reader reads what the token can do with the button that creates it.
  const described = await tokenPage.button('Generate token').getAttribute('aria-describedby');
  const sentence = 'This token can at most view orders on order/7, as far as its roles allow it, from 127.0.0.1 only.';
  assert.equal(await page.evaluate((id) => document.getElementById(id).textContent, described), sentence);
  await press('Enter');
  await tokenPage.button('Copy token').waitFor();
});
