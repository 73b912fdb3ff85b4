/** A subscription against an asset made of bytes. */
import { expect, test } from "vitest";
import { Writer } from "../../../protocols/opcua/client/writer.ts";
import { cutFrame, encodeFrame, type OpcUaFrame } from "../../../protocols/opcua/frame.ts";
import { readRequestHeader, writeResponseHeader } from "../../../protocols/opcua/header.ts";
import { Reader } from "../../../protocols/opcua/reader.ts";
import { STATUS } from "../../../protocols/opcua/status.ts";
import { EventLog } from "./event-log.ts";
import { Line } from "./line.ts";
import { WatchList } from "./watch-list.ts";

const [CREATE, MONITOR, DELETE, PUBLISH] = [787, 751, 781, 826];
const NO_DIAGNOSTICS = 0xffff_ffff;

class Asset {
  readonly line: Line;
  readonly watch: WatchList;
  readonly asked: OpcUaFrame[] = [];
  /** Handles that are refused. */
  readonly refused = new Set<number>();
  readonly timers: (() => void)[] = [];
  private items = 0;

  constructor() {
    const clock = {
      wallMs: () => 1_000,
      monotonicMs: () => 0,
      after: (_: number, call: () => void) => {
        this.timers.push(call);
        return () => undefined;
      },
    };
    this.line = new Line({ clock, send: (bytes) => this.take(bytes), onBroken: () => undefined });
    const frame = (call: () => void) => call();
    this.watch = new WatchList({ clock, line: this.line, events: new EventLog(), frame });
    this.line.attached();
  }

  of(typeId: number): readonly OpcUaFrame[] {
    return this.asked.filter((frame) => frame.typeId === typeId);
  }

  /** To the oldest Publish that waits. */
  publish(sequence: number, value: { handle: number; number: number } | undefined): void {
    const waits = this.of(PUBLISH).at(-2) ?? this.of(PUBLISH)[0];
    if (!waits) throw new Error("nobody waits");
    const body = new Writer().uint32(7).uint32(NO_DIAGNOSTICS).boolean(false);
    body
      .uint32(sequence)
      .dateTime(0)
      .uint32(value ? 1 : 0);
    if (value) {
      body.extension(811, (change) => {
        change.uint32(1).uint32(value.handle).uint8(1).uint8(11).double(value.number);
        change.uint32(NO_DIAGNOSTICS);
      });
    }
    body.uint32(NO_DIAGNOSTICS).uint32(NO_DIAGNOSTICS);
    this.answer(waits.requestId, 829, body);
  }

  answer(requestId: number, typeId: number, body: Writer, status = 0): void {
    const whole = new Writer().raw(writeResponseHeader(1, status)).raw(body.take());
    this.line.received(encodeFrame({ requestId, typeId, body: whole.take() }));
  }

  private take(bytes: Uint8Array): void {
    const cut = cutFrame(bytes);
    if (cut.kind !== "frame") return;
    this.asked.push(cut.frame);
    // As over a network: not while the question is still being put.
    queueMicrotask(() => this.reply(cut.frame));
  }

  private reply({ requestId, typeId, body }: OpcUaFrame): void {
    if (typeId === CREATE) {
      this.answer(requestId, 790, new Writer().uint32(7).double(500).uint32(9).uint32(9));
    } else if (typeId === MONITOR) {
      const handles = handlesIn(body);
      const results = new Writer();
      results.array(handles, (handle) => {
        results.uint32(this.refused.has(handle) ? STATUS.badUserAccessDenied : 0);
        this.items += 1;
        results.uint32(this.items).double(500).uint32(10).extension(0);
      });
      this.answer(requestId, 754, results.uint32(NO_DIAGNOSTICS));
    } else if (typeId === DELETE) {
      this.answer(requestId, 784, new Writer().uint32(1).uint32(0).uint32(NO_DIAGNOSTICS));
    }
  }
}

