/**
 * The key of a log that has a successor signs nothing any more, and whoever gets it could sign
 * another end for that log: so it is destroyed, once the witnesses have seen the end that there is.
 */
import path from "node:path";
import type { LogPolicy } from "../../../protocols/log/policy.ts";
import type { Clock } from "../../clock.ts";
import type { Volume } from "../volume.ts";
import { EndedLog } from "./ended-log.ts";
import { generationsIn } from "./generations.ts";
import type { LogEvent } from "./leaf.ts";
import type { LogKeys } from "./signer.ts";
import { Witnessing, type WitnessingParts } from "./witnessing.ts";

export interface SpentKeysParts {
  readonly volume: Volume;
  /** Of the site log. */
  readonly directory: string;
  readonly keys: LogKeys;
  readonly clock: Clock;
  /** Whose cosignatures the end of a log needs; undefined: nobody's. */
  readonly policy: LogPolicy | undefined;
  readonly post: WitnessingParts["post"];
  /** Durable in the log in force once it resolves. */
  append(event: LogEvent): Promise<unknown>;
  /** Why a key that is spent is there still. */
  trouble(text: string): void;
}

/** A signer that is away, or a log that cannot be read, may be there later. */
const RETRY_MS = 10 * 60_000;

export class SpentKeys {
  private readonly parts: SpentKeysParts;
  private readonly asking = new Map<number, Witnessing>();
  private work: Promise<void> = Promise.resolve();
  private stopRetry: (() => void) | undefined;
  private stopped = false;

  constructor(parts: SpentKeysParts) {
    this.parts = parts;
  }

  /** Looks at every log but the newest. */
  look(): void {
    this.work = this.work
      .then(() => this.lookAtAll())
      .catch((error: unknown) => {
        this.parts.trouble(error instanceof Error ? error.message : String(error));
        if (!this.stopped) this.stopRetry = this.parts.clock.after(RETRY_MS, () => this.look());
      });
  }

  /** Resolves once nothing is under way. */
  async settle(): Promise<void> {
    await Promise.all([...this.asking.values()].map((one) => one.settle()));
    await this.work;
  }

  async close(): Promise<void> {
    this.stopped = true;
    this.stopRetry?.();
    await Promise.all([...this.asking.values()].map((one) => one.close()));
    await this.work;
  }

  private async lookAtAll(): Promise<void> {
    const { volume, directory, keys } = this.parts;
    const numbers = await generationsIn(volume, directory);
    for (const number of numbers.slice(0, -1)) {
      if (this.stopped) return;
      if (!this.asking.has(number) && (await keys.has(number))) await this.end(number);
    }
  }

  private async end(number: number): Promise<void> {
    const { volume, directory, policy, clock, post } = this.parts;
    const folder = path.join(directory, String(number));
    const log = await EndedLog.open(volume, folder, () => this.seen(number, log));
    if (policy === undefined || log.isSeen(policy)) return this.destroy(number);
    const quiet = { onLag: () => {}, onFork: (text: string) => this.parts.trouble(text) };
    this.asking.set(number, new Witnessing({ log, policy, clock, post, ...quiet }));
  }

  private seen(number: number, log: EndedLog): void {
    const { policy } = this.parts;
    if (policy !== undefined && !log.isSeen(policy)) return;
    this.work = this.work
      .then(() => this.destroy(number))
      .catch((error: unknown) => {
        this.parts.trouble(error instanceof Error ? error.message : String(error));
      });
  }

  /** Said first: a key that is gone without a word would look like a loss. */
  private async destroy(number: number): Promise<void> {
    const { keys, append } = this.parts;
    if (!(await keys.has(number))) return;
    await append({ kind: "log.key-spent", log: number });
    await keys.destroy(number);
    await append({ kind: "log.key-destroyed", log: number });
  }
}
