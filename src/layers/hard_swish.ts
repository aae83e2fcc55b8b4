/** The activation 'hardSwish' of mobile networks, which the host lacks; it has 'relu6' and 'swish'. */
import {serialization, type Tensor} from '@tensorflow/tfjs-core';
import {hardSwish} from '../ops/activations';

/** y = x * relu6(x + 3) / 6 (Howard et al. 2019, section 5.2). By name in every layer: `activation: 'hardSwish'`. */
export class HardSwish extends serialization.Serializable {
  /** @nocollapse */
  static className = 'hardSwish';

  apply(x: Tensor): Tensor {
    return hardSwish(x);
  }

  override getConfig(): serialization.ConfigDict {
    return {};
  }
}
