/** What tests use of Vite: the `?url` imports of pages, and the settings of a run by hand, in Node and in pages. */
declare module '*?url' {
  const address: string;
  export default address;
}

interface ImportMeta {
  readonly env: {readonly RANDOM_GEOMETRIES?: string; readonly RANDOM_SEED?: string};
}
