/** Networks by what users call them: their own name, or that of one of the authors' checkpoints or a model for them. */
import {listNetworks, type NetworkDefinition} from '../networks';
import {InvalidArgumentError} from '../util/errors';
import {didYouMean} from '../util/names';
import {listModels} from './catalog';
import {PUBLISHED, publishedCheckpoint} from './published';

/**
 * The network of a name: its own, or one of `listModels` or `listCheckpoints`.
 *
 * @param caller begins the message
 * @throws InvalidArgumentError for another name, with the nearest
 */
export function networkNamed(caller: string, name: string): NetworkDefinition {
  const wanted = publishedCheckpoint(name)?.network ?? name;
  const found = listNetworks({tiny: true}).find((network) => network.name === wanted);
  if (found !== undefined) return found;
  const known = [...listNetworks(), ...PUBLISHED, ...listModels()].map((row) => row.name);
  throw new InvalidArgumentError(
    `${caller}: no network is called ${JSON.stringify(name)}${didYouMean(name, known) || ';'} tfjs-sts list names all`,
  );
}
