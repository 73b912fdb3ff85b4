/** The WebSockets of `sallyport connect`: whom they let in, and what they bear. */
import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { CONNECTS_OF_ONE_PERSON_MAX } from "../../broker/api/connect/connect-channel.ts";
import { CONNECT_PATH, CONNECT_PROTOCOL, type ToConnect } from "../../broker/api/shapes/connect.ts";
import type { BrokerClient } from "../../broker/cli/remote/broker-client.ts";
import { openWebSocket, refusalIn } from "../../broker/cli/remote/tool-line.ts";
import { PANEL_PASSWORD } from "../../simulators/assets/vnc-panel.ts";
import { modbusRequest } from "../kit/connecting.ts";
import type { ConsoleUser } from "../kit/console-user.ts";
import { machineClient } from "../kit/machine-user.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";

const PLC = "plc-treatment/modbus";
const PATIENT = { timeout: 60_000 };

let site: RunningBroker;
let grace: ConsoleUser;
let client: BrokerClient;
const open: WebSocket[] = [];

beforeAll(async () => {
  site = await startRunningBroker({ SALLYPORT_SESSION_LEASE: "5s" });
  const credential = { kind: "password", user: "", password: PANEL_PASSWORD };
  await site.first.ask("POST", "/api/credentials", {
    endpoint: "hmi-treatment/screen",
    credential,
  });
  grace = await site.invite("Grace", ["engineer"]);
  client = await machineClient(grace);
}, 60_000);
afterAll(async () => {
  for (const socket of open) socket.terminate();
  await site.close();
});

/** Open, or in which words it was refused. */
async function dialled(webSocket: WebSocket): Promise<WebSocket | string> {
  open.push(webSocket);
  return new Promise((resolve, reject) => {
    webSocket.once("open", () => resolve(webSocket));
    webSocket.once("unexpected-response", (_, response) => {
      void refusalIn(response).then(({ code }) => resolve(code));
    });
    webSocket.once("error", reject);
  });
}

function raw(path: string, headers: Record<string, string>, protocol = CONNECT_PROTOCOL) {
  return new WebSocket(site.broker.address.replace("http", "ws") + path, protocol, { headers });
}

async function link(by = client): Promise<WebSocket> {
  const webSocket = await dialled(await openWebSocket(by, CONNECT_PATH));
  if (typeof webSocket === "string") throw new Error(webSocket);
  return webSocket;
}

async function said(webSocket: WebSocket): Promise<ToConnect> {
  const [data] = (await once(webSocket, "message")) as [Buffer];
  return JSON.parse(data.toString()) as ToConnect;
}

async function opened(webSocket: WebSocket, target = PLC): Promise<string> {
  webSocket.send(JSON.stringify({ kind: "open", target }));
  const answer = await said(webSocket);
  if (answer.kind !== "opened") throw new Error(JSON.stringify(answer));
  return answer.session.id;
}

test(
  "nobody comes in without token and proof, nor with those of another request",
  PATIENT,
  async () => {
    const cookie = { cookie: grace.cookieHeader, origin: site.broker.address };
    const proofOf = (path: string) => client.headers("GET", path);
    const { dpop = "", authorization = "" } = await proofOf(CONNECT_PATH);
    for (const headers of [{}, cookie, { dpop }, { authorization }]) {
      expect(await dialled(raw(CONNECT_PATH, headers))).toBe("signed-out");
    }
    const elsewhere = await proofOf("/api/me");
    expect(await dialled(raw(CONNECT_PATH, elsewhere))).toBe("signed-out");
    const once = await proofOf(CONNECT_PATH);
    expect(typeof (await dialled(raw(CONNECT_PATH, once)))).toBe("object");
    expect(await dialled(raw(CONNECT_PATH, once))).toBe("signed-out");
    const other = raw(CONNECT_PATH, await proofOf(CONNECT_PATH), "another");
    expect(await dialled(other)).toBe("another-version");
  },
);

test("a connection joins only a session that the same sign-in works in here", PATIENT, async () => {
  const working = await link();
  const session = await opened(working);
  const path = `${CONNECT_PATH}/${session}`;
  const eve = await machineClient(await site.invite("Eve", ["engineer"]));
  const again = await machineClient(grace);
  for (const stranger of [eve, again]) {
    expect(await dialled(await openWebSocket(stranger, path))).toBe("not-found");
  }
  const taking = await link(eve);
  taking.send(JSON.stringify({ kind: "resume", session }));
  expect(await said(taking)).toMatchObject({ kind: "refused", code: "not-found" });
  const tool = await dialled(await openWebSocket(client, path));
  if (typeof tool === "string") throw new Error(tool);
  tool.send(modbusRequest(1, 4, 0, 1));
  const [answer] = (await once(tool, "message")) as [Buffer];
  expect(answer.subarray(0, 2)).toEqual(Buffer.from([0, 1]));
  working.terminate();
  await once(tool, "close");
  expect(await dialled(await openWebSocket(client, path))).toBe("not-found");
});

