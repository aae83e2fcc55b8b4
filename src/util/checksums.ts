/** Cyclic redundancy checks of 32 bits, lowest bit first: CRC-32 of zip files and CRC-32C of TensorFlow's records. */

/** Tables for four bytes at a time: `tables[k][b]` is the checksum of byte b followed by k zero bytes. */
function makeTables(polynomial: number): Uint32Array[] {
  const tables = Array.from({length: 4}, () => new Uint32Array(256));
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    tables[0]![byte] = crc;
  }
  for (let byte = 0; byte < 256; byte++) {
    for (let k = 1; k < 4; k++) {
      const before = tables[k - 1]![byte]!;
      tables[k]![byte] = (before >>> 8) ^ tables[0]![before & 0xff]!;
    }
  }
  return tables;
}

/** @param polynomial its bits from the lowest power on */
function checksum(polynomial: number): (bytes: Uint8Array) => number {
  let tables: Uint32Array[] | undefined;
  return (bytes) => {
    // When first asked for: most programs never do.
    tables ??= makeTables(polynomial);
    const [t0, t1, t2, t3] = tables as [Uint32Array, Uint32Array, Uint32Array, Uint32Array];
    let crc = 0xffffffff;
    let i = 0;
    for (; i + 4 <= bytes.length; i += 4) {
      crc ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
      crc = t3[crc & 0xff]! ^ t2[(crc >>> 8) & 0xff]! ^ t1[(crc >>> 16) & 0xff]! ^ t0[crc >>> 24]!;
    }
    for (; i < bytes.length; i++) crc = (crc >>> 8) ^ t0[(crc ^ bytes[i]!) & 0xff]!;
    return ~crc >>> 0;
  };
}

/** As zip uses it. */
export const crc32 = /* @__PURE__ */ checksum(0xedb88320);

/** Castagnoli's, of iSCSI (RFC 3720). */
export const crc32c = /* @__PURE__ */ checksum(0x82f63b78);
