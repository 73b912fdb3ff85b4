/** What peers say in crumbs: it costs a message and a record for each piece, and not for each crumb. */
import { once } from "node:events";
import { createServer as createWebServer, get, type IncomingMessage, request } from "node:http";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { PIECE } from "../../../protocols/http/body.ts";
import { passBody } from "./answer-body.ts";
import { boundHints, unreadable } from "./odd-answers.ts";
import { OwnLinks } from "./own-links.ts";
import { PanelLeg } from "./panel-leg.ts";

const CRUMBS = 100_000;
/** A read brings ten thousand; however little the system gives at a time, it is no single one. */
const TOGETHER = 100;

async function portOf(server: Pick<Server, "listen" | "address" | "close">): Promise<number> {
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** A panel that answers whatever it is asked with this. */
async function panelSaying(text: string): Promise<number> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => void socket.end(text));
  });
  return portOf(server);
}

async function pieces(type: string): Promise<string[]> {
  const head = `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ntransfer-encoding: chunked\r\n\r\n`;
  const port = await panelSaying(`${head}${"1\r\na\r\n".repeat(CRUMBS)}0\r\n\r\n`);
  const [answer] = (await once(get({ port, agent: false }), "response")) as [IncomingMessage];
  const heard: string[] = [];
  const over = Promise.withResolvers<void>();
  passBody({
    ...{ answer, client: "", silenceMs: 60_000, links: new OwnLinks([], 80) },
    piece: (bytes) => void heard.push(Buffer.from(bytes).toString("latin1")),
    end: () => over.resolve(),
    failed: (reason) => over.reject(new Error(reason)),
  });
  await over.promise;
  return heard;
}

test.each(["application/octet-stream", "text/event-stream"])(
  "a panel's %s of single bytes is handed on whole, in a few pieces",
  async (type) => {
    const heard = await pieces(type);
    expect(heard.join("")).toBe("a".repeat(CRUMBS));
    expect(heard.length).toBeLessThan(CRUMBS / TOGETHER);
    expect(Math.max(...heard.map(({ length }) => length))).toBeLessThanOrEqual(PIECE);
  },
  60_000,
);

test("a panel's page of single bytes is put together", async () => {
  expect(await pieces("text/html")).toEqual(["a".repeat(CRUMBS)]);
}, 60_000);

test("a body that a browser sends in single bytes is judged in a few pieces", async () => {
  const said: string[] = [];
  const whole = Promise.withResolvers<void>();
  const server = createWebServer((asked, response) => {
    const leg = new PanelLeg();
    leg.start({
      bytes: (bytes) => {
        said.push(Buffer.from(bytes).toString("latin1"));
        if (said.at(-1) === "0\r\n\r\n") whole.resolve();
      },
      ...{ lost: () => undefined, withheld: () => undefined, drained: () => undefined },
      closed: (reason) => whole.reject(new Error(reason)),
    });
    void leg.serve(asked, response);
  });
  const browser = connect(await portOf(server), "127.0.0.1");
  browser.on("error", () => undefined);
  const head = "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n";
  browser.write(`${head}${"1\r\na\r\n".repeat(CRUMBS)}0\r\n\r\n`);
  await whole.promise;
  const body = said.slice(1, -1).map((each) => each.split("\r\n")[1]);
  expect(body.join("")).toBe("a".repeat(CRUMBS));
  expect(body.length).toBeLessThan(CRUMBS / TOGETHER);
  browser.destroy();
}, 60_000);

test("a panel that says on and on that its answer is yet to come is left, and that is said", async () => {
  const port = await panelSaying("HTTP/1.1 103 Early Hints\r\n\r\n".repeat(100));
  const sent = request({ port, agent: false }).end();
  boundHints(sent);
  const [error] = await once(sent, "error");
  expect(unreadable(error)).toBe("The panel says on and on that its answer is yet to come.");
});
