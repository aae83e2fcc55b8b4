/** Tests of the kernels under flags of the engine (scripts/test.mjs) have them indeed. */
import {expect, it} from 'vitest';

it('the engine has the flags that were asked for', () => {
  const asked = process.env.TEST_EXEC_ARGV?.match(/\S+/g) ?? [];
  expect(process.execArgv).toEqual(expect.arrayContaining(asked));
});
