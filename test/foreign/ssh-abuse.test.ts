/** What nobody sane does over SSH, at a real server: bounded, refused, and on the tape. */
import { existsSync, readFileSync, statSync } from "node:fs";
import type { Socket } from "node:net";
import path from "node:path";
import ssh2, { type ClientChannel } from "ssh2";
import { expect, onTestFinished } from "vitest";
import { SshGuard } from "../../protocols/ssh/guard.ts";
import type { TapeRecord } from "../../protocols/tape/record.ts";
import { runProgram } from "../kit/child.ts";
import { testWith } from "../kit/programs.ts";
import { recorded } from "../kit/recorded.ts";
import { MODBUS_AGAIN, rerun } from "../kit/rerun.ts";
import { startSshd } from "../kit/ssh-assets.ts";
import { HOST, OPENSSH } from "../kit/ssh-plant.ts";
import { type SshRoad, ssh, sshRoad } from "../kit/ssh-road.ts";
import { SSHD } from "../kit/ssh-server.ts";
import { temporaryFolder } from "../kit/temporary.ts";

const EVERYTHING = "- { name: all, permit: [configure, transfer] }";
const testAbuse = testWith(["ssh", "sftp", SSHD]);
const MIB = 1_048_576;

async function road(rules = EVERYTHING): Promise<SshRoad> {
  return sshRoad(await startSshd(temporaryFolder()), rules);
}

async function connected({ conduit }: SshRoad): Promise<ssh2.Client> {
  const client = new ssh2.Client();
  onTestFinished(() => {
    client.end();
  });
  client.on("error", () => undefined);
  client.once("connect", () => client.setNoDelay(true));
  await new Promise<void>((resolve, reject) => {
    client.once("ready", () => resolve()).once("error", reject);
    client.connect({ host: "127.0.0.1", port: conduit.port, username: "any" });
  });
  return client;
}

