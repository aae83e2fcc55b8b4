/** Means on webgl; see mean_cases.ts. */
import {beforeAll, it} from 'vitest';
import '../../../src/entries/backends/webgl';
import {startBackend} from '../../support/backends';
import {checkMeans} from '../mean_cases';

beforeAll(() => startBackend('webgl'));

it('agree with plain loops, whichever axes', checkMeans);
