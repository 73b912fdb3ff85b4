/**
 * What takes a session or a right away, on every kind of stream of a web panel: a request under
 * way, an upload, a file on its way out, a WebSocket, a form that waits for a person. Nothing
 * passes afterwards, and what was cut in the middle never becomes whole.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { WebSocketServer } from "ws";
import type { ConsoleUser } from "../kit/console-user.ts";
import { answerTo, type EnteredPanel, WebPlant } from "../kit/web-plant.ts";

const WITHIN = { timeout: 30_000 };
const IMAGE = Buffer.alloc(3_000_000, "panel image ");

class Panel {
  readonly server: Server;
  readonly asked: string[] = [];
  /** Requests that were read whole. */
  readonly whole: string[] = [];
  readonly broken: string[] = [];
  readonly said: string[] = [];
  readonly sockets = new WebSocketServer({ noServer: true });

  constructor() {
    this.server = createServer((request, response) => {
      const what = `${request.method} ${request.url}`;
      this.asked.push(what);
      const hash = createHash("sha256");
      let size = 0;
      request.on("data", (bytes: Buffer) => {
        size += bytes.length;
        hash.update(bytes);
      });
      request.on("error", () => undefined);
      response.on("close", () => {
        if (!response.writableFinished) this.broken.push(what);
      });
      request.on("end", () => {
        this.whole.push(what);
        if (request.url === "/silent") return;
        if (request.url === "/log.bin") {
          response.writeHead(200, { "content-type": "application/octet-stream" });
          return void response.write(Buffer.alloc(100_000, "x"));
        }
        response.end(`${size} ${hash.digest("hex")}`);
      });
    });
    this.server.on("upgrade", (request: IncomingMessage, socket, head) => {
      this.sockets.handleUpgrade(request, socket, head, (client) => {
        client.on("error", () => undefined);
        client.on("message", (text) => void this.said.push(String(text)));
        const timer = setInterval(() => client.send("tick"), 20);
        client.on("close", () => {
          clearInterval(timer);
          this.broken.push("socket");
        });
      });
    });
  }

  async listen(): Promise<number> {
    this.server.listen(0, "127.0.0.1");
    await once(this.server, "listening");
    return (this.server.address() as AddressInfo).port;
  }

  forget(): void {
    for (const list of [this.asked, this.whole, this.broken, this.said]) list.length = 0;
  }
}

const panel = new Panel();
let plant: WebPlant;
let sue: ConsoleUser;

beforeAll(async () => {
  plant = await WebPlant.open({
    port: await panel.listen(),
    rules: [
      '{ name: look, permit: observe, web: { paths: ["/", /silent-look] } }',
      "{ name: live, permit: observe, web: { does: [socket], paths: [/live] } }",
      '{ name: say, permit: operate, web: { does: [message], messages: ["*"] } }',
      '{ name: forms, permit: operate, web: { paths: [/silent, /form, /log.bin], form: ["*"] } }',
      '{ name: ask, hold: operate, web: { paths: [/held], form: ["*"] } }',
      "{ name: images, permit: transfer, web: { methods: [POST], paths: [/image], content-types: [application/octet-stream], size-max: 20000000 } }",
      "{ name: logs, permit: transfer, web: { does: [download], paths: [/log.bin] } }",
    ],
  });
  sue = await plant.site.invite("Sue", ["supervisor"]);
}, 90_000);

afterAll(async () => {
  await plant?.close();
  panel.server.closeAllConnections();
  panel.server.close();
});

interface Streaming {
  /** What must hold once the session is cut, or frozen. */
  after(cause: "cut" | "frozen"): Promise<void>;
}

type Stream = (entered: EnteredPanel) => Promise<Streaming>;

const soon = (what: () => unknown) => expect.poll(what, WITHIN);

