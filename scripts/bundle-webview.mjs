// Bundles the dashboard's page: one script and one style sheet, for any place that serves it.
import { build } from 'esbuild';

/** Writes main.js and main.css into `outdir`; resolves to esbuild's metafile. */
export async function bundleWebview(outdir) {
  const result = await build({
    entryPoints: ['webview/main.ts', 'webview/main.css'],
    bundle: true,
    minify: true,
    sourcemap: true,
    metafile: true,
    logLevel: 'warning',
    outdir,
    platform: 'browser',
    target: 'chrome122',
    format: 'iife',
  });
  return result.metafile;
}
