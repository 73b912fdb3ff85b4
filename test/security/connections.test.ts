/** Who has not signed in cannot keep others from doing so. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CONNECTIONS_PER_ADDRESS_MAX } from "../../broker/api/connection-limits.ts";
import { ConsoleUser } from "../kit/console-user.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";

let site: RunningBroker;
const flood: Socket[] = [];

beforeAll(async () => {
  site = await startRunningBroker({ SALLYPORT_LISTEN: "0.0.0.0" });
}, 60_000);
afterAll(async () => {
  for (const socket of flood) socket.destroy();
  await site.close();
});

test("one address that opens connections without end leaves room for the others", async () => {
  const { port } = new URL(site.broker.address);
  let refused = 0;
  for (let n = 0; n < CONNECTIONS_PER_ADDRESS_MAX + 50; n += 1) {
    // Any loopback address is another sender.
    const socket = connect({ host: "127.0.0.1", localAddress: "127.0.0.66", port: Number(port) });
    socket.on("error", () => {});
    socket.on("close", () => {
      refused += 1;
    });
    flood.push(socket);
    await once(socket, "connect").catch(() => {});
    socket.write("GET / HTTP/1.1\r\nHost: ");
  }
  const other = new ConsoleUser(site.broker.address);
  expect((await other.ask("GET", "/healthz")).status).toBe(200);
  expect(refused).toBeGreaterThanOrEqual(50);
});

test("a path that cannot be decoded is answered like one that does not exist", async () => {
  for (const path of ["/api/%zz", "/%ff%fe", "/api/sessions/%"]) {
    const answer = await site.first.ask("GET", path);
    expect([answer.status, answer.body.code]).toEqual([404, "not-found"]);
    expect(answer.text).not.toContain("%");
  }
});

test("a request that names two hosts is for none of them", async () => {
  const { port, host } = new URL(site.broker.address);
  const told = async (hosts: readonly string[]) => {
    const socket = connect({ host: "127.0.0.1", port: Number(port) });
    const fields = hosts.map((each) => `Host: ${each}\r\n`).join("");
    socket.write(`GET /api/me HTTP/1.1\r\n${fields}Connection: close\r\n\r\n`);
    const [head] = (await once(socket, "data")) as [Buffer];
    socket.destroy();
    return head.toString("latin1").slice(0, 12);
  };
  expect(await told([host])).toBe("HTTP/1.1 401");
  expect(await told([host, "evil.example"])).toBe("HTTP/1.1 421");
  expect(await told([host, host])).toBe("HTTP/1.1 421");
});

test.each(["/healthz", "/api/me", "/sign-in", "/api/live/?EIO=4&transport=polling"])(
  "whoever asks for %s on and on without its answers is shown out",
  async (path) => {
    const { port, host } = new URL(site.broker.address);
    const ask = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
    const answered = async (count: number, connection = "close") => {
      const socket = connect({ host: "127.0.0.1", port: Number(port) });
      let said = "";
      socket.on("data", (part) => {
        said += part.toString("latin1");
      });
      socket.on("error", () => {});
      const closed = new Promise((resolve) => socket.once("close", resolve));
      const last = ask.replace("\r\n\r\n", `\r\nConnection: ${connection}\r\n\r\n`);
      socket.write(ask.repeat(count - 1) + last);
      await closed;
      return said.split("HTTP/1.1 ").length - 1;
    };
    expect(await answered(4)).toBe(4);
    expect(await answered(1_000, "keep-alive")).toBeLessThan(20);
  },
);
