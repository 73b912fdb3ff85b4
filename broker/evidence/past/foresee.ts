/**
 * What would have been otherwise in past sessions under another plant file or other policies:
 * every difference, the same ones told once with the moments at which they were.
 */

import type { Header, TapeRecord } from "../../../protocols/tape/record.ts";
import type { Plant } from "../../plant/model.ts";
import { operationWords } from "../../policy/operation-words.ts";
import type { PolicySet } from "../../policy/policy-set.ts";
import { BoundedRateLedger } from "../../policy/rate-ledger.ts";
import { type Found, type HeldOtherwise, type Otherwise, WhatIf } from "../../policy/what-if.ts";
import type { PastRecording } from "./past-recordings.ts";

export interface Candidate {
  readonly plant: Plant;
  /** Undefined: the policies as they were. */
  readonly policies: PolicySet | undefined;
}

/** One place in a recording. */
export interface PastMoment {
  readonly session: string;
  readonly sequence: number;
  readonly wallMs: number;
  readonly person: string;
}

export interface Difference {
  readonly endpoint: string;
  readonly profile: string;
  /** `writing P101.SpeedSetpoint`; of classes `holding operate`. */
  readonly what: string;
  readonly before: { readonly verdict: string; readonly rule: string };
  readonly after: { readonly verdict: string; readonly rule: string; readonly reason: string };
  readonly count: number;
  /** The first ones. */
  readonly moments: readonly PastMoment[];
}

export interface Foreseen {
  readonly sessions: number;
  readonly operations: number;
  readonly differences: readonly Difference[];
  /** Kinds of differences beyond those that are listed. */
  readonly more: number;
}

/** A list that a person can read; beyond it the change is another plant. */
export const DIFFERENCES_MAX = 500;
export const MOMENTS_MAX = 20;

/** Recordings one after the other, each from its first record to its last. */
export class Foresight {
  private readonly candidate: Candidate;
  private readonly gathering = new Gathering();
  private readonly ledgers = new Map<string, BoundedRateLedger>();
  private judging: Judging | undefined;
  private sessions = 0;
  private operations = 0;

  constructor(candidate: Candidate) {
    this.candidate = candidate;
  }

  begin(header: Header): void {
    this.end();
    const { plant, policies } = this.candidate;
    const place = `${header.asset.id}/${header.endpoint.id}`;
    const ledger = this.ledgers.get(place) ?? new BoundedRateLedger();
    this.ledgers.set(place, ledger);
    const asset = plant.assets.find(({ id }) => id === header.asset.id);
    const endpoint = asset?.endpoints.find(({ id }) => id === header.endpoint.id);
    const profile = plant.profiles.find(({ id }) => id === header.grant.profile);
    const session = { subject: header.subject.id, profile: header.grant.profile };
    const judge = new WhatIf(session, { endpoint, profile, policies, ledger });
    const nodes = endpoint?.protocol === "opcua" ? endpoint.nodes : [];
    const words = operationWords({ tags: endpoint?.tags ?? [], nodes });
    this.judging = { header, judge, words };
    this.sessions += 1;
  }

  push(records: readonly TapeRecord[]): void {
    if (!this.judging) return;
    const { header, judge, words } = this.judging;
    for (const record of records) this.gathering.add(header, words, judge.push(record));
  }

  /** So far. */
  get result(): Foreseen {
    const operations = this.operations + (this.judging?.judge.judged ?? 0);
    return { sessions: this.sessions, operations, ...this.gathering.result };
  }

  private end(): void {
    this.operations += this.judging?.judge.judged ?? 0;
    this.judging = undefined;
  }
}

interface Judging {
  readonly header: Header;
  readonly judge: WhatIf;
  readonly words: (operation: Otherwise["operation"]) => string;
}

export async function foresee(
  past: readonly PastRecording[],
  candidate: Candidate,
): Promise<Foreseen> {
  const foresight = new Foresight(candidate);
  for (const recording of past) {
    foresight.begin(recording.header);
    for await (const records of recording.records()) foresight.push(records);
  }
  return foresight.result;
}

interface Gathered extends Omit<Difference, "count" | "moments"> {
  count: number;
  readonly moments: PastMoment[];
}

class Gathering {
  private readonly kinds = new Map<string, Gathered>();
  private readonly beyond = new Set<string>();

  get result(): Pick<Foreseen, "differences" | "more"> {
    return { differences: [...this.kinds.values()], more: this.beyond.size };
  }

  add(header: Header, words: (operation: Otherwise["operation"]) => string, found: Found): void {
    for (const one of found.operations) {
      const { verdict, rule } = one.before;
      this.note(header, one, {
        ...{ what: words(one.operation), before: { verdict, rule }, after: one.after },
      });
    }
    for (const one of found.held) {
      for (const change of changesIn(one)) this.note(header, one, change);
    }
  }

  private note(
    { session, subject, asset, endpoint, grant }: Header,
    { sequence, wallMs }: Pick<Otherwise, "sequence" | "wallMs">,
    told: Pick<Difference, "what" | "before" | "after">,
  ): void {
    const { profile } = grant;
    const place = `${asset.id}/${endpoint.id}`;
    const { before, after } = told;
    const key = JSON.stringify([place, profile, told.what, before, after.verdict, after.rule]);
    const moment = { session, sequence, wallMs, person: subject.name };
    const known = this.kinds.get(key);
    if (known) {
      known.count += 1;
      if (known.moments.length < MOMENTS_MAX) known.moments.push(moment);
    } else if (this.kinds.size >= DIFFERENCES_MAX) {
      if (this.beyond.size < DIFFERENCES_MAX * 20) this.beyond.add(key);
    } else {
      this.kinds.set(key, { endpoint: place, profile, ...told, count: 1, moments: [moment] });
    }
  }
}

function changesIn({ lost, won, rule, reason }: HeldOtherwise) {
  const change = (classes: readonly string[], [from, to]: readonly [string, string]) => ({
    what: `holding ${classes.join(", ")}`,
    before: { verdict: from, rule: "as it was" },
    after: { verdict: to, rule, reason },
  });
  return [
    ...(lost.length > 0 ? [change(lost, ["permit", "deny"])] : []),
    ...(won.length > 0 ? [change(won, ["deny", "permit"])] : []),
  ];
}
