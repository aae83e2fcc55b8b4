/** Text from elsewhere (file names, messages of other libraries) made safe to print on one line of a terminal. */

/** Line breaks, tabs and control characters become single spaces. */
export function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
}
