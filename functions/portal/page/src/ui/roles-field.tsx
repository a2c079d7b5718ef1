/** Which roles a new token has. */

import { useEffect, useId, useState } from 'preact/hooks';

import { ApiError, type ApiClient } from '../api';
import type { Role } from '../api-types';
import { denies, grantText } from '../create-request';
import { words } from '../messages';
import { Trouble } from './components';

/** From how many roles on there is a search. */
const MANY = 8;

/** How many grants of a role are written out. */
const GRANTS = 6;

export function RolesField(props: {
  api: ApiClient;
  chosen: string[];
  wrong: string | undefined;
  onChange: (chosen: string[]) => void;
}) {
  const { api, chosen, onChange } = props;
  const [roles, setRoles] = useState<Choice[] | ApiError>();
  const [search, setSearch] = useState('');
  const id = useId();
  const load = () => {
    setRoles(undefined);
    Promise.all([api.listRoles(true), api.listRoles(false)]).then(([given, held]) => {
      const choices = choicesOf(given, held);
      setRoles(choices);
      onChange(begun(choices, chosen));
    }, setRoles);
  };
  useEffect(load, []);
  const toggle = (role: string) => onChange(chosen.includes(role) ? chosen.filter((one) => one !== role) : [...chosen, role]);
  return (
    <fieldset class="field" aria-describedby={`${id}-hint`}>
      <legend class="label">{words.generate.roles}</legend>
      <p id={`${id}-hint`} class="faint">
        {words.generate.rolesHint}
      </p>
      {roles === undefined && <p role="status">{words.generate.rolesLoading}</p>}
      {roles instanceof ApiError && <Trouble title={words.generate.rolesFailed} failure={roles} retry={load} />}
      {Array.isArray(roles) && roles.length === 0 && <p>{words.generate.rolesNone}</p>}
      {Array.isArray(roles) && roles.length > MANY && (
        <input
          type="search"
          aria-label={words.generate.rolesSearch}
          placeholder={words.generate.rolesSearch}
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
      )}
      {Array.isArray(roles) && (
        <div class="options roles">
          {roles.filter(({ role }) => fits(role, search)).map((choice) => (
            <RoleOption
              key={choice.role.id}
              choice={choice}
              checked={chosen.includes(choice.role.id)}
              invalid={Boolean(props.wrong)}
              describedBy={`${id}-wrong`}
              onChange={() => toggle(choice.role.id)}
            />
          ))}
        </div>
      )}
      <p id={`${id}-wrong`} class="wrong">
        {props.wrong}
      </p>
    </fieldset>
  );
}

/** A role that may be given; `always` where it comes along, chosen or not. */
interface Choice {
  role: Role;
  always: boolean;
}

/** What the person holds and takes something away comes along. */
function choicesOf(given: Role[], held: Role[]): Choice[] {
  const carried = new Set(held.filter(denies).map((role) => role.id));
  return given.map((role) => ({ role, always: carried.has(role.id) }));
}

/** What is chosen to begin with: what was before and what comes along; and where there is no choice, it is made. */
function begun(choices: Choice[], chosen: string[]): string[] {
  const ids = (always: boolean) => choices.filter((choice) => choice.always === always).map(({ role }) => role.id);
  const [free, always] = [ids(false), ids(true)];
  // Somebody else may have come back than had left.
  const still = chosen.filter((id) => free.includes(id));
  const before = still.length === 0 && free.length === 1 ? free : still;
  return [...new Set([...before, ...always])];
}

function fits(role: Role, search: string): boolean {
  return `${role.name}\n${role.id}`.toLowerCase().includes(search.trim().toLowerCase());
}

function RoleOption(props: {
  choice: Choice;
  checked: boolean;
  invalid: boolean;
  describedBy: string;
  onChange: () => void;
}) {
  const { role, always } = props.choice;
  return (
    <label class="option">
      <input
        type="checkbox"
        checked={props.checked}
        disabled={always}
        aria-invalid={props.invalid}
        aria-describedby={props.describedBy}
        onChange={props.onChange}
      />
      <span>
        {role.name} <span class="id">{role.id}</span>
        {always && <span class="faint block">{words.generate.carried}</span>}
        <Grants role={role} />
      </span>
    </label>
  );
}

/** What a role allows, and what it never allows. */
function Grants({ role }: { role: Role }) {
  const list = (label: string, effect: 'allow' | 'deny') => {
    const grants = role.grants.filter((grant) => (grant.effect ?? 'allow') === effect);
    return (
      grants.length > 0 && (
        <span class="faint block">
          {label}{' '}
          {grants.slice(0, GRANTS).map((grant, place) => (
            <>
              {place > 0 && ', '}
              <code>{grantText(grant)}</code>
            </>
          ))}{' '}
          {grants.length > GRANTS && words.generate.moreGrants(grants.length - GRANTS)}
        </span>
      )
    );
  };
  return (
    <>
      {list(words.generate.allows, 'allow') || <span class="faint block">{words.generate.nothing}</span>}
      {list(words.generate.denies, 'deny')}
    </>
  );
}
