/** Small parts that more than one view has. */

import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

import type { ApiError } from '../api';
import { exact, relative } from '../format';
import { words } from '../messages';

/** A button that does nothing while `blocked`, and keeps the keyboard meanwhile, which a disabled one would lose. */
export function unless(blocked: boolean, act: () => void) {
  return { 'aria-disabled': blocked, onClick: () => blocked || act() };
}

/** What went wrong, and a way to try again. */
export function Trouble(props: { title: string; failure: ApiError; text?: string; retry?: (() => void) | undefined }) {
  const { title, failure, text, retry } = props;
  // The button goes with the trouble, and the keyboard back to the heading.
  const again = (event: Event) => {
    const around = (event.currentTarget as Element).closest('dialog') ?? document;
    retry?.();
    around.querySelector<HTMLElement>('h1, h2')?.focus();
  };
  return (
    <div class="trouble" role="alert">
      <p class="strong">{title}</p>
      <p>{text ?? failure.message}</p>
      {failure.requestId && <p class="faint">{words.failure.request(failure.requestId)}</p>}
      {retry && (
        <button type="button" onClick={again}>
          {words.tryAgain}
        </button>
      )}
    </div>
  );
}

/** A time as seen from now; exactly, where the pointer rests on it. */
export function Time({ at, now }: { at: string; now: number }) {
  return (
    <time dateTime={at} title={exact(at)}>
      {relative(at, now)}
    </time>
  );
}

/** A button that copies `text`, and says for a while that it did. */
export function Copy(props: { text: string; children: ComponentChildren; class?: string; autoFocus?: boolean }) {
  const [said, say] = useState('');
  useEffect(() => {
    const timer = said && setTimeout(() => say(''), 4_000);
    return () => clearTimeout(timer || undefined);
  }, [said]);
  const copy = () => {
    navigator.clipboard.writeText(props.text).then(
      () => say(words.copied),
      () => say(words.notCopied),
    );
  };
  return (
    <span class="copy">
      <button type="button" class={props.class ?? ''} onClick={copy} autofocus={props.autoFocus}>
        {said === words.copied ? words.copied : props.children}
      </button>
      <span class={said === words.notCopied ? 'wrong' : 'unseen'} role="status">
        {said}
      </span>
    </span>
  );
}

/** Where what had the keyboard is gone, as the button of what was revoked is, the heading has it. */
function focusSomething(): void {
  if (document.activeElement === document.body) document.querySelector<HTMLElement>('h1')?.focus();
}

/** A dialog that has the keyboard to itself while it is there. Escape is `onLeave`, which decides. */
export function Dialog(props: { title: string; wide?: boolean; onLeave: () => void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const gone = useRef(false);
  // Before the next key is pressed.
  useLayoutEffect(() => {
    const own = dialog.current;
    own?.showModal();
    return () => {
      gone.current = true;
      // Which gives the keyboard back to what had it.
      own?.close();
      queueMicrotask(focusSomething);
    };
  }, []);
  useEffect(() => {
    // What had the keyboard may have gone with the former question.
    const own = dialog.current;
    if (own && !own.contains(document.activeElement)) own.querySelector<HTMLElement>('[autofocus]')?.focus();
  }, [props.title]);
  const leave = (event: Event) => {
    event.preventDefault();
    props.onLeave();
  };
  const closed = () => {
    if (gone.current) return;
    props.onLeave();
    // A browser closes it at the second Escape, whatever was said to the first. It goes when whoever made it takes it away.
    dialog.current?.showModal();
  };
  return (
    <dialog ref={dialog} class={props.wide ? 'wide' : ''} aria-labelledby="dialog-title" onCancel={leave} onClose={closed}>
      <h2 id="dialog-title" tabIndex={-1}>
        {props.title}
      </h2>
      {props.children}
    </dialog>
  );
}
