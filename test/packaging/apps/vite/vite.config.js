/** Two pages. */
export default {build: {rollupOptions: {input: ['index.html', 'threads.html']}}};
