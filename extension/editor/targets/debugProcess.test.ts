/** The PID of a debug session, however its adapter tells it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { processSample } from '../testing/samples.ts';
import { pidOfConfiguration, pidOfMessage } from './debugProcess.ts';

test('the process event of the Debug Adapter Protocol', () => {
  const event = (body: object): object => ({ seq: 1, type: 'event', event: 'process', body });
  assert.equal(pidOfMessage(event({ name: '/w/server', systemProcessId: 42 })), 42);
  assert.equal(pidOfMessage(event({ systemProcessId: 42, isLocalProcess: false })), undefined);
  assert.equal(pidOfMessage(event({ name: 'x' })), undefined);
  assert.equal(pidOfMessage({ type: 'event', event: 'stopped', body: {} }), undefined);
});

test('an attach names its process; a launch is found by its program', () => {
  const processes = [
    processSample({ pid: 1, startedUnixMs: 1 }),
    processSample({ pid: 2, startedUnixMs: 2 }),
    processSample({ pid: 3, executable: '/other' }),
  ];
  assert.equal(pidOfConfiguration({ request: 'attach', processId: '17' }, processes), 17);
  assert.equal(pidOfConfiguration({ request: 'attach', pid: 18 }, processes), 18);
  assert.equal(pidOfConfiguration({ request: 'attach', processId: '${command:x}' }, []), undefined);
  const launch = { request: 'launch', program: '/w/build/server' };
  assert.equal(pidOfConfiguration(launch, processes), 2);
  assert.equal(pidOfConfiguration({ request: 'launch' }, processes), undefined);
});

test('anything else is no process', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      assert.equal(pidOfMessage(value), undefined);
      assert.equal(pidOfConfiguration(value, []), undefined);
    }),
  );
});
