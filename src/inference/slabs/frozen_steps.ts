/** The fused steps of a frozen model on slabs: what src/inference/freeze computes for the whole, chosen by the shapes of the whole. */
import {add, backend_util, mul} from '@tensorflow/tfjs-core';
import {activate} from '../../ops/activations';
import {sameShape} from '../../util/shapes';
import type {ConvolutionStep, ScalingStep} from '../freeze';
import {fusedStep} from './convolution';
import {SAME_FRAME} from './span';
import {type Step, Value} from './step';

/** A convolution with its residual, the second input, if it has one. */
export function convolutionSteps(step: ConvolutionStep, [x, residual]: readonly Value[]): Step[] {
  const {activation, weights} = step;
  const convolution = {weights, info: step.infoFor(x!.shape)};
  if (residual === undefined || sameShape(convolution.info.outputShape, residual.shape))
    return [fusedStep(convolution, activation, x!, residual)];
  // One of them broadcasts.
  const sums = fusedStep(convolution, 'linear', x!);
  return [
    sums,
    elementwiseStep([sums.output, residual], ([y, added]) => activate(add(y!, added!), activation)),
  ];
}

/** Squeeze-excite's product of a clip and factors. */
export function scalingStep(step: ScalingStep, inputs: readonly Value[]): Step {
  const isPooled = inputs[1]!.shape.slice(1, 4).every((length) => length === 1);
  return elementwiseStep(inputs, ([x, factors]) =>
    isPooled ? step.run([x!, factors!]) : activate(mul(x!, factors!), step.activation),
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
