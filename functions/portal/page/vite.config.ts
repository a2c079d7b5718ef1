import { defineConfig } from 'vite';

export default defineConfig({
  // API Gateway can prefix every path with a stage name, so asset URLs are relative.
  base: './',
  build: {
    outDir: '../assets',
    emptyOutDir: true,
    target: 'es2022',
    // The Content-Security-Policy allows no `data:` URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    license: { fileName: 'licenses.md' },
    // In kB. Swagger UI is distributed as one bundle of 1.5 MB.
    chunkSizeWarningLimit: 2_000,
    rolldownOptions: { input: ['tokens.html', 'docs.html'] },
  },
});
