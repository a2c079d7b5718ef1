/** Form fields that restrict a new token in addition to its roles. The section is closed until the user opens it. */

import { useEffect, useId, useRef, useState } from 'preact/hooks';

import { messages } from '../messages';
import { MAX_GRANTS, type GrantDraft, type RestrictionErrors, type RestrictionsDraft } from '../restrictions';
import { disabledWhile, Isolated } from './components';

export function RestrictionsField(props: {
  restrictions: RestrictionsDraft;
  errors: RestrictionErrors | undefined;
  onChange: (restrictions: RestrictionsDraft) => void;
}) {
  const { restrictions, errors, onChange } = props;
  const isRestricted = restrictions.grants.length > 0 || restrictions.addresses !== '';
  const [isOpen, setIsOpen] = useState(isRestricted);
  return (
    <details class="restrictions" open={isOpen} onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary>
        <span class="strong">{messages.restrictions.title}</span>
        <span class="muted block">{messages.restrictions.titleHint}</span>
      </summary>
      <GrantsField
        grants={restrictions.grants}
        errors={errors}
        onChange={(grants) => onChange({ ...restrictions, grants })}
      />
      <AddressesField
        addresses={restrictions.addresses}
        error={errors?.addresses}
        onChange={(addresses) => onChange({ ...restrictions, addresses })}
      />
    </details>
  );
}

function GrantsField(props: {
  grants: GrantDraft[];
  errors: RestrictionErrors | undefined;
  onChange: (grants: GrantDraft[]) => void;
}) {
  const { grants, errors, onChange } = props;
  const id = useId();
  const fieldset = useRef<HTMLFieldSetElement>(null);
  // The row that receives the focus after the next render; `add`: the button to add a row.
  const nextFocus = useRef<number | 'add' | undefined>(undefined);
  useEffect(() => {
    const target = nextFocus.current;
    nextFocus.current = undefined;
    const selector = target === 'add' ? 'button.add' : `[data-row="${target}"] input`;
    if (target !== undefined) fieldset.current?.querySelector<HTMLElement>(selector)?.focus();
  }, [grants.length]);
  const add = () => {
    nextFocus.current = grants.length;
    onChange([...grants, { action: '', resource: '' }]);
  };
  const remove = (index: number) => {
    nextFocus.current = grants.length === 1 ? 'add' : Math.min(index, grants.length - 2);
    onChange(grants.filter((_, other) => other !== index));
  };
  const change = (index: number, change: Partial<GrantDraft>) =>
    onChange(grants.map((grant, other) => (other === index ? { ...grant, ...change } : grant)));
  return (
    <fieldset ref={fieldset} class="field" aria-describedby={`${id}-hint`}>
      <legend class="label">{messages.restrictions.permissions}</legend>
      <p id={`${id}-hint`} class="muted">
        {messages.restrictions.permissionsHint}
      </p>
      {grants.map((grant, index) => (
        <GrantRow
          key={index}
          grant={grant}
          index={index}
          error={errors?.actions?.[index]}
          listErrorId={`${id}-error`}
          isListInvalid={errors?.grants !== undefined}
          onChange={(edited) => change(index, edited)}
          onRemove={() => remove(index)}
        />
      ))}
      <p id={`${id}-error`} class="error-text">
        {errors?.grants}
      </p>
      <button type="button" class="add" {...disabledWhile(grants.length >= MAX_GRANTS, add)}>
        {messages.restrictions.add}
      </button>
    </fieldset>
  );
}

function GrantRow(props: {
  grant: GrantDraft;
  index: number;
  error: string | undefined;
  /** Id of the element with the error of the whole list. */
  listErrorId: string;
  isListInvalid: boolean;
  onChange: (change: Partial<GrantDraft>) => void;
  onRemove: () => void;
}) {
  const { grant, index, error, onChange } = props;
  const id = useId();
  const position = index + 1;
  const input = (member: keyof GrantDraft, label: string, name: string, example: string, isInvalid: boolean, describedBy: string) => (
    <label>
      <span class="label">{label}</span>
      <input
        value={grant[member]}
        placeholder={example}
        aria-label={name}
        aria-invalid={isInvalid}
        aria-describedby={describedBy}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        onInput={(event) => onChange({ [member]: event.currentTarget.value })}
      />
    </label>
  );
  const { action, actionOf, actionExample, resource, resourceOf, resourceExample } = messages.restrictions;
  const isActionInvalid = error !== undefined || props.isListInvalid;
  return (
    <div class="grant" role="group" aria-label={messages.restrictions.permission(position)} data-row={index}>
      {input('action', action, actionOf(position), actionExample, isActionInvalid, `${id}-error ${props.listErrorId}`)}
      {input('resource', resource, resourceOf(position), resourceExample, props.isListInvalid, props.listErrorId)}
      <button type="button" aria-label={messages.restrictions.removePermission(position)} onClick={props.onRemove}>
        {messages.restrictions.remove}
      </button>
      <p id={`${id}-error`} class="error-text">
        {error}
      </p>
    </div>
  );
}

function AddressesField(props: { addresses: string; error: string | undefined; onChange: (addresses: string) => void }) {
  const id = useId();
  return (
    <div class="field">
      <label class="label" for={id}>
        {messages.restrictions.addresses}
      </label>
      <p id={`${id}-hint`} class="muted">
        {messages.restrictions.addressesHint}
      </p>
      <textarea
        id={id}
        class="addresses"
        rows={2}
        value={props.addresses}
        aria-invalid={props.error !== undefined}
        aria-describedby={`${id}-hint ${id}-error`}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        onInput={(event) => props.onChange(event.currentTarget.value)}
      />
      <p id={`${id}-error`} class="error-text">
        {props.error !== undefined && <Isolated text={props.error} />}
      </p>
    </div>
  );
}
