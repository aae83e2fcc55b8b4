/**
 * Tensors of kinds that are not read: what they are, and what makes plain ones of them in Python. They are records in
 * the payload (see torch_calls.ts), and refused by name when they are among the weights that are asked for.
 */
import {GlobalRef, PickledObject} from '../pickle/python_values';
import {hasFlags, TorchStorage} from './torch_calls';

export interface UnreadTensor {
  /** For an error message: "a sparse tensor". */
  readonly what: string;
  /** A Python expression that gives a plain tensor for such a tensor `v`, and for any other tensor itself. */
  readonly remedy: string;
}

const QUANTIZED = {what: 'a quantized tensor', remedy: 'v.dequantize() if v.is_quantized else v'};
const SPARSE = {what: 'a sparse tensor', remedy: 'v.to_dense() if v.layout != torch.strided else v'};
const COMPLEX = {
  what: 'a tensor of complex numbers',
  remedy: 'torch.view_as_real(v.resolve_conj()) if v.is_complex() else v',
};
const FLAGGED = {
  what: 'a tensor with the conjugate or negative flag',
  remedy: 'v.resolve_conj().resolve_neg()',
};
const ELSEWHERE = {what: 'a tensor of another device', remedy: 'v.cpu()'};

/** By the function of torch._utils that would have made it. */
const KINDS: ReadonlyMap<string, UnreadTensor> = new Map([
  ['_rebuild_qtensor', QUANTIZED],
  ['_rebuild_sparse_tensor', SPARSE],
  ['_rebuild_sparse_csr_tensor', SPARSE],
  [
    '_rebuild_nested_tensor',
    {what: 'a nested tensor', remedy: 'v.to_padded_tensor(0) if v.is_nested else v'},
  ],
  ['_rebuild_device_tensor_from_numpy', ELSEWHERE],
  ['_rebuild_device_tensor_from_cpu_tensor', ELSEWHERE],
  [
    '_rebuild_meta_tensor_no_storage',
    {
      what: 'a tensor without values (device "meta")',
      remedy: 'torch.zeros_like(v, device="cpu") if v.is_meta else v',
    },
  ],
]);

/** What kind of tensor a record stands for; null when it stands for none. */
export function unreadTensor(value: unknown): UnreadTensor | null {
  if (!(value instanceof PickledObject)) return null;
  const {type, args} = value;
  if (type.module === 'torch._utils' && /^_rebuild_tensor_v[23]$/.test(type.name)) return plainLike(args);
  const known = type.module === 'torch._utils' ? KINDS.get(type.name) : undefined;
  if (known) return known;
  if (type.name.startsWith('_rebuild_')) {
    const owner = args.find((arg): arg is GlobalRef => arg instanceof GlobalRef && /^[A-Z]/.test(arg.name));
    return classed(owner ?? type);
  }
  return /Tensor$/.test(type.name) ? classed(type) : null;
}

/** A dense tensor, of a type that is not read or with flags. */
function plainLike(args: readonly unknown[]): UnreadTensor {
  const type = args[6] instanceof GlobalRef ? args[6] : undefined;
  const [storage] = args;
  const name = type?.name ?? (storage instanceof TorchStorage ? storage.type.name : 'unknown');
  if (/complex/i.test(name)) return COMPLEX;
  if (hasFlags(type ? args[7] : args[6])) return FLAGGED;
  return {
    what: `a tensor of type ${type ? `torch.${name}` : name}`,
    remedy: `v.float() if v.dtype == ${type ? `torch.${name}` : 'DTYPE'} else v`,
  };
}

const classed = ({module, name}: GlobalRef): UnreadTensor => ({
  what: `a tensor of the class ${module}.${name}`,
  remedy: `(v.dequantize() if hasattr(type(v), "dequantize") else v).as_subclass(torch.Tensor) if type(v).__name__ == "${name}" else v`,
});
