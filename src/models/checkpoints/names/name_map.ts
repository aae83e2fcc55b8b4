/**
 * Maps between the names of a PyTorch state dict and those of our networks, in both directions from one table: which
 * module is which layer. What a module's tensors are called and how their axes lie follows from its kind. The tables
 * of the families are in the files beside this one.
 */
import {Checkpoint} from '../checkpoint';

/** What a PyTorch module is; decides the names and the layout of its tensors. */
export type ModuleKind = 'conv' | 'conv2d' | 'depthwise' | 'depthwise2d' | 'norm' | 'dense';

/**
 * One row of a table. `{x}` stands for a number, the same on both sides, so that
 * `{torch: 'backbone.layer{s}.{b}.conv1.conv', ours: 'layer{s}_{b}_conv1', kind: 'conv'}` covers every first convolution.
 */
export interface ModuleName {
  readonly torch: string;
  readonly ours: string;
  readonly kind: ModuleKind;
}

/** The other side's name of a tensor, and `axes`: axis i of it is axis `axes[i]` of this side's tensor. */
export interface MappedName {
  readonly name: string;
  readonly axes: readonly number[];
}

export interface NameMap {
  /**
   * The weight `<layer>/<weight>` of a state dict's key; null if the key is none of the table's. Names that wrappers of
   * PyTorch put in, `module.` and `_orig_mod.`, are seen through.
   */
  fromTorch(key: string): MappedName | null;
  /** The state dict's key of a weight `<layer>/<weight>`; null if the layer is none of the table's. */
  toTorch(weight: string): MappedName | null;
  /** Whether a key holds what has no place in our networks and nobody misses: the count of a norm's batches. */
  isLeftAside(key: string): boolean;
}

interface TensorName {
  readonly torch: string;
  readonly ours: string;
  readonly axes: readonly number[];
}

/**
 * PyTorch's `[out, in / groups, t, h, w]` is our `[t, h, w, in / groups, out]`, without time `[h, w, in / groups, out]`; its
 * linear `[out, in]` our `[in, out]`.
 */
const TENSORS: Readonly<Record<ModuleKind, readonly TensorName[]>> = {
  conv: [
    {torch: 'weight', ours: 'kernel', axes: [2, 3, 4, 1, 0]},
    {torch: 'bias', ours: 'bias', axes: [0]},
  ],
  conv2d: [
    {torch: 'weight', ours: 'kernel', axes: [2, 3, 1, 0]},
    {torch: 'bias', ours: 'bias', axes: [0]},
  ],
  depthwise: [
    {torch: 'weight', ours: 'depthwise_kernel', axes: [2, 3, 4, 0, 1]},
    {torch: 'bias', ours: 'bias', axes: [0]},
  ],
  depthwise2d: [
    {torch: 'weight', ours: 'depthwise_kernel', axes: [2, 3, 0, 1]},
    {torch: 'bias', ours: 'bias', axes: [0]},
  ],
  norm: [
    {torch: 'weight', ours: 'gamma', axes: [0]},
    {torch: 'bias', ours: 'beta', axes: [0]},
    {torch: 'running_mean', ours: 'moving_mean', axes: [0]},
    {torch: 'running_var', ours: 'moving_variance', axes: [0]},
  ],
  dense: [
    {torch: 'weight', ours: 'kernel', axes: [1, 0]},
    {torch: 'bias', ours: 'bias', axes: [0]},
  ],
};

/**
 * The map of a table.
 *
 * @param modules the first row that fits a name counts
 */
export function nameMap(modules: readonly ModuleName[]): NameMap {
  const rows = modules.map(({torch, ours, kind}) => ({
    kind,
    toOurs: translate(torch, ours),
    toTheirs: translate(ours, torch),
  }));
  const known = (key: string): MappedName | null => {
    const [module, tensor] = splitAtLast(key, '.');
    for (const {kind, toOurs} of rows) {
      const layer = toOurs(module);
      const names = TENSORS[kind].find(({torch}) => torch === tensor);
      if (layer !== null && names) return {name: `${layer}/${names.ours}`, axes: names.axes};
    }
    return null;
  };
  return {
    fromTorch: (key) => known(key) ?? known(unwrapped(key)),
    toTorch(weight) {
      const [layer, tensor] = splitAtLast(weight, '/');
      for (const {kind, toTheirs} of rows) {
        const module = toTheirs(layer);
        const names = TENSORS[kind].find(({ours}) => ours === tensor);
        if (module !== null && names) return {name: `${module}.${names.torch}`, axes: inverse(names.axes)};
      }
      return null;
    },
    isLeftAside: (key) => key.endsWith('.num_batches_tracked'),
  };
}

/**
 * A state dict under our names and in our layout, lazily. A key that is none of the map's keeps its name, so that
 * `assign` reports it as extra.
 *
 * @example
 * assign(model, renamed(await read(file), mmaction2.slowFast()));
 */
export function renamed(checkpoint: Checkpoint, names: NameMap): Checkpoint {
  const entries = [...checkpoint]
    .filter(([key]) => !names.isLeftAside(key))
    .map(([key, entry]) => {
      const target = names.fromTorch(key);
      // A tensor of another rank keeps its axes: it is misshapen, and assign says so.
      if (target === null || entry.shape.length !== target.axes.length)
        return [target?.name ?? key, entry] as const;
      return [target.name, entry.transpose(target.axes)] as const;
    });
  return new Checkpoint(entries, {metadata: checkpoint.metadata, extra: checkpoint.extra, at: checkpoint.at});
}

/** A key without the names that PyTorch's wrappers put in: of data-parallel and averaged models, and of torch.compile. */
const unwrapped = (key: string) => key.replace(/(?<=^|\.)(module|_orig_mod)\./g, '');

/** From one template to another: null for a name that the first does not fit. */
function translate(from: string, to: string): (name: string) => string | null {
  const variables = [...from.matchAll(PLACE)].map(([, variable]) => variable!);
  const pattern = new RegExp(
    `^${from
      .split(/\{\w+\}/)
      .map(escaped)
      .join('(\\d+)')}$`,
  );
  return (name) => {
    const match = pattern.exec(name);
    if (match === null) return null;
    return to.replace(PLACE, (_, variable: string) => match[variables.indexOf(variable) + 1]!);
  };
}

const PLACE = /\{(\w+)\}/g;

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function splitAtLast(name: string, separator: string): [string, string] {
  const at = name.lastIndexOf(separator);
  return [name.slice(0, Math.max(at, 0)), name.slice(at + 1)];
}

function inverse(axes: readonly number[]): number[] {
  return axes.map((_, axis) => axes.indexOf(axis));
}
