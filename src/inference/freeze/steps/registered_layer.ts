/** A layer of data: its class is looked up where the host keeps the classes that models may name. */
import {serialization} from '@tensorflow/tfjs-core';
import {LayersModel, layers} from '@tensorflow/tfjs-layers';
import type {Layer} from '../../../layers/models/graph';
import {InvalidArgumentError} from '../../../util/errors';
import type {JsonObject} from '../frozen_data';

/**
 * @param settings className and config, in the host's words
 * @throws InvalidArgumentError for a class that is not registered or that is no layer; what the class throws for its config
 */
export function registeredLayer({className, config}: JsonObject): Layer {
  const {classNameMap} = serialization.SerializationMap.getMap();
  // A plain object answers to 'constructor' and 'toString' too: only its own entries are classes.
  if (typeof className !== 'string' || !Object.hasOwn(classNameMap, className)) {
    throw new InvalidArgumentError(
      `no class ${JSON.stringify(className)} is registered; import what registers it, or call ` +
        'tf.serialization.registerClass with it first',
    );
  }
  const [cls, fromConfig] = classNameMap[className]!;
  // The host writes into configs.
  const made = fromConfig(cls, structuredClone(config) as serialization.ConfigDict);
  if (made instanceof layers.Layer && !(made instanceof LayersModel)) {
    // Its weights are written after it is built.
    made.setFastWeightInitDuringBuild(true);
    return made;
  }
  throw new InvalidArgumentError(`${className} is no layer`);
}
