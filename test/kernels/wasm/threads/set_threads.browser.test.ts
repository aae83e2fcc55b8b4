/** `setThreads` in a page that is not cross-origin isolated. */
import {expect, it} from 'vitest';
import {setThreads} from '../../../../src/entries/backends/wasm';
import {UnavailableError} from '../../../../src/util/errors';
import {startBackend} from '../../../support/backends';

it('says which headers the page lacks', async () => {
  await startBackend('wasm');
  await expect(setThreads(2)).rejects.toThrow(
    new UnavailableError(
      'setThreads: this page is not cross-origin isolated, so its threads cannot share a memory; serve it with the ' +
        'headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.',
    ),
  );
  await setThreads(1);
});
