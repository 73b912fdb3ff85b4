/**
 * Asks a transmitter for its signals (RFC 8936), for sites that nobody can reach from outside.
 * What was taken is acknowledged with the next question, and so only once it is durable.
 */
import { z } from "zod";
import type { Clock } from "../clock.ts";
import type { IntegrationReply } from "../legs/integration-exchange.ts";
import type { SetFault } from "./set.ts";
import type { Taken } from "./signals.ts";

export interface PollerParts {
  readonly clock: Clock;
  readonly name: string;
  /** Posts the question to the transmitter's address. */
  ask(body: string): Promise<IntegrationReply>;
  take(name: string, token: string): Promise<Taken>;
  state(name: string, problem: string | undefined): void;
}

/** Taken one by one before the next question. */
const BATCH_MAX = 50;
const EVERY_MS = 5_000;
const RETRY_MS = 30_000;

const answerShape = z.looseObject({
  sets: z.record(z.string().max(200), z.string()).default({}),
  moreAvailable: z.boolean().default(false),
});

export class Poller {
  private readonly parts: PollerParts;
  private acknowledged: string[] = [];
  private errors: Record<string, { readonly err: SetFault; readonly description: string }> = {};
  private cancel = () => {};
  private closed = false;
  private asking: Promise<void>;

  constructor(parts: PollerParts) {
    this.parts = parts;
    this.asking = this.go();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.cancel();
    await this.asking;
  }

  private async go(): Promise<void> {
    const { clock, name, state } = this.parts;
    let waitMs = EVERY_MS;
    try {
      while (!this.closed && (await this.once()));
      state(name, undefined);
    } catch (error) {
      waitMs = RETRY_MS;
      if (!this.closed) state(name, error instanceof Error ? error.message : String(error));
    }
    if (this.closed) return;
    this.cancel = clock.after(waitMs, () => {
      this.asking = this.go();
    });
  }

  /** @returns whether there is more at once */
  private async once(): Promise<boolean> {
    const [ack, setErrs] = [this.acknowledged, this.errors];
    const reply = await this.parts.ask(
      JSON.stringify({
        ...{ maxEvents: BATCH_MAX, returnImmediately: true, ack },
        ...(Object.keys(setErrs).length > 0 && { setErrs }),
      }),
    );
    if (reply.status !== 200) throw new Error(`it answered ${reply.status}`);
    const { sets, moreAvailable } = answerShape.parse(JSON.parse(reply.body));
    this.acknowledged = [];
    this.errors = {};
    const all = Object.entries(sets).slice(0, BATCH_MAX);
    for (const [jti, token] of all) {
      const taken = await this.parts.take(this.parts.name, token);
      if (taken.kind === "later") return false;
      if (taken.kind === "taken") this.acknowledged.push(jti);
      else this.errors[jti] = { err: taken.fault, description: taken.why };
    }
    // What was taken is acknowledged at once, and not only when there is something new.
    return moreAvailable || all.length > 0;
  }
}
