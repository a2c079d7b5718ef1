/**
 * Makes text of the service visible. Names and ids can contain characters that are invisible or that reorder the text around them,
 * which would let one token pass for another.
 */

/** Characters without a glyph, and controls: C0 and C1, format, line and paragraph separators, private use, surrogates. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]/u;
const SPACE = /\p{Zs}/u;
/** Emoji and several scripts need joiners between characters, and variation selectors after a character. */
const JOINER = /[\u200c\u200d]/u;
const VARIATION_SELECTOR = /[\ufe00-\ufe0f\u{e0100}-\u{e01ef}\u180b-\u180d\u180f]/u;

/** Replaces invisible characters by their code point, for example `\u{202E}`. Other text stays as it is. */
export function visibleText(text: string): string {
  const characters = [...text];
  return characters.map((character, index) => (isVisibleAt(characters, index) ? character : escape(character))).join('');
}

function isVisibleAt(characters: string[], index: number): boolean {
  const character = characters[index] ?? '';
  if (!INVISIBLE.test(character)) return true;
  const previous = characters[index - 1];
  if (VARIATION_SELECTOR.test(character)) return hasGlyph(previous);
  const base = previous !== undefined && VARIATION_SELECTOR.test(previous) ? characters[index - 2] : previous;
  return JOINER.test(character) && hasGlyph(base) && hasGlyph(characters[index + 1]);
}

function hasGlyph(character: string | undefined): boolean {
  return character !== undefined && !INVISIBLE.test(character) && !SPACE.test(character);
}

function escape(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}}`;
}
