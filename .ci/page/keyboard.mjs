/** The keyboard, which is enough. */

import assert from 'node:assert/strict';

import { visit } from './setting.mjs';
import { PEOPLE } from './stack.mjs';

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
  await page.waitForFunction(() => document.activeElement?.tagName === 'INPUT');
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
  await visitor.text('The request to revoke the token failed').waitFor();
  await focused('Try again');
  await press('Enter');
  await visitor.text('“By hand” is revoked.').waitFor();
  await focused('Access tokens');
});
