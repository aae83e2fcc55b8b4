/**
 * `tf.loadLayersModel('sts://NAME')`: the models of the table through the host's own loader. A name only, never a path;
 * whoever needs options of `loadModel` calls that.
 */
import * as tf from '@tensorflow/tfjs-core';
import {loadNamed} from './load';
import {artifactsOf} from './model_files/io_handler';

const SCHEME = 'sts://';

/**
 * Makes `sts://NAME` an address that `tf.loadLayersModel` takes, for the names of `listModels`. The loaded model carries
 * its input and labels in `getUserDefinedMetadata()`, as `loadModel` gives them. The entry tfjs-sts/zoo calls this; a second
 * call does nothing. Files are read with Node's file system where there is one, else fetched.
 *
 * ```ts
 * const model = await tf.loadLayersModel('sts://efficientnet_lite0_sts');
 * ```
 */
export function registerModelScheme(): void {
  // The host refuses an address with two handlers, and the ESM and the CJS build may share one host.
  if (tf.io.getLoadHandlers(`${SCHEME}any`).length > 0) return;
  tf.io.registerLoadRouter((url, options) => {
    // The host's type forgets that a router answers null for what is not its own; its own routers do.
    if (typeof url !== 'string' || !url.startsWith(SCHEME)) return null as unknown as tf.io.IOHandler;
    return {load: () => load(url.slice(SCHEME.length), options?.onProgress)};
  });
}

async function load(
  name: string,
  onProgress: ((fraction: number) => void) | undefined,
): Promise<tf.io.ModelArtifacts> {
  const {model, info} = await loadNamed(name, onProgress ? {onProgress} : {});
  const {network, ...rest} = info;
  try {
    return await artifactsOf(model, {...rest, ...(network !== null && {network})});
  } finally {
    model.dispose();
  }
}
