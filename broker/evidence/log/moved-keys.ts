/** Keys that are in files still, and all later ones at the signer: a change of key moves a site. */
import type { LogKeys, LogSigner } from "./signer.ts";

export class MovedKeys implements LogKeys {
  private readonly before: LogKeys;
  private readonly now: LogKeys;

  constructor(before: LogKeys, now: LogKeys) {
    this.before = before;
    this.now = now;
  }

  async open(number: number): Promise<LogSigner> {
    return (await this.holderOf(number)).open(number);
  }

  async has(number: number): Promise<boolean> {
    return (await this.holderOf(number)).has(number);
  }

  async destroy(number: number): Promise<void> {
    await (await this.holderOf(number)).destroy(number);
  }

  private async holderOf(number: number): Promise<LogKeys> {
    return (await this.before.has(number)) ? this.before : this.now;
  }
}
