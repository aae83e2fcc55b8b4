/** Texts by text keys, as many of those used last as have together so many letters. */

export class Recent {
  /** The one used longest ago first. */
  private readonly texts = new Map<string, string>();
  private letters = 0;

  constructor(private readonly most: number) {}

  get(key: string): string | undefined {
    const text = this.texts.get(key);
    if (text !== undefined) {
      this.texts.delete(key);
      this.texts.set(key, text);
    }
    return text;
  }

  set(key: string, text: string): void {
    this.forget(key);
    this.texts.set(key, text);
    this.letters += key.length + text.length;
    for (const oldest of this.texts.keys()) {
      if (this.letters <= this.most) return;
      this.forget(oldest);
    }
  }

  private forget(key: string): void {
    const text = this.texts.get(key);
    if (text === undefined) return;
    this.texts.delete(key);
    this.letters -= key.length + text.length;
  }
}
