/** Plans for as long as the convolution that they are of: whoever keeps a ConvInfo has its plans made once. */
import type {ConvInfo} from '../geometry/conv_info';

export class KeptPlans<Plan> {
  private readonly plans = new WeakMap<ConvInfo, Map<number, Plan>>();

  constructor(private readonly make: (info: ConvInfo, variant: number) => Plan) {}

  /** @param variant what the plan depends on beside the shapes */
  of(info: ConvInfo, variant = 0): Plan {
    let variants = this.plans.get(info);
    if (variants === undefined) {
      variants = new Map();
      this.plans.set(info, variants);
    }
    let plan = variants.get(variant);
    if (plan === undefined) {
      plan = this.make(info, variant);
      variants.set(variant, plan);
    }
    return plan;
  }
}
