// Makes the .vsix from what `npm run build` left in dist/: `npm run package [-- --output FILE]`.
// The package's content is listed here, file by file, so that nothing gets in by accident.
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';

const root = path.resolve(import.meta.dirname, '..');
const stage = path.join(root, 'build', 'vsix');
const maxBundleBytes = 1_500_000;

/** Everything that the extension needs at run time, and what its licences ask for. */
const content = [
  'dist/extension.js',
  'dist/webview/main.js',
  'dist/webview/main.css',
  'dist/agent/leaklens-agent',
  'media/icon.png',
  'media/icon.svg',
  'media/leaklens.svg',
  'media/gutter-leak-dark.svg',
  'media/gutter-leak-light.svg',
  'media/gutter-growing-dark.svg',
  'media/gutter-growing-light.svg',
  'media/walkthrough/build.md',
  'media/walkthrough/capture.md',
  'media/walkthrough/check.md',
  'media/walkthrough/keep.md',
  'media/walkthrough/read.md',
  'README.md',
  'CHANGELOG.md',
  'LICENSE',
  'agent/LICENSE',
  'bpf/LICENSE',
];

/** The manifest without what only developers and the command line need. */
async function manifest() {
  const all = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
  const { bin, dependencies, devDependencies, files, private: _private, scripts, ...rest } = all;
  return { ...rest, engines: { vscode: all.engines.vscode } };
}

const { values } = parseArgs({ options: { output: { type: 'string' } } });
const { version, name, ...rest } = await manifest();
const output = path.resolve(values.output ?? path.join(root, `${name}-${version}.vsix`));

await rm(stage, { recursive: true, force: true });
for (const file of content) {
  await mkdir(path.dirname(path.join(stage, file)), { recursive: true });
  await cp(path.join(root, file), path.join(stage, file)).catch((error) => {
    throw new Error(`package: ${file} is missing; run "npm run build" first`, { cause: error });
  });
}
await writeFile(
  path.join(stage, 'package.json'),
  JSON.stringify({ name, version, ...rest }, null, 2),
);

const bundle = (await stat(path.join(stage, 'dist/extension.js'))).size;
if (bundle > maxBundleBytes)
  throw new Error(`package: the bundle has ${bundle} bytes, more than ${maxBundleBytes}`);

// vsce as a program: its library would ask for the same options, without saying what it does.
await promisify(execFile)(
  process.execPath,
  [
    path.join(root, 'node_modules/@vscode/vsce/vsce'),
    'package',
    '--no-dependencies',
    '--allow-missing-repository',
    '--no-rewrite-relative-links',
    '--out',
    output,
  ],
  { cwd: stage },
);
const size = (await stat(output)).size;
process.stdout.write(
  `${path.relative(process.cwd(), output)}: ${(size / 1e6).toFixed(2)} MB, bundle ${(bundle / 1e3).toFixed(0)} kB\n`,
);
