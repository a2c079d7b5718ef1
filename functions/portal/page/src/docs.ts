/** Entry point of the API documentation: Swagger UI for the OpenAPI document. */

import 'swagger-ui-dist/swagger-ui.css';

import SwaggerUIBundle from 'swagger-ui-dist/swagger-ui-bundle';

/** Replaces a component of Swagger UI by nothing. */
const omitComponent = () => () => null;

SwaggerUIBundle({
  url: 'v1/openapi.json',
  dom_id: '#documentation',
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  docExpansion: 'list',
  // Requests cannot be tried out, so that users never paste a token into this page.
  supportedSubmitMethods: [],
  validatorUrl: null,
  // The padlocks and the button *Authorize* open a dialog for credentials, for which this page has no use.
  plugins: [{ wrapComponents: { authorizeBtn: omitComponent, authorizeOperationBtn: omitComponent } }],
});
