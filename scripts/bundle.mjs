// Bundles the TypeScript parts into dist/.
import { chmod } from 'node:fs/promises';
import { build } from 'esbuild';
import { bundleWebview } from './bundle-webview.mjs';

const shared = { bundle: true, sourcemap: true, logLevel: 'warning', minify: true };

await build({
  ...shared,
  entryPoints: { cli: 'extension/cli/main.ts' },
  outdir: 'dist',
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  banner: { js: '#!/usr/bin/env node' },
});
await chmod('dist/cli.js', 0o755);

await bundleWebview('dist/webview');

// The editor brings the `vscode` module itself.
await build({
  ...shared,
  entryPoints: { extension: 'extension/editor/extension.ts' },
  outdir: 'dist',
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  external: ['vscode'],
});
