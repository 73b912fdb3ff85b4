/** A folder that is gone after the test. */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";

export function temporaryFolder(): string {
  const folder = makeFolder();
  onTestFinished(() => removeFolder(folder));
  return folder;
}

/** For what lives longer than one test: its owner removes it. */
export function makeFolder(): string {
  return mkdtempSync(path.join(os.tmpdir(), "sallyport-"));
}

export function removeFolder(folder: string): void {
  // A thread that is ending may still write a file meanwhile.
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}
