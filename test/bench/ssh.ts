/**
 * SSH through the broker against `ssh -J` through an OpenSSH jump host, in the same run: time to
 * the first output, echo of a key, bulk both ways, files both ways. OpenSSH's client and server are
 * at the ends of both roads. The broker decodes, decides, records and encrypts; the jump host only
 * passes on what it cannot read.
 *
 * The trial that the goals for bulk come from wrote what passed into a file as it was: unencrypted,
 * not made durable, not decoded, hashed or decided, and nothing waited for it; no thread packed,
 * sealed or drew it. Its ciphers, packets of 32 KiB and windows of 2 MiB were those of here. Here a
 * MiB out or in is two packets' ciphers, a third one for the write-ahead, its CRC and two copies; a
 * sum of what was sent (0.6 ms, a tenth of the sessions' thread) and, of files, one of their content
 * as well; and in a thread of its own half as much again to seal it. With two cores for both ends
 * and all of that it is the sum that counts, not the thread that waits: `brokerCpuMsPerMiB`.
 * Where time goes in the sessions' thread no part takes more than a tenth. Node's ciphers copy each
 * result once more (`update` makes room for a block too many, and then an array of the right length),
 * which costs as much as AES itself. Nothing was won by: other settings of malloc, huge pages, one
 * piece of a block at a time for the write-ahead's cipher, ssh2's own binding, a heap so large that
 * nothing is collected but what is young (else all of it is, each 20 MiB of a file that is put, half
 * of that in threads of V8), putting together what one turn writes (a packet of SFTP with 32 KiB of
 * content takes two of SSH). Larger packets are neither taken nor made by OpenSSH.
 * System calls are few: 33 reads and 11 writes for a MiB that is put. It costs the sessions' thread
 * twice what a MiB of a command's input does: its 32 writes are decided and answered one by one.
 * An echo is one write of the record (O_DSYNC, in a thread of the pool), which must end before the
 * asset has the key, since keys are of the class `configure`.
 */
import { spawn, spawnSync } from "node:child_process";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { runProgram } from "../kit/child.ts";
import { startConduit } from "../kit/conduit-child.ts";
import { HOST, OPENSSH, plantText } from "../kit/ssh-plant.ts";
import { launchSshd, type SshAsset } from "../kit/ssh-server.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";
import { fdatasyncP50Ms } from "./disk.ts";
import { cpuMs, median, printResult, printTable } from "./report.ts";

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const BULK_BYTES = Number(process.env.SALLYPORT_BULK_MIB ?? 64) * 1_048_576;
const MIB = BULK_BYTES / 1_048_576;
/** Bulk out and in, SFTP put and get. */
const TRANSFERS = 4;
/** Keys of one round. */
const KEYS = 100;
const WITHIN_MS = 120_000;

type RoadName = "direct" | "jump" | "broker";
type Measure = "prompt" | "echo" | "bulkOut" | "bulkIn" | "sftpPut" | "sftpGet";

/**
 * Started by SSH, bash reads the files of who runs this, which may take longer than all that is
 * measured; not where it seems to be started by another one.
 */
const NO_START_FILES: readonly string[] = ["SetEnv SHLVL=1"];

const MEASURES: readonly Measure[] = ["prompt", "echo", "bulkOut", "bulkIn", "sftpPut", "sftpGet"];

/** Options of a client, without the host. */
interface Road {
  readonly name: RoadName;
  readonly options: readonly string[];
  readonly port: number;
  readonly host: string;
}

interface Roads {
  readonly roads: readonly Road[];
  /** Of the broker. */
  readonly pid: number;
}

const GOALS = {
  prompt: { atMost: 0.25 },
  echoAdded: { atMost: 0.75 },
  bulkOut: { atLeast: 1 },
  bulkIn: { atLeast: 2.5 },
  sftpPut: { atLeast: 1.5 },
};

