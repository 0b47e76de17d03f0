import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { analyze } from './analyze.ts';
import { Simulation } from './testing/synthetic.ts';
import { defaultThresholds } from './thresholds.ts';
import { judgedWindow } from './window.ts';

const seconds = Array.from({ length: 60 }, (_, i) => i);
const series = (unseen: (second: number) => number) => ({
  activeNs: seconds.map((second) => second * 1e9),
  allocations: seconds.map((second) => 1000 * (second + 1)),
  unseen: seconds.map(unseen),
});
const all = { fromNs: 0, untilNs: 59e9 };

describe('the judged window', () => {
  it('is everything where nothing is lost', () => {
    const window = judgedWindow(
      series(() => 0),
      all,
      defaultThresholds,
    );
    assert.equal(window.whole, true);
    assert.equal(window.unseenShare, 0);
  });

  it('ends where a table is full', () => {
    const lost = series((second) => Math.max(0, second - 30) * 500);
    const window = judgedWindow(lost, all, defaultThresholds);
    assert.deepEqual([window.firstPoint, window.lastPoint, window.whole], [0, 30, false]);
    assert.equal(window.unseenShare, 0);
  });

  it('is everything, with its losses, where they never stop', () => {
    const window = judgedWindow(
      series((second) => 100 * (second + 1)),
      all,
      defaultThresholds,
    );
    assert.equal(window.whole, true);
    assert.equal(window.unseenShare, 0.1);
  });
});

describe('losses', () => {
  const place = { file: '/home/user/a.cpp', line: 5, function: 'open()' };

  it('do not turn a leak into a plateau when the table of blocks is full', () => {
    const simulation = new Simulation();
    let lost = 0;
    simulation.run(60, (now) => {
      if (now < 30) simulation.allocate(place, 100);
      else lost += 1;
      simulation.losses = { ...simulation.losses, blocksFull: lost };
    });
    const report = analyze(simulation.capture());
    assert.equal(report.sites[0]?.verdict, 'leak');
    assert.equal(report.partial, true);
    assert.match(report.lossNotes.join('\n'), /rest on the time from/);
  });

  it('withhold a verdict when most allocations are lost', () => {
    const simulation = new Simulation();
    simulation.run(20, (now) => {
      simulation.allocate(place, 100);
      simulation.losses = { ...simulation.losses, stacksFull: Math.round(now * 200) };
    });
    const report = analyze(simulation.capture());
    assert.equal(report.sites[0]?.verdict, 'insufficient data');
    assert.match(report.sites[0].explanation, /not followed/);
  });

  it('withhold a verdict when missed frees would explain the survivors', () => {
    const simulation = new Simulation();
    let count = 0;
    simulation.run(30, () => {
      for (let i = 0; i < 20; i += 1) {
        const block = simulation.allocate(place, 100);
        if ((count += 1) % 100 !== 0) simulation.free(block);
      }
      simulation.losses = { ...simulation.losses, freesMissed: Math.round(count / 100) };
    });
    assert.equal(analyze(simulation.capture()).sites[0]?.verdict, 'insufficient data');
  });
});
