/**
 * The size budgets, without TensorFlow.js itself: what each entry as a whole adds to a program, minified and compressed with
 * brotli, and what small programs take that use one thing of an entry, compressed with gzip as most servers do.
 * A budget is there to make growth a decision: raise it in the change that needs it.
 */
const entries = [
  {entry: 'index', limit: '57.5 kB'},
  {entry: 'ops', limit: '12 kB'},
  {entry: 'networks', limit: '30 kB'},
  {entry: 'train', limit: '76 kB'},
  {entry: 'zoo', limit: '62 kB'},
  {entry: 'checkpoints', limit: '21 kB'},
  {entry: 'convert', limit: '46.5 kB'},
  {entry: 'onnx', limit: '12 kB'},
  {entry: 'video', limit: '38 kB'},
  {entry: 'timeline', limit: '50.5 kB'},
  {entry: 'cpu', limit: '6.5 kB'},
  {entry: 'wasm', limit: '62.5 kB'},
  {entry: 'webgl', limit: '12 kB'},
  {entry: 'webgpu', limit: '16 kB'},
  {entry: 'node', limit: '34.5 kB', platform: 'node'},
];

/** Of the two that need tfjs-layers, its 82 kB are not in the figure. */
const programs = [
  {name: 'one op', entry: 'ops', import: '{stsConv3d}', limit: '10.5 kB'},
  {name: 'one layer', entry: 'index', import: '{layers}', limit: '25.5 kB'},
  {name: 'one network', entry: 'networks', import: '{x3d}', limit: '32 kB'},
  {name: 'loadModel', entry: 'zoo', import: '{loadModel}', limit: '67.5 kB'},
];

const bundled = (entry, platform = 'browser') => ({
  path: `dist/${entry}.js`,
  ignore: ['@tensorflow/*'],
  modifyEsbuildConfig: (config) => ({
    ...config,
    platform,
    format: 'esm',
    external: [...(config.external ?? []), 'node:*'],
    // Its warnings are about chunks without effects, which are dropped on purpose.
    logLevel: 'error',
  }),
});

module.exports = [
  ...entries.map(({entry, limit, platform}) => ({
    name: entry === 'index' ? 'tfjs-sts' : `tfjs-sts/${entry}`,
    limit,
    ...bundled(entry, platform),
  })),
  ...programs.map(({entry, ...program}) => ({...program, gzip: true, ...bundled(entry)})),
  // As it is: one file with all kernels that a page may need.
  {name: 'the script', limit: '190 kB', path: 'dist/tfjs-sts.min.js'},
];
