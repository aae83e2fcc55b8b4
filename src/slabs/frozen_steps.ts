/** The fused steps of a frozen model on slabs: what src/freeze computes for the whole, chosen by the shapes of the whole. */
import {add, backend_util, mul, type Tensor5D} from '@tensorflow/tfjs-core';
import {type Scaling, scaleChannels, type Work} from '../freeze';
import {activate} from '../ops/activations';
import type {Shape5D} from '../util/shapes';
import {fusedStep} from './convolution';
import {SAME_FRAME} from './span';
import {type Step, Value} from './step';

/** A convolution with its residual, the second input, if it has one. */
export function convolutionSteps(
  {planned: {op, activation}, weights}: Extract<Work, {kind: 'convolution'}>,
  [x, residual]: readonly Value[],
): Step[] {
  const isOfShape = (value: Value) =>
    String(op.convInfo(x!.shape as Shape5D).outputShape) === String(value.shape);
  if (residual === undefined || isOfShape(residual))
    return [fusedStep({op, activation}, weights, x!, residual)];
  // One of them broadcasts.
  const sums = fusedStep({op, activation: 'linear'}, weights, x!);
  return [
    sums,
    elementwiseStep([sums.output, residual], ([y, added]) => activate(add(y!, added!), activation)),
  ];
}

/** Squeeze-excite's product of a clip and factors. */
export function scalingStep({activation}: Scaling, inputs: readonly Value[]): Step {
  const isPooled = inputs[1]!.shape.slice(1, 4).every((length) => length === 1);
  return elementwiseStep(inputs, ([x, factors]) =>
    isPooled
      ? scaleChannels(x as Tensor5D, factors as Tensor5D, activation)
      : activate(mul(x!, factors!), activation),
  );
}

function elementwiseStep(inputs: readonly Value[], run: Step['run']): Step {
  const [a, b] = inputs.map(({shape}) => [...shape]);
  return {
    inputs: inputs.map((value) => ({value, span: SAME_FRAME})),
    output: new Value(backend_util.assertAndGetBroadcastShape(a!, b!)),
    together: 1,
    period: 1,
    run,
  };
}
