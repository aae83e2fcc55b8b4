/**
 * Learning rates over a run: constant, cosine or steps, with a warm-up before. Pure arithmetic, the same for every iteration of a
 * run whether it was interrupted or not. Equal to mmcv's CosineAnnealing and Step updaters and timm's CosineLRScheduler.
 */

/** The beginning of a run at lower rates. */
export interface WarmupConfig {
  readonly epochs: number;
  /** Begins with this share of the schedule's rate and grows to all of it, as mmcv's `warmup_ratio`. Default 0.1. */
  readonly startFactor?: number;
  /** Begins with this rate and grows to the base rate on a line, whatever the schedule says meanwhile, as timm's. */
  readonly startRate?: number;
  /** Whether the rate grows with every iteration (mmcv) or every epoch (timm). Default 'iteration'. */
  readonly per?: 'iteration' | 'epoch';
}

/** What schedules share whose rates fall. */
export interface ScheduleDecay {
  /** Whether the rate falls with every iteration or every epoch. Default 'epoch', as in both. */
  readonly per?: 'iteration' | 'epoch';
  /** The rate that it does not fall below. Default 0. */
  readonly minimum?: number;
  readonly warmup?: WarmupConfig;
}

/** Half a period of a cosine, from the base rate to the minimum (Loshchilov and Hutter, ICLR 2017). */
export interface CosineSchedule extends ScheduleDecay {
  readonly name: 'cosine';
}

/** The rate times `factor` at each of `epochs`. */
export interface StepSchedule extends ScheduleDecay {
  readonly name: 'step';
  readonly epochs: readonly number[];
  /** Default 0.1. */
  readonly factor?: number;
}

export interface ConstantSchedule {
  readonly name: 'constant';
  readonly warmup?: WarmupConfig;
}

export type ScheduleConfig = CosineSchedule | StepSchedule | ConstantSchedule;

/** What the rates of a run depend on besides its schedule. */
export interface RunLength {
  /** The base rate. */
  readonly learningRate: number;
  readonly epochs: number;
  readonly iterationsPerEpoch: number;
}

/** @param iteration counted from 0 over the whole run */
export function learningRateAt(schedule: ScheduleConfig, run: RunLength, iteration: number): number {
  const {warmup} = schedule;
  const rate = regularRate(schedule, run, iteration);
  if (warmup === undefined) return rate;
  const {epochs, startFactor = 0.1, startRate, per = 'iteration'} = warmup;
  const begun = iteration / run.iterationsPerEpoch;
  const share = (per === 'epoch' ? Math.floor(begun) : begun) / epochs;
  if (!(share < 1)) return rate;
  if (startRate !== undefined) return startRate + (run.learningRate - startRate) * share;
  return rate * (1 - (1 - share) * (1 - startFactor));
}

function regularRate(schedule: ScheduleConfig, run: RunLength, iteration: number): number {
  const {learningRate, epochs, iterationsPerEpoch} = run;
  if (schedule.name === 'constant') return learningRate;
  const {per = 'epoch', minimum = 0} = schedule;
  const passed = iteration / iterationsPerEpoch;
  const time = per === 'epoch' ? Math.floor(passed) : passed;
  if (schedule.name === 'cosine') {
    if (time >= epochs) return minimum;
    return minimum + ((learningRate - minimum) / 2) * (1 + Math.cos((Math.PI * time) / epochs));
  }
  const {factor = 0.1} = schedule;
  const steps = schedule.epochs.filter((epoch) => epoch <= time).length;
  return Math.max(learningRate * factor ** steps, minimum);
}
