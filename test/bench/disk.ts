/** What the disk itself takes to make a small write durable: the floor under every recorded write. */
import { closeSync, fdatasyncSync, openSync, unlinkSync, writeSync } from "node:fs";
import path from "node:path";
import { median } from "./report.ts";

const SAMPLES = 200;
const RECORD_BYTES = 512;
const FILE_BYTES = 4 * 1024 * 1024;

/** Median of write + fdatasync of a small record into a preallocated file, in milliseconds. */
export async function fdatasyncP50Ms(folder: string): Promise<number> {
  const file = path.join(folder, "fdatasync");
  const handle = openSync(file, "w", 0o600);
  try {
    writeSync(handle, Buffer.alloc(FILE_BYTES));
    fdatasyncSync(handle);
    const record = Buffer.alloc(RECORD_BYTES, 1);
    const samples = Array.from({ length: SAMPLES }, (_, at) => {
      const from = performance.now();
      writeSync(handle, record, 0, RECORD_BYTES, at * RECORD_BYTES);
      fdatasyncSync(handle);
      return performance.now() - from;
    });
    return median(samples);
  } finally {
    closeSync(handle);
    unlinkSync(file);
  }
}
