/** A browser before `cargo local`, for the tests of one file. */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { launch, Visitor } from './browser.mjs';
import { Stack } from './stack.mjs';

// Before whatever a file does first.
export const browser = await launch();
export const stack = await Stack.start();

after(async () => {
  await browser.close();
  assert.equal(await stack.stop(), 0);
});

/** A test with somebody at the page. */
export function visit(rule, name, body, look) {
  test(rule, async () => {
    const visitor = await Visitor.arrive(browser, stack, name, look);
    await body(visitor);
    await visitor.leave();
  });
}
