/**
 * The invariant: whatever bytes arrive on either side, the guard does not throw, its memory stays
 * bounded, and every message that reaches the asset decodes, by the same strict decoder and under
 * the same names, to nothing but operations that were permitted.
 *
 * Slow on purpose: 100,000 messages find what a hundred scenarios do not. SALLYPORT_FUZZ sets
 * another number (1,000,000 in the soak), SALLYPORT_FUZZ_SEED repeats a run.
 */
import { expect, test } from "vitest";
import { type Decide, GuardDriver, type Send } from "../../test/kit/guard-driver.ts";
import * as m from "../../test/kit/opcua-messages.ts";
import { retainedBytes } from "../../test/kit/retained-bytes.ts";
import type { Answer, Operation } from "../guard.ts";
import { cutFrame, FRAME_MAX } from "./frame.ts";
import { OpcUaGuard } from "./guard.ts";
import { readRequestHeader } from "./header.ts";
import { emptyMemory } from "./memory.ts";
import { Namespaces, OPC_UA_URI } from "./node-id.ts";
import { Reader } from "./reader.ts";
import type { Memory } from "./service.ts";
import { serviceOf } from "./services.ts";

const MESSAGES = Number(process.env.SALLYPORT_FUZZ ?? 100_000);
const SEED = Number(process.env.SALLYPORT_FUZZ_SEED ?? 20_260_105);
/** A session is looked at as a whole and begun anew after so many messages. */
const MESSAGES_PER_SESSION = 200;
const RETAINED_MAX = 2 * (FRAME_MAX + 4 * 65_536) + 2 * 1024 * 1024;
/** Names that no permitted node has: a message with one of them must not get through. */
const FORBIDDEN = "Forbidden";
const NODES = ["2:s:Speed", "2:s:Level", `2:s:${FORBIDDEN}`, "0:i:85", "2:i:7", "9:s:Nowhere"];

/** What the asset gives out for every node. */
const ALIAS = "i=99";

type Random = (below: number) => number;

const MEMORY = ((): Memory => {
  const memory = emptyMemory({ isEmpty: true });
  memory.wording.namespaces = new Namespaces([OPC_UA_URI, "urn:asset", "http://plant.example/x"]);
  for (const id of [0, 1, 2]) memory.subscriptions.open(id);
  return memory;
})();

function textOf(operation: Operation): string {
  const { key: _key, ...rest } = operation;
  return JSON.stringify(rest);
}

test(`${MESSAGES} random and mutated messages: no throw, bounded memory, nothing unpermitted`, {
  timeout: 60_000 + MESSAGES / 5,
}, () => {
  const random = generator(SEED);
  const counts = { forwarded: 0, refused: 0, violations: 0, answered: 0 };
  for (let done = 0; done < MESSAGES; done += MESSAGES_PER_SESSION) {
    const session = new Session(random);
    for (let at = 0; at < MESSAGES_PER_SESSION && !session.isOver; at++) session.step();
    expect(retainedBytes(session.driver.guard)).toBeLessThanOrEqual(RETAINED_MAX);
    counts.forwarded += session.driver.sent("asset").length;
    counts.answered += session.driver.sent("client").length;
    counts.violations += session.driver.violations.length;
    counts.refused += session.driver.effects.filter(({ kind }) => kind === "refused").length;
  }
  // The fuzz is worth nothing unless it gets past the first check, and into each of them.
  expect(counts.forwarded).toBeGreaterThan(MESSAGES / 20);
  expect(counts.answered).toBeGreaterThan(MESSAGES / 20);
  expect(counts.refused).toBeGreaterThan(MESSAGES / 50);
  expect(counts.violations).toBeGreaterThan(MESSAGES / 2000);
});

class Session {
  readonly driver: GuardDriver;
  private readonly random: Random;
  private readonly unanswered: Send[] = [];
  /** Everything permitted so far, as text. */
  private readonly permitted = new Set<string>();

  constructor(random: Random) {
    this.random = random;
    this.driver = new GuardDriver(
      new OpcUaGuard(),
      (decide) => this.judgeAll(decide),
      (effect) => {
        if (effect.kind !== "send" || effect.to !== "asset") return;
        if (!effect.release) this.check(effect);
        this.unanswered.push(effect);
      },
    );
    this.driver.bytes("asset", m.namespaces(["urn:asset", "http://plant.example/x"]));
  }

  get isOver(): boolean {
    return this.driver.violations.length > 0;
  }

  step(): void {
    const draw = this.random(20);
    if (draw < 11) this.driver.bytes("client", this.perhapsBroken(this.request()));
    else if (draw < 17) this.answer();
    else if (draw === 17) this.settle();
    else if (draw === 18) {
      const capabilities = new Set(["observe" as const]);
      this.driver.feed({ kind: "event", event: { kind: "capabilities", capabilities } });
    } else this.lose();
  }

  private judgeAll({ items }: Decide): readonly Answer[] {
    const answers = items.map((item) => this.judge(item));
    items.forEach((item, at) => {
      // A hold may be permitted later on.
      if (answers[at]?.kind !== "deny") this.permitted.add(textOf(item));
    });
    return answers;
  }

