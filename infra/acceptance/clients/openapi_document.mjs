/** The contract that a client's package contains: an OpenAPI 3.0 document that requests and responses must match. */

import assert from 'node:assert/strict';

import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

export class OpenApiDocument {
  #document;
  #ajv;

  /** @param {object} document the parsed OpenAPI document */
  constructor(document) {
    this.#document = document;
    // OpenAPI 3.0 adds keywords to JSON Schema (`example`), and the document that contains the schemas is not a schema.
    this.#ajv = new Ajv({ strict: false, allErrors: true, validateSchema: false });
    addFormats(this.#ajv);
    this.#ajv.addSchema(document, 'document');
  }

  /** @returns {string[]} the token types of the document */
  get tokenTypes() {
    return this.#document.components.schemas.AccessTokenType.enum;
  }

  /** Fails unless `body` is a valid request body of the operation. */
  assertRequest(operationId, body) {
    this.#assert(body, ...this.#find(operationId), 'requestBody', 'content', 'application/json', 'schema');
  }

  /** Fails unless the response of axios is JSON with a status and a body that the operation documents. */
  assertResponse(operationId, { status, headers, data }) {
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
