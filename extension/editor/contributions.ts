/**
 * Every id that package.json and the code must agree on: commands, settings, context keys, views.
 * contributions.test.ts compares this file with the manifest, in both directions.
 */

export const commands = {
  startCapture: 'leaklens.startCapture',
  captureDebugSession: 'leaklens.captureDebugSession',
  stopCapture: 'leaklens.stopCapture',
  showDashboard: 'leaklens.showDashboard',
  openCapture: 'leaklens.openCapture',
  saveCaptureAs: 'leaklens.saveCaptureAs',
  closeCapture: 'leaklens.closeCapture',
  clearResults: 'leaklens.clearResults',
  restoreDismissed: 'leaklens.restoreDismissed',
  checkHost: 'leaklens.checkHost',
  showLog: 'leaklens.showLog',
  dismissSite: 'leaklens.dismissSite',
  showSiteStack: 'leaklens.showSiteStack',
  showSiteChart: 'leaklens.showSiteChart',
  openFrame: 'leaklens.openFrame',
} as const;
export type CommandId = (typeof commands)[keyof typeof commands];

export const settingKeys = {
  captureDuration: 'leaklens.capture.durationSeconds',
  captureInterval: 'leaklens.capture.intervalSeconds',
  openDashboard: 'leaklens.capture.openDashboard',
  agentPath: 'leaklens.agent.path',
  elevationCommand: 'leaklens.agent.elevationCommand',
  sourceMap: 'leaklens.sourceMap',
  decorations: 'leaklens.marks.decorations',
  codeLens: 'leaklens.marks.codeLens',
  hovers: 'leaklens.marks.hovers',
  problems: 'leaklens.marks.problems',
  markGrowing: 'leaklens.marks.growing',
  minimumConfidence: 'leaklens.marks.minimumConfidence',
  minimumGrowth: 'leaklens.marks.minimumBytesPerMinute',
} as const;
export type SettingKey = (typeof settingKeys)[keyof typeof settingKeys];

export const contextKeys = {
  /** At least one capture is running. */
  capturing: 'leaklens.capturing',
  /** At least one capture is listed, running or not. */
  hasCaptures: 'leaklens.hasCaptures',
  /** At least one site is dismissed in this workspace. */
  hasDismissed: 'leaklens.hasDismissed',
} as const;
export type ContextKey = (typeof contextKeys)[keyof typeof contextKeys];

export const views = { captures: 'leaklens.captures' } as const;
export const viewContainer = 'leaklens';
export const savedCaptureEditor = 'leaklens.savedCapture';
export const dashboardPanel = 'leaklens.dashboard';
export const walkthrough = 'leaklens.start';

/** Colours that a theme may set; each has defaults for light, dark and high contrast themes. */
export const colors = {
  leak: 'leaklens.leakForeground',
  growing: 'leaklens.growingForeground',
  leakLine: 'leaklens.leakLineBackground',
} as const;

/** `contextValue`s of the tree's items, which menus test in their `when` clauses. */
export const treeItems = {
  runningCapture: 'runningCapture',
  finishedCapture: 'finishedCapture',
  site: 'site',
  dismissedSite: 'dismissedSite',
  stack: 'stack',
  frame: 'frame',
} as const;

/** Debug adapters whose process a capture can take over. */
export const debugTypes = ['cppdbg', 'lldb', 'lldb-dap', 'gdb'] as const;
