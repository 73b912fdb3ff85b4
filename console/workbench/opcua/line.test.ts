import { expect, test } from "vitest";
import { cutFrame, encodeFrame, LEG } from "../../../protocols/opcua/frame.ts";
import { writeResponseHeader } from "../../../protocols/opcua/header.ts";
import { STATUS } from "../../../protocols/opcua/status.ts";
import type { Decision } from "../modbus/operation-log.ts";
import { ANSWER_TIMEOUT_MS, Line } from "./line.ts";

const REQUEST = { typeId: 673, answer: 676, write: () => undefined };
const WALL_MS = 1_000_000;

function lineOf() {
  const sent: { readonly requestId: number; readonly typeId: number }[] = [];
  const timers: { afterMs: number; call: () => void; over: boolean }[] = [];
  const broken: string[] = [];
  const line = new Line({
    clock: {
      wallMs: () => WALL_MS,
      monotonicMs: () => 0,
      after: (afterMs, call) => {
        const timer = { afterMs, call, over: false };
        timers.push(timer);
        return () => {
          timer.over = true;
        };
      },
    },
    send: (bytes) => {
      const cut = cutFrame(bytes);
      if (cut.kind === "frame") sent.push(cut.frame);
    },
    onBroken: (reason) => broken.push(reason),
  });
  line.attached();
  return { line, sent, timers, broken };
}

/** A WriteResponse with one result and no diagnostics. */
function written(requestId: number, status: number): Uint8Array {
  const body = new Uint8Array(24 + 12);
  body.set(writeResponseHeader(1, 0));
  const view = new DataView(body.buffer);
  view.setUint32(24, 1, true);
  view.setUint32(28, status, true);
  view.setInt32(32, -1, true);
  return encodeFrame({ requestId, typeId: 676, body });
}

const status = (reader: { uint32(): number; int32(): number }) => {
  reader.uint32();
  const code = reader.uint32();
  reader.int32();
  return code;
};

const decision = (request: number, change: Partial<Decision>): Decision => ({
  ...{ kind: "decision", channel: 1, request, action: "opcua:write", verdict: "deny" },
  ...{ rule: "r", reason: "because", sequence: 1 },
  ...change,
});

test("an answer comes with what the broker decided about its request", async () => {
  const { line, sent, broken } = lineOf();
  const first = line.ask(REQUEST, status);
  const second = line.ask(REQUEST, status);
  const [one, two] = sent.map(({ requestId }) => requestId);
  line.decided(decision(two ?? 0, { rule: "bounds" }));
  line.received(written(two ?? 0, STATUS.badOutOfRange));
  line.received(written(one ?? 0, 0));
  expect(await first).toEqual({ kind: "done", value: 0, decisions: [] });
  expect(await second).toMatchObject({
    ...{ kind: "done", value: STATUS.badOutOfRange },
    decisions: [{ rule: "bounds" }],
  });
  expect(broken).toEqual([]);
});

test("without an answer it is given up, and the late answer breaks nothing", async () => {
  const { line, sent, timers, broken } = lineOf();
  const asked = line.ask(REQUEST, status);
  const request = sent[0]?.requestId ?? 0;
  timers[0]?.call();
  expect(await asked).toEqual({ kind: "lost", reason: "timeout" });
  expect(sent[1]).toMatchObject({ requestId: request, typeId: LEG.expired });
  line.received(written(request, 0));
  expect(broken).toEqual([]);
});

test("who waits for a person waits as long as that person may take", () => {
  const { line, sent, timers } = lineOf();
  const told: string[] = [];
  void line.ask(REQUEST, status, { onDecision: ({ verdict }) => told.push(verdict) });
  const request = sent[0]?.requestId ?? 0;
  line.decided(decision(request, { verdict: "hold", answerByMs: WALL_MS + 60_000 }));
  expect(told).toEqual(["hold"]);
  expect(timers.map(({ afterMs, over }) => [afterMs, over])).toEqual([
    [ANSWER_TIMEOUT_MS, true],
    [60_000 + ANSWER_TIMEOUT_MS, false],
  ]);
});

test("a channel that goes away takes every question with it, and later ones are lost at once", async () => {
  const { line } = lineOf();
  const asked = line.ask(REQUEST, status);
  line.away();
  expect(await asked).toEqual({ kind: "lost", reason: "away" });
  expect(await line.ask(REQUEST, status)).toEqual({ kind: "lost", reason: "away" });
});

test("an answer to another question breaks the channel: nothing on it can be trusted", async () => {
  const { line, sent, broken } = lineOf();
  const asked = line.ask(REQUEST, status);
  line.received(written((sent[0]?.requestId ?? 0) + 9, 0));
  expect(broken).toEqual(["an answer that no request waits for"]);
  expect(await asked).toEqual({ kind: "lost", reason: "broken" });
});
