import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { analyze, isCertain } from './analyze.ts';
import type { Site } from './report.ts';
import { Simulation, uniform, type Place } from './testing/synthetic.ts';

const place = (line: number, name: string, rest: Partial<Place> = {}): Place => ({
  file: '/home/user/src/program.cpp',
  line,
  function: name,
  ...rest,
});

function siteAt(sites: readonly Site[], line: number): Site {
  const site = sites.find((candidate) => candidate.blamed?.line === line);
  assert.ok(site, `no site at line ${line}`);
  return site;
}

describe('analyze', () => {
  it('tells a leak from a burst, a bounded queue and a churn in one program', () => {
    const simulation = new Simulation();
    const random = uniform(1);
    const leak = place(10, 'open()');
    const oneInHundred = place(20, 'retry()');
    const churn = place(30, 'parse()');
    const burst = place(40, 'load()');
    const bounded = place(50, 'remember()', { through: ['std::list<int>::push_back'] });
    const queue: number[] = [];
    simulation.run(20, (now) => {
      simulation.allocate(leak, 100);
      for (let i = 0; i < 10; i += 1) {
        const block = simulation.allocate(oneInHundred, 50);
        if (random() > 0.01) simulation.free(block);
      }
      simulation.churn(churn, 100, 1000);
      if (now < 3) simulation.allocate(burst, 10);
      queue.push(simulation.allocate(bounded, 64));
      if (queue.length > 300) simulation.free(queue.shift() ?? 0);
    });
    const report = analyze(simulation.capture());
    const verdicts = report.sites.map((site) => [site.blamed?.line, site.verdict]);
    assert.deepEqual(verdicts, [
      [10, 'leak'],
      [20, 'leak'],
      [50, 'cache'],
      [40, 'warm-up'],
      [30, 'steady'],
    ]);
    assert.equal(isCertain(report, 0.9), true);
    const leaking = siteAt(report.sites, 10);
    assert.equal(leaking.trend.bytesPerSecond, 5000);
    assert.equal(leaking.residue?.bytesPerSecond, 5000);
    assert.equal(leaking.outstandingCount, 1000);
    assert.match(leaking.explanation, /1,000 blocks \(100 kB\)/);
    const rare = siteAt(report.sites, 20);
    assert.ok(rare.residue !== undefined && Math.abs(rare.residue.share - 0.01) < 0.004);
  });

  it('withholds a verdict from too short a capture', () => {
    const simulation = new Simulation();
    simulation.run(5, () => simulation.allocate(place(1, 'open()'), 100));
    const report = analyze(simulation.capture());
    assert.equal(siteAt(report.sites, 1).verdict, 'insufficient data');
    assert.equal(isCertain(report, 0.9), false);
  });

  it('reports a capture without any sample', () => {
    const report = analyze(new Simulation().capture());
    assert.equal(report.sites.length, 0);
    assert.equal(report.samples, 0);
    assert.equal(report.durationNs, 0);
  });

  it('calls a store that never evicts growing, whatever its index and its values are made of', () => {
    const simulation = new Simulation();
    const insert = [{ function: 'Cache::insert(int)', line: 70 }];
    const node = place(61, 'Cache::insert(int)', {
      through: ['std::_Hashtable<int, Entry>::_M_insert_unique_node(unsigned long)'],
    });
    const value = place(62, 'make_value()', { callers: insert });
    simulation.run(60, () => {
      simulation.allocate(node, 40);
      simulation.allocate(value, 500);
    });
    const { sites } = analyze(simulation.capture());
    assert.equal(siteAt(sites, 61).verdict, 'growing');
    assert.equal(siteAt(sites, 62).verdict, 'growing');
    assert.match(siteAt(sites, 62).explanation, /container at program\.cpp:61/);
  });
});
