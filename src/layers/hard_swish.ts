/** The activation 'hardSwish' of mobile networks, which the host lacks; it has 'relu6' and 'swish'. */
import {add, div, mul, relu6, serialization, type Tensor, tidy} from '@tensorflow/tfjs-core';

/** y = x * relu6(x + 3) / 6 (Howard et al. 2019, section 5.2). By name in every layer: `activation: 'hardSwish'`. */
export class HardSwish extends serialization.Serializable {
  /** @nocollapse */
  static className = 'hardSwish';

  apply(x: Tensor): Tensor {
    return tidy(() => mul(x, div(relu6(add(x, 3)), 6)));
  }

  override getConfig(): serialization.ConfigDict {
    return {};
  }
}