  /** What reached the asset, decoded again, is nothing but what was permitted. */
  private check({ bytes }: Send): void {
    const cut = cutFrame(bytes);
    if (cut.kind !== "frame") throw new Error("the guard sent half a message");
    const r = new Reader(cut.frame.body);
    readRequestHeader(r);
    const plan = serviceOf(cut.frame.typeId)?.plan(r, MEMORY);
    // An unknown subscription, item or continuation point: they are the session's, not decoded here.
    if (plan === undefined || typeof plan === "number") {
      expect(r.fault).toBeUndefined();
      return;
    }
    for (const { needs } of plan.items) {
      for (const operation of typeof needs === "number" ? [] : needs) {
        if (!textOf(operation).includes(ALIAS)) expect(this.permitted).toContain(textOf(operation));
      }
    }
  }

  private judge(item: Operation): Answer {
    const named = JSON.stringify(item).includes(FORBIDDEN);
    const draw = this.random(8);
    if (named || draw === 0) return { kind: "deny", refusal: "address" };
    return draw === 1 ? { kind: "hold" } : { kind: "permit" };
  }

  private request(): Uint8Array {
    const { random } = this;
    const id = 1 + random(100_000);
    const nodes = () => Array.from({ length: random(4) }, () => this.node());
    const kinds = [
      () => m.read(id, nodes()),
      () =>
        m.write(
          id,
          nodes().map((node) => [node, random(9)]),
        ),
      () =>
        m.call(
          id,
          nodes().map((node) => [node, this.node()]),
        ),
      () => m.browse(id, nodes()),
      () => m.browseNext(id, "point"),
      () => m.translate(id, this.node(), "Speed"),
      () => m.register(id, nodes()),
      () => m.createSubscription(id),
      () =>
        m.monitor(
          id,
          random(3),
          nodes().map((node) => [node, random(4)]),
        ),
      () => m.ofItems(id, 781, random(3), [random(4), random(4)]),
      () => m.setTriggering(id, random(3), random(4), [random(4)]),
      () => m.publish(id),
      () => m.transfer(id, [random(3)]),
      () => m.cancel(id, random(100)),
      () => m.expired(1 + random(100)),
    ];
    return kinds[random(kinds.length)]?.() ?? m.publish(id);
  }

  private node(): string {
    return NODES[this.random(NODES.length)] ?? "0:i:85";
  }

  /** Changed behind the frame's head, so that it is cut whole and decoded. */
  private perhapsBroken(bytes: Uint8Array): Uint8Array {
    const draw = this.random(3);
    if (draw > 0) return bytes;
    if (this.random(60) === 0) return bytes.subarray(0, this.random(bytes.length));
    for (let n = this.random(3); n >= 0; n--) {
      const at = 12 + this.random(Math.max(1, bytes.length - 12));
      if (at < bytes.length) bytes[at] = INTERESTING[this.random(INTERESTING.length)] ?? 0;
    }
    return bytes;
  }

  private answer(): void {
    const send = this.unanswered.splice(this.random(this.unanswered.length), 1)[0];
    if (!send) return;
    const cut = cutFrame(send.bytes);
    if (cut.kind !== "frame") throw new Error("the guard sent half a message");
    this.driver.bytes("asset", this.perhapsBroken(this.reply(cut.frame)));
  }

  private reply({
    requestId,
    typeId,
    body,
  }: {
    requestId: number;
    typeId: number;
    body: Uint8Array;
  }) {
    const { random } = this;
    const many = <T>(value: T): T[] =>
      Array(countOf(typeId, body) + (random(9) === 0 ? 1 : 0)).fill(value);
    switch (typeId) {
      case 631:
        return m.values(requestId, many(random(9)));
      case 673:
        return m.statuses(requestId, 676, many(0));
      case 712:
        return m.called(requestId, many(0).length);
      case 527:
        return m.browsed(requestId, many(["2:s:Speed", "0:i:85", `2:s:${FORBIDDEN}`]), "point");
      case 533:
        return m.browsed(requestId, many(["2:s:Speed"]), "point", 536);
      case 554:
        return m.translated(requestId, ["2:s:Level"]);
      case 560:
        return m.registered(requestId, many("2:i:99"));
      case 787:
        return m.subscribed(requestId, random(3));
      case 751:
        return m.monitored(
          requestId,
          many(0).map((_, at) => at),
        );
      case 781:
        return m.statuses(requestId, 784, many(0));
      case 826:
        return m.published(requestId, random(3), [
          [random(4), 1],
          [random(4), 2],
        ]);
      default:
        return m.fault(requestId, 0x8001_0000);
    }
  }

  private settle(): void {
    const [held] = this.driver.held.keys();
    const permit = this.random(2) === 0;
    if (held !== undefined) {
      this.driver.settle(held, permit ? { kind: "permit" } : { kind: "deny", refusal: "busy" });
    }
  }

  private lose(): void {
    const send = this.unanswered.pop();
    if (send?.decision === undefined) return;
    const event =
      this.random(2) === 0
        ? ({ kind: "timeout", request: send.decision } as const)
        : ({ kind: "withheld", decision: send.decision } as const);
    this.driver.feed({ kind: "event", event });
  }
}

const INTERESTING = [0, 1, 2, 3, 5, 0x7f, 0x80, 0xc0, 0xfe, 0xff];
/** Bytes between the header of a request and the count of its items. */
const HEADS: { readonly [type: number]: number } = { 631: 12, 527: 23, 533: 1, 751: 8, 781: 4 };

function countOf(typeId: number, body: Uint8Array): number {
  const at = 29 + (HEADS[typeId] ?? 0);
  if (body.length < at + 4) return 0;
  return Math.min(1000, new DataView(body.buffer, body.byteOffset).getUint32(at, true));
}

/** xorshift32: the same run for the same seed. */
function generator(seed: number): Random {
  let state = seed | 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return below <= 0 ? 0 : (state >>> 0) % below;
  };
}
