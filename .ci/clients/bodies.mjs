/** What the clients send. */

/** A body for each type that is offered; together they hold every form of `expires_in`. */
export const BODIES = {
  api: { name: 'Postman Access Token', token_type: 'api', assignments: ['123:owner'], expires_in: '10h' },
  journey: { name: 'Journey Access Token', token_type: 'journey', journey_id: 'u29g7-97gajsaog', expires_in: 3600 },
  portal: { name: 'Portal Access Token', token_type: 'portal', portal_id: 'END_CUSTOMER_PORTAL', expires_in: '7d' },
  assume: { name: 'Assume Token', token_type: 'assume', assignments: ['123:viewer'] },
  app: { name: 'App Access Token', token_type: 'app', assignments: ['123:auditor'], expires_in: '2 days' },
};

/** The types that a list gives unasked. */
export const LISTED = ['api', 'journey', 'portal'];

/** What the newest client knows beside them, which is refused. */
export const NOT_OFFERED = {
  portal_preview: { name: 'Preview', token_type: 'portal_preview', portal_id: 'P', portal_user_id: 'U' },
  contact_identification: {
    name: 'Contact',
    token_type: 'contact_identification',
    portal_id: 'P',
    contact_id: 'C',
    surface_id: 'S',
    allowed_operations: ['getContact'],
    expires_in: 300,
  },
};

/** What the newest client adds to the older one's body. */
export const NARROW = { name: 'Narrow', token_type: 'api', read_only: true, anonymize: true, expires_in: '1 year' };

/** The body of the older documents. */
export const OLDER = { name: 'Older', token_type: 'api', assume_roles: ['123:token_admin'] };

/**
 * How clients write the types `api` and `app`, as a value and settings of axios: axios since 1.0 and before, the default of
 * OpenAPI, and joined by hand.
 */
export const SPELLINGS = {
  'token_type%5B%5D=': [['api', 'app'], {}],
  'token_type[]=': [['api', 'app'], { paramsSerializer: { encode: (text) => text } }],
  'token_type= repeated': [['api', 'app'], { paramsSerializer: { indexes: null } }],
  'token_type= with a comma': ['api,app', {}],
};
