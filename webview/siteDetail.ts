/** Everything about the selected site: the verdict and its reason, the numbers behind it, survival
 *  of its cohorts, and its call stacks, whose frames open their source. */
import type {
  FromView,
  SiteDetail,
  SiteRow,
  ViewFrame,
  ViewStack,
  ViewState,
} from '../protocol/view.ts';
import { button, element, setText } from './dom.ts';
import {
  formatBlocks,
  formatBytes,
  formatCount,
  formatPlace,
  formatRate,
  formatShare,
} from './format.ts';
import { functionName } from './frames.ts';
import type { Range } from './charts/brush.ts';
import type { Cursor } from './charts/cursor.ts';
import { SurvivalChart } from './charts/survivalChart.ts';
import type { Theme } from './theme.ts';
import { verdictBadge } from './verdicts.ts';

const stackEnds: Readonly<Record<ViewStack['end'], string>> = {
  complete: '',
  truncated: 'Frames are missing at the root.',
  guessed: 'Some frames rest on frame pointers and may be wrong.',
};

export class SiteDetailView {
  readonly element: HTMLElement;
  private readonly post: (message: FromView) => void;
  private readonly survival: SurvivalChart;
  private readonly title = element('h2', { id: 'detail-title' }, 'Selected site');
  private readonly none = element(
    'p',
    { class: 'nothing' },
    'Select a site in the table, in a chart or in the flame graph to see why it has its verdict, ' +
      'how long its blocks live, and where they come from.',
  );
  private readonly body = element('div', { class: 'detail-body', hidden: true });
  private readonly verdict = element('div', { class: 'detail-verdict' });
  private readonly explanation = element('p', { class: 'explanation' });
  private readonly figures = element('dl', { class: 'figures' });
  private readonly evidence = element('ul', { class: 'evidence', hidden: true });
  private readonly stacks = element('div', { class: 'stacks' });
  /** What the stacks were made from: they are made anew only when it changes. */
  private stacksOf: string | undefined;

  constructor(
    cursor: Cursor,
    post: (message: FromView) => void,
    onWindow: (range: Range | null) => void,
  ) {
    this.post = post;
    this.survival = new SurvivalChart(cursor, onWindow);
    this.body.append(
      this.verdict,
      this.explanation,
      this.figures,
      this.evidence,
      this.survival.element,
      element('h3', {}, 'Call stacks'),
      this.stacks,
    );
    this.element = element(
      'section',
      { class: 'panel detail', id: 'detail', 'aria-labelledby': 'detail-title' },
      element('header', {}, this.title),
      this.none,
      this.body,
    );
  }

  render(state: ViewState, theme: Theme): void {
    const { detail } = state;
    const row = state.rows.find((it) => it.id === detail?.id);
    const shown = detail !== null && row !== undefined;
    this.none.hidden = shown;
    this.body.hidden = !shown;
    if (!shown) {
      setText(this.title, 'Selected site');
      return;
    }
    setText(this.title, row.frame.short);
    this.verdict.replaceChildren(
      verdictBadge(row.verdict),
      element('span', { class: 'muted' }, `${formatShare(row.confidence)} sure`),
      ...this.sourceLink(row),
    );
    setText(this.explanation, row.explanation);
    this.renderFigures(detail, row, state.window !== null);
    this.renderEvidence(detail);
    this.survival.render(state, theme);
    this.renderStacks(detail);
  }

  private sourceLink(row: SiteRow): HTMLElement[] {
    const place = formatPlace(row.frame.file, row.frame.line);
    if (place === '') return [];
    const link = button(place, { class: 'link', title: `Open ${row.frame.file ?? ''}` }, () => {
      this.post({ type: 'openSite', site: row.id });
    });
    return [link];
  }

  private renderFigures(detail: SiteDetail, row: SiteRow, windowed: boolean): void {
    const { interval } = detail;
    const figures: (readonly [string, string])[] = [
      [
        windowed ? 'Left behind in the window' : 'Outstanding',
        `${formatBytes(row.outstandingBytes)} in ${formatBlocks(row.outstandingCount)}`,
      ],
      ['Growth', formatRate(detail.bytesPerSecond)],
      [
        '95% interval',
        interval === null
          ? 'not known yet'
          : `${formatRate(interval.low)} to ${formatRate(interval.high)}`,
      ],
      ['Slope', formatRate(detail.slopeBytesPerSecond)],
      ['Robust slope', formatRate(detail.robustBytesPerSecond)],
      ['Fit (R²)', detail.rSquared.toFixed(2)],
      ['Allocated', formatCount(detail.allocations)],
      [
        'Freed',
        `${formatCount(detail.frees)} (${formatShare(detail.allocations > 0 ? detail.frees / detail.allocations : 0)})`,
      ],
    ];
    if (row.kind === 'mapping') figures.push(['Kind', 'mapped directly (mmap)']);
    this.figures.replaceChildren(
      ...figures.map(([name, value]) =>
        element('div', {}, element('dt', {}, name), element('dd', {}, value)),
      ),
    );
  }

