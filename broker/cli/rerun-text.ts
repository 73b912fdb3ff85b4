/** What became of running the guards again, in words. It never says that something was altered. */
import type { SessionRerun } from "../evidence/log/rerun-bundle.ts";
import { shown, utc } from "./verdict-words.ts";

/** Sessions named one by one. */
const LISTED_MAX = 8;

export function rerunText(reruns: readonly SessionRerun[], build: string): string[] {
  const different = reruns.filter((one) => kindOf(one) === "differs");
  const unread = reruns.filter((one) => kindOf(one) === "not-run");
  const same = reruns.filter((one) => kindOf(one) === "same");
  const left = new Set(same.flatMap((one) => (one.kind === "run" ? one.rerun.left : [])));
  return [
    ...(same.length === 0 ? [] : [sameText(same)]),
    ...[...left].map((what) => `Not compared: ${shown(what)}.`),
    ...different.slice(0, LISTED_MAX).map((one) => differsText(one, build)),
    ...unread.slice(0, LISTED_MAX).map(unreadText),
  ];
}

export function rerunFacts(reruns: readonly SessionRerun[], build: string) {
  return reruns.map((one) => ({
    session: shown(one.session),
    verdict: kindOf(one),
    recordedBy: shown(one.build),
    runBy: build,
    ...(one.kind === "run"
      ? { ...one.rerun.figures, left: one.rerun.left, difference: one.rerun.difference ?? null }
      : {}),
    ...(one.kind === "not-run" ? { reason: shown(one.reason) } : {}),
  }));
}

function kindOf(one: SessionRerun): "same" | "differs" | "not-run" {
  // What has no channel that this build knows is not called the same.
  if (one.kind !== "run" || one.rerun.figures.channels === 0) return "not-run";
  return one.rerun.difference === undefined ? "same" : "differs";
}

function sameText(same: readonly SessionRerun[]): string {
  const sum = { verdicts: 0, sums: 0, bytes: 0 };
  for (const one of same) {
    if (one.kind !== "run") continue;
    sum.verdicts += one.rerun.figures.verdicts;
    sum.sums += one.rerun.figures.sums;
    sum.bytes += one.rerun.figures.bytes;
  }
  const whose = same.length === 1 ? "" : ` of ${same.length} sessions`;
  return `same: ${sum.verdicts} decisions${whose}, and count and SHA-256 of ${sum.bytes} bytes sent, at ${sum.sums} places.`;
}

function differsText(one: SessionRerun, build: string): string {
  if (one.kind !== "run" || one.rerun.difference === undefined) return "";
  const { sequence, wallMs, channel, what } = one.rerun.difference;
  const where = `record ${sequence}, channel ${channel}, ${utc(wallMs)}`;
  return `differs (build ${shown(one.build)} → ${build}): ${shown(one.session)}, ${where}: ${shown(what)}. The recording is genuine all the same.`;
}

function unreadText(one: SessionRerun): string {
  const left = one.kind === "run" ? one.rerun.left : [];
  const nothing = left.length > 0 ? left.map(shown).join("; ") : "nothing in it went to a guard";
  const reason = one.kind === "not-run" ? shown(one.reason) : nothing;
  return `not run: ${shown(one.session)}: ${reason}.`;
}
