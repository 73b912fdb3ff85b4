/**
 * Commands on people's machines that ask to be signed in (RFC 8628): the command shows an address,
 * a code and a number; the person opens the address in a browser where they are signed in, picks
 * the number, and signs with the passkey that this machine may act for them.
 *
 *     asked -> approved -> redeemed, once | refused | expired
 */
import { randomInt } from "node:crypto";
import type { Clock } from "../clock.ts";
import { addressKey } from "../legs/address-key.ts";
import { newId } from "../store/ids.ts";
import type { ProviderProof } from "../store/model.ts";
import { plainText } from "../store/plain-text.ts";
import type { TokenWish } from "./api-tokens.ts";
import { hashToken, newToken } from "./token.ts";

/** What a command says of itself. Nothing of it is proved but the key, and that when it redeems. */
export interface MachineAsking {
  /** The machine's own name, and the account there. */
  readonly machine: string;
  readonly tool: string;
  readonly address: string;
  readonly keyThumbprint: string;
  /** It asks for a token of this kind and for no sign-in. */
  readonly token?: TokenWish;
}

export interface MachineAsk extends MachineAsking {
  readonly id: string;
  /** Typed by the person, or part of the address. */
  readonly code: string;
  /** The command shows it. */
  readonly number: number;
  /** What the page offers, the right one among them. */
  readonly choices: readonly number[];
  readonly askedMs: number;
  readonly untilMs: number;
}

/** Who agreed, and with what. */
export interface MachineApproval {
  readonly personId: string;
  readonly passkeyId: string;
  readonly atMs: number;
  /** The device that the browser is, where the person says that the command runs on the same one. */
  readonly browserId?: string;
  /** Through whom the browser is signed in: the command is bound to the same. */
  readonly provider?: ProviderProof;
}

/** To open a page, sign in there and touch a key. */
export const MACHINE_ASK_MS = 5 * 60_000;
/** Of the whole broker, a megabyte: who has many addresses must not keep everybody's command out. */
const ASKS_MAX = 1_024;
/** Of one address: more is a flood. */
const ASKS_PER_ADDRESS_MAX = 4;
/** The command may ask this often whether it was approved. */
export const POLL_S = 5;
/** It is told to slow down below this; timers are never exact. */
const POLL_MIN_MS = 4_000;
const CHOICES = 3;
/** No vowels, no letters that look like digits: nobody misreads it, and it spells nothing. */
const LETTERS = "BCDFGHJKLMNPQRSTVWXZ";
const CODE_LENGTH = 8;
const NAME_MAX = 80;

interface Waiting {
  readonly ask: MachineAsk;
  readonly stop: () => void;
  polledMs: number;
  approval: MachineApproval | undefined;
  refused: boolean;
}

export type Polled =
  | { readonly kind: "approved"; readonly ask: MachineAsk; readonly approval: MachineApproval }
  | { readonly kind: "pending" | "slow-down" | "refused" | "gone" }
  /** Somebody else's key: whoever holds the code now is not who asked. */
  | { readonly kind: "other-key"; readonly ask: MachineAsk };

export class MachineAsks {
  private readonly clock: Clock;
  /** By digest of the device code. */
  private readonly waiting = new Map<string, Waiting>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Undefined where too many wait already. The device code is kept nowhere. */
  ask(
    asking: MachineAsking,
  ): { readonly ask: MachineAsk; readonly deviceCode: string } | undefined {
    if (!this.hasRoom(asking.address)) return undefined;
    const deviceCode = newToken();
    const key = hashToken(deviceCode);
    const askedMs = this.clock.wallMs();
    const choices = differentNumbers(CHOICES);
    const ask: MachineAsk = {
      ...asking,
      ...{ machine: plainText(asking.machine, NAME_MAX), tool: plainText(asking.tool, NAME_MAX) },
      ...{ id: newId(), code: newCode(), number: choices[randomInt(CHOICES)] ?? 0, choices },
      ...{ askedMs, untilMs: askedMs + MACHINE_ASK_MS },
    };
    const stop = this.clock.after(MACHINE_ASK_MS, () => this.waiting.delete(key));
    const polledMs = Number.NEGATIVE_INFINITY;
    this.waiting.set(key, { ask, stop, polledMs, approval: undefined, refused: false });
    return { ask, deviceCode };
  }

  /** @param code as it was typed */
  find(code: string): MachineAsk | undefined {
    return this.open(code)?.ask;
  }

  /** A wrong number ends it: then another screen is asking than the one they look at. */
  pick(code: string, number: number): "right" | "wrong" | "gone" {
    const waiting = this.open(code);
    if (!waiting) return "gone";
    if (waiting.ask.number === number) return "right";
    waiting.refused = true;
    return "wrong";
  }

  refuse(code: string): MachineAsk | undefined {
    const waiting = this.open(code);
    if (waiting) waiting.refused = true;
    return waiting?.ask;
  }

  /** False where it does not wait any more. */
  approve(code: string, approval: MachineApproval): boolean {
    const waiting = this.open(code);
    if (waiting) waiting.approval = approval;
    return waiting !== undefined;
  }

  /** What has become of it. One that was approved is gone with the answer. */
  poll(deviceCode: string, keyThumbprint: string): Polled {
    const key = hashToken(deviceCode);
    const waiting = this.waiting.get(key);
    if (!waiting) return { kind: "gone" };
    const { ask, approval, refused } = waiting;
    if (ask.keyThumbprint !== keyThumbprint) {
      this.forget(key);
      return { kind: "other-key", ask };
    }
    if (refused) {
      this.forget(key);
      return { kind: "refused" };
    }
    if (!approval) return { kind: this.isTooSoon(waiting) ? "slow-down" : "pending" };
    this.forget(key);
    return { kind: "approved", ask, approval };
  }

  close(): void {
    for (const key of [...this.waiting.keys()]) this.forget(key);
  }

  private isTooSoon(waiting: Waiting): boolean {
    const nowMs = this.clock.monotonicMs();
    const soon = nowMs - waiting.polledMs < POLL_MIN_MS;
    waiting.polledMs = nowMs;
    return soon;
  }

  private open(code: string): Waiting | undefined {
    const wanted = code.toUpperCase().replace(/[^A-Z]/g, "");
    return [...this.waiting.values()].find(
      ({ ask, approval, refused }) => ask.code.replace("-", "") === wanted && !approval && !refused,
    );
  }

  private forget(key: string): void {
    this.waiting.get(key)?.stop();
    this.waiting.delete(key);
  }

  private hasRoom(address: string): boolean {
    const all = [...this.waiting.values()];
    const key = addressKey(address);
    const own = all.filter(({ ask }) => addressKey(ask.address) === key).length;
    return all.length < ASKS_MAX && own < ASKS_PER_ADDRESS_MAX;
  }
}

function newCode(): string {
  const letters = Array.from({ length: CODE_LENGTH }, () => LETTERS[randomInt(LETTERS.length)]);
  return `${letters.slice(0, CODE_LENGTH / 2).join("")}-${letters.slice(CODE_LENGTH / 2).join("")}`;
}

/** Two digits each, so that none is a part of another. */
function differentNumbers(count: number): number[] {
  const numbers = new Set<number>();
  while (numbers.size < count) numbers.add(randomInt(10, 100));
  return [...numbers];
}
