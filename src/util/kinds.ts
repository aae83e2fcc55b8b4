/**
 * `instanceof` by kind instead of by class. A program may hold both of the builds of the package, for `import` and for `require`, each
 * with classes of its own: what one of them made is known to the other, too.
 */

const nameOf = (owner: object): unknown =>
  Object.hasOwn(owner, 'stsKind') ? (owner as {stsKind?: unknown}).stsKind : undefined;

/**
 * True if the value is of this class, of the same one in the other build, or of one derived from either. Meant for
 * `static [Symbol.hasInstance]` of a class that has a `static stsKind` besides, its name in both builds.
 */
export function isOfKind(kind: object, value: unknown): boolean {
  const name = nameOf(kind);
  // What a program derives from one of these classes is known by itself.
  if (name === undefined) return Function.prototype[Symbol.hasInstance].call(kind, value);
  for (let at = Object(value); at !== null; at = Object.getPrototypeOf(at)) {
    if (Object.hasOwn(at, 'constructor') && nameOf(Object(at.constructor)) === name) return true;
  }
  return false;
}
