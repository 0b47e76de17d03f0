/** Opens the source line of a frame, wherever that source is here. */
import * as vscode from 'vscode';
import { z } from 'zod';
import { settingKeys } from '../contributions.ts';
import { plain } from '../../text/untrusted.ts';
import type { SourceLocator } from './sourceLocator.ts';

/** What a frame must tell to be opened; command links and tree nodes carry it. */
const target = z.object({
  file: z.string().min(1),
  /** From 1, as the compiler recorded it. */
  line: z.number().int().nonnegative().optional(),
  column: z.number().int().nonnegative().optional(),
});
export type SourceTarget = z.infer<typeof target>;

/** @param argument a target, or something that has one as `frame`, such as a node of the tree */
export function decodeSourceTarget(argument: unknown): SourceTarget | undefined {
  const direct = target.safeParse(argument);
  if (direct.success) return direct.data;
  const wrapped = z.object({ frame: target }).safeParse(argument);
  return wrapped.success ? wrapped.data.frame : undefined;
}

/**
 * @param lineNow where a recorded line is now in a buffer that was edited; both from 0
 */
export async function openSource(
  { file, line = 1, column = 1 }: SourceTarget,
  locator: SourceLocator,
  lineNow: (path: string, line: number) => number | undefined,
  beside: vscode.ViewColumn | undefined,
): Promise<void> {
  const located = await locator.locate(file);
  if (located.kind !== 'found') {
    const why =
      located.kind === 'ambiguous'
        ? `${located.paths.length} files of the workspace fit ${plain(file)} equally well.`
        : `The source ${plain(file)} is not on this machine.`;
    const map = 'Set Source Map';
    const chosen = await vscode.window.showWarningMessage(
      `${why} Say in the setting "Source Map" where the sources are.`,
      map,
    );
    if (chosen === map)
      await vscode.commands.executeCommand('workbench.action.openSettings', settingKeys.sourceMap);
    return;
  }
  const recorded = Math.max(0, line - 1);
  const now = lineNow(located.path, recorded) ?? recorded;
  const position = new vscode.Position(now, Math.max(0, column - 1));
  const document = await vscode.workspace.openTextDocument(vscode.Uri.file(located.path));
  const editor = await vscode.window.showTextDocument(document, {
    selection: new vscode.Range(position, position),
    ...(beside === undefined ? {} : { viewColumn: beside }),
  });
  editor.revealRange(new vscode.Range(position, position), vscode.TextEditorRevealType.InCenter);
}
