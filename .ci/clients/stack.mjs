/** What the clients speak to: the service on this machine, and a gateway before it that throttles. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer, request as ask } from 'node:http';
import { createInterface } from 'node:readline';

/** Where what the stack prints is kept, the last one's only. */
const LOG = new URL('stack.log', import.meta.url);

/**
 * Starts the local stack with these options of `cargo local`.
 *
 * @returns {Promise<{base: string, owner: string, stop: () => Promise<number>}>} the base URL, the token of the owner of the
 * organization 123, and how to stop it, which gives the exit code
 */
export async function startStack(options) {
  const log = openSync(LOG, 'w');
  const child = spawn('cargo', ['local', '--port', '0', '--ephemeral', ...options], { stdio: ['ignore', 'pipe', log] });
  closeSync(log);
  const exit = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGTERM');
    return (await exit)[0];
  };
  let greeting = '';
  for await (const line of createInterface({ input: child.stdout })) {
    greeting += `${line}\n`;
    if (line.startsWith('ready ')) break;
  }
  // What the functions print later has to go somewhere, or the pipe fills and they wait.
  child.stdout.resume();
  const [, owner] = greeting.match(/Authorization: Bearer (\S+)'/) ?? [];
  const [, base] = greeting.match(/^ready (\S+)$/m) ?? [];
  if (!owner || !base) throw new Error(`the local stack ended before it was ready: ${readFileSync(LOG)}`);
  return { base, owner, stop };
}

/**
 * Starts a gateway before `base` that answers the first request as the template's THROTTLED response does.
 *
 * @param {string} base where every other request goes
 * @param {number} seconds what `Retry-After` says
 * @returns {Promise<{base: string, seen: object[], stop: () => void}>} its base URL and the headers of each request so far
 */
export async function startThrottle(base, seconds) {
  const seen = [];
  const server = createServer((request, answer) => {
    seen.push(request.headers);
    if (seen.length === 1) refuse(answer, seconds);
    else forward(base, request, answer);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  return { base: `http://127.0.0.1:${server.address().port}`, seen, stop };
}

function refuse(answer, seconds) {
  const sentence = 'too many requests, try again shortly';
  const problem = {
    type: 'urn:latchkey:problem:throttled',
    title: 'Too Many Requests',
    status: 429,
    detail: sentence,
    instance: 'bd5b4f0c-6a54-4f7e-8ce7-0e3b3c5dd9f0',
    code: 'throttled',
    error: sentence,
  };
  answer.writeHead(429, { 'Content-Type': 'application/problem+json', 'Retry-After': String(seconds) });
  answer.end(JSON.stringify(problem));
}

function forward(base, request, answer) {
  const { method, url, headers } = request;
  const onward = ask(`${base}${url}`, { method, headers }, (reply) => {
    answer.writeHead(reply.statusCode, reply.headers);
    reply.pipe(answer);
  });
  onward.on('error', (error) => answer.destroy(error));
  request.pipe(onward);
}
