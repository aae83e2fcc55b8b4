/** Top-level await needs a browser of 2022. The headers let the threads of wasm share memory while you develop. */
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export default {build: {target: 'es2022'}, server: {headers}, preview: {headers}};
