/** Where the package is: from the sources, from its build, and not at all from somebody's bundle. */
import {describe, expect, it} from 'vitest';
import {ownPackageRoot} from '../../src/files/files';
import {UnavailableError} from '../../src/util/errors';

describe('ownPackageRoot', () => {
  it.each([
    ['file:///home/a/tfjs-sts/src/files/files.ts', 'file:///home/a/tfjs-sts/'],
    [
      'file:///home/a/src/app/node_modules/tfjs-sts/dist/chunk-X.js',
      'file:///home/a/src/app/node_modules/tfjs-sts/',
    ],
    ['https://example.org/dist/tfjs-sts/dist/index.js', 'https://example.org/dist/tfjs-sts/'],
  ])('%s', (module, root) => {
    expect(ownPackageRoot(module).href).toBe(root);
  });

  it.each(['https://example.org/assets/index-1a2b.js', '', undefined])(
    '%s: asks for packageRoot',
    (module) => {
      expect(() => ownPackageRoot(module)).toThrow(UnavailableError);
      expect(() => ownPackageRoot(module)).toThrow(/pass packageRoot/);
    },
  );
});
