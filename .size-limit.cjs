/**
 * The size budgets: what each entry adds to a program, minified and compressed with brotli, without tfjs itself.
 * A budget is there to make growth a decision: raise it in the change that needs it.
 */
const forBrowsers = (name, limit) => ({name: `tfjs-sts${name}`, limit, entry: name});
const forNode = (name, limit) => ({...forBrowsers(name, limit), platform: 'node'});

const budgets = [
  forBrowsers('', '40 kB'),
  forBrowsers('/cpu', '10 kB'),
  forBrowsers('/wasm', '10 kB'),
  forBrowsers('/webgl', '10 kB'),
  forBrowsers('/webgpu', '10 kB'),
  forNode('/node', '10 kB'),
];

module.exports = budgets.map(({name, limit, entry, platform = 'browser'}) => ({
  name,
  limit,
  path: `dist/${entry === '' ? 'index' : entry.slice(1)}.js`,
  ignore: ['@tensorflow/*'],
  modifyEsbuildConfig: (config) => ({...config, platform, external: [...(config.external ?? []), 'node:*']}),
}));
