/** Loads modules of the page's source, for tests without a browser. */

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const ROOT = pathToFileURL(`${process.env.TOKEN_PAGE_OUTPUT}/portal/page/`);

export class PageModules {
  #server;

  static async start() {
    const modules = new PageModules();
    const { createServer } = await import(pathToFileURL(createRequire(ROOT).resolve('vite')).href);
    const server = { middlewareMode: true, ws: false };
    modules.#server = await createServer({ root: ROOT.pathname, appType: 'custom', logLevel: 'error', server });
    return modules;
  }

  /** Returns the exports of `src/NAME.ts`. */
  load(name) {
    return this.#server.ssrLoadModule(`/src/${name}.ts`);
  }

  close() {
    return this.#server.close();
  }
}
