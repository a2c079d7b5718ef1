/** Components that several views share. */

import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

import type { ApiError } from '../api';
import { formatDateTime, formatRelative } from '../format';
import { messages } from '../messages';
import { visibleText } from '../visible-text';

const COPY_FEEDBACK_MS = 4_000;

/** Button properties that disable the action but keep the keyboard focus, which the `disabled` attribute would drop. */
export function disabledWhile(isDisabled: boolean, action: () => void) {
  return { 'aria-disabled': isDisabled, onClick: () => isDisabled || action() };
}

/** Text from outside the page, isolated from the direction of the text around it, with invisible characters as escapes. */
export function Isolated({ text }: { text: string }) {
  return <bdi>{visibleText(text)}</bdi>;
}

/** Notation of the API, such as actions and resources, separated by commas. */
export function Notations({ texts }: { texts: string[] }) {
  return (
    <>
      {texts.map((text, index) => (
        <>
          {index > 0 && ', '}
          <code>
            <Isolated text={text} />
          </code>
        </>
      ))}
    </>
  );
}

/** A message with one value that comes from outside the page. */
export function MessageWith({ message, value }: { message: (value: string) => string; value: string }) {
  // A private-use character, which no message contains, marks the place of the value.
  const [before, after] = message('\ue000').split('\ue000');
  return (
    <>
      {before}
      <Isolated text={value} />
      {after}
    </>
  );
}

/** An error with an optional button to retry. `text` replaces the error's message. Some error codes have a hint. */
export function ErrorNotice(props: { title: string; error: ApiError; text?: string; onRetry?: (() => void) | undefined }) {
  const { title, error, text, onRetry } = props;
  const notice = useRef<HTMLDivElement>(null);
  const hint = messages.apiError.hints[error.code];
  // The action that failed may be at the other end of a long page.
  useLayoutEffect(() => notice.current?.scrollIntoView({ block: 'nearest' }), [error]);
  const retry = (event: Event) => {
    // The notice and its button disappear, so the focus moves to the heading.
    const container = (event.currentTarget as Element).closest('dialog') ?? document;
    onRetry?.();
    container.querySelector<HTMLElement>('h1, h2')?.focus();
  };
  return (
    <div ref={notice} class="error-notice" role="alert">
      <p class="strong">{title}</p>
      <p>
        <Isolated text={text ?? error.message} />
      </p>
      {hint && <p>{hint}</p>}
      {error.requestId && (
        <p class="muted">
          <MessageWith message={messages.apiError.requestId} value={error.requestId} />
        </p>
      )}
      {onRetry && (
        <button type="button" onClick={retry}>
          {messages.tryAgain}
        </button>
      )}
    </div>
  );
}

/** A relative time with the exact time as its tooltip. */
export function RelativeTime({ time, now }: { time: string; now: number }) {
  return (
    <time dateTime={time} title={formatDateTime(time)}>
      {formatRelative(time, now)}
    </time>
  );
}

/** A button that copies `text` to the clipboard and confirms it for a few seconds. */
export function CopyButton(props: { text: string; children: ComponentChildren; class?: string; autoFocus?: boolean }) {
  const [feedback, setFeedback] = useState('');
  useEffect(() => {
    const timer = feedback && setTimeout(() => setFeedback(''), COPY_FEEDBACK_MS);
    return () => clearTimeout(timer || undefined);
  }, [feedback]);
  const copy = () => {
    navigator.clipboard.writeText(props.text).then(
      () => setFeedback(messages.copied),
      () => setFeedback(messages.notCopied),
    );
  };
  return (
    <span class="copy">
      <button type="button" class={props.class ?? ''} onClick={copy} autofocus={props.autoFocus}>
        {feedback === messages.copied ? messages.copied : props.children}
      </button>
      <span class={feedback === messages.notCopied ? 'error-text' : 'visually-hidden'} role="status">
        {feedback}
      </span>
    </span>
  );
}

/** Moves the focus to the page's heading if the focused element is gone, such as the button of a revoked token. */
function restoreLostFocus(): void {
  if (document.activeElement === document.body) document.querySelector<HTMLElement>('h1')?.focus();
}

/** A modal dialog. `onLeave` handles the Escape key; the parent component decides whether to remove the dialog. */
export function Dialog(props: { title: ComponentChildren; wide?: boolean; onLeave: () => void; children: ComponentChildren }) {
  const dialogRef = useRef<HTMLDialogElement>(null);
  const isUnmounted = useRef(false);
  // A layout effect, so that the dialog has the focus before the next key press.
  useLayoutEffect(() => {
    const dialog = dialogRef.current;
    dialog?.showModal();
    return () => {
      isUnmounted.current = true;
      // Closing returns the focus to the element that had it before.
      dialog?.close();
      queueMicrotask(restoreLostFocus);
    };
  }, []);
  useEffect(() => {
    // A new title comes with new content, which may have replaced the focused element.
    const dialog = dialogRef.current;
    if (dialog && !dialog.contains(document.activeElement)) dialog.querySelector<HTMLElement>('[autofocus]')?.focus();
  }, [props.title]);
  const cancel = (event: Event) => {
    event.preventDefault();
    props.onLeave();
  };
  const reopen = () => {
    if (isUnmounted.current) return;
    props.onLeave();
    // Browsers close a dialog at the second Escape even if `cancel` was prevented, but only the parent removes it.
    dialogRef.current?.showModal();
  };
  return (
    <dialog ref={dialogRef} class={props.wide ? 'wide' : ''} aria-labelledby="dialog-title" onCancel={cancel} onClose={reopen}>
      <h2 id="dialog-title" tabIndex={-1}>
        {props.title}
      </h2>
      {props.children}
    </dialog>
  );
}
