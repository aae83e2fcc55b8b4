/** `setThreads` in Node after the backend has started by itself, without a shared memory. */
import {expect, it} from 'vitest';
import {setThreads} from '../../../../src/entries/backends/wasm';
import {UnavailableError} from '../../../../src/util/errors';
import {startBackend} from '../../../support/backends';

it('says that it is late and what to do', async () => {
  await startBackend('wasm');
  await expect(setThreads(2)).rejects.toThrow(
    new UnavailableError(
      'setThreads: the wasm backend has started without a shared memory; await setThreads(n) before the first ' +
        "tf.setBackend('wasm'), tf.ready() or tensor.",
    ),
  );
  await setThreads(1);
});
