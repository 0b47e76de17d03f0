import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InitializeResult } from '../../protocol/agent.ts';
import { UserError } from '../errors.ts';
import { exampleCapture } from './testing/example.ts';
import { Timeline } from './timeline.ts';

function emptyTimeline(): Timeline {
  const { host, features, agentVersion, start } = exampleCapture(0);
  const identity: InitializeResult = {
    protocolVersion: 1,
    agent: { version: agentVersion, pid: 1 },
    host,
    features,
  };
  return new Timeline(identity, { ...start, captureId: 3 }, 1000);
}

test('symbols may come late, and again', () => {
  const timeline = emptyTimeline();
  timeline.apply({
    method: 'capture/stacks',
    params: { captureId: 3, locations: [[1, '0x10', 0, 16]], stacks: [] },
  });
  assert.deepEqual(timeline.capture.locations[1], {
    address: '0x10',
    module: 0,
    offset: 16,
    frames: undefined,
  });
  for (const name of ['f()', 'g()']) {
    timeline.apply({
      method: 'capture/symbols',
      params: {
        captureId: 3,
        symbols: [{ location: 1, frames: [{ function: name, inlined: false }] }],
      },
    });
  }
  const { locations } = timeline.capture;
  assert.equal(locations[1]?.frames?.[0]?.function, 'g()');
  assert.equal(locations[0], undefined);
});

test('symbols of a location that nobody introduced are left out', () => {
  const timeline = emptyTimeline();
  timeline.apply({
    method: 'capture/symbols',
    params: { captureId: 3, symbols: [{ location: 5, frames: [] }] },
  });
  assert.deepEqual(timeline.capture.locations, []);
});

test('the first end counts, and nothing is added after it', () => {
  const timeline = emptyTimeline();
  timeline.apply({
    method: 'capture/ended',
    params: { captureId: 3, reason: 'exec', detail: 'now another program' },
  });
  timeline.finish({ reason: 'agentLost', detail: '' });
  timeline.apply({
    method: 'capture/modules',
    params: { captureId: 3, modules: [...exampleCapture(0).modules] },
  });
  assert.deepEqual(timeline.capture.end, { reason: 'exec', detail: 'now another program' });
  assert.deepEqual(timeline.capture.modules, []);
});

test('the capture holds what was sent, without the number of the conversation', () => {
  const timeline = emptyTimeline();
  const [sample] = exampleCapture(1).samples;
  assert.ok(sample !== undefined);
  timeline.apply({ method: 'capture/sample', params: { ...sample, captureId: 3 } });
  assert.deepEqual(JSON.parse(JSON.stringify(timeline.capture.samples)), [sample]);
  assert.deepEqual({ ...timeline.capture.start }, { ...exampleCapture(0).start });
});

test('numbers that no capture reaches are refused', () => {
  const timeline = emptyTimeline();
  assert.throws(() => {
    timeline.apply({
      method: 'capture/symbols',
      params: { captureId: 3, symbols: [{ location: 2 ** 40, frames: [] }] },
    });
  }, UserError);
});
