/**
 * Verifies each token of the standard input with the recipe in the file of the argument, and writes one line of JSON for
 * each: `{"claims": …}` or `{"error": …}`.
 */

import http from 'node:http';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import { text } from 'node:stream/consumers';

// aws-jwt-verify fetches keys by HTTPS only, and the local stack serves HTTP.
https.request = (url, options, callback) => http.request(url, options, callback);
syncBuiltinESMExports();

const { verify } = await import(process.argv[2]);
for (const token of (await text(process.stdin)).split('\n').slice(0, -1)) {
  const result = await Promise.resolve(token)
    .then(verify)
    .then((claims) => ({ claims }), (error) => ({ error: `${error.name}: ${error.message}` }));
  console.log(JSON.stringify(result));
}
