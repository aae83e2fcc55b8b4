/** Checksums against the examples of their standards. */
import {expect, it} from 'vitest';
import {crc32, crc32c} from '../../src/util/checksums';

const rising = Uint8Array.from({length: 32}, (_, i) => i);
// RFC 3720, appendix B.4, whose bytes are in the order of the wire, and the check value "123456789" of the catalogue of CRCs.
it.each([
  ['32 bytes of zeros', new Uint8Array(32), 0x8a9136aa],
  ['32 bytes of ones', new Uint8Array(32).fill(255), 0x62a8ab43],
  ['rising bytes', rising, 0x46dd794e],
  ['falling bytes', rising.slice().reverse(), 0x113fdb5c],
  ['digits', new TextEncoder().encode('123456789'), 0xe3069283],
  ['nothing', new Uint8Array(0), 0],
])('CRC-32C of %s', (_, bytes, expected) => {
  expect(crc32c(bytes)).toBe(expected);
});

it('CRC-32 of digits', () => {
  expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
});
