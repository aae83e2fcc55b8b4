/** Means on webgpu, in Node; see mean_cases.ts. */
import {beforeAll, it} from 'vitest';
import '../../../src/entries/backends/webgpu';
import {startBackend} from '../../support/backends';
import {checkMeans} from '../mean_cases';

beforeAll(() => startBackend('webgpu'));

it('agree with plain loops, whichever axes', checkMeans);