export async function run(): Promise<void> {
  const folder = makeFolder();
  const stops: (() => Promise<unknown>)[] = [];
  try {
    const { roads, pid } = await openRoads(folder, stops);
    const file = path.join(folder, "bulk");
    writeFileSync(file, new Uint8Array(BULK_BYTES));
    const figures = await measureAll(roads, file, pid);
    report(figures, await fdatasyncP50Ms(folder));
  } finally {
    for (const stop of stops.reverse()) await stop();
    removeFolder(folder);
  }
}

async function openRoads(folder: string, stops: (() => Promise<unknown>)[]): Promise<Roads> {
  const [far, middle] = [path.join(folder, "asset"), path.join(folder, "jump")];
  const asset = await launchSshd(far, NO_START_FILES);
  stops.push(asset.stop);
  const jump = await launchSshd(middle);
  stops.push(jump.stop);
  const key = path.join(far, "client");
  appendFileSync(path.join(middle, "client.pub"), readFileSync(`${key}.pub`));
  const conduit = await startBroker(folder, asset.asset);
  stops.push(() => conduit.stop());
  const { port, user } = asset.asset;
  const withKey = [...OPENSSH, "-i", key];
  // What `-J` runs.
  const proxy = ["ssh", ...withKey, "-p", String(jump.asset.port), "-W", "%h:%p"];
  const proxyCommand = `ProxyCommand=${proxy.join(" ")} ${user}@127.0.0.1`;
  const host = `${user}@127.0.0.1`;
  const roads: readonly Road[] = [
    { name: "direct", options: withKey, port, host },
    { name: "jump", options: [...withKey, "-o", proxyCommand], port, host },
    { name: "broker", options: OPENSSH, port: conduit.port, host: HOST },
  ];
  return { roads, pid: conduit.process.pid ?? 0 };
}

function startBroker(folder: string, asset: SshAsset) {
  const plant = path.join(folder, "plant.yaml");
  writeFileSync(plant, plantText(asset, "- { name: all, permit: [configure, transfer] }"));
  return startConduit({
    ...{ plant, profile: "under-test", endpoint: "device/ssh" },
    recordings: path.join(folder, "recordings"),
    more: ["--session-per-connection"],
    env: { CONDUIT_USER: asset.user, CONDUIT_PRIVATE_KEY: asset.privateKey },
  });
}

/** `cpu`: of the broker, a MiB that was carried, over all four ways of carrying one. */
type Figures = Readonly<Record<RoadName, Record<Measure | "cpu", number[]>>>;

/** In milliseconds. */
async function measureAll(roads: readonly Road[], file: string, pid: number): Promise<Figures> {
  const none = () => Object.fromEntries([...MEASURES, "cpu"].map((each) => [each, []]));
  const figures = { direct: none(), jump: none(), broker: none() } as unknown as Figures;
  for (let round = 0; round < ROUNDS; round++) {
    for (const road of roads) {
      const of = figures[road.name];
      const { promptMs, echoMs } = await typing(road);
      of.prompt.push(promptMs);
      of.echo.push(echoMs);
      const before = cpuMs(pid);
      of.bulkOut.push(await bulkOut(road));
      of.bulkIn.push(await bulkIn(road, file));
      of.sftpPut.push(await sftp(road, `put ${file} ${file}.put`));
      of.sftpGet.push(await sftp(road, `get ${file} ${file}.got`));
      of.cpu.push((cpuMs(pid) - before) / (TRANSFERS * MIB));
    }
    process.stderr.write(`round ${round + 1} of ${ROUNDS}\n`);
  }
  return figures;
}