function memoryOf({ conduit }: SshRoad): number {
  const status = readFileSync(`/proc/${conduit.process.pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}

/** What ssh2's own client keeps to itself: answers come to these in the order of the questions. */
interface Inside {
  readonly _sock: Socket;
  readonly _protocol: {
    channelWindowAdjust(channel: number, bytes: number): void;
    env(channel: number, name: string, value: string, wantReply: boolean): void;
    subsystem(channel: number, name: string, wantReply: boolean): void;
    openssh_agentForward(channel: number, wantReply: boolean): void;
  };
}
interface ChannelInside {
  readonly outgoing: { readonly id: number };
  readonly incoming: { window: number };
  readonly _callbacks: ((refused: boolean | undefined) => void)[];
}

testAbuse(
  "what a client asks while its program runs is answered each time, in its turn",
  async () => {
    const to = await road();
    const client = await connected(to);
    const stream = await new Promise<ClientChannel>((resolve, reject) => {
      client.exec("cat", (error, opened) => (error ? reject(error) : resolve(opened)));
    });
    const inside = stream as unknown as ChannelInside;
    const { _protocol: protocol } = client as unknown as Inside;
    const { id } = inside.outgoing;
    const answers: string[] = [];
    const asks: readonly [string, () => void][] = [
      ["env", () => protocol.env(id, "LANG", "C", true)],
      ["agent", () => protocol.openssh_agentForward(id, true)],
      ["subsystem", () => protocol.subsystem(id, "sftp", true)],
    ];
    for (const [name, ask] of asks) {
      inside._callbacks.push((refused) => void answers.push(`${name} ${refused ? "no" : "yes"}`));
      ask();
    }
    await expect
      .poll(() => answers, { timeout: 30_000 })
      .toEqual(["env no", "agent no", "subsystem no"]);
    const heard = new Promise<string>((resolve) => {
      stream.once("data", (bytes: Buffer) => resolve(bytes.toString()));
    });
    stream.write("still here");
    expect(await heard).toBe("still here");
    client.end();
    await to.conduit.stop();
    const [tape = []] = await recorded(to.recordings);
    expect(decided(tape).get("deny ssh:forward")).toBe(1);
  },
);

/** What was decided in the last recording, by action. */
function decided(tape: readonly TapeRecord[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const record of tape) {
    if (record.kind !== "verdict") continue;
    for (const { operation, answer } of record.items) {
      const name = `${answer.kind} ${operation.action}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  return counts;
}

testAbuse("10,000 channels that are refused cost some hundred records and no memory", async () => {
  const to = await road();
  const client = await connected(to);
  const before = memoryOf(to);
  let over = false;
  client.once("close", () => {
    over = true;
  });
  const reasons = new Set<unknown>();
  for (let n = 0; n < 10_000 && !over; n++) {
    await new Promise<void>((resolve) => {
      const done = () => resolve();
      client.once("close", done);
      client.forwardOut("127.0.0.1", 1, "10.0.0.1", n % 65_536, (error) => {
        reasons.add((error as { reason?: unknown } | undefined)?.reason);
        client.off("close", done);
        resolve();
      });
    });
  }
  expect([...reasons]).toContain(1);
  expect(over).toBe(true);
  expect(memoryOf(to) - before).toBeLessThan(60 * MIB);
  // Others go on.
  expect((await ssh(to, HOST, "echo still here")).output).toContain("still here\n");
  await to.conduit.stop();
  const counts = (await recorded(to.recordings)).map(decided);
  const refused = counts.map((each) => each.get("deny ssh:forward") ?? 0);
  expect(Math.max(...refused)).toBe(32);
});

testAbuse.each([["as much as others"], ["everything"]])(
  "a client that takes nothing, and allows %s, holds up the asset, not the broker's memory",
  async (allows) => {
    const to = await road();
    const client = await connected(to);
    const before = memoryOf(to);
    const stream = await new Promise<ClientChannel>((resolve, reject) => {
      const piece = "head -c 1000000 /dev/zero; echo >> left";
      const command = `cd ${to.asset.home} && for n in $(seq 60); do ${piece}; done`;
      client.exec(command, (error, opened) => (error ? reject(error) : resolve(opened)));
    });
    stream.pause();
    if (allows === "everything") allowEverything(client, stream);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(memoryOf(to) - before).toBeLessThan(150 * MIB);
    // More than systems keep for the two connections has not left the asset.
    const left = path.join(to.asset.home, "left");
    expect(existsSync(left) ? statSync(left).size : 0).toBeLessThan(45);
    let count = 0;
    stream.on("data", (bytes: Buffer) => {
      count += bytes.length;
    });
    stream.resume();
    socketOf(client).resume();
    await new Promise((resolve) => stream.once("close", resolve));
    expect(count).toBe(60_000_000);
  },
  60_000,
);

/** Some tools do, and then it is TCP that holds them up: this one reads nothing. */
function allowEverything(client: ssh2.Client, stream: ClientChannel): void {
  const { outgoing, incoming } = stream as unknown as ChannelInside;
  incoming.window = ALL;
  (client as unknown as Inside)._protocol.channelWindowAdjust(outgoing.id, ALL - 8 * MIB);
  socketOf(client).pause();
}

const ALL = 0x7fffffff;

const socketOf = (client: ssh2.Client) => (client as unknown as Inside)._sock;

testAbuse(
  "an asset that takes nothing holds up the client, not the broker's memory",
  async () => {
    const to = await road();
    const before = memoryOf(to);
    const input = new Uint8Array(60_000_000);
    const args = [...OPENSSH, "-p", String(to.conduit.port), HOST, "sleep 3; wc -c"];
    const running = runProgram("ssh", args, { input, withinMs: 50_000 });
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(memoryOf(to) - before).toBeLessThan(150 * MIB);
    expect((await running).output).toContain("60000000");
  },
  60_000,
);

testAbuse("what is recorded comes out the same when it is run again", async () => {
  const to = await road();
  await ssh(to, "-A", HOST, "echo out; echo err >&2; exit 7");
  const tty = [...OPENSSH, "-tt", "-p", String(to.conduit.port), HOST];
  await runProgram("ssh", tty, { input: "ls /\nexit 3\n" });
  const files = [...OPENSSH, "-P", String(to.conduit.port), "-b", "-", HOST];
  const script = path.join(to.here, "script");
  await runProgram("sftp", files, {
    input: `put /etc/hostname a\nls -l\nget a ${script}\nrename a b\nrm b\nls /nowhere\n`,
  });
  await runProgram("scp", [
    ...[...OPENSSH, "-O", "-P", String(to.conduit.port), "/etc/hostname"],
    `${HOST}:${to.asset.home}/c`,
  ]);
  await to.conduit.stop();
  const again = { ...MODBUS_AGAIN, guardOf: () => new SshGuard() };
  const tapes = await recorded(to.recordings);
  expect(tapes.length).toBeGreaterThan(0);
  let verdicts = 0;
  for (const tape of tapes) {
    const result = rerun(tape, again);
    expect(result).toMatchObject({ difference: undefined, left: [] });
    verdicts += result.figures.verdicts;
  }
  expect(verdicts).toBeGreaterThan(12);
});
