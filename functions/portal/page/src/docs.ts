/** The contract, to be read. */

import 'swagger-ui-dist/swagger-ui.css';

import SwaggerUIBundle from 'swagger-ui-dist/swagger-ui-bundle';

SwaggerUIBundle({
  url: 'v1/openapi.json',
  dom_id: '#documentation',
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  docExpansion: 'list',
  // To be read and not to be tried: nobody is asked for a token here.
  supportedSubmitMethods: [],
  validatorUrl: null,
});
