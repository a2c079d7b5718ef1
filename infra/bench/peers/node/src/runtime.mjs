/** A function's part of Lambda's Runtime API: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html. */

import { Agent, request } from 'node:http';

const base = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/`;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

function ask(method, path, body) {
  return new Promise((resolve, reject) => {
    const sent = request(base + path, { agent, method }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('error', reject);
      answer.on('end', () => resolve({ headers: answer.headers, text: Buffer.concat(parts).toString() }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Answers one event after another by what `handler` gives for it; what it throws is the invocation's error. */
export async function serve(handler) {
  for (;;) {
    const { headers, text } = await ask('GET', 'next');
    const id = headers['lambda-runtime-aws-request-id'];
    try {
      const answer = JSON.stringify(await handler(JSON.parse(text)));
      await ask('POST', `${id}/response`, answer);
    } catch (error) {
      await ask('POST', `${id}/error`, JSON.stringify({ errorMessage: error.message, errorType: error.name }));
    }
  }
}
