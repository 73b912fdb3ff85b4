/**
 * kill -9 while the site log grows, and while the next start recovers it. Worth its seconds: no
 * other test shows that a leaf that was acknowledged is on the disk.
 */
import path from "node:path";
import { expect, test } from "vitest";
import { systemClock } from "../../broker/clock.ts";
import { diskVolume } from "../../broker/evidence/disk-volume.ts";
import { checkLog } from "../../broker/evidence/log/check-log.ts";
import { sha256 } from "../../broker/evidence/log/sha256.ts";
import { SiteLog } from "../../broker/evidence/log/site-log.ts";
import { verifyConsistency } from "../../protocols/log/merkle.ts";
import { parseKey } from "../../protocols/log/note.ts";
import { startChild } from "../kit/child.ts";
import { temporaryFolder } from "../kit/temporary.ts";

const KILLS = Number(process.env.SALLYPORT_KILLS ?? 10);
const WRITER = path.join(import.meta.dirname, "log-writer.ts");

interface Said {
  /** Number of the event to the index of its leaf. */
  readonly kept: Map<number, number>;
  readonly checkpoints: { readonly size: number; readonly root: string }[];
}

test(`no acknowledged leaf is lost in ${KILLS} kills, and every checkpoint stays true`, {
  timeout: 60_000 + KILLS * 30_000,
}, async () => {
  const directory = path.join(temporaryFolder(), "log");
  const said: Said = { kept: new Map(), checkpoints: [] };
  for (let run = 0; run < KILLS; run += 1) {
    await killAfter(directory, run * 2_000_000, /^opening$/m, Math.random() * 60, said);
    await killAfter(directory, run * 2_000_000 + 1_000_000, /^kept/m, Math.random() * 300, said);
  }
  const log = await SiteLog.open({ directory, name: "chaos", build: "test", clock: systemClock });
  const { size, root } = log.checkpoint;
  for (const earlier of said.checkpoints) {
    const proof = await log.consistency(earlier.size, size);
    const first = new Uint8Array(Buffer.from(earlier.root, "hex"));
    const holds = verifyConsistency(earlier.size, size, proof, first, root, sha256);
    expect(holds, `checkpoint ${earlier.size}`).toBe(true);
  }
  await log.close();
  await mustHoldLeaves(directory, log, said);
  expect(said.kept.size).toBeGreaterThan(KILLS);
  expect(said.checkpoints.length).toBeGreaterThan(KILLS);
});

async function mustHoldLeaves(directory: string, log: SiteLog, { kept }: Said): Promise<void> {
  const publicKey = parseKey(log.key, sha256)?.publicKey ?? new Uint8Array(0);
  const numbers: number[] = [];
  const checked = await checkLog(diskVolume, path.join(directory, "1"), publicKey, (entry) =>
    numbers.push(JSON.parse(new TextDecoder().decode(entry)).number ?? -1),
  );
  expect(checked).toMatchObject({ kind: "whole" });
  const lost = [...kept].filter(([number, index]) => numbers[index] !== number);
  expect(lost).toEqual([]);
}

async function killAfter(
  directory: string,
  first: number,
  ready: RegExp,
  afterMs: number,
  said: Said,
): Promise<void> {
  const writer = await startChild(process.execPath, [WRITER, directory, String(first)], { ready });
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  writer.process.kill("SIGKILL");
  expect(await writer.ended, writer.output).toBe("SIGKILL");
  // The last line may be cut.
  for (const line of writer.output.split("\n").slice(0, -1)) hear(line, said);
}

function hear(line: string, said: Said): void {
  const [what, first, second = ""] = line.split(" ");
  if (what === "kept") said.kept.set(Number(first), Number(second));
  if (what === "checkpoint") said.checkpoints.push({ size: Number(first), root: second });
}
