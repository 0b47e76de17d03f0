/**
 * For tests: installs fake-agent.mjs under a behaviour as an executable file, which is then started
 * exactly like a real agent.
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { LocalHost, type LocalHostOptions } from '../local.ts';

const script = path.resolve('extension/hosts/testing/fake-agent.mjs');

/** A temporary directory that goes with the test. */
export function temporaryDirectory(test: TestContext): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'leaklens-test-'));
  test.after(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

/**
 * @param behaviour what fake-agent.mjs is to do
 * @returns the path of an executable
 */
export function installFakeAgent(test: TestContext, behaviour: string): string {
  const file = path.join(temporaryDirectory(test), 'fake-agent');
  writeFileSync(file, `#!/bin/sh\nexec '${process.execPath}' '${script}' '${behaviour}' "$@"\n`);
  chmodSync(file, 0o755);
  return file;
}

/** A host whose agent misbehaves in the given way. */
export function fakeHost(
  test: TestContext,
  behaviour: string,
  options: Partial<LocalHostOptions> = {},
): LocalHost {
  return new LocalHost({
    bundleDirectory: '/nonexistent',
    agentPath: installFakeAgent(test, behaviour),
    isRoot: true,
    patience: { closedMs: 300, signalMs: 1000 },
    ...options,
  });
}
