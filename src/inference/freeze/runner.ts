/**
 * One run of a frozen model. Each value is freed after its last reader, masks at the end of the tidy in which it runs. What
 * kernels of ours make is a tensor only where a layer reads it or the caller gets it.
 */
import type {Tensor, TensorInfo} from '@tensorflow/tfjs-core';
import type {Schedule, Turn} from './schedule';
import {runDirectly, Segments} from './segments';
import {DirectKernels} from './steps/direct_kernels';
import type {LayerStep} from './steps/layer';

/** Runs a schedule, and keeps what its runs have in common. */
export class Runner {
  private readonly segments: Segments;

  constructor(private readonly schedule: Schedule) {
    this.segments = new Segments(schedule.turns);
  }

  /**
   * @param given inputs of the model, which stay the caller's
   * @returns the values of the schedule, each as a tensor of its own
   */
  run(given: readonly Tensor[]): Tensor[] {
    const {turns, wanted} = this.schedule;
    const run = new Run(given, turns, this.segments);
    try {
      for (let turn = 0; turn < turns.length; ) turn = run.take(turn);
      const answers = wanted.map((value) => run.tensor(value));
      // An answer that is an input, which is the caller's, or another answer is a tensor of its own.
      return answers.map((y, i) => (given.includes(y) || answers.indexOf(y) < i ? y.clone() : y));
    } catch (error) {
      run.freeData();
      throw error;
    } finally {
      run.end();
    }
  }
}

class Run {
  private readonly kernels = DirectKernels.ofLiveBackend();
  /** Until the memory has no room for all that a recording needs. */
  private mayRunRecordings = true;
  /** By the number of the value: a tensor, or the data of one that there is not yet. */
  private readonly tensors: (Tensor | undefined)[];
  private readonly data: (TensorInfo | undefined)[] = [];
  private readonly masks: (Tensor | null)[] = [];

  constructor(
    given: readonly Tensor[],
    private readonly turns: readonly Turn[],
    private readonly segments: Segments,
  ) {
    this.tensors = [...given];
  }

  /** Takes a turn, or several at once. Returns the number of the next. */
  take(at: number): number {
    const {kernels} = this;
    const turn = this.turns[at]!;
    // Not if it was made with a sibling before it.
    if (this.data[turn.outputs[0]!] === undefined) {
      const next = kernels && this.takeRecorded(at, kernels);
      if (next !== undefined) return next;
      if (!(kernels && this.takeDirectly(turn, kernels))) this.takeByEngine(turn);
    }
    for (const value of turn.spent) this.free(value);
    return at + 1;
  }

  /** The value as a tensor. */
  tensor(value: number): Tensor {
    const known = this.tensors[value];
    if (known !== undefined) return known;
    const tensor = this.kernels!.tensorOf(this.data[value]!);
    this.data[value] = undefined;
    this.tensors[value] = tensor;
    return tensor;
  }

  /** What no tensor holds. */
  freeData(): void {
    for (const info of this.data) if (info !== undefined) this.kernels!.free(info);
  }

  end(): void {
    this.kernels?.end();
  }

  private takeRecorded(at: number, kernels: DirectKernels): number | undefined {
    if (!this.mayRunRecordings) return undefined;
    const infoOf = (value: number) => this.infoOf(value);
    const segment = this.segments.from(at, infoOf, kernels);
    const made = segment?.recording.run(segment.reads.map(infoOf));
    if (segment === undefined) return undefined;
    if (made === undefined) {
      this.mayRunRecordings = false;
      return undefined;
    }
    for (const [i, value] of segment.makes.entries()) this.data[value] = made[i]!;
    for (const value of segment.spent) this.free(value);
    return segment.end;
  }

  private takeDirectly(turn: Turn, kernels: DirectKernels): boolean {
    const made = runDirectly(turn, (value) => this.infoOf(value), kernels);
    for (const [value, info] of made) this.data[value] = info;
    return made.length > 0;
  }

  private infoOf(value: number): TensorInfo {
    return this.data[value] ?? this.tensors[value]!;
  }

  private takeByEngine(turn: Turn): void {
    const {step, inputs, outputs} = turn;
    if (turn.masked && step.kind === 'layer') {
      this.takeMasked(step, turn);
      return;
    }
    const outcome = [step.run(inputs.map((value) => this.tensor(value)))].flat();
    for (let i = 0; i < outputs.length; i++) this.tensors[outputs[i]!] = outcome[i]!;
  }

  private takeMasked(step: LayerStep, {inputs, outputs}: Turn): void {
    const made = step.runMasked(
      inputs.map((value) => this.tensor(value)),
      inputs.map((value) => this.masks[value] ?? null),
    );
    outputs.forEach((output, i) => {
      this.tensors[output] = made.outputs[i]!;
      this.masks[output] = made.masks[i]!;
    });
  }

  private free(value: number): void {
    const info = this.data[value];
    if (info === undefined) this.tensors[value]!.dispose();
    else {
      this.data[value] = undefined;
      this.kernels!.free(info);
    }
  }
}
