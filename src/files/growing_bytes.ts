/** Bytes that come one after the other, in one array that is made once where their number is known in time. */
export class GrowingBytes {
  private buffer = new Uint8Array();
  length = 0;

  /** Makes room for so many bytes in all. @throws RangeError when there is none */
  reserve(capacity: number): void {
    if (capacity <= this.buffer.length) return;
    const larger = new Uint8Array(capacity);
    larger.set(this.bytes);
    this.buffer = larger;
  }

  append(chunk: Uint8Array): void {
    const needed = this.length + chunk.length;
    if (needed > this.buffer.length) this.reserve(Math.max(needed, 2 * this.buffer.length));
    this.buffer.set(chunk, this.length);
    this.length = needed;
  }

  clear(): void {
    this.length = 0;
  }

  /** All that has come so far, as a window. */
  get bytes(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }
}
