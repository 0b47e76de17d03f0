import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import Ajv from 'ajv';
import type { Log } from 'sarif';
import type { Report } from '../analysis/report.ts';
import { exampleCapture } from '../capture/testing/example.ts';
import { toSarif } from './sarif.ts';
import { exampleReport, frames } from './testing/example-report.ts';

const require = createRequire(__filename);
const readJson = (name: string): object => {
  const value: unknown = JSON.parse(readFileSync(require.resolve(name), 'utf8'));
  assert.ok(typeof value === 'object' && value !== null);
  return value;
};

/** The published schema, by which any consumer may check the file. */
const ajv = new Ajv({ schemaId: 'auto', allErrors: true, unknownFormats: 'ignore' });
ajv.addMetaSchema(readJson('ajv/lib/refs/json-schema-draft-04.json'));
const validate = ajv.compile(readJson('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json'));

function valid(log: Log): Log {
  const plain: unknown = JSON.parse(JSON.stringify(log));
  assert.ok(validate(plain), ajv.errorsText(validate.errors));
  return log;
}

function oneRun(log: Log): Log['runs'][number] {
  const [run, ...others] = valid(log).runs;
  assert.ok(run !== undefined && others.length === 0);
  return run;
}

const cwd = '/home/alice/server';

test('each leak is one result on its owned line, and nothing else is', () => {
  const run = oneRun(toSarif(exampleCapture(), exampleReport(), cwd));
  assert.equal(run.results?.length, 1);
  const [result] = run.results;
  assert.equal(result?.ruleId, 'memory-leak');
  assert.equal(run.tool.driver.rules?.[0]?.id, 'memory-leak');
  const physical = result.locations?.[0]?.physicalLocation;
  assert.deepEqual(physical?.artifactLocation, { uri: 'src/session.cpp', uriBaseId: 'SRCROOT' });
  assert.deepEqual(physical.region, { startLine: 12, startColumn: 9 });
  assert.equal(run.originalUriBaseIds?.['SRCROOT']?.uri, 'file:///home/alice/server/');
  assert.deepEqual(result.partialFingerprints, { 'leaklensSite/v1': '00112233aabbccdd' });
  const properties = result.properties ?? {};
  assert.equal(properties['bytesPerSecond'], 25_600);
  assert.equal(properties['outstandingBytes'], 512_000);
  assert.equal(properties['outstandingCount'], 2000);
  assert.equal(properties['rSquared'], 0.9991);
  assert.equal(properties['verdict'], 'leak');
});

test('whole stacks are there, with inlined frames, modules and addresses', () => {
  const run = oneRun(toSarif(exampleCapture(), exampleReport(), cwd));
  const stacks = run.results?.[0]?.stacks ?? [];
  assert.deepEqual(
    stacks.map(({ frames: list }) => list.map(({ location }) => location?.message?.text)),
    [
      ['operator new(unsigned long)', 'Session::make(int)', 'handle(Request const&)', 'main'],
      ['operator new(unsigned long)', 'Session::make(int)', frames.unknown.address],
    ],
  );
  const make = stacks[0]?.frames[1];
  assert.equal(make?.module, '/opt/server');
  assert.equal(make.properties?.['inlined'], true);
  assert.equal(make.location?.physicalLocation?.address?.absoluteAddress, 0x401000);
});

test('the caller that leaks and the place of the other frees are related locations', () => {
  const run = oneRun(toSarif(exampleCapture(), exampleReport(), cwd));
  const related = run.results?.[0]?.relatedLocations ?? [];
  assert.deepEqual(
    related.map(({ message, physicalLocation }) => [
      message?.text,
      physicalLocation?.region?.startLine,
    ]),
    [
      ['The blocks that stay come through here.', 40],
      ['97% of the freed blocks are freed here.', 50],
    ],
  );
});

test('losses and measured overhead are in the run', () => {
  const { properties = {} } = oneRun(toSarif(exampleCapture(), exampleReport(), cwd));
  assert.deepEqual(properties['losses'], exampleReport().losses);
  assert.deepEqual(properties['lossNotes'], ['3 stacks were cut.']);
  const overhead: unknown = properties['overhead'];
  assert.deepEqual(overhead, {
    ...exampleReport().cost,
    targetCoreShare: 0.0019,
    agentCoreShare: 0.001,
  });
});

test('a file elsewhere is named absolutely, with what needs encoding encoded', () => {
  const [leak] = exampleReport().sites;
  assert.ok(leak !== undefined);
  const report: Report = {
    ...exampleReport(),
    sites: [{ ...leak, blamed: { ...frames.make, file: '/srv/a b/ü#1.cpp', line: 3, column: 0 } }],
  };
  const run = oneRun(toSarif(exampleCapture(), report, cwd));
  const physical = run.results?.[0]?.locations?.[0]?.physicalLocation;
  assert.deepEqual(physical?.artifactLocation, { uri: 'file:///srv/a%20b/%C3%BC%231.cpp' });
  assert.deepEqual(physical.region, { startLine: 3 });
});

test('a leak without an owned line, a line or a symbol is still valid', () => {
  const [leak] = exampleReport().sites;
  const [stack] = leak?.stacks ?? [];
  assert.ok(leak !== undefined && stack !== undefined);
  const strange = [
    { ...frames.unknown, module: '', address: 'nowhere' },
    { ...frames.make, line: 0, column: 0 },
    { ...frames.make, file: 'c:odd/relative.cpp', line: 1 },
  ];
  const report: Report = {
    ...exampleReport(),
    sites: [{ ...leak, blamed: undefined, stacks: [{ ...stack, frames: strange }] }],
  };
  const run = oneRun(toSarif(exampleCapture(), report, cwd));
  assert.equal(run.results?.[0]?.locations?.[0]?.message?.text, 'nowhere');
});

test('a report without sites, and a capture without samples or end, are valid', () => {
  const empty: Report = { ...exampleReport(), sites: [], durationNs: 0, samples: 0 };
  const run = oneRun(toSarif({ ...exampleCapture(0), end: undefined }, empty, cwd));
  assert.deepEqual(run.results, []);
  assert.equal(run.invocations?.[0]?.executionSuccessful, true);
});

test('a capture that was cut short says so', () => {
  const capture = { ...exampleCapture(), end: { reason: 'agentLost', detail: 'Killed.' } as const };
  const [invocation] = oneRun(toSarif(capture, exampleReport(), cwd)).invocations ?? [];
  assert.equal(invocation?.executionSuccessful, false);
  assert.match(invocation.toolExecutionNotifications?.[0]?.message.text ?? '', /Killed/);
});
