/** Shots by TransNetV2 with the weights that ship, against the authors' scenes of a clip of one window. */
import {afterAll, beforeAll, expect, it} from 'vitest';
import {detectShots} from '../../src/shots';
import {framesSource} from '../../src/video/sources/frames';
import {trainedNetwork, waves} from '../networks/transnet_v2_golden';
import {startBackend} from '../support/backends';

let model: Awaited<ReturnType<typeof trainedNetwork>>;
beforeAll(async () => {
  await startBackend('wasm');
  model = await trainedNetwork({});
});
afterAll(() => model.dispose());

it('49 frames, other stripes from the 37th on', async () => {
  const bytes = Uint8Array.from(waves(49));
  const length = 48 * 27 * 3;
  const frames = Array.from({length: 49}, (_, i) => ({
    data: bytes.subarray(i * length, (i + 1) * length),
    width: 48,
    height: 27,
  }));
  const shots = await detectShots(framesSource(frames), {model});
  expect(shots.map(({startFrame, endFrame, transition}) => [startFrame, endFrame, transition])).toEqual([
    [0, 36, 'start'],
    [37, 48, 'cut'],
  ]);
});
