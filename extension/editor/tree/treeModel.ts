/**
 * What the LeakLens view lists: captures, their sites grouped by verdict, the call stacks beneath,
 * and the frames of each. Pure: the view turns nodes into the editor's items.
 *
 * Ids are stable from one sample to the next, so that what is expanded stays expanded.
 */
import type { Site, SiteStack, StackFrame } from '../../analysis/report.ts';
import type { OpenCapture } from '../captures/openCapture.ts';
import type { treeItems } from '../contributions.ts';
import { framePlace } from '../marks/hoverText.ts';
import {
  formatBytes,
  formatClock,
  formatCount,
  formatDuration,
  formatRate,
  formatShare,
} from '../../../protocol/quantities.ts';
import { plain, shortFunction } from '../../text/untrusted.ts';

type ItemKind = (typeof treeItems)[keyof typeof treeItems] | 'group' | 'note';

export interface TreeNode {
  readonly id: string;
  readonly kind: ItemKind;
  readonly label: string;
  readonly description: string;
  /** Plain text, several lines. */
  readonly tooltip: string;
  /** Name of a product icon, and the theme colour that it is drawn in. */
  readonly icon: { readonly name: string; readonly color?: string };
  readonly expansion: 'leaf' | 'collapsed' | 'expanded';
  readonly children: () => readonly TreeNode[];
  readonly capture: OpenCapture;
  readonly site?: Site;
  /** Opens its line when the node is chosen. */
  readonly frame?: StackFrame;
}

interface Group {
  readonly title: string;
  readonly verdicts: readonly Site['verdict'][];
  readonly icon: TreeNode['icon'];
  readonly expanded: boolean;
}

const groups: readonly Group[] = [
  {
    title: 'Leaks',
    verdicts: ['leak'],
    icon: { name: 'flame', color: 'leaklens.leakForeground' },
    expanded: true,
  },
  {
    title: 'Growing',
    verdicts: ['growing'],
    icon: { name: 'arrow-up', color: 'leaklens.growingForeground' },
    expanded: true,
  },
  {
    title: 'Bounded',
    verdicts: ['cache', 'warm-up', 'sawtooth'],
    icon: { name: 'archive' },
    expanded: false,
  },
  { title: 'Steady', verdicts: ['steady'], icon: { name: 'pass' }, expanded: false },
  {
    title: 'Not enough data',
    verdicts: ['insufficient data'],
    icon: { name: 'question' },
    expanded: false,
  },
];

/** More sites of one group than a person scrolls through; the dashboard's table has them all. */
const maxSites = 200;

/**
 * The roots of the tree, newest capture first.
 * @param dismissed tells of a site's fingerprint whether it is dismissed in this workspace
 */
export function treeRoots(
  captures: readonly OpenCapture[],
  dismissed: (fingerprint: string) => boolean,
): TreeNode[] {
  return [...captures].reverse().map((capture, at) => captureNode(capture, dismissed, at === 0));
}

function captureNode(
  capture: OpenCapture,
  dismissed: (fingerprint: string) => boolean,
  expanded: boolean,
): TreeNode {
  const { report } = capture;
  const children = (): TreeNode[] => siteGroups(capture, dismissed);
  const leaks = report.sites.filter((it) => it.verdict === 'leak' && !dismissed(it.fingerprint));
  const found = leaks.length === 1 ? '1 leak' : `${formatCount(leaks.length)} leaks`;
  const state = capture.running
    ? `${formatClock(report.durationNs)} · ${formatRate(capture.growth)}`
    : `${formatDuration(report.durationNs)} · ${found}${capture.file === undefined ? ' · not saved' : ''}`;
  return {
    id: capture.id,
    kind: capture.running ? 'runningCapture' : 'finishedCapture',
    label: capture.title,
    description: state,
    tooltip: captureTooltip(capture),
    icon: capture.running
      ? { name: 'record', color: 'charts.red' }
      : { name: capture.file === undefined ? 'graph' : 'file' },
    expansion: expanded ? 'expanded' : 'collapsed',
    children,
    capture,
  };
}

function captureTooltip(capture: OpenCapture): string {
  const { report } = capture;
  const { process, startedUnixMs } = capture.capture.start;
  const lines = [
    plain(process.command.join(' '), 300),
    `on ${plain(capture.capture.host.hostname, 60)}, started ${new Date(startedUnixMs).toLocaleString()}`,
    `${formatDuration(report.durationNs)}, ${formatCount(report.samples)} samples, ${formatShare(report.cost.coreShare)} of a core`,
    plain(report.balance.explanation, 400),
    ...report.lossNotes.map((note) => plain(note, 300)),
  ];
  if (report.exhaustion !== undefined) lines.push(plain(report.exhaustion.explanation, 300));
  const { end } = capture.capture;
  if (end !== undefined && end.reason !== 'stopped') lines.push(`Ended: ${plain(end.detail, 300)}`);
  return lines.filter((line) => line !== '').join('\n');
}

function siteGroups(capture: OpenCapture, dismissed: (fingerprint: string) => boolean): TreeNode[] {
  const sites = capture.report.sites;
  const nodes = groups.flatMap((group) => {
    const members = sites.filter(
      (site) => group.verdicts.includes(site.verdict) && !dismissed(site.fingerprint),
    );
    return members.length === 0 ? [] : [groupNode(capture, group, members, 'site')];
  });
  const hidden = sites.filter((site) => dismissed(site.fingerprint));
  if (hidden.length > 0) {
    const group: Group = {
      title: 'Dismissed',
      verdicts: [],
      icon: { name: 'eye-closed' },
      expanded: false,
    };
    nodes.push(groupNode(capture, group, hidden, 'dismissedSite'));
  }
  if (nodes.length === 0) nodes.push(noteNode(capture));
  return nodes;
}

