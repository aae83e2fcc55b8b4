/** A CommonJS program: one STS convolution and its filter gradient with the packed package, printed as JSON. */
require('@tensorflow/tfjs-backend-cpu');
const tf = require('@tensorflow/tfjs-core');
const sts = require('tfjs-sts');
require('tfjs-sts/cpu');

const {xShape, x, filterShape, filter} = JSON.parse(process.argv[2]);

async function main() {
  await tf.setBackend('cpu');
  const input = tf.tensor5d(x, xShape);
  const weights = tf.tensor5d(filter, filterShape);
  const convolution = (w) => sts.stsConv3d(input, w, 1, 'same');
  const output = convolution(weights);
  const gradient = tf.grad(convolution)(weights);
  console.log(
    JSON.stringify({
      shape: output.shape,
      values: Array.from(output.dataSync()),
      gradient: Array.from(gradient.dataSync()),
      coverage: sts.kernelCoverage(),
    }),
  );
}

main();
