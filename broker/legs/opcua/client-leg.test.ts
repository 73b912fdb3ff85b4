import { expect, test, vi } from "vitest";
import { cutFrame, encodeFrame, LEG } from "../../../protocols/opcua/frame.ts";
import { LEG_QUEUE_MAX } from "../leg.ts";
import { type AnsweringChannel, OpcuaClientLeg } from "./client-leg.ts";
import { requestHeaderOf } from "./request-header.ts";
import { SERVICE, STATUS } from "./services.ts";

const [READ, WRITE] = [631, 673];
const TOKEN = Buffer.from("0500000400000001020304", "hex");

function begun() {
  const told: string[] = [];
  const answered: string[] = [];
  const flow: string[] = [];
  const state = { queued: 0, inputs: 0 };
  const channel: AnsweringChannel = {
    get queued() {
      return state.queued;
    },
    answer: (id, typeId, body) => {
      const view = Buffer.from(body);
      answered.push(`${id} ${typeId} ${view.readUInt32LE(8)} ${view.readUInt32LE(12)}`);
    },
    pause: () => void flow.push("pause"),
    resume: () => void flow.push("resume"),
  };
  const leg = new OpcuaClientLeg({
    input: () => void state.inputs++,
    ended: (because) => void told.push(`ended ${because}`),
  });
  const start = () =>
    leg.start({
      bytes: (bytes) => {
        const cut = cutFrame(bytes);
        if (cut.kind !== "frame") throw new Error(cut.kind);
        const { requestId, typeId, body } = cut.frame;
        told.push(`${requestId} ${typeId} ${Buffer.from(body.subarray(0, 2)).toString("hex")}`);
      },
      ...{ lost: () => undefined, withheld: () => undefined },
      drained: () => void told.push("drained"),
      closed: (why) => void told.push(`closed ${why}`),
    });
  const ask = (requestId: number, typeId = READ, hintMs = 0) => {
    const rest = Buffer.alloc(8 + 4 + 4 + 4 + 4 + 3);
    rest.writeUInt32LE(requestId + 1_000, 8);
    rest.writeInt32LE(-1, 16);
    rest.writeUInt32LE(hintMs, 20);
    const body = Buffer.concat([TOKEN, rest]);
    const header = requestHeaderOf(body);
    if (!header) throw new Error("no header");
    leg.request(channel, { requestId, typeId, body, header });
  };
  leg.moveTo(channel);
  return { leg, told, answered, flow, state, start, ask };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("a request goes on without its token, once the leg is started, and is answered under its own number", async () => {
  const { leg, told, answered, state, start, ask } = begun();
  ask(77);
  expect(told).toEqual([]);
  start();
  await turn();
  ask(78, WRITE);
  expect(told).toEqual([`1 ${READ} 0000`, `2 ${WRITE} 0000`]);
  // Reading again and again is no sign of a person; writing is.
  expect(state.inputs).toBe(1);
  const body = Buffer.alloc(24);
  body.writeUInt32LE(1_078, 8);
  leg.write(encodeFrame({ requestId: 2, typeId: WRITE + 3, body }));
  leg.write(encodeFrame({ requestId: 2, typeId: WRITE + 3, body }));
  leg.write(encodeFrame({ requestId: 9, typeId: WRITE + 3, body }));
  expect(answered).toEqual([`78 ${WRITE + 3} 1078 0`]);
});

test("while it is paused nothing is told; then all is, in order", async () => {
  const { leg, told, flow, start, ask } = begun();
  start();
  leg.pause();
  ask(1);
  ask(2);
  await turn();
  expect(told).toEqual([]);
  leg.resume();
  ask(3);
  expect(told).toEqual([]);
  await turn();
  expect(told).toEqual([1, 2, 3].map((id) => `${id} ${READ} 0000`));
  expect(flow).toEqual(["pause", "resume"]);
});

test("what was asked and is not answered when the session ends is answered by a fault, as is what comes then", () => {
  const { leg, told, answered, start, ask } = begun();
  start();
  ask(5);
  leg.close("cut");
  leg.close("cut again");
  ask(6);
  const closed = (id: number) =>
    `${id} ${SERVICE.serviceFault} ${id + 1_000} ${STATUS.badSessionClosed}`;
  expect(answered).toEqual([closed(5), closed(6)]);
  expect(told.at(-1)).toBe("ended cut");
});

test("a leg that was gone before it was started says so once it is, unless it is closed by then", async () => {
  const [first, second] = [begun(), begun()];
  for (const { leg, start } of [first, second]) {
    leg.gone("the OPC UA process ended");
    start();
  }
  second.leg.close();
  expect(first.told).toEqual([]);
  await turn();
  expect(first.told).toEqual(["closed the OPC UA process ended"]);
  expect(second.told).toEqual([]);
});

test("more open requests than any tool has are refused, and no fewer", () => {
  const { answered, start, ask } = begun();
  start();
  for (let id = 1; id <= 1_025; id++) ask(id);
  expect(answered).toEqual([`1025 ${SERVICE.serviceFault} 2025 ${STATUS.badTooManyOperations}`]);
});

test("a request whose time is over is told as such, a Publish without one never", () => {
  vi.useFakeTimers();
  try {
    const { told, start, ask } = begun();
    start();
    ask(1, READ, 500);
    ask(2, SERVICE.publish);
    vi.advanceTimersByTime(4_000_000);
    expect(told).toEqual([`1 ${READ} 0000`, `2 ${SERVICE.publish} 0000`, `1 ${LEG.expired} `]);
  } finally {
    vi.useRealTimers();
  }
});

test("a slow channel is told of once it has taken what waits, or is left for another", () => {
  const { leg, told, state, start, ask } = begun();
  start();
  ask(1);
  state.queued = LEG_QUEUE_MAX + 1;
  leg.write(encodeFrame({ requestId: 1, typeId: READ + 3, body: new Uint8Array(24) }));
  leg.drained();
  expect(told.at(-1)).not.toBe("drained");
  const other = { queued: 0, answer: () => {}, pause: () => {}, resume: () => {} };
  leg.moveTo(other);
  expect(told.at(-1)).toBe("drained");
});
