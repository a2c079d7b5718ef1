/** Bundles the authorizer into the folder of the variable OUTDIR. */
import { build } from 'esbuild';

await build({
  entryPoints: ['src/authorizer.mjs'],
  outdir: process.env.OUTDIR,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node20',
  // ES modules can be tree-shaken. Splitting loads dynamic imports, such as credential providers, only when they are needed.
  mainFields: ['module', 'main'],
  format: 'esm',
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  logLevel: 'warning',
});