const STREAMS: Readonly<Record<string, Stream>> = {
  "a request under way": async (entered) => {
    const sent = entered.begin("POST", "/silent", { "content-length": "0" });
    sent.end();
    const answer = answerTo(sent).then(
      ({ status }) => status,
      () => 0,
    );
    await soon(() => panel.whole).toContain("POST /silent");
    return {
      after: async (cause) => {
        // What has left is the panel's: a freeze takes nothing of it back.
        if (cause === "frozen") return;
        expect([0, 503]).toContain(await answer);
        await soon(() => panel.broken).toContain("POST /silent");
      },
    };
  },
  "an upload": async (entered) => {
    const sent = entered.begin("POST", "/image", {
      ...{ "content-length": String(IMAGE.length), "content-type": "application/octet-stream" },
    });
    const answer = answerTo(sent).then(
      ({ status }) => status,
      () => 0,
    );
    sent.write(IMAGE.subarray(0, 1_500_000));
    await soon(() => panel.asked).toContain("POST /image");
    return {
      after: async () => {
        await soon(() => panel.broken).toContain("POST /image");
        sent.end(IMAGE.subarray(1_500_000));
        expect(await answer).not.toBe(200);
        expect(panel.whole).not.toContain("POST /image");
      },
    };
  },
  "a file on its way out": async (entered) => {
    const sent = entered.begin("GET", "/log.bin");
    sent.end();
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    expect(answer.statusCode).toBe(200);
    const gone = new Promise((resolve) => answer.on("close", resolve).on("error", () => undefined));
    answer.resume();
    return {
      after: async () => {
        await gone;
        expect(answer.complete).toBe(false);
      },
    };
  },
  "a WebSocket": async (entered) => {
    const socket = entered.socket("/live");
    let heard = 0;
    socket.on("message", () => {
      heard += 1;
    });
    await once(socket, "open");
    socket.send("before");
    await soon(() => panel.said).toEqual(["before"]);
    await soon(() => heard).toBeGreaterThan(2);
    return {
      after: async (cause) => {
        if (cause === "cut") {
          await soon(() => panel.broken).toContain("socket");
          await soon(() => socket.readyState).toBe(socket.CLOSED);
          return;
        }
        const before = heard;
        socket.send("after");
        // The panel goes on showing itself; what was said behind the message is heard.
        await soon(() => heard).toBeGreaterThan(before + 5);
        expect(panel.said).toEqual(["before"]);
        socket.terminate();
      },
    };
  },
  "a form that waits for a person": async (entered) => {
    const form = { "content-type": "application/x-www-form-urlencoded" };
    const answer = entered.ask("POST", "/held", form, "speed=9").then(
      ({ status }) => status,
      () => 0,
    );
    const holds = async () =>
      (await sue.ask<readonly Hold[]>("GET", "/api/holds")).body.filter(
        ({ session, state }) => session === entered.id && state === "waiting",
      );
    await expect.poll(async () => (await holds()).length, WITHIN).toBe(1);
    return {
      after: async () => {
        expect([0, 403, 503]).toContain(await answer);
        await expect.poll(async () => (await holds()).length, WITHIN).toBe(0);
        expect(panel.asked).not.toContain("POST /held");
      },
    };
  },
};

interface Hold {
  readonly session: string;
  readonly state: string;
}

async function begin(stream: string): Promise<[EnteredPanel, Streaming]> {
  panel.forget();
  const entered = await plant.enter();
  onTestFinished(async () => {
    await plant.site.first.ask("POST", `/api/sessions/${entered.id}/end`, { reason: "over" });
  });
  const open = STREAMS[stream];
  if (!open) throw new Error(stream);
  return [entered, await open(entered)];
}

test.each(Object.keys(STREAMS))(
  "its owner's end cuts %s at once",
  async (stream) => {
    const [entered, streaming] = await begin(stream);
    const end = `/api/sessions/${entered.id}/end`;
    expect((await plant.site.first.ask("POST", end, { reason: "done" })).status).toBeLessThan(300);
    await streaming.after("cut");
    const before = panel.asked.length;
    expect((await entered.get("/")).status).toBe(401);
    expect(panel.asked).toHaveLength(before);
  },
  120_000,
);

test.each(Object.keys(STREAMS))(
  "a supervisor's freeze stops %s",
  async (stream) => {
    const [entered, streaming] = await begin(stream);
    const freeze = `/api/sessions/${entered.id}/freeze`;
    expect((await sue.ask("POST", freeze, { reason: "wait" })).status).toBeLessThan(300);
    await streaming.after("frozen");
    const form = { "content-type": "application/x-www-form-urlencoded" };
    expect((await entered.ask("POST", "/form", form, "a=1")).status).toBe(403);
    expect((await entered.get("/")).status).toBe(200);
    expect(panel.asked).not.toContain("POST /form");
  },
  120_000,
);

test("an upload of megabytes arrives whole, and the panel's answer comes back", async () => {
  panel.forget();
  const entered = await plant.enter();
  const type = { "content-type": "application/octet-stream" };
  const answer = await entered.ask("POST", "/image", type, IMAGE);
  const digest = createHash("sha256").update(IMAGE).digest("hex");
  expect(answer.body.toString()).toBe(`${IMAGE.length} ${digest}`);
  const large = Buffer.alloc(20_000_001);
  const refused = await entered.ask("POST", "/image", type, large).catch(() => undefined);
  if (refused) expect(refused.body.toString()).toContain("Rule: work/images.");
  expect(panel.whole).toEqual(["POST /image"]);
  expect((await entered.get("/")).status).toBe(200);
}, 120_000);
