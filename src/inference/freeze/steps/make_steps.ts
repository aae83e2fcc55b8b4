/** Makes the steps of a graph ready to run: all of them, or none, and then nothing stays behind. */
import {dispose, type Tensor} from '@tensorflow/tfjs-core';
import type {Layer} from '../../../layers/models/graph';
import type {FrozenGraph, FrozenStep} from '../frozen_data';
import {STEP_OPS, type Step} from './step_ops';

export interface Making {
  /** Makes the layer of a step. */
  layerOf(step: FrozenStep): Layer;
  /** What to throw for an error of a step. */
  explained(error: unknown, step: FrozenStep): unknown;
}

/**
 * @param graph its ops are in the table
 * @param tensors all that the steps name; disposed of when a step cannot be made
 */
export function makeSteps(graph: FrozenGraph, tensors: ReadonlyMap<string, Tensor>, making: Making): Step[] {
  const steps: Step[] = [];
  try {
    for (const step of graph.steps) steps.push(makeStep(step, tensors, making));
    return steps;
  } catch (error) {
    for (const step of steps) step.dispose();
    dispose([...tensors.values()]);
    throw error;
  }
}

function makeStep(
  step: FrozenStep,
  tensors: ReadonlyMap<string, Tensor>,
  {layerOf, explained}: Making,
): Step {
  const own = Object.entries(step.tensors).map(([what, name]) => [what, tensors.get(name)!]);
  try {
    return STEP_OPS[step.op]!.make(step, {
      tensors: Object.fromEntries(own),
      layerOf: () => layerOf(step),
    });
  } catch (error) {
    throw explained(error, step);
  }
}
