import { defineConfig } from 'vite';

export default defineConfig({
  // A stage may stand before every path, so nothing is named from the root.
  base: './',
  build: {
    outDir: '../assets',
    emptyOutDir: true,
    target: 'es2022',
    // A data: address would need a hole in the Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    license: { fileName: 'licenses.md' },
    // The documentation's viewer comes as one.
    chunkSizeWarningLimit: 2_000,
    rolldownOptions: { input: ['tokens.html', 'docs.html'] },
  },
});
