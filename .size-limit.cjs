/**
 * The size budgets: what each entry adds to a program, minified and compressed with brotli, without tfjs itself.
 * A budget is there to make growth a decision: raise it in the change that needs it.
 */
const budgets = [
  {entry: 'index', limit: '78 kB'},
  {entry: 'cpu', limit: '6 kB'},
  {entry: 'wasm', limit: '39 kB'},
  {entry: 'webgl', limit: '5 kB'},
  {entry: 'webgpu', limit: '5 kB'},
  {entry: 'node', limit: '6 kB', platform: 'node'},
];

module.exports = [
  ...budgets.map(({entry, limit, platform = 'browser'}) => ({
    name: entry === 'index' ? 'tfjs-sts' : `tfjs-sts/${entry}`,
    limit,
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
  })),
  // As it is: one file with all kernels that a page may need.
  {name: 'the script', limit: '115 kB', path: 'dist/tfjs-sts.min.js'},
];
