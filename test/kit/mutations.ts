/**
 * Mutations of a bundle, one at a time: bits, bytes and files changed, taken away, doubled,
 * swapped, and valid pieces of another session put in their place.
 */
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { sha256Hex } from "../../broker/evidence/log/sha256.ts";
import { canonicalJson } from "../../protocols/log/canonical-json.ts";

export function filesOf(bundle: string, inside = ""): string[] {
  return readdirSync(path.join(bundle, inside)).flatMap((name) => {
    const file = path.join(inside, name);
    return statSync(path.join(bundle, file)).isDirectory() ? filesOf(bundle, file) : [file];
  });
}

/** What a forger would do too: the inventory fits the files again. */
export function inventoryAgain(bundle: string, whole: string): void {
  const old = JSON.parse(readFileSync(path.join(whole, "bundle.json"), "utf8"));
  const names = filesOf(bundle).filter((name) => name !== "bundle.json");
  const files = Object.fromEntries(
    names.map((name) => [name, sha256Hex(readFileSync(path.join(bundle, name)))]),
  );
  writeFileSync(path.join(bundle, "bundle.json"), canonicalJson({ ...old, files }));
}

/** Only what differs: copying the whole bundle each time would be most of the test. */
export function restore(copy: string, whole: string): void {
  const files = filesOf(whole);
  for (const name of filesOf(copy)) if (!files.includes(name)) rmSync(path.join(copy, name));
  for (const name of files) {
    const [from, to] = [path.join(whole, name), path.join(copy, name)];
    if (!existsSync(to) || !readFileSync(to).equals(readFileSync(from))) cpSync(from, to);
  }
}

/** Small, repeatable: a failing mutation can be found again by its number. */
export function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const KINDS = [
  ...["flip", "insert", "delete", "truncate", "remove"],
  ...["rename", "swap", "duplicate", "foreign"],
];

/** Changes one thing; answers what, or undefined where nothing would be different. */
export function mutate(
  bundle: string,
  other: string,
  pick: (below: number) => number,
): string | undefined {
  const files = filesOf(bundle);
  const name = files[pick(files.length)] ?? "";
  const kind = KINDS[pick(KINDS.length)] ?? "";
  const file = path.join(bundle, name);
  const before = readFileSync(file);
  const at = pick(Math.max(1, before.length));
  if (kind === "flip") {
    const after = Buffer.from(before);
    after[at] = (after[at] ?? 0) ^ (1 << pick(8));
    writeFileSync(file, after);
  } else if (kind === "insert") {
    const piece = Buffer.from([pick(256)]);
    writeFileSync(file, Buffer.concat([before.subarray(0, at), piece, before.subarray(at)]));
  } else if (kind === "delete") {
    writeFileSync(file, Buffer.concat([before.subarray(0, at), before.subarray(at + 1)]));
  } else if (kind === "truncate") truncateSync(file, at);
  else if (kind === "remove") rmSync(file);
  else if (kind === "rename") {
    // To a name that a bundle may well have.
    const next = path
      .basename(file)
      .replace(/\d+/, (digits) => String(Number(digits) + 1 + pick(9)));
    const target = path.join(path.dirname(file), next === path.basename(file) ? `x${next}` : next);
    if (existsSync(target)) return undefined;
    renameSync(file, target);
  } else if (kind === "swap") {
    const second = path.join(bundle, files[pick(files.length)] ?? "");
    if (readFileSync(second).equals(before)) return undefined;
    renameSync(second, `${second}.x`);
    renameSync(file, second);
    renameSync(`${second}.x`, file);
  } else if (kind === "duplicate") {
    const copy = path.join(path.dirname(file), `9${path.basename(file)}`);
    writeFileSync(copy, before);
  } else {
    const alike = (file: string) => path.dirname(file).replace(/^recordings\/[^/]+/, "recordings");
    const foreign = filesOf(other).filter((each) => alike(each) === alike(name));
    if (foreign.length === 0) return undefined;
    const piece = readFileSync(path.join(other, foreign[pick(foreign.length)] ?? ""));
    if (piece.equals(before)) return undefined;
    writeFileSync(file, piece);
  }
  return `${kind} ${name} at ${at}`;
}

/** The earlier checkpoint may be left out by whoever makes a bundle: less is proved then. */
export function mayBeLeftOut(what: string): boolean {
  return / (bundle\.json|log\/earlier) /.test(what);
}
