/** Page object of the token page, with checks that apply to every test. */

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { chromium } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SCREENSHOTS = `${process.env.TOKEN_PAGE_OUTPUT}/screenshots`;

/** Options of the browser context: both themes, and a narrow screen. */
export const VIEWS = {
  light: { colorScheme: 'light', viewport: { width: 1280, height: 860 } },
  dark: { colorScheme: 'dark', viewport: { width: 1280, height: 860 } },
  narrow: { colorScheme: 'light', viewport: { width: 360, height: 780 } },
};

/** Presses the Tab key until the element has the focus. */
export async function tabUntil(page, locator) {
  for (let step = 0; step < 60; step++) {
    if (await locator.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`the Tab key does not reach ${locator}`);
}

export function launchBrowser() {
  const offline = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', ...offline];
  return chromium.launch({ executablePath: '/usr/bin/chromium', args });
}

export class TokenPage {
  /** Creates a browser context for the user, who is not signed in yet. */
  static async create(browser, stack, userName, options = VIEWS.light) {
    const tokenPage = new TokenPage();
    Object.assign(tokenPage, { stack, userName, violations: [], addresses: [], dialogs: [] });
    tokenPage.context = await browser.newContext({ ...options, permissions: ['clipboard-read', 'clipboard-write'] });
    tokenPage.context.setDefaultTimeout(20_000);
    await tokenPage.context.exposeBinding('reportViolation', (_, text) => tokenPage.violations.push(text));
    await tokenPage.context.addInitScript(() => {
      addEventListener('securitypolicyviolation', (event) => {
        globalThis.reportViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile ?? ''}`);
      });
    });
    tokenPage.page = await tokenPage.context.newPage();
    tokenPage.page.on('pageerror', (error) => tokenPage.violations.push(`uncaught error: ${error.message}`));
    tokenPage.page.on('request', (request) => tokenPage.addresses.push(request.url()));
    tokenPage.page.on('framenavigated', (frame) => tokenPage.addresses.push(frame.url()));
    tokenPage.page.on('dialog', (dialog) => {
      tokenPage.dialogs.push(dialog.type());
      return dialog.accept();
    });
    return tokenPage;
  }

  /** Opens an address without waiting for the load event, which a page that redirects never fires. */
  open(address) {
    return this.page.goto(address, { waitUntil: 'commit' });
  }

  /** Opens the token page, signs in, waits for the heading and returns the browser's page. */
  async signIn(heading = 'Access tokens') {
    await this.open(`${this.stack.url}/tokens`);
    await this.selectUser();
    await this.page.getByRole('heading', { name: heading }).waitFor();
    return this.page;
  }

  /** Selects the user on the page of the local identity provider. */
  async selectUser() {
    await this.page.waitForURL(`${this.stack.idpUrl}/**`);
    await this.page.getByRole('button', { name: this.userName }).click();
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

  /** Opens the section of the form for restrictions. */
  async openRestrictions() {
    await this.text('Restrict further').click();
    await this.button('Add permission').waitFor();
  }

  /** Waits until the element with this text has the focus. */
  waitForFocus(text) {
    return this.page.waitForFunction((text) => document.activeElement?.textContent?.trim() === text, text);
  }

  /** The row of the token with this name. */
  row(name) {
    return this.page.getByRole('row').filter({ has: this.page.getByText(name, { exact: true }) });
  }

  /** Opens the form and fills in a name and a role. */
  async fillForm(name, role) {
    await this.button('Generate new token').first().click();
    await this.field('Name').fill(name);
    if (role) await this.page.getByRole('checkbox', { name: role }).check();
  }

  /** Generates a token and returns it. */
  async generateToken(name, role) {
    await this.fillForm(name, role);
    await this.button('Generate token').click();
    const token = await this.page.getByRole('textbox', { name: `Token “${name}”` }).inputValue();
    await this.button('Done, I have saved it').click();
    return token;
  }

  /** Takes a screenshot of the state and checks its accessibility. */
  async capture(state, view) {
    mkdirSync(SCREENSHOTS, { recursive: true });
    await this.page.screenshot({ path: `${SCREENSHOTS}/${state}-${view}.png` });
    await this.page.evaluate(AXE);
    const { violations } = await this.page.evaluate(() => globalThis.axe.run());
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 200)).join(' ')}`);
    assert.deepEqual(found, [], `axe on ${state}, ${view}`);
  }

  /** All places where a token could remain: addresses so far, storage, the page's cookies and the page itself. */
  async storedText() {
    const stored = await this.page.evaluate(() => ({
      local: JSON.stringify(localStorage),
      session: JSON.stringify(sessionStorage),
      cookies: document.cookie,
      page: document.documentElement.outerHTML + [...document.querySelectorAll('input, textarea')].map((field) => field.value),
    }));
    return { ...stored, addresses: this.addresses.join('\n') };
  }

  /** Closes the context. Fails if the page violated its Content Security Policy or threw an error. */
  async close() {
    await this.context.close();
    assert.deepEqual(this.violations, []);
  }
}
