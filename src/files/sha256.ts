/** SHA-256 of what is in memory, with Node's own hash, which takes the bytes as they are, or the browser's. */
import {UnavailableError} from '../util/errors';

/**
 * @returns 64 hexadecimal digits
 * @throws UnavailableError in a page that may not hash, which is one without https
 */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const node = globalThis.process?.getBuiltinModule?.('node:crypto');
  if (node !== undefined) return node.createHash('sha256').update(bytes).digest('hex');
  // A page without https has no subtle, whatever the type says.
  const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle;
  if (subtle === undefined) {
    throw new UnavailableError(
      'there is no crypto.subtle to check the file with; serve the page over https or from localhost.',
    );
  }
  // The type asks for bytes that no worker shares; those that came from a file or a server are such.
  const digest = await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Whether it is such a hash. */
export const isSha256 = (value: unknown): value is string =>
  typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