function handlesIn(body: Uint8Array): readonly number[] {
  const r = new Reader(body);
  readRequestHeader(r);
  r.skip(8);
  return Array.from({ length: r.count() }, () => {
    // A string id of one letter, its attribute, no range, no encoding; the mode.
    r.skip(1 + 2 + 4 + 1 + 4 + 4 + 2 + 4 + 4);
    const handle = r.uint32();
    r.skip(8 + 8 + 4 + 1);
    return handle;
  });
}

function acknowledgedIn({ body }: OpcUaFrame): readonly number[] {
  const r = new Reader(body);
  readRequestHeader(r);
  return Array.from({ length: r.count() }, () => {
    r.skip(4);
    return r.uint32();
  });
}

const named = (letter: string) => ({
  ...{ id: `ns=1;s=${letter}`, node: { namespace: 1, id: `s=${letter}` }, name: letter },
  ...{ unit: "m", states: [], mayWrite: false },
});

const settled = () => new Promise((resolve) => setTimeout(resolve));

test("values come by subscription; what told something is acknowledged, a sign of life is not", async () => {
  const asset = new Asset();
  asset.watch.add(named("a"));
  await expect.poll(() => asset.of(PUBLISH).length).toBe(2);
  asset.publish(1, { handle: 1, number: 4.5 });
  await expect.poll(() => asset.watch.get("ns=1;s=a")?.value?.value?.number).toBe(4.5);
  await expect.poll(() => asset.of(PUBLISH).length).toBe(3);
  expect(asset.of(PUBLISH).map(acknowledgedIn)).toEqual([[], [], [1]]);
  asset.publish(2, undefined);
  await expect.poll(() => asset.of(PUBLISH).length).toBe(4);
  expect(asset.of(PUBLISH).map(acknowledgedIn).at(-1)).toEqual([]);
  expect(asset.watch.trends.recent("ns=1;s=a", 5)).toEqual([4.5]);
});

test("one that may not be watched says why, and the others go on", async () => {
  const asset = new Asset();
  asset.refused.add(1);
  asset.watch.add(named("a"));
  asset.watch.add(named("b"));
  await expect.poll(() => asset.watch.get("ns=1;s=a")?.problem).toContain("BadUserAccessDenied");
  await expect.poll(() => asset.of(PUBLISH).length).toBe(2);
  asset.publish(1, { handle: 2, number: 1 });
  await expect.poll(() => asset.watch.get("ns=1;s=b")?.value?.value?.number).toBe(1);
  expect(asset.watch.get("ns=1;s=b")?.problem).toBeUndefined();
});

test("on a new channel everything is subscribed anew, and what is removed is given back", async () => {
  const asset = new Asset();
  asset.watch.add(named("a"));
  await expect.poll(() => asset.of(PUBLISH).length).toBe(2);
  asset.line.away();
  asset.watch.away();
  asset.line.attached();
  asset.watch.begin();
  await expect.poll(() => asset.of(MONITOR).length).toBe(2);
  await settled();
  asset.watch.remove("ns=1;s=a");
  await expect.poll(() => asset.of(DELETE).length).toBe(1);
  expect(asset.of(CREATE)).toHaveLength(2);
});

test("a subscription that the asset gave up is made again, but not for ever", async () => {
  const asset = new Asset();
  asset.watch.add(named("a"));
  const give = async (attempt: number) => {
    await expect.poll(() => asset.of(CREATE).length).toBe(attempt);
    await expect.poll(() => asset.of(PUBLISH).length).toBe(2 * attempt);
    const waits = asset.of(PUBLISH).at(-1);
    asset.answer(waits?.requestId ?? 0, 397, new Writer(), 0x8079_0000);
    await expect.poll(() => asset.watch.get("ns=1;s=a")?.problem).toContain("BadNoSubscription");
    for (const call of asset.timers.splice(0)) call();
  };
  for (const attempt of [1, 2, 3, 4, 5]) await give(attempt);
  await settled();
  expect(asset.of(CREATE)).toHaveLength(5);
});
