/** A proxy that answers the first request with the template's THROTTLED response. */

import { once } from 'node:events';
import { createServer, request as sendRequest } from 'node:http';

/**
 * Starts the proxy on a free port.
 *
 * @param {string} target the base URL that receives every later request
 * @param {number} retryAfter the value of `Retry-After` in seconds
 * @returns {Promise<{url: string, requests: object[], stop: () => void}>} the proxy's base URL and the headers of its requests
 */
export async function startThrottlingProxy(target, retryAfter) {
  const requests = [];
  const server = createServer((request, response) => {
    requests.push(request.headers);
    if (requests.length === 1) throttle(response, retryAfter);
    else forward(target, request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${server.address().port}`, requests, stop };
}

function throttle(response, retryAfter) {
  const detail = 'too many requests, try again shortly';
  const problem = {
    type: 'urn:latchkey:problem:throttled',
    title: 'Too Many Requests',
    status: 429,
    detail,
    instance: 'bd5b4f0c-6a54-4f7e-8ce7-0e3b3c5dd9f0',
    code: 'throttled',
    error: detail,
  };
  response.writeHead(429, { 'Content-Type': 'application/problem+json', 'Retry-After': String(retryAfter) });
  response.end(JSON.stringify(problem));
}

function forward(target, request, response) {
  const { method, url, headers } = request;
  const forwarded = sendRequest(`${target}${url}`, { method, headers }, (reply) => {
    response.writeHead(reply.statusCode, reply.headers);
    reply.pipe(response);
  });
  forwarded.on('error', (error) => response.destroy(error));
  request.pipe(forwarded);
}