  /** Where the other blocks are freed, and which caller has those that are not. */
  private renderEvidence({ id, freedAt, through }: SiteDetail): void {
    const lines = freedAt.map(({ frame, share }, at) =>
      evidenceLine(`${formatShare(share)} of the frees happen in`, frame, () => {
        this.post({ type: 'openFreed', site: id, at });
      }),
    );
    if (through !== null)
      lines.push(
        evidenceLine('What stays came through', through, () => {
          this.post({ type: 'openThrough', site: id });
        }),
      );
    this.evidence.hidden = lines.length === 0;
    this.evidence.replaceChildren(...lines);
  }

  private renderStacks(detail: SiteDetail): void {
    const source = JSON.stringify([detail.id, detail.stacks, detail.hiddenStacks]);
    if (source === this.stacksOf) return;
    this.stacksOf = source;
    const open = new Set<string>();
    for (const it of this.stacks.querySelectorAll<HTMLElement>('details[open]'))
      open.add(it.dataset['stack'] ?? '');
    const focused =
      document.activeElement instanceof HTMLElement
        ? document.activeElement.dataset['frame']
        : undefined;
    const nodes = detail.stacks.map((stack, nth) => {
      const node = this.stackNode(stack);
      node.open = nth === 0 || open.has(String(stack.stack));
      return node;
    });
    this.stacks.replaceChildren(...nodes);
    if (detail.hiddenStacks > 0)
      this.stacks.append(
        element(
          'p',
          { class: 'muted' },
          `${formatCount(detail.hiddenStacks)} more with less outstanding`,
        ),
      );
    if (focused !== undefined)
      this.stacks.querySelector<HTMLElement>(`[data-frame="${CSS.escape(focused)}"]`)?.focus();
  }

  private stackNode(stack: ViewStack): HTMLDetailsElement {
    const frames = stack.frames.map((frame, at) => this.frameNode(stack, frame, at));
    const node = element(
      'details',
      { class: 'stack', 'data-stack': stack.stack },
      element(
        'summary',
        {},
        element('b', {}, formatBytes(stack.outstandingBytes)),
        ` in ${formatBlocks(stack.outstandingCount)}, `,
        `${formatCount(stack.frees)} of ${formatCount(stack.allocations)} freed`,
      ),
      element('ol', { class: 'frames' }, ...frames),
    );
    const remark = stackEnds[stack.end];
    if (remark !== '') node.append(element('p', { class: 'muted remark' }, remark));
    return node;
  }

  private frameNode(stack: ViewStack, frame: ViewFrame, at: number): HTMLElement {
    const place = formatPlace(frame.file, frame.line);
    const label = functionName(frame);
    const item = element('li', { class: frame.owned ? 'owned' : 'foreign' });
    if (place === '') {
      const module = frame.module.slice(frame.module.lastIndexOf('/') + 1);
      item.append(label, element('span', { class: 'muted' }, module));
    } else {
      const link = button(
        '',
        { class: 'frame', 'data-frame': `${stack.stack}/${at}`, title: `Open ${frame.file ?? ''}` },
        () => {
          this.post({ type: 'openFrame', stack: stack.stack, frame: at });
        },
      );
      link.append(label, element('span', { class: 'place' }, place));
      item.append(link);
    }
    if (frame.inlined)
      item.append(element('span', { class: 'tag', title: 'Inlined into its caller' }, 'inlined'));
    return item;
  }
}

function evidenceLine(text: string, frame: ViewFrame, onOpen: () => void): HTMLElement {
  const place = formatPlace(frame.file, frame.line);
  const line = element('li', {}, `${text} `, functionName(frame));
  if (place !== '')
    line.append(' ', button(place, { class: 'link', title: `Open ${frame.file ?? ''}` }, onOpen));
  return line;
}
