import type { Metafile } from 'esbuild';

export function bundleWebview(outdir: string): Promise<Metafile>;
