/**
 * One run of a frozen model. Each value is freed after its last reader, masks at the end of the tidy in which it runs. What
 * kernels of ours make is a tensor only where a layer reads it or the caller gets it.
 */
import type {Tensor, TensorInfo} from '@tensorflow/tfjs-core';
import type {Turn} from './schedule';
import type {ConvolutionStep} from './steps/convolution';
import {DirectKernels} from './steps/direct_kernels';
import type {LayerStep} from './steps/layer';
import type {RunnableStep} from './steps/step';

/**
 * @param given inputs of the model, which stay the caller's
 * @param wanted numbers of the values to return, each as a tensor of its own
 */
export function runTurns(
  given: readonly Tensor[],
  turns: readonly Turn[],
  wanted: readonly number[],
): Tensor[] {
  const run = new Run(given);
  try {
    for (const turn of turns) run.take(turn);
    const answers = wanted.map((value) => run.tensor(value));
    // An answer that is an input, which is the caller's, or another answer is a tensor of its own.
    return answers.map((y, i) => (given.includes(y) || answers.indexOf(y) < i ? y.clone() : y));
  } catch (error) {
    run.freeData();
    throw error;
  } finally {
    run.freeSpares();
  }
}

class Run {
  private readonly kernels = DirectKernels.ofLiveBackend();
  /** By the number of the value: a tensor, or the data of one that there is not yet. */
  private readonly tensors: (Tensor | undefined)[];
  private readonly data: (TensorInfo | undefined)[] = [];
  private readonly masks: (Tensor | null)[] = [];

  constructor(given: readonly Tensor[]) {
    this.tensors = [...given];
  }

  take(turn: Turn): void {
    const {step, inputs, outputs, spent} = turn;
    // Made with a sibling before it.
    const isDone = this.data[outputs[0]!] !== undefined;
    if (!isDone && !(this.kernels && this.takeTogether(turn, this.kernels))) {
      const made = this.kernels && this.takeDirectly(step, inputs, this.kernels);
      if (made !== undefined) this.data[outputs[0]!] = made;
      else this.takeByEngine(turn);
    }
    for (const value of spent) this.free(value);
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

  freeSpares(): void {
    this.kernels?.freeSpares();
  }

  /** The turn and its siblings at once. */
  private takeTogether({step, inputs, outputs, siblings}: Turn, kernels: DirectKernels): boolean {
    if (siblings.length === 0 || step.kind !== 'convolution') return false;
    const x = this.data[inputs[0]!] ?? this.tensors[inputs[0]!]!;
    const others = siblings.map((turn) => turn.step as ConvolutionStep);
    const made = step.runTogether(x, others, kernels);
    for (const [i, info] of made.entries()) {
      this.data[i === 0 ? outputs[0]! : siblings[i - 1]!.outputs[0]!] = info;
    }
    return made.length > 0;
  }

  private takeDirectly(
    step: RunnableStep,
    inputs: readonly number[],
    kernels: DirectKernels,
  ): TensorInfo | undefined {
    return step.runDirectly?.(
      inputs.map((value) => this.data[value] ?? this.tensors[value]!),
      kernels,
    );
  }

  private takeByEngine(turn: Turn): void {
    const {step, inputs, outputs} = turn;
    this.freeSpares();
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