/** From the start of the client to the first output, then the echo of single keys. */
async function typing({ options, port, host }: Road) {
  const began = performance.now();
  const command = ["-p", String(port), host, "stty -echo -icanon; echo READY; exec cat"];
  const child = spawn("ssh", ["-tt", ...options, ...command], { stdio: "pipe" });
  let hear: (said: string) => void = () => {};
  let fail: (error: Error) => void = () => {};
  child.stdout.on("data", (bytes: Buffer) => hear(bytes.toString()));
  child.once("close", () => fail(new Error("ssh ended")));
  const next = () =>
    new Promise<string>((resolve, reject) => {
      [hear, fail] = [resolve, reject];
    });
  for (let said = ""; !said.includes("READY"); ) said += await next();
  const promptMs = performance.now() - began;
  await new Promise((resolve) => setTimeout(resolve, 200));
  const times: number[] = [];
  for (let n = 0; n < KEYS; n++) {
    const sent = performance.now();
    child.stdin.write("x");
    await next();
    times.push(performance.now() - sent);
  }
  child.kill();
  return { promptMs, echoMs: median(times) };
}

async function bulkOut({ options, port, host }: Road): Promise<number> {
  const command = `exec head -c ${BULK_BYTES} /dev/zero`;
  return timed(["ssh", "-n", ...options, "-p", String(port), host, command, ">/dev/null"]);
}

async function bulkIn({ options, port, host }: Road, file: string): Promise<number> {
  const args = ["ssh", ...options, "-p", String(port), host, "exec cat >/dev/null"];
  return timed([...args, "<", file]);
}

async function sftp({ options, port, host }: Road, command: string): Promise<number> {
  const args = ["sftp", "-q", ...options, "-P", String(port), "-b", "-", host, ">/dev/null"];
  return timed(args, `${command}\n`);
}

/** Redirections stand last, unquoted. */
async function timed(words: readonly string[], input = ""): Promise<number> {
  const quoted = words.map((word) => (/^[<>]/.test(word) ? word : `'${word}'`)).join(" ");
  const began = performance.now();
  const ran = await runProgram("sh", ["-c", quoted], { input, withinMs: WITHIN_MS });
  if (ran.code !== 0) throw new Error(`${quoted}: ${ran.code} ${ran.output}`);
  return performance.now() - began;
}

function report(figures: Figures, fdatasyncMs: number): void {
  const at = (road: RoadName, measure: Measure) => median(figures[road][measure]);
  const rate = (road: RoadName, measure: Measure) =>
    `${(MIB / (at(road, measure) / 1_000)).toFixed(0)} MiB/s`;
  const roads: readonly RoadName[] = ["direct", "jump", "broker"];
  printTable(
    ["", ...roads],
    MEASURES.map((measure) => [
      measure,
      ...roads.map((road) =>
        measure === "prompt" || measure === "echo"
          ? `${at(road, measure).toFixed(2)} ms`
          : rate(road, measure),
      ),
    ]),
  );
  const added = (road: RoadName) => at(road, "echo") - at("direct", "echo");
  const faster = (measure: Measure) => at("jump", measure) / at("broker", measure);
  printResult({
    bench: "ssh",
    ratios: {
      prompt: at("broker", "prompt") / at("jump", "prompt"),
      echoAdded: added("broker") / added("jump"),
      bulkOut: faster("bulkOut"),
      bulkIn: faster("bulkIn"),
      sftpPut: faster("sftpPut"),
      sftpGet: faster("sftpGet"),
    },
    goals: GOALS,
    notes: {
      rounds: ROUNDS,
      bulkMiB: MIB,
      // Of all threads; the steadier figure where a machine has much else to do.
      brokerCpuMsPerMiB: median(figures.broker.cpu),
      // Below this no echo can be: each key is on disk before the asset has it.
      fdatasyncMs,
      echoAddedBehindDisk: (added("broker") - fdatasyncMs) / added("jump"),
      openssh: spawnSync("ssh", ["-V"], { encoding: "utf8" }).stderr.trim(),
      clientSignIn:
        "none at the broker's side of this instrument, whose session opens as the connection comes; a key at both of the jump host's",
    },
  });
}
