/**
 * Which lines of which files are marked: the sites that deserve it, of all open captures, with their
 * source found. Decorations, lenses, hovers and Problems entries all read this.
 */
import type { Site } from '../../analysis/report.ts';
import type { OpenCapture } from '../captures/openCapture.ts';
import { type Disposable, DisposableList, Emitter } from '../disposables.ts';
import type { SourceLocator } from '../sources/sourceLocator.ts';
import { shortFunction } from '../../text/untrusted.ts';
import { isMarked, type MarkedVerdict, passes, type Thresholds } from './markText.ts';

/** A place in a file here. Line and column count from 0, as recorded. */
export interface Place {
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

export interface Mark extends Place {
  /** Names the binary that the line belongs to. */
  readonly build: string;
  readonly verdict: MarkedVerdict;
  readonly site: Site;
  readonly capture: OpenCapture;
  /** The source is newer than the binary. */
  readonly stale: boolean;
  /** The other owned frames of the site's largest stack, innermost first. */
  readonly callers: readonly (Place & { readonly name: string })[];
}

export interface MarkSources {
  /** Oldest first. */
  captures(): readonly OpenCapture[];
  thresholds(): Thresholds;
  dismissed(fingerprint: string): boolean;
  /** When a file was last written, Unix ms; undefined where it cannot be told. */
  modifiedMs(path: string): Promise<number | undefined>;
  readonly locator: SourceLocator;
  /** Told of what went wrong; the marks stay as they were then. */
  failed(error: unknown): void;
}

/** File systems that keep whole seconds make a file look newer than what was built from it. */
const mtimeSlackMs = 1000;

/** Numbers that change with every sample would close hovers, starve code lenses and unsettle eyes. */
const numbersEveryMs = 4000;

export class MarkModel implements Disposable {
  readonly #sources: MarkSources;
  readonly #owned = new DisposableList();
  readonly #changed = this.#owned.add(new Emitter<ReadonlySet<string>>());
  #byPath: ReadonlyMap<string, readonly Mark[]> = new Map();
  /** What was last told of each path, and when. */
  readonly #told = new Map<string, { readonly shape: string; readonly at: number }>();
  #working = false;
  #again = false;
  /** Paths whose marks came, went or changed. */
  readonly onDidChange = this.#changed.event;

  constructor(sources: MarkSources) {
    this.#sources = sources;
  }

  in(path: string): readonly Mark[] {
    return this.#byPath.get(path) ?? [];
  }

  get paths(): readonly string[] {
    return [...this.#byPath.keys()];
  }

  /** Makes the marks anew, some time soon; many calls in a row cost one or two rounds. */
  refresh(): void {
    this.#again = true;
    if (!this.#working) void this.#work();
  }

  /** Ends with the model: what keeps it up to date. */
  owns(subscriptions: Disposable): void {
    this.#owned.add(subscriptions);
  }

  dispose(): void {
    this.#owned.dispose();
  }

  async #work(): Promise<void> {
    this.#working = true;
    try {
      while (this.#again) {
        this.#again = false;
        this.#publish(await collectMarks(this.#sources));
      }
    } catch (error) {
      this.#sources.failed(error);
    } finally {
      this.#working = false;
    }
  }

  #publish(marks: readonly Mark[]): void {
    const byPath = new Map<string, Mark[]>();
    for (const mark of marks) {
      const list = byPath.get(mark.path) ?? [];
      list.push(mark);
      byPath.set(mark.path, list);
    }
    const touched = new Set([...this.#byPath.keys(), ...byPath.keys()]);
    this.#byPath = byPath;
    const news = [...touched].filter((path) => this.#isNews(path));
    if (news.length > 0) this.#changed.fire(new Set(news));
  }

  /** New numbers alone are told now and then; marks that come, go or change their kind at once. */
  #isNews(path: string): boolean {
    const now = performance.now();
    const shape = JSON.stringify(
      this.in(path).map(({ line, site, verdict, stale, capture }) => [
        line,
        site.fingerprint,
        verdict,
        stale,
        capture.running,
      ]),
    );
    const told = this.#told.get(path);
    if (told?.shape === shape && now - told.at < numbersEveryMs) return false;
    if (this.in(path).length === 0) this.#told.delete(path);
    else this.#told.set(path, { shape, at: now });
    return true;
  }
}

/** All marks; a site that several captures share is marked by the newest of them. */
export async function collectMarks(sources: MarkSources): Promise<readonly Mark[]> {
  const thresholds = sources.thresholds();
  const marks = new Map<string, Mark>();
  for (const capture of sources.captures())
    for (const site of capture.report.sites) {
      if (!passes(site, thresholds) || sources.dismissed(site.fingerprint)) continue;
      const mark = await markOf(site, capture, sources);
      if (mark !== undefined) marks.set(`${mark.path}:${mark.line} ${site.fingerprint}`, mark);
    }
  return [...marks.values()];
}

async function markOf(
  site: Site,
  capture: OpenCapture,
  sources: MarkSources,
): Promise<Mark | undefined> {
  const { blamed, verdict } = site;
  if (blamed === undefined || !isMarked(verdict)) return undefined;
  const place = await placeOf(blamed, sources.locator);
  if (place === undefined) return undefined;
  const callers: (Place & { name: string })[] = [];
  for (const frame of site.stacks[0]?.frames ?? []) {
    if (!frame.owned || (frame.file === blamed.file && frame.line === blamed.line)) continue;
    const caller = await placeOf(frame, sources.locator);
    if (caller !== undefined) callers.push({ ...caller, name: shortFunction(frame.function) });
  }
  return {
    ...place,
    build: buildOf(capture, blamed.module),
    verdict,
    site,
    capture,
    stale: await isStale(place.path, blamed.module, capture, sources),
    callers,
  };
}

async function placeOf(
  frame: { file?: string | undefined; line?: number | undefined; column?: number | undefined },
  locator: SourceLocator,
): Promise<Place | undefined> {
  if (frame.file === undefined || frame.line === undefined || frame.line === 0) return undefined;
  const located = await locator.locate(frame.file);
  if (located.kind !== 'found') return undefined;
  return { path: located.path, line: frame.line - 1, column: Math.max(0, (frame.column ?? 1) - 1) };
}

function buildOf(capture: OpenCapture, module: string): string {
  const buildId = capture.capture.modules.find((it) => it.path === module)?.buildId ?? '';
  return buildId === '' ? capture.id : buildId;
}

/**
 * Whether the source was written after the binary that runs: after the module's file, or, where that
 * file was replaced or is not here, after the process started.
 */
async function isStale(
  source: string,
  module: string,
  { capture }: OpenCapture,
  sources: MarkSources,
): Promise<boolean> {
  const [written, built] = await Promise.all([
    sources.modifiedMs(source),
    sources.modifiedMs(module),
  ]);
  const started = capture.start.process.startedUnixMs;
  return written !== undefined && written > Math.min(built ?? started, started) + mtimeSlackMs;
}
