/**
 * Somebody between the machines who puts a message in before keys are exchanged and takes one out
 * afterwards (CVE-2023-48795), on either side of the broker: with strict key exchange nothing comes
 * of such a connection.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { expect, onTestFinished } from "vitest";
import { runProgram } from "../kit/child.ts";
import { testWith } from "../kit/programs.ts";
import { startSshd } from "../kit/ssh-assets.ts";
import { HOST, OPENSSH } from "../kit/ssh-plant.ts";
import { sshRoad } from "../kit/ssh-road.ts";
import { SSHD } from "../kit/ssh-server.ts";
import { temporaryFolder } from "../kit/temporary.ts";

type Way = "to the server" | "to the client";

interface Meddling {
  /** Where SSH_MSG_IGNORE is put in, as the first message. */
  readonly put?: Way;
  /** Where the first message under the new keys is taken out. */
  readonly take?: Way;
}

/** RFC 4253, 11.2, in a packet of 16 bytes. */
const IGNORE = Buffer.from("0000000c06020000000000000000000000".slice(0, 32), "hex");
const NEWKEYS = 21;
/** Of AES-GCM (RFC 5647); the length before it is plain. */
const TAG_LENGTH = 16;

class Line {
  meddling: Meddling = {};
  connections = 0;
  taken = 0;
  private readonly to: number;

  constructor(to: number) {
    this.to = to;
  }

  async open(): Promise<number> {
    const server = createServer((near) => {
      this.connections += 1;
      const far = connect(this.to, "127.0.0.1");
      const forth = this.stream("to the server");
      const back = this.stream("to the client");
      near.on("data", (bytes) => far.write(forth(bytes)));
      far.on("data", (bytes) => near.write(back(bytes)));
      for (const socket of [near, far]) {
        socket.on("error", () => socket.destroy());
        socket.on("close", () => {
          near.destroy();
          far.destroy();
        });
      }
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    return (server.address() as AddressInfo).port;
  }

  private stream(way: Way): (bytes: Buffer) => Buffer {
    const { put, take } = this.meddling;
    let state: "greeting" | "plain" | "keyed" | "rest" = "greeting";
    let waiting = Buffer.alloc(0);
    return (bytes) => {
      waiting = Buffer.concat([waiting, bytes]);
      const out: Buffer[] = [];
      for (;;) {
        if (state === "rest") {
          out.push(waiting);
          waiting = Buffer.alloc(0);
          return Buffer.concat(out);
        }
        const end = state === "greeting" ? waiting.indexOf("\n") + 1 : packetEnd(waiting, state);
        if (end === 0 || end > waiting.length) return Buffer.concat(out);
        const packet = waiting.subarray(0, end);
        waiting = waiting.subarray(end);
        if (state === "keyed") {
          if (take === way) this.taken += 1;
          else out.push(packet);
          state = "rest";
          continue;
        }
        out.push(packet);
        if (state === "greeting") {
          if (put === way) out.push(IGNORE);
          state = "plain";
        } else if (packet[5] === NEWKEYS) state = "keyed";
      }
    };
  }
}

/** 0 where its length is not there yet. */
function packetEnd(waiting: Buffer, state: "plain" | "keyed"): number {
  if (waiting.length < 4) return 0;
  return 4 + waiting.readUInt32BE(0) + (state === "keyed" ? TAG_LENGTH : 0);
}

const MEDDLINGS: readonly Meddling[] = [
  { put: "to the server" },
  { put: "to the client" },
  { put: "to the client", take: "to the client" },
  { take: "to the client" },
];

testWith(["ssh", SSHD])(
  "a message put in or taken out of the exchange of keys ends the connection, on either side",
  async () => {
    const asset = await startSshd(temporaryFolder());
    const behind = new Line(asset.port);
    const far = { ...asset, port: await behind.open() };
    const rules = "- { name: all, permit: [configure] }";
    const to = await sshRoad(far, rules, {}, ["--session-per-connection"]);
    const before = new Line(to.conduit.port);
    const port = String(await before.open());
    const run = () => {
      const args = [...OPENSSH, "-c", "aes128-gcm@openssh.com", "-o", "ConnectTimeout=10"];
      return runProgram("ssh", [...args, "-n", "-p", port, HOST, "echo it ran"]);
    };
    expect((await run()).output).toContain("it ran");
    for (const line of [before, behind]) {
      for (const meddling of MEDDLINGS) {
        line.meddling = meddling;
        const [connections, taken] = [line.connections, line.taken];
        const { output, code } = await run();
        const name = `${line === before ? "before" : "behind"} ${JSON.stringify(meddling)}`;
        expect({ name, ran: output.includes("it ran"), code }).not.toMatchObject({ code: 0 });
        expect(output, name).not.toContain("it ran");
        expect(line.connections > connections, name).toBe(true);
        // Where one was put in nothing comes as far as to be taken out.
        expect(line.taken > taken, name).toBe(meddling.put === undefined);
        line.meddling = {};
      }
    }
    expect((await run()).output).toContain("it ran");
  },
  180_000,
);
