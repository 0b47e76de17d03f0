/** The top of the page: what is captured, how it goes, the figures that matter most, and warnings. */
import type { Header, Summary, ViewCommand, ViewState } from '../protocol/view.ts';
import { button, element, setAttribute, setText } from './dom.ts';
import {
  formatBlocks,
  formatBytes,
  formatChange,
  formatClock,
  formatCount,
  formatRange,
  formatRate,
  formatShare,
} from './format.ts';

interface Tile {
  readonly element: HTMLElement;
  readonly value: HTMLElement;
  readonly note: HTMLElement;
}

export class SummaryView {
  readonly element: HTMLElement;
  private readonly title = element('h1', {});
  private readonly where = element('p', { class: 'where' });
  private readonly phase = element('p', { class: 'phase' });
  private readonly stop: HTMLButtonElement;
  private readonly save: HTMLButtonElement;
  private readonly partial = element('div', {
    class: 'banner warning',
    role: 'status',
    hidden: true,
  });
  private readonly windowBar = element('div', { class: 'banner window-bar', hidden: true });
  private readonly windowText = element('p', {});
  private readonly leaking = tile('Leaking');
  private readonly outstanding = tile('Outstanding');
  private readonly growth = tile('Process growth');
  private readonly cost = tile('Cost');
  private readonly losses = tile('Losses');

  constructor(onCommand: (command: ViewCommand) => void, onClearWindow: () => void) {
    this.stop = button('Stop', { class: 'primary' }, () => {
      onCommand('stopCapture');
    });
    this.save = button('Save As…', {}, () => {
      onCommand('saveCapture');
    });
    this.windowBar.append(
      this.windowText,
      button('Show whole capture', { class: 'clear-window' }, onClearWindow),
    );
    const tiles = [this.leaking, this.outstanding, this.growth, this.cost, this.losses];
    this.element = element(
      'header',
      { class: 'top' },
      element(
        'div',
        { class: 'heading' },
        element('div', { class: 'heading-text' }, this.title, this.where),
        this.phase,
        element('div', { class: 'heading-actions' }, this.stop, this.save),
      ),
      this.partial,
      this.windowBar,
      element('dl', { class: 'tiles' }, ...tiles.map((it) => it.element)),
    );
  }

  render(state: ViewState): void {
    const { header, summary } = state;
    if (header === null || summary === null) return;
    this.renderHeading(header);
    this.renderWindow(state, summary);
    this.renderTiles(state, summary);
    this.partial.hidden = !summary.partial;
    setText(
      this.partial,
      `The verdicts rest on partial data: ${summary.losses.join('; ') || 'the capture lost events'}.`,
    );
  }

  private renderHeading(header: Header): void {
    setText(this.title, header.target);
    const place = [`PID ${header.pid}`, header.host, header.file ?? '', header.command];
    setText(this.where, place.filter((it) => it !== '').join(' · '));
    setAttribute(this.where, 'title', header.command);
    this.phase.className = `phase phase-${header.phase}`;
    const elapsed = formatClock(header.durationNs);
    const samples = `${formatCount(header.samples)} ${header.samples === 1 ? 'sample' : 'samples'}`;
    setText(
      this.phase,
      header.phase === 'starting'
        ? 'Starting: waiting for the first sample'
        : header.phase === 'running'
          ? `Capturing · ${elapsed} · ${samples}`
          : `Ended after ${elapsed} · ${samples}${header.end === null ? '' : ` · ${header.end}`}`,
    );
    this.stop.hidden = header.phase === 'ended';
    this.save.hidden = header.file !== null || header.samples === 0;
  }

  private renderWindow({ window }: ViewState, summary: Summary): void {
    this.windowBar.hidden = window === null;
    if (window === null) return;
    const share = window.bornBytes > 0 ? summary.outstandingBytes / window.bornBytes : 0;
    setText(
      this.windowText,
      `Only what was allocated from ${formatRange(window.fromNs, window.toNs)} and not freed by then: ` +
        `${formatBytes(summary.outstandingBytes)} of ${formatBytes(window.bornBytes)} (${formatShare(share)}).`,
    );
  }

  private renderTiles({ window }: ViewState, summary: Summary): void {
    const { leaks, growing } = summary;
    this.leaking.element.classList.toggle('alarm', leaks > 0);
    fill(
      this.leaking,
      leaks > 0 ? formatRate(summary.leakBytesPerSecond) : 'none found',
      [
        leaks > 0 ? `${leaks} ${leaks === 1 ? 'site' : 'sites'}` : '',
        growing > 0 ? `${growing} growing` : '',
      ]
        .filter((it) => it !== '')
        .join(', ') || `${formatCount(summary.sites)} sites seen`,
    );
    fill(
      this.outstanding,
      formatBytes(summary.outstandingBytes),
      `${formatBlocks(summary.outstandingCount)}${window === null ? '' : ' of this window'}`,
    );
    fill(
      this.growth,
      formatChange(summary.processGrowthBytes),
      `${formatChange(summary.tracedGrowthBytes)} traced`,
    );
    const { cost, stackEnds } = summary;
    fill(
      this.cost,
      cost === null ? '–' : formatShare(cost.coreShare),
      cost === null ? '' : `of a core, ${formatShare(cost.targetShare)} of the target`,
    );
    const incomplete = stackEnds.truncated + stackEnds.guessed;
    this.losses.element.classList.toggle('caution', summary.losses.length > 0);
    fill(
      this.losses,
      lossCount(summary.losses.length),
      incomplete === 0
        ? 'all stacks complete'
        : `${formatCount(incomplete)} of ${formatCount(incomplete + stackEnds.complete)} stacks incomplete`,
    );
  }
}

/** The losses themselves are listed with the cost. */
function lossCount(kinds: number): string {
  return kinds === 0 ? 'none' : kinds === 1 ? '1 kind' : `${kinds} kinds`;
}

function tile(name: string): Tile {
  const value = element('dd', { class: 'tile-value' });
  const note = element('dd', { class: 'tile-note' });
  return {
    element: element('div', { class: 'tile' }, element('dt', {}, name), value, note),
    value,
    note,
  };
}

function fill({ value, note }: Tile, text: string, remark: string): void {
  setText(value, text);
  setText(note, remark);
}
