/** Size, caching, layout stability and addresses of the page. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { browser, pageTest, stack } from './fixture.mjs';
import { USERS, createToken, startStack } from './seed.mjs';
import { TokenPage } from './token_page.mjs';

before(async () => {
  const owner = await stack.userToken('life', 'ada');
  for (let number = 0; number < 60; number++) {
    await createToken(stack, owner, { name: `Token ${number}`, assignments: ['life:viewer'] });
  }
});

pageTest('script is below 60 KiB and the layout does not shift', USERS.ada, async (tokenPage) => {
  await tokenPage.page.addInitScript(() => {
    globalThis.shifts = [];
    globalThis.observer = new PerformanceObserver((list) => globalThis.shifts.push(...list.getEntries()));
    globalThis.observer.observe({ type: 'layout-shift', buffered: true });
  });
  const page = await tokenPage.signIn();
  await page.getByRole('table').waitFor();
  // The observer reports the last paint after the frame that shows it.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  const { paint, shifts } = await page.evaluate(() => ({
    paint: performance.getEntriesByName('first-contentful-paint')[0].startTime,
    shifts: [...globalThis.shifts, ...globalThis.observer.takeRecords()].map(({ value }) => value),
  }));
  const assets = new URL('../../../functions/portal/assets/assets/', import.meta.url);
  const scripts = readdirSync(assets).filter((name) => /^tokens-.*\.js$/.test(name));
  const size = scripts.map((name) => gzipSync(readFileSync(new URL(name, assets)), { level: 9 }).length).reduce((a, b) => a + b);
  console.log(`script ${(size / 1024).toFixed(1)} KiB gzipped; first paint after ${paint.toFixed(0)} ms; layout shifts: ${shifts.length}`);
  assert(size < 60 * 1024);
  assert.deepEqual(shifts, []);
});

test('assets are compressed and cached without expiration', async () => {
  const html = await (await fetch(`${stack.url}/tokens`)).text();
  for (const [, path] of html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.(?:js|css))"/g)) {
    const response = await fetch(`${stack.url}/${path}`, { headers: { 'Accept-Encoding': 'gzip' } });
    assert.equal(response.headers.get('content-encoding'), 'gzip', path);
    assert.equal(response.headers.get('cache-control'), 'public, max-age=31536000, immutable');
  }
});

pageTest('page redirects to its public URL', USERS.ada, async (tokenPage) => {
  await tokenPage.open(`${stack.url.replace('127.0.0.1', 'localhost')}/`);
  await tokenPage.selectUser();
  await tokenPage.page.waitForURL(`${stack.url}/tokens`);
  await tokenPage.button('Generate new token').first().waitFor();
});

pageTest('page links to the API documentation', USERS.ada, async (tokenPage) => {
  const page = await tokenPage.signIn();
  await page.getByRole('link', { name: 'API docs' }).click();
  await tokenPage.text('Create a token').waitFor();
  await tokenPage.text('Create a token').click();
  await tokenPage.text('expires_in').first().waitFor();
  assert.equal(await tokenPage.button('Execute').count(), 0);
  // No padlock or button offers to enter a token.
  assert.equal(await page.locator('.auth-wrapper button, .authorization__btn').count(), 0);
  assert.equal(await page.getByRole('button', { name: /authori/i }).count(), 0);
});

test('page works at a URL with a stage', async () => {
  const staged = await startStack('--stage', '--set', 'MaxLifetime=12h');
  const tokenPage = await TokenPage.create(browser, staged, USERS.ada);
  const page = await tokenPage.signIn();
  assert.equal(page.url(), `${staged.url}/tokens`);
  assert(staged.url.endsWith('/live'));
  await tokenPage.fillForm('Short', /^Viewer/);
  assert.equal(await page.getByRole('radio').count(), 1);
  await page.getByRole('radio', { name: /^12 hours/ }).check();
  await tokenPage.button('Generate token').click();
  await tokenPage.button('Done, I have saved it').click();
  await tokenPage.row('Short').getByText('in 12 hours').waitFor();
  await tokenPage.close();
  await staged.stop();
});
