/** Whatever stands in settings.json, usable values come out. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { settingKeys } from './contributions.ts';
import { decodeSettings, type SettingProblem } from './settings.ts';

test('an unusable value is replaced by its default, and reported', () => {
  const problems: SettingProblem[] = [];
  const settings = decodeSettings(
    (key) =>
      key === settingKeys.captureInterval ? 0 : key === settingKeys.agentPath ? 'here' : undefined,
    (problem) => problems.push(problem),
  );
  assert.equal(settings.captureInterval, 1);
  assert.equal(settings.agentPath, '');
  assert.deepEqual(
    problems.map((problem) => problem.key),
    [settingKeys.captureInterval, settingKeys.agentPath],
  );
});

test('no value at all makes it throw', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      const settings = decodeSettings(
        () => value,
        () => undefined,
      );
      assert.ok(settings.captureInterval >= 0.1 && settings.captureInterval <= 60);
      assert.ok(settings.minimumConfidence >= 0 && settings.minimumConfidence <= 1);
      assert.ok(settings.elevationCommand.every((part) => part.length > 0));
    }),
  );
});
