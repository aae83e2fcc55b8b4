/** Gradient of the indirect convolution by its filter, on the webgl backend: sums over chunks of the output, then their sum. */
import {
  convInfoOf,
  IndirectConv3DBackpropFilter,
  type IndirectConv3DBackpropFilterInputs,
} from '../../../geometry/kernel_names';
import {sizeOf} from '../../../util/shapes';
import {KeptPlans} from '../../kept_plans';
import {run} from '../program';
import {sumChunks} from '../reductions/sum_chunks';
import {webglKernel} from '../webgl_kernel';
import {filterProgram} from './filter_program';

const plans = new KeptPlans(filterProgram);

export const indirectConv3DBackpropFilterConfig = webglKernel(
  IndirectConv3DBackpropFilter,
  ({inputs, attrs}, backend) => {
    const {x, dy} = inputs as IndirectConv3DBackpropFilterInputs;
    const info = convInfoOf(attrs);
    const {filterShape} = info;
    // There is no texture of no values.
    if (sizeOf(dy.shape) === 0)
      return backend.makeTensorInfo(filterShape, 'float32', new Float32Array(sizeOf(filterShape)));
    const {program, values, chunks} = plans.of(info);
    const shape = chunks === 1 ? filterShape : [chunks, ...filterShape];
    const sums = run(backend, program, [x, dy], shape, values);
    return chunks === 1 ? sums : sumChunks(backend, sums);
  },
);
