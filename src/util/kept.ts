/** Values by text keys, for as long as there are not too many. */

export class Kept<Value> {
  private readonly values = new Map<string, Value>();

  /** @param most when there are so many, all are forgotten: a program that asks for ever new ones keeps nothing of use */
  constructor(private readonly most: number) {}

  /** The value of a key; made where it is not known. What throws is not kept. */
  get(key: string, make: () => Value): Value {
    const {values} = this;
    if (values.has(key)) return values.get(key)!;
    const value = make();
    if (values.size === this.most) values.clear();
    values.set(key, value);
    return value;
  }
}
