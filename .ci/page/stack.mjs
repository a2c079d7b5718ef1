/** `cargo local` with people and roles of its own, and the API as a program asks it. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const LOG = new URL('stack.log', import.meta.url);

const HOSTILE = '<img src=x onerror=alert(1)>';

/** Who there is. Each test that changes something has an organization of its own. */
export const PEOPLE = {
  ada: 'Ada Lovelace',
  grace: 'Grace Hopper',
  viewer: 'Vera Viewer',
  nobody: 'Nora Nobody',
  many: 'Mary Many',
  hostile: `Harry ${HOSTILE}`,
  faults: 'Fay Fault',
  careful: 'Carl Careful',
  margaret: 'Margaret Hamilton',
};

const everything = [{ action: '*' }];
const administrator = (org) => ({ id: `${org}:admin`, name: 'Administrator', grants: [{ action: 'token:create' }] });
const viewer = (org) => ({ id: `${org}:viewer`, name: 'Viewer', grants: [{ action: '*:view' }] });
const without = [...everything, { action: 'billing:*', resource: 'invoice/*', effect: 'deny' }];

const SEED = {
  people: Object.entries(PEOPLE).map(([user, name]) => ({ user, name })),
  roles: [
    ...['life', 'keys', 'seen', 'acme'].flatMap((org) => [administrator(org), viewer(org)]),
    ...['life', 'acme'].map((org) => ({ id: `${org}:auditor`, name: 'Auditor', grants: [{ action: '*:export', resource: 'order/*' }] })),
    { id: 'hostile:x', name: HOSTILE, grants: [{ action: '<script>alert(2)</script>', resource: '"><b>' }] },
    { id: 'careful:no_billing', name: 'Everything but billing', grants: without },
    ...Array.from({ length: 12 }, (_, place) => ({ ...viewer('faults'), id: `faults:role_${place}`, name: `Role ${place}` })),
  ],
  assignments: [
    { org: 'life', user: 'ada', roles: ['life:owner'] },
    { org: 'keys', user: 'grace', roles: ['keys:admin', 'keys:viewer'] },
    { org: 'seen', user: 'viewer', roles: ['seen:viewer'] },
    { org: 'alone', user: 'nobody', roles: [] },
    { org: 'many', user: 'many', roles: ['many:owner'] },
    { org: 'hostile', user: 'hostile', roles: ['hostile:owner', 'hostile:x'] },
    { org: 'faults', user: 'faults', roles: ['faults:owner'] },
    { org: 'careful', user: 'careful', roles: ['careful:no_billing'] },
    { org: 'acme', user: 'margaret', roles: ['acme:owner'] },
  ],
};

/** A running `cargo local`. */
export class Stack {
  /** Starts one with these options, on ports and with a folder of its own. */
  static async start(...options) {
    const stack = new Stack();
    stack.folder = mkdtempSync(join(tmpdir(), 'latchkey-page-'));
    const seed = join(stack.folder, 'seed.json');
    writeFileSync(seed, JSON.stringify(SEED));
    stack.data = join(stack.folder, 'data');
    const log = openSync(LOG, 'a');
    const all = ['local', '--port', '0', '--data', stack.data, '--seed', seed, ...options];
    stack.child = spawn('cargo', all, { stdio: ['ignore', 'pipe', log] });
    closeSync(log);
    stack.exit = once(stack.child, 'exit');
    for await (const line of createInterface({ input: stack.child.stdout })) {
      if (line.startsWith('ready ')) stack.base = line.split(' ')[1];
      if (stack.base) break;
    }
    if (!stack.base) throw new Error(`the local stack ended before it was ready: ${readFileSync(LOG)}`);
    // What the functions print later has to go somewhere, or the pipe fills and they wait.
    stack.child.stdout.resume();
    stack.provider = JSON.parse(readFileSync(join(stack.data, 'local.json'), 'utf8')).idp_url;
    return stack;
  }

  /** Stops it: the exit code. */
  async stop() {
    this.child.kill('SIGTERM');
    const [code] = await this.exit;
    rmSync(this.folder, { recursive: true });
    return code;
  }

  /** The token of somebody, as a program has it. */
  async person(org, user, ...options) {
    const all = ['local', 'token', '--org', org, '--user', user, '--data', this.data, ...options];
    const child = spawn('cargo', all, { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    for await (const chunk of child.stdout) text += chunk;
    return text.trim();
  }

  /** What the API answers: status and body. */
  async ask(method, path, token, body) {
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
    const answer = await fetch(this.base + path, { method, headers, body: body && JSON.stringify(body) });
    return { status: answer.status, body: await answer.json() };
  }

  create(token, order) {
    return this.ask('POST', '/v1/access-tokens', token, order);
  }
}
