/** Which permission a route needs: ROUTE_RULES, read once. */

const MEMBERS = ['public', 'any_caller', 'action', 'resource', 'own_id', 'public_tokens'];

function checked(route, rule) {
  const unknown = Object.keys(rule).find((member) => !MEMBERS.includes(member));
  if (unknown) throw new Error(`the rule of ${route}: unknown member ${unknown}`);
  const needs = [rule.public, rule.any_caller, rule.action].filter(Boolean);
  if (needs.length !== 1) throw new Error(`the rule of ${route}: one of public, any_caller and action`);
  return rule;
}

function read(text) {
  const rules = new Map();
  for (const list of [JSON.parse(text)].flat()) {
    for (const [route, rule] of Object.entries(list)) {
      if (rules.has(route)) throw new Error(`${route} already has a rule`);
      rules.set(route, checked(route, rule));
    }
  }
  return rules;
}

const rules = read(process.env.ROUTE_RULES);

/** The rule of a route as the gateway reports it, one for this API alone before one for any. */
export const findRule = (api, route) => rules.get(`${api} ${route}`) ?? rules.get(route);

/** The resource that the request names; `null` where a path parameter is missing. */
export function fill(pattern, parameters) {
  const missing = [...pattern.matchAll(/\{([^}]+)\}/g)].some(([, name]) => !parameters[name]);
  return missing ? null : pattern.replace(/\{([^}]+)\}/g, (_, name) => parameters[name]);
}
