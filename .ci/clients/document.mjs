/** The contract as the clients' packages ship it: an OpenAPI 3.0 document, by which requests and answers are judged. */

import assert from 'node:assert/strict';

import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** The checks that one OpenAPI document gives. */
export class Document {
  #document;
  #ajv;

  /** @param {object} document the OpenAPI document, which is not changed */
  constructor(document) {
    this.#document = document;
    // OpenAPI 3.0 has keywords that JSON Schema has not (`example`), and the document around the schemas is none itself.
    this.#ajv = new Ajv({ strict: false, allErrors: true, validateSchema: false });
    addFormats(this.#ajv);
    this.#ajv.addSchema(document, 'document');
  }

  /** @returns {string[]} the token types that the document knows */
  get tokenTypes() {
    return this.#document.components.schemas.AccessTokenType.enum;
  }

  /** Fails unless `body` is a request body that the operation takes. */
  assertRequest(operationId, body) {
    this.#assert(body, ...this.#find(operationId), 'requestBody', 'content', 'application/json', 'schema');
  }

  /** Fails unless the answer, as axios gives it, is JSON with a status and a body that the operation has. */
  assertAnswer(operationId, { status, headers, data }) {
    assert.match(headers['content-type'], /^application\/(problem\+)?json$/);
    this.#assert(data, ...this.#find(operationId), 'responses', status, 'content', 'application/json', 'schema');
  }

  #find(operationId) {
    for (const [path, operations] of Object.entries(this.#document.paths)) {
      const method = METHODS.find((method) => operations[method]?.operationId === operationId);
      if (method) return ['paths', path, method];
    }
    throw new Error(`the document has no operation ${operationId}`);
  }

  #assert(value, ...keys) {
    const escape = (key) => encodeURIComponent(String(key).replaceAll('~', '~0').replaceAll('/', '~1'));
    const validate = this.#ajv.compile({ $ref: `document#/${keys.map(escape).join('/')}` });
    assert.ok(validate(value), `${keys.join(' ')}: ${this.#ajv.errorsText(validate.errors)}`);
  }
}
