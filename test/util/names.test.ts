/** Which known name a misspelt one was meant for, and what is said of it. */
import {expect, test} from 'vitest';
import {InvalidArgumentError} from '../../src/util/errors';
import {checkOptions, didYouMean, nearestNames} from '../../src/util/names';

test('the nearest names come first, others not at all', () => {
  expect(nearestNames('fames', ['size', 'frames', 'names'])).toEqual(['frames', 'names']);
  expect(nearestNames('X3D_S', ['x3d_s', 'x3d_s_sts', 'slowonly_r50'])).toEqual(['x3d_s', 'x3d_s_sts']);
  expect(nearestNames('fame', ['frame', 'frame'])).toEqual(['frame']);
  expect(nearestNames('zzz', ['x3d_s'])).toEqual([]);
  expect(nearestNames('--fast', ['--at', '--json'])).toEqual([]);
  expect(nearestNames('--fames', ['--frames', '--at'])).toEqual(['--frames']);
});

test('a message without a near name has no question', () => {
  expect(didYouMean('padd', ['pad'])).toBe('; did you mean pad?');
  expect(didYouMean('zzz', ['pad'])).toBe('');
});

test('unknown options are refused, known ones and none pass', () => {
  checkOptions('readClip', {frames: 1}, ['frames', 'size']);
  checkOptions('readClip', {}, []);
  const refused = () => checkOptions('readClip', {frames: 1, sise: 2}, ['frames', 'size']);
  expect(refused).toThrow(InvalidArgumentError);
  expect(refused).toThrow('readClip: unknown option sise; did you mean size? It has frames, size.');
  expect(() => checkOptions('f', {q: 1}, ['frames'])).toThrow('f: unknown option q. It has frames.');
});

test('names that mean something elsewhere pass, and are not proposed', () => {
  checkOptions('readClip', {frames: 1, labels: []}, ['frames'], ['labels']);
  expect(() => checkOptions('readClip', {label: 1}, ['frames'], ['labels'])).toThrow(
    'readClip: unknown option label. It has frames.',
  );
});
