import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { PassThrough } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import ssh2 from "ssh2";
import { expect, onTestFinished, test } from "vitest";
import type { Side } from "../../../protocols/guard.ts";
import { shownHostKey } from "../read-identity.ts";
import { gatherVersion } from "./gather-version.ts";
import { showHostKey } from "./show-host-key.ts";
import { SshConnection } from "./ssh-connection.ts";

const NOTICE = "For staff alone.\r\nSSH is looked at here.\r\n";

async function listening(server: ReturnType<typeof createServer> | ssh2.Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** A device that greets, and says all up to the end of its version one byte at a time. */
async function slowDevice() {
  const made = generateKeyPairSync("rsa", { modulusLength: 2_048 }).privateKey;
  const hostKey = made.export({ type: "pkcs1", format: "pem" }).toString();
  const key = ssh2.utils.parseKey(hostKey);
  if (key instanceof Error) throw key;
  const server = new ssh2.Server({ hostKeys: [hostKey], greeting: NOTICE }, (connection) => {
    connection.on("error", () => undefined);
    connection.on("authentication", (asks) => asks.accept());
  });
  const inner = await listening(server);
  const front = createServer({ noDelay: true }, (client) => {
    const device = connect({ port: inner, host: "127.0.0.1" });
    for (const each of [client, device]) each.on("error", () => undefined);
    client.on("close", () => device.destroy());
    device.on("close", () => client.destroy());
    client.pipe(device);
    // One of them is closed sooner or later.
    slowly(device, client).catch(() => undefined);
  });
  const port = await listening(front);
  return { port, fingerprint: shownHostKey(key.getPublicSSH(), "device").fingerprint };
}

async function slowly(from: Socket, to: Socket): Promise<void> {
  let line = "";
  for await (const bytes of from) {
    for (const byte of bytes as Buffer) {
      if (to.destroyed) return;
      to.write(Uint8Array.of(byte));
      if (line === "over") continue;
      await pause(1);
      line = byte === 10 ? "" : line + String.fromCharCode(byte);
      if (byte === 13 && line.startsWith("SSH-2.0-")) line = "over";
    }
  }
}

test("a device that says its version one byte at a time is understood", async () => {
  const { port, fingerprint } = await slowDevice();
  const place = { address: "127.0.0.1", port, legacyAlgorithms: false };
  const shown = await showHostKey({ ...place, timeoutMs: 60_000 });
  expect(shown.fingerprint).toBe(fingerprint);
  const connection = new SshConnection({
    ...{ ...place, name: "device/ssh", hostKeys: [fingerprint], connectTimeoutMs: 60_000 },
    credential: async () => ({ kind: "password", user: "any", password: "any" }),
  });
  onTestFinished(() => connection.close("done"));
  connection.enter(
    () => {},
    () => {},
  );
  await connection.ready;
}, 120_000);

/** What ssh2 would be given, after each of these pieces. */
function given(from: Side, pieces: readonly string[]): readonly (readonly string[])[] {
  const socket = new PassThrough();
  const heard: string[] = [];
  gatherVersion(socket, from);
  socket.on("data", (bytes: Buffer) => heard.push(bytes.toString()));
  return pieces.map((piece) => {
    socket.emit("data", Buffer.from(piece));
    return [...heard];
  });
}

test("a version comes whole, and what follows it as it came", () => {
  const pieces = ["SS", "H-2.0-", "x\r", "\nab", "c", "d"];
  const whole = "SSH-2.0-x\r\nab";
  const after = [[], [], [], [whole], [whole, "c"], [whole, "c", "d"]];
  expect(given("client", pieces)).toEqual(after);
  expect(given("asset", pieces)).toEqual(after);
});

test("what is no version is judged at once, by whoever may not greet at its first line", () => {
  expect(given("client", ["GET / HTTP/1.1\r", "\nHost:"])[1]).toHaveLength(1);
  expect(given("asset", ["Welcome\r\n", "SSH"])[1]).toEqual([]);
  for (const said of ["x".repeat(8_192), "\n".repeat(1_025), "line\n".repeat(14_000)]) {
    expect(given("asset", [said])).toEqual([[said]]);
  }
});
