// Bundles the TypeScript parts into dist/.
import { build } from 'esbuild';
import { bundleCli } from './bundle-cli.mjs';
import { bundleWebview } from './bundle-webview.mjs';

await bundleCli('dist');
await bundleWebview('dist/webview');

// The editor brings the `vscode` module itself.
await build({
  bundle: true,
  minify: true,
  sourcemap: true,
  logLevel: 'warning',
  entryPoints: { extension: 'extension/editor/extension.ts' },
  outdir: 'dist',
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  external: ['vscode'],
});
