/** The page: takes the extension's states and increments, and has each part draw what changed. */
import { type FromView, type ToView, type ViewState } from '../protocol/view.ts';
import { applyUpdate } from '../protocol/viewUpdate.ts';
import type { Range } from './charts/brush.ts';
import { Cursor } from './charts/cursor.ts';
import { ProcessCharts } from './charts/processCharts.ts';
import { SiteChart } from './charts/siteChart.ts';
import { element, setText } from './dom.ts';
import { emptyState } from './emptyState.ts';
import { FlameView } from './flameView.ts';
import { formatRange } from './format.ts';
import type { Host } from './host.ts';
import { SiteDetailView } from './siteDetail.ts';
import { SiteTable } from './siteTable.ts';
import { SummaryView } from './summary.ts';
import { onThemeChange, readTheme, type Theme } from './theme.ts';
import { verdictLabel } from './verdicts.ts';

export class Dashboard {
  private readonly root: HTMLElement;
  private readonly host: Host;
  private readonly problem = element('div', { class: 'banner error', role: 'alert', hidden: true });
  private readonly news = element('div', { class: 'visually-hidden', role: 'status' });
  private readonly page: HTMLElement;
  private readonly empty: HTMLElement;
  private readonly summary: SummaryView;
  private readonly sites: SiteChart;
  private readonly process: ProcessCharts;
  private readonly table: SiteTable;
  private readonly detail: SiteDetailView;
  private readonly flame: FlameView;
  private theme: Theme;
  private state: ViewState | undefined;
  /** The state that is drawn; parts that are the same object in the next one are left alone. */
  private drawn: ViewState | undefined;
  private frame: number | undefined;

  constructor(root: HTMLElement, host: Host) {
    this.root = root;
    this.host = host;
    this.theme = readTheme();
    const cursor = new Cursor();
    const post = (message: FromView): void => {
      host.post(message);
    };
    const onSelect = (site: number | null): void => {
      post({ type: 'select', site });
    };
    const onWindow = (range: Range | null): void => {
      post(range === null ? { type: 'clearWindow' } : { type: 'window', ...range });
    };
    this.summary = new SummaryView(
      (command) => {
        post({ type: 'command', command });
      },
      () => {
        onWindow(null);
      },
    );
    const { memory } = host;
    this.sites = new SiteChart(
      cursor,
      {
        onSelect,
        onWindow,
        onOptions: (options) => {
          host.remember(options);
        },
      },
      { onlySelected: memory.onlySelected, others: memory.others },
    );
    this.process = new ProcessCharts(cursor, onWindow);
    this.table = new SiteTable(
      {
        onSelect,
        onOpen: (site) => {
          post({ type: 'openSite', site });
        },
        onArrange: (arrangement) => {
          host.remember(arrangement);
        },
      },
      { sort: memory.sort, filter: memory.filter },
    );
    this.detail = new SiteDetailView(cursor, post, onWindow);
    this.flame = new FlameView({
      onSelect,
      onOpen: (node) => {
        post({ type: 'openFrame', stack: node.stack, frame: node.at });
      },
    });
    this.empty = emptyState((command) => {
      post({ type: 'command', command });
    });
    this.page = element(
      'main',
      { class: 'page' },
      this.summary.element,
      element(
        'p',
        { id: 'brush-hint', class: 'visually-hidden' },
        'Arrow keys move through time, Shift with arrow keys selects a time window, Escape shows ' +
          'the whole capture.',
      ),
      this.sites.element,
      element('div', { class: 'process' }, ...this.process.elements),
      element(
        'div',
        { class: 'split' },
        this.table.element,
        this.detail.element,
        this.flame.element,
      ),
    );
  }

  /** Begins to listen, and asks the extension for its state. */
  start(): void {
    this.root.replaceChildren(this.problem, this.news);
    this.host.listen(
      (message) => {
        this.receive(message);
      },
      (problem) => {
        this.complain(problem);
      },
    );
    onThemeChange(() => {
      this.theme = readTheme();
      this.drawn = undefined;
      this.schedule();
    });
    this.ask();
  }

  private ask(): void {
    this.host.post({ type: 'ready', choice: this.host.memory.choice });
  }

  private receive(message: ToView): void {
    if (message.type === 'state') {
      this.state = message.state;
    } else {
      const next = this.state === undefined ? undefined : applyUpdate(this.state, message.update);
      if (next === undefined) {
        // An increment was lost on the way: begin again.
        this.state = undefined;
        this.ask();
        return;
      }
      this.state = next;
    }
    this.problem.hidden = true;
    this.schedule();
  }

  private complain(problem: string): void {
    this.problem.hidden = false;
    setText(
      this.problem,
      `The dashboard cannot read a message of the extension. Close it and open it again. (${problem})`,
    );
  }

  private schedule(): void {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      if (this.state !== undefined) this.draw(this.state);
    });
  }

  private draw(state: ViewState): void {
    const before = this.drawn;
    this.drawn = state;
    const page = state.header === null ? this.empty : this.page;
    if (!this.root.contains(page)) {
      this.root.replaceChildren(this.problem, this.news, page);
    }
    const { theme } = this;
    const selected = state.detail?.id ?? null;
    if (state.header === null) return;
    const { pid, startedUnixMs } = state.header;
    const range = state.window;
    this.host.remember({
      choice: {
        pid,
        startedUnixMs,
        site: selected,
        window: range === null ? null : { fromNs: range.fromNs, toNs: range.toNs },
      },
    });
    const changed = (...parts: (keyof ViewState)[]): boolean =>
      before === undefined || parts.some((it) => before[it] !== state[it]);
    if (changed('header', 'summary', 'window')) this.summary.render(state);
    if (changed('curves', 'timeline', 'rows', 'detail', 'window')) this.sites.render(state, theme);
    if (changed('curves', 'timeline', 'window')) this.process.render(state, theme);
    if (changed('rows', 'detail')) this.table.render(state.rows, selected);
    if (changed('rows', 'detail', 'window', 'timeline')) this.detail.render(state, theme);
    if (changed('flame', 'detail')) this.flame.render(state.flame, selected);
    if (before !== undefined) this.announce(before, state);
  }

  /** Tells a screen reader what the user's choice, or the capture's end, has brought about. */
  private announce(before: ViewState, state: ViewState): void {
    if (before.detail?.id !== state.detail?.id && state.detail !== null) {
      const row = state.rows.find((it) => it.id === state.detail?.id);
      if (row !== undefined)
        setText(this.news, `${row.frame.short}: ${verdictLabel(row.verdict)}. ${row.explanation}`);
    } else if (
      before.window?.fromNs !== state.window?.fromNs ||
      before.window?.toNs !== state.window?.toNs
    ) {
      setText(
        this.news,
        state.window === null
          ? 'The whole capture is shown.'
          : `Shown is what was allocated from ${formatRange(state.window.fromNs, state.window.toNs)} and not freed.`,
      );
    } else if (before.header?.phase !== state.header?.phase && state.header?.phase === 'ended') {
      setText(this.news, `The capture has ended: ${state.header.end ?? ''}`);
    }
  }
}
