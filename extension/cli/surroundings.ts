/** What every command needs to know of where it runs. */
import type { Console } from './console.ts';

export interface Surroundings {
  readonly console: Console;
  /** Absolute; paths below it are shown relative to it. */
  readonly cwd: string;
  /** Where the bundle lies, and the agent below it. */
  readonly bundleDirectory: string;
}
