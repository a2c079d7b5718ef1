/** A browser before the page, and what is held against it all the time. */

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { chromium } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SHOTS = new URL('screenshots/', import.meta.url).pathname;

/** How the page is looked at. */
export const LOOKS = {
  light: { colorScheme: 'light', viewport: { width: 1280, height: 860 } },
  dark: { colorScheme: 'dark', viewport: { width: 1280, height: 860 } },
  narrow: { colorScheme: 'light', viewport: { width: 360, height: 780 } },
};

export function launch() {
  const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', ...quiet];
  return chromium.launch({ executablePath: '/usr/bin/chromium', args });
}

/** Somebody at the page, in a browser of their own. */
export class Visitor {
  static async arrive(browser, stack, name, look = LOOKS.light) {
    const visitor = new Visitor();
    Object.assign(visitor, { stack, name, violations: [], addresses: [], dialogs: [] });
    visitor.context = await browser.newContext({ ...look, permissions: ['clipboard-read', 'clipboard-write'] });
    visitor.context.setDefaultTimeout(20_000);
    await visitor.context.exposeBinding('reportViolation', (_, text) => visitor.violations.push(text));
    await visitor.context.addInitScript(() => {
      addEventListener('securitypolicyviolation', (event) => {
        globalThis.reportViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile ?? ''}`);
      });
    });
    visitor.page = await visitor.context.newPage();
    visitor.page.on('pageerror', (error) => visitor.violations.push(`an error: ${error.message}`));
    visitor.page.on('request', (request) => visitor.addresses.push(request.url()));
    visitor.page.on('framenavigated', (frame) => visitor.addresses.push(frame.url()));
    visitor.page.on('dialog', (dialog) => {
      visitor.dialogs.push(dialog.type());
      return dialog.accept();
    });
    return visitor;
  }

  /** Opens an address. A page that sends its visitor on is never loaded to its end. */
  go(address) {
    return this.page.goto(address, { waitUntil: 'commit' });
  }

  /** Opens the page and signs in. */
  async signIn() {
    await this.go(`${this.stack.base}/tokens`);
    await this.choose();
    await this.page.getByRole('heading', { name: 'Access tokens' }).waitFor();
    return this.page;
  }

  /** Says at the provider who one is. */
  async choose() {
    await this.page.waitForURL(`${this.stack.provider}/**`);
    await this.page.getByRole('button', { name: this.name }).click();
  }

  button(name) {
    return this.page.getByRole('button', { name, exact: true });
  }

  text(text) {
    return this.page.getByText(text);
  }

  field(name) {
    return this.page.getByRole('textbox', { name, exact: true });
  }

  /** Waits until the keyboard is at what has this text. */
  focused(text) {
    return this.page.waitForFunction((text) => document.activeElement?.textContent?.trim() === text, text);
  }

  /** The row of the token with this name. */
  row(name) {
    return this.page.getByRole('row').filter({ has: this.page.getByText(name, { exact: true }) });
  }

  /** Opens the form, and fills in a name and a role. */
  async form(name, role) {
    await this.button('Generate new token').first().click();
    await this.field('Name').fill(name);
    if (role) await this.page.getByRole('checkbox', { name: role }).check();
  }

  /** Makes a token: the token. */
  async generate(name, role) {
    await this.form(name, role);
    await this.button('Generate token').click();
    const token = await this.page.getByRole('textbox', { name: `Token “${name}”` }).inputValue();
    await this.button('Done, I have saved it').click();
    return token;
  }

  /** A picture of the state, which has to be accessible. */
  async picture(state, look) {
    mkdirSync(SHOTS, { recursive: true });
    await this.page.screenshot({ path: `${SHOTS}${state}-${look}.png` });
    await this.page.evaluate(AXE);
    const { violations } = await this.page.evaluate(() => globalThis.axe.run());
    const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 200)).join(' ')}`);
    assert.deepEqual(told, [], `axe on ${state}, ${look}`);
  }

  /** Where anything could be kept: addresses so far, storage, cookies of the page, and the page itself. */
  async kept() {
    const here = await this.page.evaluate(() => ({
      local: JSON.stringify(localStorage),
      session: JSON.stringify(sessionStorage),
      cookies: document.cookie,
      page: document.documentElement.outerHTML + [...document.querySelectorAll('input, textarea')].map((one) => one.value),
    }));
    return { ...here, addresses: this.addresses.join('\n') };
  }

  /** Leaves. Nothing that the policy forbids may have been tried, and nothing have gone wrong in the page. */
  async leave() {
    await this.context.close();
    assert.deepEqual(this.violations, []);
  }
}
