/**
 * Bundles judged by a program that shares no code with ours (Python and openssl): it proves what
 * we prove and refuses what we refuse. Starting it for each mutation takes the seconds.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { runVerify } from "../../broker/cli/verify.ts";
import { type ExportedSite, exportSite } from "../kit/bundle.ts";
import { runProgram } from "../kit/child.ts";
import { testWith } from "../kit/programs.ts";

const VERIFIER = path.resolve(import.meta.dirname, "../../deploy/evidence/verify-bundle.py");

const judged = testWith(["python3", "openssl"]);

let folder = "";
let site: ExportedSite;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "sallyport-foreign-"));
  site = await exportSite(folder, ["s-1", "s-2"]);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function foreign(bundle: string) {
  return runProgram("python3", [VERIFIER, bundle, site.policyFile]);
}

function filesOf(bundle: string, inside = ""): string[] {
  return readdirSync(path.join(bundle, inside), { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(inside, entry.name);
    return entry.isDirectory() ? filesOf(bundle, file) : [file];
  });
}

judged("another program proves the bundles that ours proves", async () => {
  for (const [at, bundle] of site.bundles.entries()) {
    const { code, output } = await foreign(bundle);
    expect(output).toContain(`PROVED: session 's-${at + 1}'`);
    expect(output).toContain("cosigned by w1, w2");
    expect(code).toBe(0);
  }
});

judged("both refuse a bundle in which any one file was changed", async () => {
  const [whole = "", other = ""] = site.bundles;
  for (const name of filesOf(whole)) {
    const copy = path.join(folder, "copy");
    cpSync(whole, copy, { recursive: true });
    const file = path.join(copy, name);
    const bytes = readFileSync(file);
    const at = bytes.length >> 1;
    bytes[at] = (bytes[at] ?? 0) ^ 4;
    writeFileSync(file, bytes);
    expect((await foreign(copy)).code, name).toBe(1);
    expect(
      await runVerify({ bundle: copy, policy: site.policyFile }, { write: () => {} }),
      name,
    ).toBe(1);
    rmSync(copy, { recursive: true });
  }
  const moved = path.join(folder, "moved");
  cpSync(whole, moved, { recursive: true });
  cpSync(path.join(other, "recording"), path.join(moved, "recording"), { recursive: true });
  expect((await foreign(moved)).code).toBe(1);
});
