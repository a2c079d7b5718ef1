/** A browser and a local stack for the tests of one file. */

import { after, test } from 'node:test';

import { startStack } from './seed.mjs';
import { TokenPage, launchBrowser } from './token_page.mjs';

// At import, so that `before` hooks of the test file can use both.
export const browser = await launchBrowser();
export const stack = await startStack();

after(async () => {
  await browser.close();
  await stack.stop();
});

/**
 * Defines a test with the token page in a browser context of its own.
 *
 * @param {string} title the title
 * @param {string} userName the user who signs in, from `USERS`
 * @param {(tokenPage: TokenPage) => Promise<void>} body the test
 * @param {object} options of the browser context
 */
export function pageTest(title, userName, body, options) {
  test(title, async () => {
    const tokenPage = await TokenPage.create(browser, stack, userName, options);
    await body(tokenPage);
    await tokenPage.close();
  });
}
