/** The view's tree: what is listed where, stable ids, and what choosing a node opens. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openCapture } from '../captures/openCapture.ts';
import {
  captureSample,
  processSample,
  reportSample,
  siteSample,
  stackSample,
} from '../testing/samples.ts';
import { type TreeNode, treeRoots } from './treeModel.ts';

const none = (): boolean => false;
const finished = openCapture(captureSample(), reportSample(), false, undefined);

/** The tree as indented text. */
function outline(nodes: readonly TreeNode[], indent = ''): string[] {
  return nodes.flatMap((node) => [
    `${indent}${node.label}${node.description === '' ? '' : ` | ${node.description}`}`,
    ...outline(node.children(), `${indent}  `),
  ]);
}
const allNodes = (nodes: readonly TreeNode[]): TreeNode[] =>
  nodes.flatMap((node) => [node, ...allNodes(node.children())]);

test('captures, verdicts, sites and frames', () => {
  assert.deepEqual(outline(treeRoots([finished], none)), [
    'server (4242) | 2 min · 1 leak · not saved',
    '  Leaks (1) | 12.3 MB',
    '    server.cpp:31 | +1.2 MB/min · 12.3 MB · 98%',
    '      operator new | server.cpp:31',
    '      open_session | server.cpp:31',
    '      main | server.cpp:80',
  ]);
});

test('several stacks are told apart by who calls the shared line', () => {
  const site = siteSample({ stacks: [stackSample(), stackSample({ stack: 7 })] });
  const capture = openCapture(captureSample(), reportSample({ sites: [site] }), false, '/x');
  const stacks = allNodes(treeRoots([capture], none)).filter((node) => node.kind === 'stack');
  assert.deepEqual(
    stacks.map((node) => `${node.label} ${node.description}`),
    ['Stack 1 12.3 MB · from main', 'Stack 2 12.3 MB · from main'],
  );
});

test('dismissed sites move to the end and no longer count', () => {
  assert.deepEqual(
    outline(treeRoots([finished], (fingerprint) => fingerprint === 'f1')).slice(0, 3),
    [
      'server (4242) | 2 min · 0 leaks · not saved',
      '  Dismissed (1) | 12.3 MB',
      '    server.cpp:31 | +1.2 MB/min · 12.3 MB · 98%',
    ],
  );
});

test('ids are unique, and the same for the next sample', () => {
  const sites = [
    siteSample(),
    siteSample({ fingerprint: 'f2', verdict: 'growing' }),
    siteSample({
      fingerprint: 'f3',
      verdict: 'steady',
      stacks: [stackSample(), stackSample({ stack: 9 })],
    }),
  ];
  const ids = (durationNs: number): string[] =>
    allNodes(
      treeRoots(
        [openCapture(captureSample(), reportSample({ sites, durationNs }), true, undefined)],
        none,
      ),
    ).map((node) => node.id);
  assert.equal(new Set(ids(1e9)).size, ids(1e9).length);
  assert.deepEqual(ids(1e9), ids(2e9));
});

test('the newest capture comes first, and alone is open', () => {
  const older = openCapture(captureSample(), reportSample(), false, '/x');
  const start = { ...captureSample().start, process: processSample({ pid: 7 }) };
  const newer = openCapture(captureSample({ start }), reportSample({ sites: [] }), true, undefined);
  const roots = treeRoots([older, newer], none);
  assert.deepEqual(
    roots.map((node) => [node.kind, node.expansion]),
    [
      ['runningCapture', 'expanded'],
      ['finishedCapture', 'collapsed'],
    ],
  );
  assert.equal(roots[0]?.children()[0]?.label, 'Waiting for the first samples');
});
