/**
 * `warmUp`: what the first run of a model costs, before there is a first clip. On GPUs that is to compile a program for each kind of
 * layer; the host can do that without running any, many at a time. Elsewhere one run on zeros packs weights and wakes workers.
 */
import {backend, env, getBackend, type KernelBackend, type Tensor, tidy, zeros} from '@tensorflow/tfjs-core';
import {InvalidArgumentError} from '../../util/errors';
import {checkOptions, optionNames} from '../../util/names';
import {partialShapeText} from '../../util/shapes';

export interface WarmUpOptions {
  /** Of the inputs, with the batch: one shape, or one for each input. Default: those of the model, a batch of 1. */
  readonly shapes?: readonly number[] | readonly (readonly number[])[];
}

/** A LayersModel, FrozenModel or GraphModel. Lengths that the model leaves open are null or -1. */
export interface WarmUpModel {
  readonly inputs: readonly {
    readonly name: string;
    readonly shape?: readonly (number | null)[] | undefined;
    readonly dtype?: string | undefined;
  }[];
  predict(inputs: Tensor | Tensor[]): unknown;
}

const KNOWN = optionNames<WarmUpOptions>({shapes: true});

/** A backend of the host that compiles without running while a flag is set. */
interface Compiler extends KernelBackend {
  checkCompileCompletionAsync(): Promise<unknown>;
  /** Of webgl: looks up what a program that was compiled so still lacks. */
  getUniformLocations?(): void;
}
interface CompileOnly {
  readonly flag: string;
  /** Whether weights are left where they are: webgl uploads them by programs, which do not run. */
  readonly runsAfterwards: boolean;
}
const COMPILE_ONLY: Readonly<Record<string, CompileOnly>> = {
  webgpu: {flag: 'WEBGPU_ENGINE_COMPILE_ONLY', runsAfterwards: false},
  webgl: {flag: 'ENGINE_COMPILE_ONLY', runsAfterwards: true},
};

/**
 * Takes the cost of a model's first run now: on webgpu and webgl its programs are compiled, side by side and without blocking the
 * page, on wasm weights are packed and threads woken by a run on zeros. `predict` at these shapes compiles nothing afterwards.
 * Await it before anything else runs on the backend: a program that is still being compiled cannot run.
 *
 * @param model a LayersModel, a FrozenModel or a GraphModel
 * @throws InvalidArgumentError for shapes that the model leaves open and `shapes` does not give, and as `predict`
 *
 * ```js
 * await sts.warmUp(model);
 * ```
 */
export async function warmUp(
  model: WarmUpModel,
  options: WarmUpOptions = {},
  caller = 'warmUp',
): Promise<void> {
  checkOptions(caller, options, KNOWN);
  if (!Array.isArray(model?.inputs))
    throw new InvalidArgumentError(
      `${caller}: the model has no list of inputs; give a LayersModel, a FrozenModel or a GraphModel.`,
    );
  const shapes = shapesFor(caller, model, options.shapes);
  const run = () =>
    tidy(() => {
      const inputs = shapes.map((shape, i) => zeros([...shape], dtypeOf(model.inputs[i]!.dtype)));
      return model.predict(inputs.length === 1 ? inputs[0]! : inputs) as Tensor | Tensor[];
    });
  const compileOnly = COMPILE_ONLY[getBackend()];
  if (compileOnly !== undefined) await compile(compileOnly.flag, run);
  if (compileOnly === undefined || compileOnly.runsAfterwards) await runOnce(run);
}

/** Lets the host compile what `run` runs. */
async function compile(flag: string, run: () => Tensor | Tensor[]): Promise<void> {
  const compiler = backend() as Compiler;
  const before = env().getBool(flag);
  env().set(flag, true);
  try {
    for (const answer of [run()].flat()) answer.dispose();
  } finally {
    env().set(flag, before);
    // Also after an error: what is half compiled would fail whoever comes next.
    await compiler.checkCompileCompletionAsync();
    compiler.getUniformLocations?.();
  }
}

/** Returns when the answers are there. */
async function runOnce(run: () => Tensor | Tensor[]): Promise<void> {
  for (const answer of [run()].flat()) {
    await answer.data();
    answer.dispose();
  }
}

function dtypeOf(dtype: string | undefined): 'float32' | 'int32' | 'bool' {
  return dtype === 'int32' || dtype === 'bool' ? dtype : 'float32';
}

function shapesFor(
  caller: string,
  {inputs}: WarmUpModel,
  given: WarmUpOptions['shapes'],
): readonly (readonly number[])[] {
  if (given === undefined) {
    return inputs.map(({name, shape = []}) => {
      const known = shape.map((length) => (length === null || length < 0 ? null : length));
      const [batch, ...lengths] = known;
      if (lengths.includes(null)) {
        throw new InvalidArgumentError(
          `${caller}: the model takes ${partialShapeText(known)} at ${name}; give the lengths that it leaves open: {shapes: [1, ...]}.`,
        );
      }
      return [batch ?? 1, ...(lengths as number[])];
    });
  }
  const shapes = (Array.isArray(given[0]) ? given : [given]) as readonly (readonly number[])[];
  const isShapes =
    shapes.length === inputs.length &&
    shapes.every((shape) => shape.every((n) => Number.isInteger(n) && n > 0));
  if (isShapes) return shapes;
  throw new InvalidArgumentError(
    `${caller}: shapes are ${JSON.stringify(given)}; give ${inputs.length === 1 ? 'one shape' : `${inputs.length} shapes, one for each input,`} of whole numbers, the batch first.`,
  );
}
