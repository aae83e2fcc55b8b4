/** Networks by what users call them: their own name, or that of one of the authors' checkpoints or a model for them. */
import {listNetworks, type NetworkDefinition} from '../../networks';
import {InvalidArgumentError} from '../../util/errors';
import {didYouMean} from '../../util/names';
import {listModels} from '../../zoo/catalog';
import {PUBLISHED, publishedCheckpoint} from '../../zoo/published';

/**
 * The network of a name of `tfjs-sts list`.
 *
 * @throws InvalidArgumentError for another name, with the nearest
 */
export function networkNamed(name: string): NetworkDefinition {
  const wanted = publishedCheckpoint(name)?.network ?? name;
  const found = listNetworks({tiny: true}).find((network) => network.name === wanted);
  if (found !== undefined) return found;
  const known = [...listNetworks(), ...PUBLISHED, ...listModels()].map((row) => row.name);
  throw new InvalidArgumentError(
    `no network is called "${name}"${didYouMean(name, known) || ';'} tfjs-sts list names all`,
  );
}
