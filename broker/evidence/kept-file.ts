/**
 * A file out of a recording of SSH, as it passed: the tape is run again, and what its guard took
 * for the content of that file is kept. A rule of the profile says up to which size this may be
 * (`keep-max`); the verdict on the tape says whether it was so.
 *
 * Twice: the first run finds which of the files it is, so that nothing of the others is kept.
 */
import { createHash } from "node:crypto";
import type { ContentHash } from "../../protocols/http/parts.ts";
import { SshGuard } from "../../protocols/ssh/guard.ts";
import { olderTape } from "../../protocols/ssh/older-tape.ts";
import {
  isSshOperation,
  KEPT_WITH_CONTENT,
  type PassedOperation,
} from "../../protocols/ssh/operation.ts";
import type { TapeRecord } from "../../protocols/tape/record.ts";
import { TapeRerun } from "../../protocols/tape/rerun.ts";
import { KEPT_FILE_MAX } from "../plant/plant-limits.ts";
import { recordsOf } from "./recording-records.ts";
import type { Recording, Recordings } from "./recordings.ts";
import { sha256Hex } from "./seal.ts";

export interface KeptFile {
  readonly operation: PassedOperation;
  readonly content: Uint8Array;
}

type Source = Pick<Recordings, "segment">;

/**
 * @param sequence of the verdict that tells of the file
 * @returns undefined where that record is none of a file that is kept with its content
 * Throws where the tape does not run again as it was recorded, or cannot be read.
 */
export async function keptFile(
  recordings: Source,
  recording: Recording,
  sequence: number,
): Promise<KeptFile | undefined> {
  const numbers = new Map<string, number>();
  let made = 0;
  const told = await runTo(recordings, recording, sequence, () => {
    made += 1;
    return numbered(made, numbers);
  });
  const operation = told && passedWithContent(told);
  if (operation?.digest === undefined) return undefined;
  const number = numbers.get(operation.digest);
  if (number === undefined) throw new Error(NOT_AGAIN);
  const content = await contentOf(recordings, recording, sequence, number);
  if (sha256Hex(content) !== operation.digest) throw new Error(NOT_AGAIN);
  return { operation, content };
}

async function contentOf(
  recordings: Source,
  recording: Recording,
  sequence: number,
  number: number,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let made = 0;
  await runTo(recordings, recording, sequence, () => {
    made += 1;
    const isIt = made === number;
    const add = (bytes: Uint8Array) => {
      if (isIt) parts.push(new Uint8Array(bytes));
    };
    // What it answers is not compared: the file is found, and its content is looked at afterwards.
    const hash = numbered(made, new Map());
    return {
      add: (bytes) => {
        add(bytes);
        hash.add(bytes);
      },
      digest: () => hash.digest(),
    };
  });
  return Buffer.concat(parts);
}

function numbered(number: number, numbers: Map<string, number>): ContentHash {
  const hash = createHash("sha256");
  return {
    add: (bytes) => void hash.update(bytes),
    digest: () => {
      const digest = hash.digest("hex");
      numbers.set(digest, number);
      return digest;
    },
  };
}

/** Runs the tape to this record, which is answered. */
async function runTo(
  recordings: Source,
  recording: Recording,
  sequence: number,
  newHash: () => ContentHash,
): Promise<TapeRecord | undefined> {
  const { header } = recording;
  const guardOf = () => {
    const guard = new SshGuard();
    guard.newHash = newHash;
    guard.older = olderTape(header);
    return guard;
  };
  const tape = new TapeRerun({ guardOf, newHash: runningHash });
  for await (const records of recordsOf(recordings, recording)) {
    for (const record of records) {
      if (!tape.push(record)) throw new Error(NOT_AGAIN);
      if (record.sequence === sequence) return record;
    }
  }
  return undefined;
}

/** Sums of what was sent are the verifier's business. */
function runningHash() {
  const hash = createHash("sha256");
  return {
    add: (bytes: Uint8Array) => void hash.update(bytes),
    digest: () => hash.copy().digest("hex"),
  };
}

function passedWithContent(record: TapeRecord): PassedOperation | undefined {
  if (record.kind !== "verdict") return undefined;
  const found = record.items.find(
    ({ rule, operation }) =>
      rule === KEPT_WITH_CONTENT &&
      isSshOperation(operation) &&
      operation.action === "file:passed" &&
      operation.size <= KEPT_FILE_MAX,
  );
  return found?.operation as PassedOperation | undefined;
}

const NOT_AGAIN = "the recording does not run again as it was recorded";
