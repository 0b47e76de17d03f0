// Bundles the command line into one file that needs nothing but Node.js.
//   node scripts/bundle-cli.mjs DIRECTORY    writes DIRECTORY/cli.js
import { chmod } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';

/** @param {string} directory where cli.js is written */
export async function bundleCli(directory) {
  const outfile = path.join(directory, 'cli.js');
  await build({
    entryPoints: ['extension/cli/main.ts'],
    outfile,
    bundle: true,
    minify: true,
    sourcemap: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    banner: { js: '#!/usr/bin/env node' },
    logLevel: 'warning',
  });
  await chmod(outfile, 0o755);
}

if (process.argv[1] === import.meta.filename) {
  const [, , directory] = process.argv;
  if (directory === undefined) throw new Error('say where: node scripts/bundle-cli.mjs DIRECTORY');
  await bundleCli(directory);
}
