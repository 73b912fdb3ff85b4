/** The signer in a process of its own: what it signs, what it never signs, and life without it. */
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parseKey } from "../../../protocols/log/note.ts";
import { testHeader } from "../../../test/kit/tape-header.ts";
import { temporaryFolder } from "../../../test/kit/temporary.ts";
import { type RunningSigner, startSigner } from "../../cli/signer.ts";
import { systemClock } from "../../clock.ts";
import { diskVolume } from "../disk-volume.ts";
import { checkLog } from "./check-log.ts";
import { LogUnavailable } from "./commit-queue.ts";
import { FileKeys } from "./file-keys.ts";
import { LogBook } from "./log-book.ts";
import { MovedKeys } from "./moved-keys.ts";
import { publicKeyOf } from "./public-keys.ts";
import { sha256 } from "./sha256.ts";
import { SignerAway } from "./signer.ts";
import { SiteLog, type SiteLogOptions } from "./site-log.ts";
import { SignerRefuses, SocketKeys } from "./socket-keys.ts";

const NAME = "sallyport.example/north";

class Place {
  readonly folder = temporaryFolder();
  readonly socket = path.join(this.folder, "run/signer.sock");
  readonly directory = path.join(this.folder, "log");
  private signer: RunningSigner | undefined;

  constructor() {
    mkdirSync(path.dirname(this.socket), { mode: 0o700 });
    onTestFinished(() => this.stop());
  }

  async start(more = {}): Promise<void> {
    const data = path.join(this.folder, "signer");
    this.signer = await startSigner({ name: NAME, socket: this.socket, data, ...more });
  }

  async stop(): Promise<void> {
    await this.signer?.close();
    this.signer = undefined;
  }

  get keys(): SocketKeys {
    return new SocketKeys(this.socket, (n) => publicKeyOf(diskVolume, this.directory, n));
  }

  get options(): SiteLogOptions {
    const { directory, keys } = this;
    const limits = { retryMs: 5, checkpointAfterMs: 5 };
    return { directory, name: NAME, build: "t", clock: systemClock, keys, limits };
  }
}

async function append(log: SiteLog, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, n) => log.append({ kind: "test", n })));
}

test("the broker's log is signed over the socket, and its key is nowhere in the broker's folder", async () => {
  const place = new Place();
  await place.start();
  const log = await SiteLog.open(place.options);
  await append(log, 300);
  await log.publish();
  await append(log, 300);
  await log.close();
  const key = parseKey(log.key, sha256)?.publicKey ?? new Uint8Array(0);
  const checked = await checkLog(diskVolume, path.join(place.directory, "1"), key);
  expect(checked).toMatchObject({ kind: "whole", checkpoint: { size: 602 } });
  expect(() => statSync(path.join(place.directory, "keys/1.pem"))).toThrow("ENOENT");
  expect(statSync(place.socket).mode & 0o777).toBe(0o600);
});

test("a log put back is not signed again, nor another one of its size", async () => {
  const place = new Place();
  await place.start();
  const log = await SiteLog.open(place.options);
  await append(log, 20);
  await log.close();
  rmSync(place.directory, { recursive: true });
  // A stranger at the broker begins the log anew, with the key that the signer has.
  await expect(SiteLog.open(place.options)).rejects.toThrow("the log went back");
  const signer = await place.keys.open(1);
  const head = readFileSync(path.join(place.folder, "signer/signed/1"), "utf8");
  const other = head.replace(/\n[^\n]{43}=\n$/, `\n${"A".repeat(43)}=\n`);
  await expect(signer.sign(Buffer.from(other))).rejects.toThrow("another tree of this size");
  const longer = other.replace(/\n\d+\n/, "\n1000\n");
  await expect(signer.sign(Buffer.from(longer), async () => [])).rejects.toThrow("was rewritten");
});

test("nothing but checkpoints of this site is signed", async () => {
  const place = new Place();
  await place.start();
  const signer = await place.keys.open(1);
  const root = `${"A".repeat(43)}=`;
  const refused = [
    "pay 100 to mallory\n",
    `other.example/log/1\n0\n${root}\n`,
    `${NAME}/log/2\n0\n${root}\n`,
    `${NAME}/log/1\n0\n${root}\nextension\n`,
    `${NAME}/log/1\n0\n${root}`,
    `cosignature/v1\ntime 1\n${NAME}/log/1\n0\n${root}\n`,
  ];
  for (const text of refused) {
    await expect(signer.sign(Buffer.from(text)), text).rejects.toThrow(SignerRefuses);
  }
  await signer.sign(Buffer.from(`${NAME}/log/1\n0\n${root}\n`));
  await expect(place.keys.open(3)).rejects.toThrow("no log of this number");
  await expect(place.keys.destroy(1)).rejects.toThrow("stays");
});

