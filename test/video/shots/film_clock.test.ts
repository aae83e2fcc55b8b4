/** Where a film ends by its clock, of constant and of variable rates. */
import {expect, it} from 'vitest';
import {FilmClock} from '../../../src/video/shots';

function clockOf(times: readonly number[], info: {duration?: number; framesPerSecond?: number}): FilmClock {
  const clock = new FilmClock({info} as ConstructorParameters<typeof FilmClock>[0]);
  for (const time of times) clock.tick(time);
  return clock;
}

const constant = [0, 0.04, 0.08, 0.12];
const variable = [0, 0.04, 0.32, 0.6];

it('shows the last frame as long as the one before', () => {
  expect(clockOf(constant, {}).end).toBe(0.16);
  expect(clockOf(variable, {}).end).toBe(0.88);
  expect(clockOf([0], {framesPerSecond: 10}).end).toBe(0.1);
});

it('of a variable rate goes by the duration, if that ends sooner and behind the last frame', () => {
  expect(clockOf(variable, {duration: 0.64}).end).toBe(0.64);
  expect(clockOf(variable, {duration: 2}).end).toBe(0.88);
  expect(clockOf(variable, {duration: 0.6}).end).toBe(0.88);
});

it('of a constant rate does not, whose container may round', () => {
  expect(clockOf(constant, {duration: 0.158}).end).toBe(0.16);
});
