/** The `?url` imports of Vite that the browser tests use. */
declare module '*?url' {
  const address: string;
  export default address;
}
