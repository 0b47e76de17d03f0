/**
 * The page's end of the line to the extension: decoded messages in, typed messages out, and what
 * the page itself remembers over a reload.
 */
import * as z from 'zod/mini';
import { rememberedChoice, toView, type FromView, type ToView } from '../protocol/view.ts';

/** What the editor gives to each page; it can be asked for once. */
interface EditorApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): EditorApi;

export const sortColumn = z.enum([
  'verdict',
  'site',
  'rate',
  'outstanding',
  'blocks',
  'confidence',
]);
export type SortColumn = z.infer<typeof sortColumn>;

/** What the user chose on the page, kept by the editor over a reload of its window. */
const memory = z.object({
  choice: z.nullable(rememberedChoice),
  sort: z.nullable(z.object({ column: sortColumn, descending: z.boolean() })),
  filter: z.string(),
  onlySelected: z.boolean(),
  others: z.boolean(),
});
export type Memory = z.infer<typeof memory>;

const blank: Memory = {
  choice: null,
  sort: null,
  filter: '',
  onlySelected: false,
  others: false,
};

export class Host {
  private readonly api = acquireVsCodeApi();
  private remembered: Memory;

  constructor() {
    const kept = memory.safeParse(this.api.getState());
    this.remembered = kept.success ? kept.data : blank;
  }

  get memory(): Memory {
    return this.remembered;
  }

  /** Puts these parts into what is remembered. */
  remember(part: Partial<Memory>): void {
    this.remembered = { ...this.remembered, ...part };
    this.api.setState(this.remembered);
  }

  post(message: FromView): void {
    this.api.postMessage(message);
  }

  /** Calls back with each message of the extension; what is none goes to `onRefused`, in words. */
  listen(onMessage: (message: ToView) => void, onRefused: (problem: string) => void): void {
    window.addEventListener('message', (event: MessageEvent<unknown>) => {
      const decoded = toView.safeParse(event.data);
      if (decoded.success) onMessage(decoded.data);
      else onRefused(z.prettifyError(decoded.error));
    });
  }
}
