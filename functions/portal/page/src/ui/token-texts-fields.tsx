/** Form fields for the name and the description of a token. */

import { useId } from 'preact/hooks';

import { messages } from '../messages';
import type { TextErrors, TextsDraft } from '../token-texts';

export function TokenTextsFields(props: { draft: TextsDraft; errors: TextErrors; onChange: (change: Partial<TextsDraft>) => void }) {
  const { draft, errors, onChange } = props;
  const nameId = useId();
  const descriptionId = useId();
  return (
    <>
      <div class="field">
        <label class="label" for={nameId}>
          {messages.createToken.name}
        </label>
        <input
          id={nameId}
          value={draft.name}
          onInput={(event) => onChange({ name: event.currentTarget.value })}
          aria-invalid={Boolean(errors.name)}
          aria-describedby={`${nameId}-hint ${nameId}-error`}
          autocomplete="off"
          autofocus
        />
        <p id={`${nameId}-hint`} class="muted">
          {messages.createToken.nameHint}
        </p>
        <p id={`${nameId}-error`} class="error-text">
          {errors.name}
        </p>
      </div>
      <div class="field">
        <label class="label" for={descriptionId}>
          {messages.texts.description}
        </label>
        <textarea
          id={descriptionId}
          class="description"
          rows={2}
          value={draft.description}
          onInput={(event) => onChange({ description: event.currentTarget.value })}
          aria-invalid={Boolean(errors.description)}
          aria-describedby={`${descriptionId}-hint ${descriptionId}-error`}
          autocomplete="off"
        />
        <p id={`${descriptionId}-hint`} class="muted">
          {messages.texts.descriptionHint}
        </p>
        <p id={`${descriptionId}-error`} class="error-text">
          {errors.description}
        </p>
      </div>
    </>
  );
}