function noteNode(capture: OpenCapture): TreeNode {
  const label = capture.running
    ? 'Waiting for the first samples'
    : 'Nothing was allocated and kept during this capture';
  return {
    id: `${capture.id}/note`,
    kind: 'note',
    label,
    description: '',
    tooltip: label,
    icon: { name: capture.running ? 'loading~spin' : 'info' },
    expansion: 'leaf',
    children: () => [],
    capture,
  };
}

function groupNode(
  capture: OpenCapture,
  group: Group,
  members: readonly Site[],
  kind: 'site' | 'dismissedSite',
): TreeNode {
  const id = `${capture.id}/${group.title}`;
  const bytes = members.reduce((sum, site) => sum + site.outstandingBytes, 0);
  const hidden = members.length - maxSites;
  return {
    id,
    kind: 'group',
    label: `${group.title} (${formatCount(members.length)})`,
    description: formatBytes(bytes),
    tooltip:
      hidden > 0
        ? `The largest ${formatCount(maxSites)} of ${formatCount(members.length)}; the dashboard lists them all`
        : group.title,
    icon: group.icon,
    expansion: group.expanded ? 'expanded' : 'collapsed',
    children: () =>
      members.slice(0, maxSites).map((site) => siteNode(capture, id, group, site, kind)),
    capture,
  };
}

function siteNode(
  capture: OpenCapture,
  parent: string,
  group: Group,
  site: Site,
  kind: 'site' | 'dismissedSite',
): TreeNode {
  const id = `${parent}/${site.fingerprint}`;
  const frame = site.blamed ?? site.stacks[0]?.frames[0];
  const [only, ...others] = site.stacks;
  const children = (): TreeNode[] =>
    only !== undefined && others.length === 0
      ? frameNodes(capture, id, site, only)
      : site.stacks.slice(0, maxSites).map((stack, at) => stackNode(capture, id, site, stack, at));
  return {
    id,
    kind,
    label: frame === undefined ? 'unknown place' : framePlace(frame) || plain(frame.address),
    description: `${formatRate(site.trend.bytesPerSecond)} · ${formatBytes(site.outstandingBytes)} · ${formatShare(site.confidence)}`,
    tooltip: [
      frame === undefined ? '' : plain(frame.function, 300),
      plain(site.explanation, 400),
      `${formatCount(site.outstandingCount)} blocks alive of ${formatCount(site.allocations)} allocated`,
      frame?.file === undefined ? '' : plain(frame.file, 300),
    ]
      .filter((line) => line !== '')
      .join('\n'),
    icon: group.icon,
    expansion: 'collapsed',
    children,
    capture,
    site,
    ...(frame?.file === undefined ? {} : { frame }),
  };
}

function stackNode(
  capture: OpenCapture,
  parent: string,
  site: Site,
  stack: SiteStack,
  at: number,
): TreeNode {
  const id = `${parent}/${stack.stack}`;
  // The caller of the shared line is what tells the stacks of one site apart.
  const blamed = site.blamed;
  const position = stack.frames.findIndex(
    (it) => it.function === blamed?.function && it.line === blamed.line,
  );
  const caller = stack.frames[position + 1] ?? stack.frames[0];
  return {
    id,
    kind: 'stack',
    label: `Stack ${at + 1}`,
    description: `${formatBytes(stack.outstandingBytes)}${caller === undefined ? '' : ` · from ${shortFunction(caller.function)}`}`,
    tooltip: `${formatCount(stack.outstandingCount)} blocks alive of ${formatCount(stack.allocations)} allocated`,
    icon: { name: 'list-tree' },
    expansion: 'collapsed',
    children: () => frameNodes(capture, id, site, stack),
    capture,
    site,
  };
}

function frameNodes(
  capture: OpenCapture,
  parent: string,
  site: Site,
  stack: SiteStack,
): TreeNode[] {
  const ends = { complete: [], truncated: ['outer callers are missing'], guessed: [] }[stack.end];
  const frames = stack.frames.map((frame, at): TreeNode => ({
    id: `${parent}/${at}`,
    kind: 'frame',
    label: frame.function === '' ? plain(frame.address) : shortFunction(frame.function),
    description: `${framePlace(frame)}${frame.inlined ? ' · inlined' : ''}`,
    tooltip: [frame.function, frame.file ?? frame.module].map((it) => plain(it, 400)).join('\n'),
    icon: frame.owned
      ? { name: 'symbol-method', color: 'symbolIcon.methodForeground' }
      : { name: 'circle-small', color: 'disabledForeground' },
    expansion: 'leaf',
    children: () => [],
    capture,
    site,
    ...(frame.file === undefined ? {} : { frame }),
  }));
  const notes = ends.map((label): TreeNode => ({
    id: `${parent}/end`,
    kind: 'note',
    label,
    description: '',
    tooltip: 'The stack could not be walked to its end',
    icon: { name: 'ellipsis' },
    expansion: 'leaf',
    children: () => [],
    capture,
  }));
  return [...frames, ...notes];
}
