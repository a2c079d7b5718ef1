/** The page as a whole: how small it is, how soon it is there, and where. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { Visitor } from './browser.mjs';
import { browser, stack, visit } from './setting.mjs';
import { PEOPLE, Stack } from './stack.mjs';

before(async () => {
  const owner = await stack.person('life', 'ada');
  for (let number = 0; number < 60; number++) {
    const { status } = await stack.create(owner, { name: `Token ${number}`, assignments: ['life:viewer'] });
    assert.equal(status, 201);
  }
});

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
