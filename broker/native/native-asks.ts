/**
 * Sign-ins of native tools that have no passkey: the tool shows an address and a number, the
 * person opens the address in a browser where they are signed in, picks the number that the tool
 * shows, and signs exactly this session with the passkey.
 *
 *     asked -> approved (a session) | refused | expired | withdrawn (the tool went away)
 */
import { randomInt } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { ActionContent } from "../identity/signed-actions.ts";
import { addressKey } from "../legs/address-key.ts";
import type { Protocol } from "../plant/model.ts";
import type { LiveSession } from "../sessions/session.ts";
import { newId } from "../store/ids.ts";

/** What a tool says of itself. Nothing of it is proved. */
export interface NativeAsking {
  /** `ASSET` or `ASSET/ENDPOINT`, as it was typed. */
  readonly target: string;
  readonly protocol: Protocol;
  /** Who alone may approve it, where the tool is known to be theirs; otherwise whoever may open it. */
  readonly person?: string;
  /** The name of the registered key that it proved to hold. */
  readonly key?: string;
  /** Where the tool connects from. */
  readonly address: string;
  /** Its name and version, for example `OpenSSH_9.2`. */
  readonly tool: string;
}

export interface NativeAsk extends NativeAsking {
  readonly id: string;
  /** The tool shows it. */
  readonly number: number;
  /** What the page offers, the right one among them. */
  readonly choices: readonly number[];
  readonly askedMs: number;
  readonly untilMs: number;
}

export type NativeAnswer =
  | {
      readonly kind: "approved";
      readonly session: LiveSession;
      /** In which the person approved it: what they do in the tool keeps it awake. */
      readonly signInId: string;
    }
  | { readonly kind: "ended"; readonly reason: string };

/** To look up, open a page and touch a key; OpenSSH's own login grace is as long. */
export const NATIVE_ASK_MS = 120_000;
/** Of the whole broker: as many as there are connections at the door of SSH. */
const ASKS_MAX = 256;
/** Of one address: more is a flood. */
const ASKS_PER_ADDRESS_MAX = 4;
const CHOICES = 3;

interface Waiting {
  readonly ask: NativeAsk;
  /** Somebody is signing for it. */
  taken: boolean;
  settle(answer: NativeAnswer): void;
}

export class NativeAsks {
  private readonly clock: Clock;
  private readonly waiting = new Map<string, Waiting>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Undefined where too many wait already. `withdraw` is for a tool that went away. */
  ask(asking: NativeAsking):
    | {
        readonly ask: NativeAsk;
        readonly answered: Promise<NativeAnswer>;
        withdraw(): void;
      }
    | undefined {
    if (!this.hasRoom(asking.address)) return undefined;
    const askedMs = this.clock.wallMs();
    const choices = differentNumbers(CHOICES);
    const number = choices[randomInt(CHOICES)] ?? 0;
    const ask = { ...asking, id: newId(), number, choices, askedMs };
    const full: NativeAsk = { ...ask, untilMs: askedMs + NATIVE_ASK_MS };
    const { promise, resolve } = Promise.withResolvers<NativeAnswer>();
    const stop = this.clock.after(NATIVE_ASK_MS, () => this.end(ask.id, "nobody approved it"));
    const settle = (answer: NativeAnswer) => {
      stop();
      this.waiting.delete(ask.id);
      resolve(answer);
    };
    this.waiting.set(ask.id, { ask: full, taken: false, settle });
    const withdraw = () => this.end(ask.id, "the tool went away");
    return { ask: full, answered: promise, withdraw };
  }

  get(id: string): NativeAsk | undefined {
    return this.waiting.get(id)?.ask;
  }

  /**
   * The person picked a number. A wrong one ends it: then another screen is asking than the one
   * they look at.
   */
  pick(id: string, number: number): "right" | "wrong" | "gone" {
    const waiting = this.waiting.get(id);
    if (!waiting) return "gone";
    if (waiting.ask.number === number) return "right";
    this.end(id, "another number was picked in the browser");
    return "wrong";
  }

  refuse(id: string): boolean {
    return this.end(id, "it was refused in the browser");
  }

  /** Opens the session of an ask that is still waiting, once. Throws what `open` throws. */
  async approve(
    id: string,
    signInId: string,
    open: (ask: NativeAsk) => Promise<LiveSession>,
  ): Promise<LiveSession | undefined> {
    const waiting = this.waiting.get(id);
    if (!waiting || waiting.taken) return undefined;
    waiting.taken = true;
    try {
      const session = await open(waiting.ask);
      if (!this.waiting.has(id)) {
        session.end({ rule: "client-closed", reason: "the tool went away before it was approved" });
        return undefined;
      }
      waiting.settle({ kind: "approved", session, signInId });
      return session;
    } finally {
      waiting.taken = false;
    }
  }

  close(): void {
    for (const id of [...this.waiting.keys()]) this.end(id, "the broker is stopping");
  }

  private end(id: string, reason: string): boolean {
    const waiting = this.waiting.get(id);
    waiting?.settle({ kind: "ended", reason });
    return waiting !== undefined;
  }

  private hasRoom(address: string): boolean {
    const all = [...this.waiting.values()];
    const key = addressKey(address);
    const own = all.filter(({ ask }) => addressKey(ask.address) === key).length;
    return all.length < ASKS_MAX && own < ASKS_PER_ADDRESS_MAX;
  }
}

/** What is signed to approve it: this tool, this endpoint, with the rights of this grant. */
export function askContent(
  ask: NativeAsk,
  endpoint: string,
  grant: { readonly id: string; readonly profile: string },
): ActionContent {
  const { id, protocol, address, tool, number, key } = ask;
  const under = { grant: grant.id, profile: grant.profile };
  const shown = { protocol, address, tool, number, ...(key !== undefined && { key }) };
  return { act: "native-session", ask: id, endpoint, ...under, ...shown };
}

/** Two digits each, so that none is a part of another. */
function differentNumbers(count: number): number[] {
  const numbers = new Set<number>();
  while (numbers.size < count) numbers.add(randomInt(10, 100));
  return [...numbers];
}
