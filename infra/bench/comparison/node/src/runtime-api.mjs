/** A client of Lambda's Runtime API: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html. */
import { Agent, request } from 'node:http';

const base = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/`;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

function send(method, path, body) {
  return new Promise((resolve, reject) => {
    const sent = request(base + path, { agent, method }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ headers: response.headers, text: Buffer.concat(chunks).toString() }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Passes each event to `handler` and sends its result or its error. */
export async function serve(handler) {
  for (;;) {
    const { headers, text } = await send('GET', 'next');
    const id = headers['lambda-runtime-aws-request-id'];
    try {
      await send('POST', `${id}/response`, JSON.stringify(await handler(JSON.parse(text))));
    } catch (error) {
      await send('POST', `${id}/error`, JSON.stringify({ errorMessage: error.message, errorType: error.name }));
    }
  }
}
