import { cpSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { cosignatures } from "../../../protocols/log/checked-note.ts";
import { formatKey, noteKey, parseKey, parseNote } from "../../../protocols/log/note.ts";
import { type LogPolicy, parsePolicy, quorumReached } from "../../../protocols/log/policy.ts";
import { formatCheckpointRequest } from "../../../protocols/log/proof.ts";
import { temporaryFolder } from "../../../test/kit/temporary.ts";
import { TestClock } from "../../../test/kit/test-clock.ts";
import { systemClock } from "../../clock.ts";
import { sha256 } from "./sha256.ts";
import { openFileSigner, verifyEd25519 } from "./signer.ts";
import { SiteLog } from "./site-log.ts";
import { Witness, type WitnessAnswer } from "./witness.ts";
import { Witnessing, type WitnessingParts } from "./witnessing.ts";

async function openLog(directory: string): Promise<SiteLog> {
  const log = await SiteLog.open({ directory, name: "t", build: "t", clock: systemClock });
  onTestFinished(() => log.close());
  return log;
}

function openWitness(directory: string, log: SiteLog, name = "w1"): Promise<Witness> {
  const key = parseKey(log.key, sha256);
  const signer = openFileSigner(path.join(directory, `${name}.pem`));
  return Witness.open({ directory, name, signer, clock: new TestClock(), logs: key ? [key] : [] });
}

async function grow(log: SiteLog, count: number): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, (_, number) => log.append({ kind: "t", number })),
  );
  await log.publish();
}

async function request(log: SiteLog, old: number, knownSize = old): Promise<string> {
  const { size, note: checkpoint } = log.checkpoint;
  return formatCheckpointRequest({
    old,
    hashes: await log.consistency(knownSize, size),
    checkpoint,
  });
}

test("a witness cosigns what goes on from what it has seen, also over its own restart", async () => {
  const directory = temporaryFolder();
  const log = await openLog(path.join(temporaryFolder(), "log"));
  const witness = await openWitness(directory, log);
  expect(await witness.addCheckpoint(await request(log, 0))).toMatchObject({ kind: "cosigned" });
  const { size } = log.checkpoint;
  await grow(log, 300);
  const again = await openWitness(directory, log);
  const conflict = await again.addCheckpoint(await request(log, 0));
  expect(conflict).toEqual({ kind: "conflict", size });
  const answer = await again.addCheckpoint(await request(log, size));
  if (answer.kind !== "cosigned") throw new Error(answer.kind);
  const note = parseNote(Buffer.from(log.checkpoint.note + answer.lines));
  const { policy } = policyOf(log, [witness], "w1");
  expect(note && cosignatures(note, policy, verifyEd25519)).toMatchObject([{ witness: "w1" }]);
});

test("a witness refuses what it cannot understand, know, believe or follow", async () => {
  const log = await openLog(path.join(temporaryFolder(), "log"));
  const other = await openLog(path.join(temporaryFolder(), "log"));
  const witness = await openWitness(temporaryFolder(), log);
  const ask = async (body: string): Promise<WitnessAnswer["kind"]> =>
    (await witness.addCheckpoint(body)).kind;
  await grow(log, 20);
  const { size } = log.checkpoint;
  expect(await ask("")).toBe("malformed");
  expect(await ask("old 1\n")).toBe("malformed");
  expect(await ask((await request(log, 0)).replace("old 0", `old ${size + 1}`))).toBe("malformed");
  expect(await ask(await request(other, 0))).toBe("not-signed");
  expect(await ask((await request(log, 0)).replaceAll("t/log/1", "t/log/9"))).toBe("unknown-log");
  const changed = (await request(log, 0)).replace(`\n${size}\n`, `\n${size - 1}\n`);
  expect(await ask(changed)).toBe("not-signed");
  expect(await ask(await request(log, 0))).toBe("cosigned");
  await grow(log, 20);
  expect(await ask(await request(log, size, size - 1))).toBe("inconsistent");
  expect(await ask((await request(log, size)).replace(/^(old \d+\n).*\n/, "$1"))).toBe(
    "inconsistent",
  );
  expect(await ask(await request(log, size))).toBe("cosigned");
});

test("a log put back and grown another way is caught: rollback and fork", async () => {
  const folder = temporaryFolder();
  const log = await openLog(path.join(folder, "log"));
  const witness = await openWitness(folder, log);
  await grow(log, 5);
  await log.close();
  cpSync(path.join(folder, "log"), path.join(folder, "back"), { recursive: true });
  const later = await openLog(path.join(folder, "log"));
  await grow(later, 50);
  await witness.addCheckpoint(await request(later, 0));
  const { size } = later.checkpoint;
  const back = await openLog(path.join(folder, "back"));
  expect(await witness.addCheckpoint(await request(back, 0))).toEqual({ kind: "conflict", size });
  while (back.size < size) await back.append({ kind: "other" });
  await back.publish();
  const same = formatCheckpointRequest({ old: size, hashes: [], checkpoint: back.checkpoint.note });
  expect(await witness.addCheckpoint(same)).toEqual({ kind: "conflict", size });
  await grow(back, 10);
  expect((await witness.addCheckpoint(await request(back, size))).kind).toBe("inconsistent");
});

