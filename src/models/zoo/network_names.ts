/** Networks by what users call them: their own name, or that of a model. */
import {listNetworks, type NetworkDefinition} from '../../networks';
import {InvalidArgumentError} from '../../util/errors';
import {knownNames} from '../../util/names';
import {listModels, modelNamed} from './table/models';

/**
 * The network of a name: its own, or one of `listModels`.
 *
 * @param caller begins the message
 * @throws InvalidArgumentError for another name, with the nearest and all networks, and for a model that is no network of the registry
 */
export function networkNamed(caller: string, name: string): NetworkDefinition {
  const row = modelNamed(name);
  if (row?.network === null)
    throw new InvalidArgumentError(
      `${caller}: ${name} is a model of its own, whose file says what it is made of, and no network for other weights.`,
    );
  const wanted = row?.network ?? name;
  const found = listNetworks({tiny: true}).find((network) => network.name === wanted);
  if (found !== undefined) return found;
  const [networks, tiny, models] = [listNetworks(), listNetworks({tiny: true}), listModels()].map((rows) =>
    rows.map((row) => row.name),
  );
  throw new InvalidArgumentError(
    `${caller}: no network is called ${JSON.stringify(name)}${knownNames(name, networks!, [...tiny!, ...models!])}; tfjs-sts list names models too`,
  );
}
