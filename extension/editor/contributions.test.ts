/** package.json and the code name the same commands, settings, keys, views and files. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { z } from 'zod';
import {
  colors,
  commands,
  contextKeys,
  dashboardPanel,
  debugTypes,
  savedCaptureEditor,
  settingKeys,
  treeItems,
  viewContainer,
  views,
  walkthrough,
} from './contributions.ts';
import { decodeSettings } from './settings.ts';

const menuItem = z.object({ command: z.string(), when: z.string().optional() });
const step = z.object({
  id: z.string(),
  description: z.string(),
  media: z.object({ markdown: z.string() }),
  completionEvents: z.array(z.string()).optional(),
});
const manifestDecoder = z.object({
  icon: z.string(),
  main: z.string(),
  extensionKind: z.array(z.string()),
  activationEvents: z.array(z.string()),
  capabilities: z.object({
    untrustedWorkspaces: z.object({
      supported: z.literal('limited'),
      restrictedConfigurations: z.array(z.string()),
    }),
    virtualWorkspaces: z.object({ supported: z.literal(false) }),
  }),
  contributes: z.object({
    commands: z.array(
      z.object({
        command: z.string(),
        title: z.string(),
        category: z.string(),
        enablement: z.string().optional(),
      }),
    ),
    menus: z.record(z.string(), z.array(menuItem)),
    viewsContainers: z.object({
      activitybar: z.array(z.object({ id: z.string(), icon: z.string() })),
    }),
    views: z.record(z.string(), z.array(z.object({ id: z.string() }))),
    viewsWelcome: z.array(z.object({ view: z.string(), contents: z.string(), when: z.string() })),
    customEditors: z.array(z.object({ viewType: z.string() })),
    colors: z.array(z.object({ id: z.string() })),
    configuration: z.array(
      z.object({ properties: z.record(z.string(), z.looseObject({ default: z.unknown() })) }),
    ),
    walkthroughs: z.array(z.object({ id: z.string(), steps: z.array(step) })),
  }),
});

const root = new URL('../../', import.meta.url);
const manifest = manifestDecoder.parse(
  JSON.parse(readFileSync(new URL('package.json', root), 'utf8')),
);
const { contributes } = manifest;
const sorted = (values: Iterable<string>): string[] => [...values].sort();
const ids: readonly string[] = Object.values(commands);

test('commands', () => {
  assert.deepEqual(sorted(contributes.commands.map((it) => it.command)), sorted(ids));
  for (const { category, title } of contributes.commands) {
    assert.equal(category, 'LeakLens');
    assert.match(title, /^[A-Z]/);
  }
});

test('menus name known commands, and hide from the palette what needs an argument', () => {
  for (const items of Object.values(contributes.menus))
    for (const item of items) assert.ok(ids.includes(item.command), item.command);
  const hidden = (contributes.menus['commandPalette'] ?? [])
    .filter((item) => item.when === 'false')
    .map((item) => item.command);
  assert.deepEqual(
    sorted(hidden),
    sorted([
      commands.closeCapture,
      commands.dismissSite,
      commands.showSiteStack,
      commands.showSiteChart,
      commands.openFrame,
    ]),
  );
});

test('settings and their defaults', () => {
  const properties: unknown = Object.assign(
    {},
    ...contributes.configuration.map((it) => it.properties),
  );
  const defaults = z.record(z.string(), z.object({ default: z.unknown() })).parse(properties);
  assert.deepEqual(sorted(Object.keys(defaults)), sorted(Object.values(settingKeys)));
  const refuse = (problem: unknown): void => assert.fail(JSON.stringify(problem));
  assert.deepEqual(
    decodeSettings((key) => defaults[key]?.default, refuse),
    decodeSettings(() => undefined, refuse),
  );
});

test('a workspace that is not trusted can choose nothing that runs', () => {
  assert.deepEqual(sorted(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations), [
    settingKeys.elevationCommand,
    settingKeys.agentPath,
  ]);
  const running: string[] = [
    commands.startCapture,
    commands.captureDebugSession,
    commands.checkHost,
  ];
  for (const { command, enablement } of contributes.commands)
    if (running.includes(command)) assert.match(enablement ?? '', /isWorkspaceTrusted/);
});

test('context keys, tree items and command links exist', () => {
  const known = new Set<string>([
    ...ids,
    ...Object.values(contextKeys),
    ...Object.values(views),
    ...Object.values(views).map((view) => `${view}.focus`),
    ...Object.values(settingKeys),
    walkthrough,
  ]);
  const texts = [
    ...contributes.commands.map((it) => it.enablement ?? ''),
    ...Object.values(contributes.menus).flatMap((items) => items.map((it) => it.when ?? '')),
    ...contributes.viewsWelcome.flatMap((it) => [it.when, it.contents]),
    ...contributes.walkthroughs.flatMap((it) =>
      it.steps.flatMap((one) => [one.description, ...(one.completionEvents ?? [])]),
    ),
  ].map((text) => text.replaceAll('leaklens.leaklens%23', ''));
  const named = texts.flatMap((text) => text.match(/leaklens\.[A-Za-z.]*[A-Za-z]/g) ?? []);
  assert.deepEqual(
    named.filter((name) => !known.has(name)),
    [],
  );
  for (const key of Object.values(contextKeys))
    assert.ok(named.includes(key), `${key} is set and never asked for`);
  const items = texts.flatMap((text) => /viewItem [=~]+ (\S+)/.exec(text)?.[1] ?? []);
  for (const item of items) {
    const pattern = new RegExp(item.startsWith('/') ? item.slice(1, -1) : `^${item}$`);
    assert.ok(
      Object.values(treeItems).some((value) => pattern.test(value)),
      item,
    );
  }
});

test('views, editors, colours, walkthrough, activation', () => {
  assert.deepEqual(
    contributes.viewsContainers.activitybar.map((it) => it.id),
    [viewContainer],
  );
  assert.deepEqual(
    sorted((contributes.views[viewContainer] ?? []).map((it) => it.id)),
    sorted(Object.values(views)),
  );
  assert.deepEqual(
    contributes.customEditors.map((it) => it.viewType),
    [savedCaptureEditor],
  );
  assert.deepEqual(sorted(contributes.colors.map((it) => it.id)), sorted(Object.values(colors)));
  assert.deepEqual(
    contributes.walkthroughs.map((it) => it.id),
    [walkthrough],
  );
  assert.deepEqual(
    sorted(manifest.activationEvents),
    sorted([
      `onWebviewPanel:${dashboardPanel}`,
      ...debugTypes.map((type) => `onDebugAdapterProtocolTracker:${type}`),
    ]),
  );
  assert.deepEqual(manifest.extensionKind, ['workspace']);
});

test('files that the manifest names exist', () => {
  const files = [
    manifest.icon,
    ...contributes.viewsContainers.activitybar.map((it) => it.icon),
    ...contributes.walkthroughs.flatMap((it) => it.steps.map((one) => one.media.markdown)),
  ];
  for (const file of files) assert.ok(existsSync(new URL(file, root)), file);
});
