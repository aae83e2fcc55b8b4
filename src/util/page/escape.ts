/** Text and addresses of others inside a page: nothing in them can end where it stands and begin something else. */

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for content and for quoted attributes. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (mark) => ENTITIES[mark]!);

/**
 * A path of a file as a relative address, or one from the root of the disk: never one with a scheme or of another host.
 *
 * @param path with `/` or `\` between folders
 */
export function pathUrl(path: string): string {
  const parts = path.split(/[/\\]/);
  const names = parts
    .filter((part) => part !== '')
    .map((part) => encodeURIComponent(part.replace(/\p{Surrogate}/gu, '\ufffd')));
  return (parts[0] === '' ? '/' : '') + names.join('/');
}

/** Whether an address is a picture that lies in it: a `data:` URL of JPEG, PNG or WebP. */
export const isPictureUrl = (url: string): boolean =>
  /^data:image\/(?:jpeg|png|webp);base64,[A-Za-z0-9+/]+=*$/.test(url);
