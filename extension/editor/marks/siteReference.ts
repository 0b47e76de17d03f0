/** How commands name a site: by its capture and its fingerprint. Tree nodes can be used as they are. */
import * as vscode from 'vscode';
import { z } from 'zod';
import type { Site, StackFrame } from '../../analysis/report.ts';
import type { CaptureList } from '../captures/captureList.ts';
import type { OpenCapture } from '../captures/openCapture.ts';
import { type CommandId, commands } from '../contributions.ts';

const reference = z.object({ capture: z.string(), fingerprint: z.string() });
export type SiteReference = z.infer<typeof reference>;

const treeNode = z
  .object({ capture: z.object({ id: z.string() }), site: z.object({ fingerprint: z.string() }) })
  .transform(({ capture, site }): SiteReference => ({
    capture: capture.id,
    fingerprint: site.fingerprint,
  }));
const treeCapture = z.object({ capture: z.object({ id: z.string() }) });

/** The site that a command's argument names, if it is still there. */
export function siteOf(
  argument: unknown,
  list: CaptureList,
): { capture: OpenCapture; site: Site } | undefined {
  const decoded = z.union([reference, treeNode]).safeParse(argument);
  if (!decoded.success) return undefined;
  const capture = list.get(decoded.data.capture);
  const site = capture?.report.sites.find((it) => it.fingerprint === decoded.data.fingerprint);
  return capture === undefined || site === undefined ? undefined : { capture, site };
}

/** The capture that a command's argument (an id or a tree node) names; without one, undefined. */
export function captureOf(argument: unknown, list: CaptureList): OpenCapture | undefined {
  if (typeof argument === 'string') return list.get(argument);
  const decoded = treeCapture.safeParse(argument);
  return decoded.success ? list.get(decoded.data.capture.id) : undefined;
}

export function referenceTo(capture: OpenCapture, site: Site): SiteReference {
  return { capture: capture.id, fingerprint: site.fingerprint };
}

/** A link for the editor's Markdown, with parentheses encoded, which would end the link. */
export function commandUri(command: CommandId, argument: object): string {
  const query = encodeURIComponent(JSON.stringify([argument])).replace(
    /[()]/g,
    (bracket) => `%${bracket.charCodeAt(0).toString(16)}`,
  );
  return vscode.Uri.parse(`command:${command}?${query}`).toString();
}

/** The commands that links in hovers may run. */
export const linkCommands: CommandId[] = [
  commands.openFrame,
  commands.showSiteChart,
  commands.dismissSite,
];

/** A link that opens a frame's line; undefined where it has none. */
export function frameUri({ file, line, column }: StackFrame): string | undefined {
  return file === undefined ? undefined : commandUri(commands.openFrame, { file, line, column });
}
