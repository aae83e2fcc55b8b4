/** Room for samples that are read ahead: readings that share it hold no more together than one of them may alone. */
export class Room {
  private taken = 0;
  private readonly readers = new Set<() => void>();

  /** How many samples are read, or being read, and in no batch yet. */
  get held(): number {
    return this.taken;
  }

  /** @param reader is called when there is room again, after those that entered before */
  enter(reader: () => void): void {
    this.readers.add(reader);
  }

  leave(reader: () => void): void {
    this.readers.delete(reader);
  }

  take(): void {
    this.taken++;
  }

  free(samples: number): void {
    this.taken -= samples;
    for (const reader of this.readers) reader();
  }
}
