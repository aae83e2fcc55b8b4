/**
 * The subset of JSON that safetensors headers use: objects, arrays, strings, whole numbers from 0 up and null. Stricter
 * than JSON.parse on purpose: duplicate keys, which JSON.parse resolves silently, are errors, and objects come back as
 * Maps, so that no key can reach a prototype.
 */
import {FormatError} from '../../../../util/errors';
import {quoted} from '../format';

export type StrictJson = null | number | string | StrictJson[] | Map<string, StrictJson>;

/** Deeper than any header needs (it is 3). */
const MAX_DEPTH = 8;

/**
 * Parses the whole text; spaces may follow the value.
 *
 * @throws FormatError for anything outside the subset, duplicate keys, or nesting deeper than 8.
 */
export function parseStrictJson(text: string, what: string): StrictJson {
  const parser = new Parser(text, what);
  const value = parser.value(0);
  parser.skipSpace();
  if (parser.position !== text.length) parser.fail('text after the end of the value');
  return value;
}

class Parser {
  position = 0;

  constructor(
    private readonly text: string,
    private readonly what: string,
  ) {}

  fail(problem: string): never {
    throw new FormatError(`${this.what}: ${problem} at character ${this.position}`);
  }

  skipSpace(): void {
    while (' \t\n\r'.includes(this.text[this.position] ?? '?')) this.position++;
  }

  value(depth: number): StrictJson {
    if (depth > MAX_DEPTH) this.fail('nesting too deep');
    this.skipSpace();
    const next = this.text[this.position];
    if (next === '{') return this.object(depth);
    if (next === '[') return this.array(depth);
    if (next === '"') return this.string();
    if (this.text.startsWith('null', this.position)) {
      this.position += 4;
      return null;
    }
    return this.number();
  }

  private object(depth: number): Map<string, StrictJson> {
    const result = new Map<string, StrictJson>();
    this.members('}', () => {
      const key = this.string();
      if (result.has(key)) this.fail(`the name ${quoted(key)} occurs twice`);
      this.skipSpace();
      if (this.text[this.position++] !== ':') this.fail('a colon is missing');
      result.set(key, this.value(depth + 1));
    });
    return result;
  }

  private array(depth: number): StrictJson[] {
    const result: StrictJson[] = [];
    this.members(']', () => result.push(this.value(depth + 1)));
    return result;
  }

  private members(close: string, member: () => void): void {
    this.position++;
    this.skipSpace();
    if (this.text[this.position] === close) {
      this.position++;
      return;
    }
    for (;;) {
      this.skipSpace();
      member();
      this.skipSpace();
      const next = this.text[this.position++];
      if (next === close) return;
      if (next !== ',') this.fail(`a comma or ${close} is missing`);
    }
  }

  private string(): string {
    const start = this.position;
    if (this.text[start] !== '"') this.fail('a string is missing');
    let end = start + 1;
    for (; this.text[end] !== '"'; end++) {
      if (end >= this.text.length) this.fail('a string without an end');
      if (this.text[end] === '\\') end++;
    }
    this.position = end + 1;
    try {
      return JSON.parse(this.text.slice(start, end + 1)) as string;
    } catch {
      return this.fail('a string with an invalid escape or control character');
    }
  }

  private number(): number {
    const digits = /(?:0|[1-9][0-9]{0,15})(?![0-9.eE])/y;
    digits.lastIndex = this.position;
    const match = digits.exec(this.text);
    const value = Number(match?.[0]);
    if (!match || !Number.isSafeInteger(value))
      this.fail('a value that is no string, list, object, whole number or null');
    this.position += match![0].length;
    return value;
  }
}