test("a session that was ended while its command was away is gone, and never told for lost", async () => {
  const working = await link();
  const session = await opened(working);
  working.terminate();
  const ended = await grace.ask("POST", `/api/sessions/${session}/end`, { reason: "" });
  expect(ended.status).toBe(200);
  const closed = async () =>
    (await grace.ask<{ state: string }>("GET", `/api/recordings/${session}`)).body.state;
  for (const wait of [false, true]) {
    if (wait) await expect.poll(closed, PATIENT).toBe("sealed");
    const again = await link();
    again.send(JSON.stringify({ kind: "resume", session }));
    expect(await said(again)).toMatchObject({ kind: "refused", code: "not-found" });
    again.terminate();
  }
}, 120_000);

test.each([
  ["no JSON", "open please"],
  ["another shape", JSON.stringify({ kind: "open", target: PLC, more: 1 })],
  ["an endless name", JSON.stringify({ kind: "open", target: "x".repeat(1_000) })],
  ["bytes", Buffer.from([1, 2, 3])],
])(
  "a command that says %s is let go, with a word",
  async (_, message) => {
    const webSocket = await link();
    webSocket.send(message);
    expect(await said(webSocket)).toMatchObject({ kind: "over", cause: { rule: "violation" } });
    await once(webSocket, "close");
  },
  60_000,
);

test(
  "a message without end, and text where bytes belong, end the connection",
  PATIENT,
  async () => {
    const working = await link();
    const path = `${CONNECT_PATH}/${await opened(working)}`;
    for (const message of ["text", Buffer.alloc(2_000_000)]) {
      const tool = await dialled(await openWebSocket(client, path));
      if (typeof tool === "string") throw new Error(tool);
      tool.on("error", () => undefined);
      tool.send(message);
      await once(tool, "close");
    }
    working.send(JSON.stringify({ kind: "end" }));
    await once(working, "close");
  },
);

test("connections of a tool are not taken for gone while their link answers", PATIENT, async () => {
  const held = await Promise.all(
    ["hmi-treatment", PLC].map(async (target) => {
      const working = await link();
      const path = `${CONNECT_PATH}/${await opened(working, target)}`;
      const tool = await dialled(await openWebSocket(client, path));
      if (typeof tool === "string") throw new Error(tool);
      return { working, tool };
    }),
  );
  // Asked three times, each of them has missed two answers if it owes any.
  await Promise.all(
    held.map(async ({ working }) => {
      for (let asked = 0; asked < 3; asked += 1) await once(working, "ping");
    }),
  );
  for (const { working, tool } of held) {
    expect(tool.readyState).toBe(WebSocket.OPEN);
    working.send(JSON.stringify({ kind: "end" }));
    await once(working, "close");
  }
});

test("one sign-in has some commands at a time, not any number", PATIENT, async () => {
  const eager = await machineClient(await site.invite("Ida", ["engineer"]));
  const all: (WebSocket | string)[] = [];
  for (let n = 0; n < 21; n++) all.push(await dialled(await openWebSocket(eager, CONNECT_PATH)));
  expect(all.filter((each) => typeof each === "object")).toHaveLength(20);
  expect(all.at(-1)).toBe("too-many");
});

test(
  "one person has some connections in all sessions, and others have theirs",
  PATIENT,
  async () => {
    const eager = await machineClient(await site.invite("Eli", ["engineer"]));
    const sessions: string[] = [];
    for (let n = 0; n < 3; n += 1) sessions.push(await opened(await link(eager)));
    const taken: (WebSocket | string)[] = [];
    for (let n = 0; taken.at(-1) !== "too-many"; n += 1) {
      const path = `${CONNECT_PATH}/${sessions[n % sessions.length]}`;
      taken.push(await dialled(await openWebSocket(eager, path)));
    }
    expect(taken.length - 1 + sessions.length).toBe(CONNECTS_OF_ONE_PERSON_MAX);
    expect(await dialled(await openWebSocket(eager, CONNECT_PATH))).toBe("too-many");
    await link(await machineClient(await site.invite("Ann", ["engineer"])));
  },
);

test("an upgrade on a path of nobody's is closed", PATIENT, async () => {
  const webSocket = raw("/api/connection", await client.headers("GET", "/api/connection"));
  await expect(dialled(webSocket)).rejects.toThrow();
});

test("all that was left alone is over after its grace", PATIENT, async () => {
  const live = async () => (await grace.ask<unknown[]>("GET", "/api/sessions")).body;
  for (const webSocket of open) webSocket.terminate();
  await expect.poll(live, { timeout: 40_000 }).toEqual([]);
});
