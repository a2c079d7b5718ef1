/** Bundles the functions. `--outdir=…` or the variable OUTDIR says where to; by itself it is `dist` beside this file. */

import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
const { values } = parseArgs({ options: { outdir: { type: 'string' } } });
const outdir = resolve(values.outdir ?? process.env.OUTDIR ?? `${here}dist`);

// Their names change with what is in them, so that those of a build before would stay.
await rm(`${outdir}/chunks`, { recursive: true, force: true });
// Each by itself, so that neither loads what only the other uses.
for (const name of ['authorizer', 'create-token']) {
  await build({
    absWorkingDir: here,
    entryPoints: [`src/${name}.mjs`],
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node20',
    // The packages' own modules are what can be shaken. What they import late, such as other sources of credentials, is then
    // loaded late too, which makes this start faster than one file does, CommonJS or not.
    mainFields: ['module', 'main'],
    format: 'esm',
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    logLevel: 'warning',
  });
}
