/**
 * The dashboard's side in the extension: owns what is shown and chosen, sends the page its state
 * and then increments, and turns what the page asks for into what the editor is to do.
 *
 * It knows nothing of panels: whoever owns the page gives it a way to post, hands it the page's
 * decoded messages, and tells it when the page is hidden (nothing is computed meanwhile).
 */
import type { Site, StackFrame } from '../../analysis/report.ts';
import type {
  FromView,
  RememberedChoice,
  ToView,
  ViewCommand,
  ViewState,
} from '../../../protocol/view.ts';
import { isEmptyUpdate, updateBetween } from '../../../protocol/viewUpdate.ts';
import { PathNumbers } from './flameGraph.ts';
import { siteFrame, siteId } from './names.ts';
import { shownFreedAt } from './sites.ts';
import { emptyState, overview, viewState, type Overview, type Subject } from './viewModel.ts';
import { windowSurvivors, type TimeRange, type WindowSurvivors } from './window.ts';

/** What the editor is to do because of the page. */
export type Wish =
  | { readonly type: 'open'; readonly frame: StackFrame }
  | { readonly type: 'command'; readonly command: ViewCommand }
  /** The user selected a site on the page, or none. */
  | { readonly type: 'selected'; readonly site: Site | undefined };

export class DashboardPresenter {
  private subject: Subject | undefined;
  private chosenSite: number | undefined;
  private chosenRange: TimeRange | undefined;
  /** Computed once for a range: a window of the past does not change. */
  private window: WindowSurvivors | undefined;
  /** Computed once for a subject and a window: selecting is quick. */
  private overview: Overview | undefined;
  /** From before a reload, until the first capture is shown. */
  private remembered: RememberedChoice | undefined;
  private numbers = new PathNumbers();
  private visible = true;
  /** What the page has; undefined until it said `ready`. */
  private sent: ViewState | undefined;
  private revision = 0;
  private readonly post: (message: ToView) => void;

  /** `post` sends a message to the page; it may be lost while the page is hidden. */
  constructor(post: (message: ToView) => void) {
    this.post = post;
  }

  /** Shows this capture, or new samples of it (a new object each time); undefined shows none. */
  show(subject: Subject | undefined): void {
    if (this.subject !== undefined && identity(subject) !== identity(this.subject)) {
      // Numbers of sites and of paths, and times, mean something else in another capture.
      this.chosenSite = undefined;
      this.chosenRange = undefined;
      this.window = undefined;
      this.numbers = new PathNumbers();
    }
    this.subject = subject;
    this.refresh();
  }

  /** Selects a site, as when the user asks for its chart from the editor. */
  select(site: Site | undefined): void {
    this.chooseSite(site === undefined ? undefined : siteId(site));
  }

  /** To be told when the page is hidden or shown: while it is hidden nothing is computed. */
  setVisible(visible: boolean): void {
    this.visible = visible;
    this.refresh();
  }

  /** Takes a message of the page; returns what the editor is to do, if anything. */
  receive(message: FromView): Wish | undefined {
    switch (message.type) {
      case 'ready':
        this.restart(message.choice);
        return undefined;
      case 'select':
        this.chooseSite(message.site ?? undefined);
        return { type: 'selected', site: this.site(message.site) };
      case 'window':
        this.chooseRange({ fromNs: message.fromNs, toNs: message.toNs });
        return undefined;
      case 'clearWindow':
        this.chooseRange(undefined);
        return undefined;
      case 'openSite': {
        const site = this.site(message.site);
        return site === undefined ? undefined : open(siteFrame(site));
      }
      case 'openThrough':
        return open(this.site(message.site)?.through);
      case 'openFreed': {
        const site = this.site(message.site);
        return site === undefined ? undefined : open(shownFreedAt(site)[message.at]?.frame);
      }
      case 'openFrame':
        return open(this.frame(message.stack, message.frame));
      case 'command':
        return { type: 'command', command: message.command };
    }
  }

  /** A page that comes anew gets everything. */
  private restart(remembered: RememberedChoice | null): void {
    this.remembered = remembered ?? undefined;
    this.visible = true;
    this.sent = this.build();
    this.post({ type: 'state', state: this.sent });
  }

  /** What the page remembers counts where it is of this capture and nothing is chosen here. */
  private recall({ capture }: Subject): void {
    const { remembered } = this;
    if (remembered === undefined) return;
    this.remembered = undefined;
    if (remembered.pid !== capture.start.process.pid) return;
    if (remembered.startedUnixMs !== capture.start.startedUnixMs) return;
    this.chosenSite ??= remembered.site ?? undefined;
    this.chosenRange ??= remembered.window ?? undefined;
  }

  private chooseSite(site: number | undefined): void {
    this.chosenSite = site;
    this.refresh();
  }

  private chooseRange(range: TimeRange | undefined): void {
    this.chosenRange = range;
    this.window = undefined;
    this.refresh();
  }

  private refresh(): void {
    if (this.sent === undefined || !this.visible) return;
    const next = this.build();
    const update = updateBetween(this.sent, next);
    if (isEmptyUpdate(update)) return;
    this.sent = next;
    this.post({ type: 'update', update });
  }

  private build(): ViewState {
    this.revision += 1;
    const { subject } = this;
    if (subject === undefined) return emptyState(this.revision);
    this.recall(subject);
    if (this.chosenRange !== undefined)
      this.window ??= windowSurvivors(subject.capture, this.chosenRange);
    if (this.overview?.subject !== subject || this.overview.window !== this.window)
      this.overview = overview(subject, this.window, this.numbers);
    return viewState(this.overview, this.chosenSite, this.revision);
  }

  private site(id: number | null): Site | undefined {
    return this.subject?.report.sites.find((it) => siteId(it) === id);
  }

  private frame(stack: number, frame: number): StackFrame | undefined {
    for (const site of this.subject?.report.sites ?? [])
      for (const it of site.stacks) if (it.stack === stack) return it.frames[frame];
    return undefined;
  }
}

/** What a capture keeps from its first sample to its saved file. */
function identity(subject: Subject | undefined): string {
  if (subject === undefined) return '';
  const { host, start } = subject.capture;
  return `${host.bootId}/${start.process.pid}/${start.startedUnixMs}`;
}

function open(frame: StackFrame | undefined): Wish | undefined {
  return frame === undefined ? undefined : { type: 'open', frame };
}
