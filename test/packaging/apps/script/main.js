/**
 * The convolution of the address's fragment on wasm, with tf and sts as globals; then once more on two threads, which must
 * give the same bits. A layer and a network besides, whose classes come from the global too.
 */
async function main() {
  const {xShape, x, filterShape, filter} = JSON.parse(decodeURIComponent(location.hash.slice(1)));
  tf.wasm.setWasmPaths('../node_modules/@tensorflow/tfjs-backend-wasm/dist/');
  await tf.setBackend('wasm');
  const clip = tf.tensor(x, xShape);
  const convolve = (weights) => sts.stsConv3d(clip, weights, 1, 'same');
  const weights = tf.tensor(filter, filterShape);
  const y = convolve(weights);
  const gradient = tf.grad((given) => tf.sum(convolve(given)))(weights);

  const network = sts.createNetwork('slowonly_tiny_sts', {classes: 3});
  const frames = tf.randomNormal([1, ...network.inputs[0].shape.slice(1)], 0, 1, 'float32', 1);
  const alone = await network.predict(frames).data();
  await sts.setThreads(2);
  const together = await network.predict(frames).data();
  return {
    shape: y.shape,
    values: [...(await y.data())],
    gradient: [...(await gradient.data())],
    coverage: sts.kernelCoverage(),
    kernels: ['cpu', 'wasm', 'webgl', 'webgpu'].map((name) => sts.kernelCoverage(name).IndirectConv3D),
    threads: alone.every((value, i) => value === together[i]),
  };
}

main().then(
  (result) => {
    document.getElementById('result').textContent = JSON.stringify(result);
  },
  (error) => {
    document.getElementById('result').textContent = JSON.stringify({error: String(error.stack)});
  },
);