test("a witness whose memory is damaged does not start as one that has seen nothing", async () => {
  const folder = temporaryFolder();
  const log = await openLog(path.join(temporaryFolder(), "log"));
  const witness = await openWitness(folder, log);
  await witness.addCheckpoint(await request(log, 0));
  const [file = ""] = readdirSync(path.join(folder, "seen"));
  writeFileSync(path.join(folder, "seen", file), "nothing");
  await expect(openWitness(folder, log)).rejects.toThrow("cannot be read back");
});

interface Policed {
  readonly policy: LogPolicy;
}

function policyOf(log: SiteLog, witnesses: readonly Witness[], quorum: string): Policed {
  const lines = witnesses.map(
    ({ key }) => `witness ${key.name} ${formatKey(key)} http://${key.name}.example/`,
  );
  const names = witnesses.map(({ key }) => key.name).join(" ");
  const text = [`log ${log.key}`, ...lines, `group both all ${names}`, `quorum ${quorum}`];
  const parsed = parsePolicy(text.join("\n"), sha256);
  if (parsed.kind !== "policy") throw new Error(parsed.reason);
  return { policy: parsed.policy };
}

const STATUS = {
  cosigned: 200,
  malformed: 400,
  "not-signed": 403,
  "unknown-log": 404,
  conflict: 409,
  inconsistent: 422,
} as const;

/** Witnesses by name behind their URLs; one that is away answers nothing. */
function watch(log: SiteLog, witnesses: readonly Witness[], quorum: string) {
  const clock = new TestClock();
  const away = new Set<string>();
  const said: string[] = [];
  const { policy } = policyOf(log, witnesses, quorum);
  const parts: WitnessingParts = {
    ...{ log, policy, clock },
    post: async (url, _type, body) => {
      const witness = witnesses.find(({ key }) => url.includes(`//${key.name}.`));
      if (!witness || away.has(witness.key.name)) throw new Error("no answer");
      const answer = await witness.addCheckpoint(body);
      const lines = answer.kind === "cosigned" ? answer.lines : "";
      const size = answer.kind === "conflict" ? `${answer.size}\n` : "";
      return { status: STATUS[answer.kind], body: lines || size };
    },
    onLag: (cause) => said.push(cause === undefined ? "caught up" : `lag: ${cause}`),
    onFork: (text) => said.push(text),
  };
  const witnessing = new Witnessing(parts);
  onTestFinished(() => witnessing.close());
  const reached = (): boolean => {
    const note = parseNote(Buffer.from(log.checkpoint.note));
    const cosigned = note ? cosignatures(note, policy, verifyEd25519) : [];
    return quorumReached(policy, new Set(cosigned.map(({ witness }) => witness)));
  };
  return { witnessing, clock, away, said, reached };
}

test("both cosignatures come into the checkpoint; a quorum of both is not reached by one", async () => {
  const log = await openLog(path.join(temporaryFolder(), "log"));
  const one = await openWitness(temporaryFolder(), log, "w1");
  const two = await openWitness(temporaryFolder(), log, "w2");
  const { witnessing, clock, away, said, reached } = watch(log, [one, two], "both");
  await witnessing.settle();
  expect(reached()).toBe(true);
  away.add("w2");
  await grow(log, 10);
  await witnessing.settle();
  expect(reached()).toBe(false);
  for (let round = 0; round < 8; round += 1) {
    clock.advance(10_000);
    await witnessing.settle();
  }
  expect(said).toEqual(["lag: w2: no answer"]);
  away.delete("w2");
  clock.advance(10_000);
  await witnessing.settle();
  expect(reached()).toBe(true);
  expect(said).toEqual(["lag: w2: no answer", "caught up"]);
});

test("one of two is enough where the policy says so", async () => {
  const log = await openLog(path.join(temporaryFolder(), "log"));
  const one = await openWitness(temporaryFolder(), log, "w1");
  const two = await openWitness(temporaryFolder(), log, "w2");
  const { witnessing, away, reached } = watch(log, [one, two], "w1");
  away.add("w2");
  await grow(log, 10);
  await witnessing.settle();
  expect(reached()).toBe(true);
});

test("a broker whose log went back hears it from its witness, once", async () => {
  const folder = temporaryFolder();
  const directory = path.join(folder, "log");
  const log = await openLog(directory);
  const witness = await openWitness(folder, log);
  await log.close();
  cpSync(directory, path.join(folder, "back"), { recursive: true });
  const later = await openLog(directory);
  const first = watch(later, [witness], "w1");
  await grow(later, 50);
  await first.witnessing.settle();
  await first.witnessing.close();
  await later.close();
  rmSync(directory, { recursive: true });
  cpSync(path.join(folder, "back"), directory, { recursive: true });
  const back = await openLog(directory);
  const second = watch(back, [witness], "w1");
  await grow(back, 3);
  await second.witnessing.settle();
  await grow(back, 3);
  await second.witnessing.settle();
  expect(second.said).toHaveLength(1);
  expect(second.said[0]).toMatch(/^The witness w1 has seen \d+ leaves, and the log has \d+$/);
});

test("the key of a witness is not taken for the key of a log", () => {
  const key = noteKey("w", 4, new Uint8Array(32), sha256);
  const parsed = parsePolicy(`log ${formatKey(key)}\nquorum none\n`, sha256);
  expect(parsed).toMatchObject({ kind: "malformed", line: 1 });
});
