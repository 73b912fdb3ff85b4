/**
 * kill -9 of the conduit at random instants while clients write through it. Then: every write
 * that the PLC carried out stands in a recovered recording as permitted, and none was sent twice.
 */

import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { systemClock } from "../../broker/clock.ts";
import { openEvidence } from "../../broker/evidence/evidence.ts";
import type { EvidenceKeys } from "../../broker/evidence/keys.ts";
import type { Recording, Recordings } from "../../broker/evidence/recordings.ts";
import { readSegment } from "../../protocols/tape/reader.ts";
import type { TapeRecord } from "../../protocols/tape/record.ts";
import { startChild } from "../kit/child.ts";
import { startConduit } from "../kit/conduit-child.ts";
import { TEST_KEYS } from "../kit/evidence-keys.ts";
import { writeOpenPlant } from "../kit/open-plant.ts";
import { Writers } from "./writer.ts";

const WITNESS = path.join(import.meta.dirname, "witness-plc.ts");
/** A life of the conduit after its first write: from mid-commit to several of them. */
const LIFE_MAX_MS = 300;
/** What the dead conduit's socket still held reaches the PLC within this. */
const SETTLE_MS = 100;

export interface NotesCompared {
  /** Carried out by the PLC, as its own notes say. */
  readonly seen: number;
  /** Permitted writes in the recordings. */
  readonly recorded: number;
  /** Seen and not recorded: must be none. */
  readonly missing: readonly string[];
  /** Seen more than once: must be none. */
  readonly repeated: readonly string[];
  readonly states: Readonly<Record<string, number>>;
}

export interface KillFigures extends NotesCompared {
  readonly kills: number;
  /** Answered to a client as done: never more than were seen. */
  readonly acknowledged: number;
}

/** @param random 0 to 1, for the instants */
export async function killOften(
  folder: string,
  kills: number,
  random: () => number,
): Promise<KillFigures> {
  const recordings = path.join(folder, "recordings");
  mkdirSync(recordings);
  const notes = path.join(folder, "notes");
  const witness = await startChild(process.execPath, [WITNESS, notes], {
    ready: /witness on (\d+)/,
  });
  let acknowledged = 0;
  try {
    const plant = writeOpenPlant(folder, { port: Number(witness.ready[1]), inFlight: 4 });
    let next = 0;
    for (let kill = 0; kill < kills; kill++) {
      const writers = await killOnce({ plant, recordings, first: next, random });
      next = writers.after;
      acknowledged += writers.done;
    }
  } finally {
    await witness.stop();
  }
  const compared = await compareWithNotes(recordings, TEST_KEYS, notes);
  return { ...compared, kills, acknowledged };
}

interface Run {
  readonly plant: string;
  readonly recordings: string;
  readonly first: number;
  readonly random: () => number;
}

async function killOnce({ plant, recordings, first, random }: Run): Promise<Writers> {
  const conduit = await startConduit({ plant, profile: "everything", recordings });
  const writers = new Writers(conduit.port, first);
  try {
    const longestMs = 10_000;
    for (let ms = 0; writers.done === 0 && ms < longestMs; ms += 2) await pause(2);
    if (writers.done === 0) throw new Error(`nothing was answered:\n${conduit.output}`);
    await pause(random() * LIFE_MAX_MS);
  } finally {
    await conduit.stop("SIGKILL");
    writers.stop();
  }
  await pause(SETTLE_MS);
  return writers;
}

/** Of recordings that nobody has open, and of the notes of the PLC that was written to. */
export async function compareWithNotes(
  directory: string,
  keys: EvidenceKeys,
  notes: string,
): Promise<NotesCompared> {
  const evidence = await openEvidence({
    ...{ directory, keys },
    build: "kill-drill",
    clock: systemClock,
  });
  try {
    const all = await evidence.recordings.list();
    const recorded = new Set<string>();
    for (const recording of all) {
      for (const write of await permittedWrites(evidence.recordings, recording))
        recorded.add(write);
    }
    const seen = readFileSync(notes, "utf8").trimEnd().split("\n");
    const distinct = new Set(seen);
    const states: Record<string, number> = {};
    for (const { state } of all) states[state] = (states[state] ?? 0) + 1;
    return {
      ...{ seen: seen.length, recorded: recorded.size, states },
      missing: seen.filter((write) => !recorded.has(write)),
      repeated:
        seen.length === distinct.size ? [] : seen.filter((each, at) => seen.indexOf(each) < at),
    };
  } finally {
    await evidence.close();
  }
}

async function permittedWrites(
  recordings: Recordings,
  { header, segments }: Recording,
): Promise<string[]> {
  const writes: string[] = [];
  for (const { number } of segments) {
    const bytes = await recordings.segment(header.session, number);
    if (!bytes) throw new Error(`segment ${number} of ${header.session} is missing`);
    const read = readSegment(bytes);
    if (read.kind === "malformed") throw new Error(`${header.session}/${number}: ${read.reason}`);
    for (const record of read.records) writes.push(...writesOf(record));
  }
  return writes;
}

function writesOf(record: TapeRecord): string[] {
  if (record.kind !== "verdict") return [];
  return record.items.flatMap(({ operation, answer }) =>
    answer.kind === "permit" &&
    operation.action === "modbus:write" &&
    "address" in operation &&
    "values" in operation
      ? [`${operation.address} ${operation.values}`]
      : [],
  );
}
