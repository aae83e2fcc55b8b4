/** The way back: a loaded model as a state dict for the program that its weights came from, with what its input is. */
import {networkDefinition} from '../../networks';
import {InvalidArgumentError} from '../../util/errors';
import {checkOptions, optionNames} from '../../util/names';
import {Checkpoint, toTorch} from '../checkpoints';
import {type LoadedModel, modelMetadata} from '../zoo';
import {nameMapOf, type Origin} from './origins';

export interface TorchCheckpointOptions {
  /** Whose names the tensors get. Default: the first that has names for the network, the authors' own for theirs. */
  readonly names?: Origin;
}

const KNOWN = optionNames<TorchCheckpointOptions>({names: true});

/**
 * The weights of a model for PyTorch's `load_state_dict`, described by metadata. The opposite of `convertCheckpoint`, which
 * takes the file again.
 *
 * @param loaded as `loadModel` gives it; its `info` says which network it is
 * @throws InvalidArgumentError for a model that is no network of the registry, an origin without names for it, or an image network's
 *   that was inflated
 *
 * ```ts
 * const state = await torchCheckpoint(await loadModel('x3d_s_sts.k400.safetensors'));
 * await writeFile('x3d_s.safetensors', safetensors.write(state));
 * ```
 */
export async function torchCheckpoint(
  {model, info}: LoadedModel,
  options: TorchCheckpointOptions = {},
): Promise<Checkpoint> {
  checkOptions('torchCheckpoint', options, KNOWN);
  if (info.network === null) {
    throw new InvalidArgumentError(
      `torchCheckpoint: ${info.name} does not say which network it is, so its weights have no names in PyTorch`,
    );
  }
  const definition = networkDefinition(info.network);
  const names = nameMapOf('torchCheckpoint', definition, options.names);
  // The mobile networks of others see pictures: of ours they have the names, and no kernels in time.
  const inTime = model.weights.filter(({originalName, shape}) => {
    const axes = names.toTorch(originalName)?.axes.length;
    return axes === 4 && shape.length === 5 && shape[0] !== 1;
  });
  if (inTime.length > 0) {
    throw new InvalidArgumentError(
      `torchCheckpoint: ${info.network} has no form in PyTorch: there the family ${definition.family} is one of image networks, and ` +
        `${inTime.length} kernels of this one reach over time, such as ${inTime[0]!.originalName}. ONNX holds it whole, and so does a ` +
        '.safetensors file under our names.',
    );
  }
  return new Checkpoint(await toTorch(model, names), {
    metadata: new Map(Object.entries(modelMetadata(info))),
  });
}
