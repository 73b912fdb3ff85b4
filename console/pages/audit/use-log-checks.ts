/** Runs the checks of this browser over what the page has fetched. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { LogHeadView, LogPageView, LogStateView } from "../../../broker/api/shapes/log.ts";
import type { CheckedNote } from "../../../protocols/log/checked-note.ts";
import { formatKey } from "../../../protocols/log/note.ts";
import { logConsistency } from "../../components/site-log.ts";
import {
  checkEntry,
  checkHead,
  type EntryCheck,
  type HeadCheck,
  isContinued,
  isOwnHead,
  type Trust,
  trustOf,
} from "./check-log.ts";
import { firstKey, rememberHead, seenHead, seenOrigins } from "./remembered.ts";

export interface CheckedPage {
  /** By note: a log that grows gives another with the next page. */
  readonly heads: ReadonlyMap<string, HeadCheck>;
  /** By id of the entry. */
  readonly entries: ReadonlyMap<string, EntryCheck>;
}

/** @param own the policy that this person put in */
export function useTrust(state: LogStateView | undefined, own: string | null): Trust | undefined {
  return useMemo(() => {
    if (!state) return undefined;
    const keys = state.logs.flatMap(({ origin, key }) =>
      key === null ? [] : firstKey(origin, key),
    );
    return trustOf(own, keys, state.witnessPolicy);
  }, [state, own]);
}

export function useCheckedPages(pages: readonly LogPageView[], trust: Trust | undefined) {
  const notes = pages.map(({ heads }) => heads.map(({ note }) => note).join()).join();
  const ids = pages.map(({ entries }) => `${entries[0]?.id}+${entries.length}`).join();
  const contents = pages.map(({ entries }) => entries.map(({ entry }) => entry).join()).join();
  return useQuery({
    queryKey: ["log-checked", notes, ids, contents, nameOf(trust)],
    enabled: trust !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: () => checkPages(pages, trust),
    placeholderData: (before) => before,
  });
}

/** Another policy is another answer. */
function nameOf(trust: Trust | undefined): string {
  const { logs = [], witnesses = [], groups = [], quorum = "" } = trust?.policy ?? {};
  const keys = [...logs, ...witnesses.map(({ key }) => key)].map(formatKey);
  return [trust?.from, ...keys, JSON.stringify(groups), quorum].join(" ");
}

async function checkPages(
  pages: readonly LogPageView[],
  trust: Trust | undefined,
): Promise<CheckedPage> {
  const heads = new Map<string, HeadCheck>();
  const entries = new Map<string, EntryCheck>();
  for (const page of pages) {
    for (const head of page.heads) {
      if (trust && !heads.has(head.note)) heads.set(head.note, await checked(head, trust));
    }
    const byLog = new Map(page.heads.map(({ number, note }) => [number, heads.get(note)]));
    for (const entry of page.entries) {
      entries.set(entry.id, checkEntry(entry, byLog.get(entry.log)));
    }
  }
  return { heads, entries };
}

async function checked(head: LogHeadView, trust: Trust): Promise<HeadCheck> {
  const check = await checkHead(head.note, trust);
  if (check.kind === "bad" || isOwnHead(head, check)) return check;
  return { kind: "bad", reason: "its checkpoint is of another log or size" };
}

/** What this browser saw before, compared with what there is now. */
export type Continuity =
  | { readonly kind: "first"; readonly now: CheckedNote }
  | {
      readonly kind: "continued";
      readonly now: CheckedNote;
      readonly before: number;
      readonly seenMs: number;
    }
  | { readonly kind: "broken"; readonly reason: ContinuityFault; readonly detail: string };

/** `gone`: the log seen before is not there. `shorter`: it had more. `rewritten`: other leaves. */
export type ContinuityFault = "unsigned" | "key" | "gone" | "shorter" | "rewritten" | "unproved";

export function useContinuity(state: LogStateView | undefined, trust: Trust | undefined) {
  const newest = state?.logs.at(-1);
  return useQuery({
    queryKey: ["log-continuity", newest?.note, nameOf(trust)],
    enabled: state !== undefined && trust !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    queryFn: async () => {
      const found: Continuity[] = [];
      if (!state || !trust) return found;
      for (const head of state.logs) found.push(await continuityOf(head, trust));
      return [...found, ...missing(state.logs)];
    },
    placeholderData: (before) => before,
  });
}

/** Logs of this site that this browser has seen, and that are not there any more. */
function missing(logs: readonly LogHeadView[]): readonly Continuity[] {
  const site = logs[0]?.origin.replace(/\/log\/\d+$/, "/log/");
  const there = new Set(logs.map(({ origin }) => origin));
  return seenOrigins()
    .filter((origin) => site !== undefined && origin.startsWith(site) && !there.has(origin))
    .map((origin) => ({ kind: "broken", reason: "gone", detail: origin }));
}

async function continuityOf(head: LogHeadView, trust: Trust): Promise<Continuity> {
  const { origin, number } = head;
  const broken = (reason: ContinuityFault, detail: string): Continuity => ({
    ...{ kind: "broken", reason, detail: `${origin}: ${detail}` },
  });
  if (head.key !== null && trust.from === "first" && firstKey(origin, head.key) !== head.key) {
    return broken("key", head.key);
  }
  const check = await checked(head, trust);
  if (check.kind === "bad") return broken("unsigned", check.reason);
  const now = check.checked.checkpoint;
  const seen = seenHead(origin);
  const before = seen && (await checkHead(seen.note, trust));
  // What this browser kept was signed when it was kept, or it would not have been.
  if (!seen || before?.kind !== "good") {
    rememberHead(origin, { note: head.note, atMs: Date.now() });
    return { kind: "first", now: check.checked };
  }
  const old = before.checked.checkpoint;
  if (old.size > now.size) return broken("shorter", `${old.size} → ${now.size}`);
  const proof = await logConsistency(number, old.size, now.size).catch((thrown: unknown) =>
    thrown instanceof Error ? thrown.message : String(thrown),
  );
  if (typeof proof === "string") return broken("unproved", proof);
  if (!isContinued(old, now, proof.hashes)) {
    return broken("rewritten", `${old.size} → ${now.size}`);
  }
  rememberHead(origin, { note: head.note, atMs: Date.now() });
  return { kind: "continued", now: check.checked, before: old.size, seenMs: seen.atMs };
}
