/**
 * Text in a page.
 *
 * @module
 */

/** `text` as it is written in HTML, in attributes too. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
