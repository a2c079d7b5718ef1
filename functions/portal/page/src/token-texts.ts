/** Name and description of a token: their validation, and the request that changes them. */

import type { TokenItem, UpdateTokenRequest } from './api-types';
import { messages } from './messages';

/** The API's limits. */
const MAX_NAME_CHARACTERS = 255;
const MAX_DESCRIPTION_CHARACTERS = 1_000;

/** What the user entered. */
export interface TextsDraft {
  name: string;
  /** Empty: the token has no description. */
  description: string;
}

/** Error message of each invalid text. */
export type TextErrors = { [field in keyof TextsDraft]?: string };

/** The form that changes the texts of a token. */
export interface EditForm {
  item: TokenItem;
  draft: TextsDraft;
}

export function editForm(item: TokenItem): EditForm {
  return { item, draft: { name: item.name, description: item.description ?? '' } };
}

export function validateTexts(draft: TextsDraft): TextErrors {
  const errors: TextErrors = {};
  const nameLength = [...draft.name.trim()].length;
  if (nameLength === 0) errors.name = messages.createToken.nameMissing;
  if (nameLength > MAX_NAME_CHARACTERS) errors.name = messages.createToken.nameTooLong;
  const descriptionLength = [...requestedDescription(draft)].length;
  if (descriptionLength > MAX_DESCRIPTION_CHARACTERS) errors.description = messages.texts.descriptionTooLong;
  return errors;
}

/** Returns the description as one line, which the API requires; empty if there is none. */
export function requestedDescription(draft: TextsDraft): string {
  return draft.description.trim().replaceAll(/\s*[\r\n]+\s*/g, ' ');
}

/** Returns the request with the texts that differ from those of the token; `undefined` if none does. */
export function updateRequest({ item, draft }: EditForm): UpdateTokenRequest | undefined {
  const name = draft.name.trim();
  const description = requestedDescription(draft);
  const request: UpdateTokenRequest = {
    ...(name !== item.name && { name }),
    ...(description !== (item.description ?? '') && { description: description === '' ? null : description }),
  };
  return Object.keys(request).length > 0 ? request : undefined;
}
