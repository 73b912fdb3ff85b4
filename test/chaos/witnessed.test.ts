/**
 * kill -9 with recordings, log and witness at work. It takes seconds and is worth them: no other
 * test shows that a witness, who forgets nothing, agrees with what a crash left behind, and that
 * the evidence of a broker that died again and again still proves itself whole.
 */
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { runVerify } from "../../broker/cli/verify.ts";
import { systemClock } from "../../broker/clock.ts";
import { diskVolume } from "../../broker/evidence/disk-volume.ts";
import { openEvidence } from "../../broker/evidence/evidence.ts";
import { checkLog } from "../../broker/evidence/log/check-log.ts";
import { FileKeys } from "../../broker/evidence/log/file-keys.ts";
import { LogBook } from "../../broker/evidence/log/log-book.ts";
import { sha256, sha256Hex } from "../../broker/evidence/log/sha256.ts";
import { openFileSigner } from "../../broker/evidence/log/signer.ts";
import { SiteLog } from "../../broker/evidence/log/site-log.ts";
import { Witness } from "../../broker/evidence/log/witness.ts";
import { createWitnessServer } from "../../broker/evidence/log/witness-server.ts";
import { writeRangeBundle } from "../../broker/evidence/log/write-bundle.ts";
import { parseCheckpoint } from "../../protocols/log/checkpoint.ts";
import { verifyConsistency } from "../../protocols/log/merkle.ts";
import { ED25519, formatKey, noteKey, parseNote } from "../../protocols/log/note.ts";
import { cosign } from "../kit/bundle.ts";
import { startChild } from "../kit/child.ts";
import { TEST_KEYS } from "../kit/evidence-keys.ts";
import { temporaryFolder } from "../kit/temporary.ts";

/** A soak sets more. */
const KILLS = Number(process.env.SALLYPORT_KILLS ?? 20);
const WRITER = path.join(import.meta.dirname, "witnessed-writer.ts");
const LIFE_MAX_MS = 400;
/** A machine on which so many keep too little is too slow to say anything. */
const RUNS_MAX = 3 * KILLS;

class Drill {
  readonly folder = temporaryFolder();
  readonly directory = path.join(this.folder, "log");
  readonly kept = new Map<number, number>();
  /** Of the witness. */
  readonly faults: string[] = [];
  witness: Witness | undefined;
  private url = "";

  async start(): Promise<void> {
    for (const name of ["evidence", "log", "log/keys", "w1"]) {
      mkdirSync(path.join(this.folder, name));
    }
    const signer = openFileSigner(path.join(this.folder, "w1/key.pem"));
    const { publicKey } = await new FileKeys(path.join(this.directory, "keys")).open(1);
    this.witness = await Witness.open({
      ...{ directory: path.join(this.folder, "w1"), name: "w1", signer, clock: systemClock },
      logs: [noteKey("chaos/log/1", ED25519, publicKey, sha256)],
    });
    const server = createWitnessServer(this.witness, (error) => this.faults.push(String(error)));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
  }

  /** Also while it opens, every third time. */
  async kill(run: number): Promise<void> {
    const key = this.witness === undefined ? "" : formatKey(this.witness.key);
    const args = [this.folder, String(run), String(run * 1_000_000), this.url, "w1", key];
    const ready = run % 3 === 0 ? /^opening$/m : /^kept/m;
    const writer = await startChild(process.execPath, [WRITER, ...args], { ready });
    await new Promise((resolve) => setTimeout(resolve, Math.random() * LIFE_MAX_MS));
    writer.process.kill("SIGKILL");
    expect(await writer.ended, writer.output).toBe("SIGKILL");
    expect(writer.output).not.toContain("FORK");
    // The last line may be cut.
    for (const line of writer.output.split("\n").slice(0, -1)) {
      const [what, number, index] = line.split(" ");
      if (what === "kept") this.kept.set(Number(number), Number(index));
    }
  }

  /** What the witness saw last is a beginning of what recovery finds. Answers how much it saw. */
  async mustAgree(run: number): Promise<number> {
    const { directory } = this;
    const log = await SiteLog.open({ directory, name: "chaos", build: "t", clock: systemClock });
    await log.publish();
    const seen = this.seen();
    const { size, root } = log.checkpoint;
    if (seen && seen.size > 0) {
      const proof = await log.consistency(seen.size, size);
      const holds = verifyConsistency(seen.size, size, proof, seen.root, root, sha256);
      expect(holds, `kill ${run}: the witness saw ${seen.size} of ${size} leaves`).toBe(true);
    }
    await log.close();
    return seen?.size ?? 0;
  }

  private seen() {
    const file = path.join(this.folder, "w1/seen", sha256Hex(Buffer.from("chaos/log/1")));
    try {
      return parseCheckpoint(parseNote(readFileSync(file))?.text ?? "");
    } catch {
      return undefined;
    }
  }
}

test(`in ${KILLS} kills no acknowledged leaf is lost, and the witness's view always holds`, {
  timeout: 120_000 + KILLS * 30_000,
}, async () => {
  const drill = new Drill();
  await drill.start();
  let seen = 0;
  // On a busy machine a life may end before much was kept in it: then there are more of them.
  const enough = () => Math.min(seen, drill.kept.size) > KILLS;
  for (let run = 1; run <= KILLS || (run <= RUNS_MAX && !enough()); run += 1) {
    await drill.kill(run);
    seen = await drill.mustAgree(run);
  }
  expect(drill.faults).toEqual([]);
  expect(seen).toBeGreaterThan(KILLS);
  expect(drill.kept.size).toBeGreaterThan(KILLS);
  await mustProveItself(drill);
});

/** The last start recovers; then all of it is exported and proved, without a hole. */
async function mustProveItself({ folder, directory, kept, witness }: Drill): Promise<void> {
  const clock = systemClock;
  const recordings = path.join(folder, "evidence/recordings");
  const evidence = await openEvidence({
    directory: path.join(folder, "evidence"),
    ...{ keys: TEST_KEYS, build: "t", clock },
  });
  const book = await LogBook.open({ directory, recordings, name: "chaos", build: "t", clock });
  await book.close();
  await evidence.close();
  const log = await SiteLog.open({ directory, name: "chaos", build: "t", clock });
  await cosign(log, witness ? [witness] : []);
  await log.close();
  const key = openFileSigner(path.join(directory, "keys/1.pem")).publicKey;
  const numbers: number[] = [];
  const checked = await checkLog(diskVolume, path.join(directory, "1"), key, (entry) =>
    numbers.push(JSON.parse(new TextDecoder().decode(entry)).number ?? -1),
  );
  expect(checked).toMatchObject({ kind: "whole" });
  expect([...kept].filter(([number, index]) => numbers[index] !== number)).toEqual([]);
  const bundle = path.join(folder, "all.zip");
  const written = await writeRangeBundle({ recordings, siteLog: directory }, { scope: {} }, bundle);
  expect(written).toMatchObject({ open: 0, missing: [] });
  const [policy, keyFile] = [path.join(folder, "policy"), path.join(folder, "key")];
  const logKey = formatKey(noteKey("chaos/log/1", ED25519, key, sha256));
  const witnessLine = witness ? `witness w1 ${formatKey(witness.key)}` : "";
  writeFileSync(policy, `log ${logKey}\n${witnessLine}\nquorum w1\n`);
  writeFileSync(keyFile, `${TEST_KEYS.identities[0]}\n`);
  let printed = "";
  const print = { write: (text: string) => (printed += text) };
  expect(await runVerify({ bundle, policy, key: keyFile }, print), printed).toBe(0);
  expect(printed).toContain(`sessions ${written.sessions}: `);
}