test("while the signer is away leaves are kept and checkpoints stop; back, it signs for all", async () => {
  const place = new Place();
  await place.start();
  const log = await SiteLog.open(place.options);
  const heard: (string | undefined)[] = [];
  log.onSigner((away) => heard.push(away?.cause));
  await append(log, 5);
  await log.publish();
  const { size } = log.checkpoint;
  await place.stop();
  await append(log, 50);
  await expect(log.publish()).rejects.toThrow("the signer is away");
  expect(log.checkpoint.size).toBe(size);
  expect(log.state).toEqual({ kind: "ready" });
  await append(log, 50);
  expect(log.signerAway?.cause).toContain("the signer is away");
  await place.start();
  await expect.poll(() => log.checkpoint.size).toBe(size + 100);
  expect(heard).toEqual([expect.stringContaining("away"), undefined]);
  await log.close();
});

test("a broker that starts without its signer goes on with the leaves that it had", async () => {
  const place = new Place();
  await place.start();
  const first = await SiteLog.open(place.options);
  await append(first, 5);
  await first.publish();
  await place.stop();
  await append(first, 7);
  await first.close();
  const second = await SiteLog.open(place.options);
  expect(second.signerAway).toBeDefined();
  await append(second, 3);
  expect(second.checkpoint.size).toBe(first.checkpoint.size);
  await place.start();
  await expect.poll(() => second.checkpoint.size).toBe(second.size);
  expect(second.size).toBe(first.size + 4);
  await second.close();
});

test("how long sessions may begin without a signer is a rule", async () => {
  for (const [signerAwayMaxMs, begins] of [
    [60_000, true],
    [0, false],
  ] as const) {
    const place = new Place();
    await place.start();
    const recordings = path.join(place.folder, "recordings");
    const book = await LogBook.open({ ...place.options, recordings, signerAwayMaxMs });
    await book.siteLog?.publish();
    await place.stop();
    await book.siteLog?.append({ kind: "test" });
    await book.siteLog?.publish().catch((error) => expect(error).toBeInstanceOf(LogUnavailable));
    await new Promise((resolve) => setTimeout(resolve, 5));
    const opened = await book.openSession(testHeader("s-1")).then(() => true, String);
    if (begins) expect(opened).toBe(true);
    else expect(opened).toContain("nobody signs the site log");
    await book.close();
  }
});

test("a site with a key in a file moves to the signer by changing its key", async () => {
  const place = new Place();
  const { keys, ...options } = place.options;
  const before = await SiteLog.open(options);
  await before.close();
  await place.start();
  const folder = path.join(place.directory, "keys");
  const moved = { ...options, keys: new MovedKeys(new FileKeys(folder), keys ?? place.keys) };
  const same = await SiteLog.open(moved);
  expect(same.key).toBe(before.key);
  await same.close();
  const after = await SiteLog.open({ ...moved, rotate: true });
  expect(after.origin).toBe(`${NAME}/log/2`);
  await after.close();
  expect(readdirSync(folder).sort()).toEqual(["1.pem", "1.pub", "2.pub"]);
});

test("a stranger's bytes on the socket get no signature and stop nobody", async () => {
  const place = new Place();
  await place.start();
  for (const bytes of ["\n", "{}\n", `${"x".repeat(200_000)}\n`, '{"do":"sign"}\n']) {
    const socket = connect(place.socket);
    socket.on("error", () => {});
    socket.write(bytes);
    const answer = await new Promise<string>((resolve) => {
      let text = "";
      socket.on("data", (piece) => (text += piece));
      socket.on("close", () => resolve(text));
    });
    expect(answer).not.toContain("signed");
  }
  expect((await place.keys.open(1)).publicKey).toHaveLength(32);
  await place.stop();
  await expect(place.keys.open(1)).rejects.toThrow(SignerAway);
});

test("a folder that others can write to is no place for the socket", async () => {
  const place = new Place();
  chmodSync(path.dirname(place.socket), 0o777);
  await expect(place.start()).rejects.toThrow("can be written by others");
  chmodSync(path.dirname(place.socket), 0o700);
  writeFileSync(path.join(place.folder, "pin"), "1234", { mode: 0o644 });
  const token = { pkcs11Module: "/nowhere", token: "t", pinFile: path.join(place.folder, "pin") };
  await expect(place.start(token)).rejects.toThrow("can be reached by others");
});
