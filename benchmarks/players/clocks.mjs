/** Clocks around the functions that the package's wasm module has on this thread. To be called before a backend starts. */

const KINDS = {
  convolutions: /^(convolve|multiply|product|scatter|pack|transform|addPieces|zero)/,
  'batch normalization': /^norm/,
  update: /^(sgdUpdate|adamUpdate|squareSums)/,
  'other kernels': /^/,
};

/** @returns gives the milliseconds by kind since it was asked before */
export function clockModule() {
  let spent = {};
  const clear = () => {
    spent = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, 0]));
  };
  clear();
  const clocked = ([name, run]) => {
    const [kind] = Object.entries(KINDS).find(([, names]) => names.test(name));
    const timed = (call, first, end) => {
      const begun = performance.now();
      run(call, first, end);
      spent[kind] += performance.now() - begun;
    };
    return [name, timed];
  };
  const {Instance} = WebAssembly;
  WebAssembly.Instance = class {
    constructor(module, imports) {
      const {exports} = new Instance(module, imports);
      // The host's module has no such function.
      const isOurs = exports.convolveDense !== undefined;
      this.exports = isOurs ? Object.fromEntries(Object.entries(exports).map(clocked)) : exports;
    }
  };
  return () => {
    const before = spent;
    clear();
    return before;
  };
}
