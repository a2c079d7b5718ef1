/** The form for a new token. */

import { useEffect, useId, useRef, useState } from 'preact/hooks';

import type { Api, Failure, Item } from '../api';
import { attempt, wrongs, type Attempt, type Draft, type Wrongs } from '../orders';
import { words } from '../words';
import { ExpiryField } from './expiry';
import { Dialog, Trouble } from './parts';
import { RolesField } from './roles';

export function Generate(props: {
  api: Api;
  ceiling: number | null;
  draft: Draft;
  last: Attempt | undefined;
  /** Keeps what is in the form, for whoever leaves the page to sign in and comes back. */
  onChange: (draft: Draft, last: Attempt | undefined) => void;
  onCreated: (item: Item & { token: string }) => void;
  onLeave: () => void;
}) {
  const { api, ceiling, draft, last } = props;
  const [wrong, setWrong] = useState<Wrongs>({});
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure>();
  const form = useRef<HTMLFormElement>(null);
  const nameId = useId();
  useEffect(() => {
    form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [wrong]);

  const change = (part: Partial<Draft>) => props.onChange({ ...draft, ...part }, last);
  const submit = async (event: Event) => {
    event.preventDefault();
    const found = wrongs(draft, ceiling, Date.now());
    setWrong(found);
    setFailure(undefined);
    if (busy || Object.keys(found).length > 0) return;
    const next = attempt(draft, last, Date.now());
    props.onChange(draft, next);
    setBusy(true);
    try {
      props.onCreated(await api.create(next.order, next.key));
    } catch (error) {
      setFailure(error as Failure);
      setBusy(false);
    }
  };
  const unknown = failure?.code === 'connection' ? `${failure.message} ${words.generate.unknown}` : undefined;
  return (
    <Dialog title={words.generate.title} wide onLeave={busy ? () => {} : props.onLeave}>
      <form ref={form} onSubmit={(event) => void submit(event)} noValidate>
        <div class="field">
          <label class="label" for={nameId}>
            {words.generate.name}
          </label>
          <input
            id={nameId}
            value={draft.name}
            onInput={(event) => change({ name: event.currentTarget.value })}
            aria-invalid={Boolean(wrong.name)}
            aria-describedby={`${nameId}-hint ${nameId}-wrong`}
            autocomplete="off"
            autofocus
          />
          <p id={`${nameId}-hint`} class="faint">
            {words.generate.nameHint}
          </p>
          <p id={`${nameId}-wrong`} class="wrong">
            {wrong.name}
          </p>
        </div>
        <RolesField
          api={api}
          chosen={draft.roles}
          wrong={wrong.roles}
          onChange={(roles) => change({ roles })}
        />
        <ExpiryField ceiling={ceiling} expiry={draft.expiry} wrong={wrong.date} onChange={(expiry) => change({ expiry })} />
        <label class="option">
          <input type="checkbox" checked={draft.readOnly} onChange={(event) => change({ readOnly: event.currentTarget.checked })} />
          <span>
            {words.generate.readOnly}
            <span class="faint block">{words.generate.readOnlyHint}</span>
          </span>
        </label>
        {failure && <Trouble title={words.generate.failed} failure={failure} {...(unknown && { text: unknown })} />}
        <div class="choices">
          <button type="button" onClick={props.onLeave} disabled={busy}>
            {words.cancel}
          </button>
          <button type="submit" class="primary" disabled={busy}>
            {busy ? words.generate.busy : failure ? words.tryAgain : words.generate.submit}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
