/** Runs the local stack for a test, by `local_stack.py`. */

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const LAUNCHER = new URL('local_stack.py', import.meta.url).pathname;

export class LocalStack {
  #launcher;
  #exit;

  /**
   * Starts the local stack.
   *
   * @param {...string} options options of `local_stack.py`
   * @returns {Promise<LocalStack>} with `url`, the base URL of the API, `idpUrl`, that of the local identity provider, and
   * `token`, the bearer token that `--token-for` requests
   */
  static async start(...options) {
    const stack = new LocalStack();
    stack.#launcher = spawn('python3', ['-B', LAUNCHER, ...options], { stdio: ['pipe', 'pipe', 'inherit'] });
    stack.#exit = once(stack.#launcher, 'exit');
    const failure = stack.#exit.then(([status]) => assert.fail(`local_stack.py exited with status ${status}`));
    const [line] = await Promise.race([once(createInterface({ input: stack.#launcher.stdout }), 'line'), failure]);
    const variables = JSON.parse(line);
    stack.url = variables.LATCHKEY_URL;
    stack.idpUrl = variables.LATCHKEY_IDP_URL;
    stack.data = variables.LATCHKEY_DATA;
    stack.token = variables.LATCHKEY_TOKEN;
    return stack;
  }

  /** Stops the stack. Fails unless it exits with status 0. */
  async stop() {
    this.#launcher.stdin.end();
    const [status] = await this.#exit;
    assert.equal(status, 0, 'exit status of the local stack');
  }

  /** Returns a token of the local identity provider for the user, with further options of `cargo local token`. */
  async userToken(org, user, ...options) {
    const all = ['local', 'token', '--data', this.data, '--org', org, '--user', user, ...options];
    const { stdout } = await promisify(execFile)('cargo', all);
    return stdout.trim();
  }

  /**
   * Sends a request to the API.
   *
   * @returns {Promise<{status: number, headers: Headers, body: any}>} the response, its body parsed as JSON
   */
  async request(method, path, token, body) {
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
    const signal = AbortSignal.timeout(30_000);
    const response = await fetch(this.url + path, { method, headers, signal, body: body && JSON.stringify(body) });
    return { status: response.status, headers: response.headers, body: await response.json() };
  }
}
