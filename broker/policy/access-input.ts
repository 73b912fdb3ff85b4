/**
 * What a decision about access rests on. Everything in here is plain data, so that it can stand
 * on a tape and be decided again against another policy.
 */
import { OPERATION_CLASSES, type OperationClass } from "../../protocols/guard.ts";
import { RIGHTS, type Right } from "./rights.ts";
import type { UnmetDemand } from "./unmet-demand.ts";

export type PolicyAction = OperationClass | Right;
export const POLICY_ACTIONS: readonly PolicyAction[] = [...OPERATION_CLASSES, ...RIGHTS];

export interface SubjectInput {
  readonly id: string;
  readonly roles: readonly string[];
  readonly employer: string;
}

export interface ZoneInput {
  readonly id: string;
  /** Purdue level: 0, 1, 2, 3, 3.5, 4 or 5. */
  readonly level: number;
  readonly securityLevelTarget: number;
}

export interface AssetInput {
  readonly kind: "asset";
  readonly id: string;
  /** The asset's own zone first, then the ones around it. */
  readonly zones: readonly ZoneInput[];
  readonly site: string;
  /** The site around that one; absent where it is the whole. */
  readonly within?: string;
}

export type ResourceInput =
  | { readonly kind: "site"; readonly id: string; readonly within?: string }
  | {
      readonly kind: "zone";
      readonly zones: readonly ZoneInput[];
      readonly site: string;
      readonly within?: string;
    }
  | AssetInput
  | {
      readonly kind: "grant";
      readonly id: string;
      readonly holder: string;
      readonly requestedBy: string;
      readonly profile: string;
      readonly asset: AssetInput;
    };

export interface ContextInput {
  readonly grant: {
    readonly id: string;
    readonly active: boolean;
    readonly profile: string;
    readonly approvers: readonly string[];
    readonly ticket: string;
  };
  readonly authentication: {
    readonly ageSeconds: number;
    readonly key: "device-bound" | "synced" | "unknown";
  };
  readonly device: {
    readonly self: string;
    readonly known: boolean;
    readonly compliant: boolean;
    readonly reportAgeSeconds: number;
  };
  readonly network: { readonly address: string; readonly known: boolean };
  readonly time: { readonly hour: number; readonly minute: number; readonly weekday: number };
  readonly session: { readonly supervisorPresent: boolean; readonly durationSeconds: number };
  readonly risk: {
    readonly assessed: boolean;
    readonly level: number;
    readonly reasons: readonly string[];
  };
  readonly site: { readonly open: boolean; readonly locked: boolean };
}

export interface AccessInput {
  readonly subject: SubjectInput;
  readonly resource: ResourceInput;
  readonly context: ContextInput;
  /** Absent where nothing is asked for that is not there. */
  readonly unmet?: readonly UnmetDemand[];
}

/** A year: older than any limit that a policy sets. */
export const AGE_UNKNOWN_SECONDS = 31_536_000;

/**
 * Stands where nothing is known: no grant, an assertion older than any limit, an unknown device
 * and network, nobody present.
 */
export const UNKNOWN_CONTEXT: ContextInput = {
  grant: { id: "", active: false, profile: "", approvers: [], ticket: "" },
  authentication: { ageSeconds: AGE_UNKNOWN_SECONDS, key: "unknown" },
  device: { self: "", known: false, compliant: false, reportAgeSeconds: AGE_UNKNOWN_SECONDS },
  network: { address: "0.0.0.0", known: false },
  time: { hour: 0, minute: 0, weekday: 1 },
  session: { supervisorPresent: false, durationSeconds: 0 },
  risk: { assessed: false, level: 0, reasons: [] },
  site: { open: true, locked: false },
};

/** Ages are told to policies in steps, so that equal situations stay equal for a while. */
const AGE_STEP_SECONDS = 30;

/** Rounded up: a policy never sees anything younger than it is. */
export function ageSeconds(ms: number): number {
  const steps = Math.ceil(Math.max(0, ms) / 1_000 / AGE_STEP_SECONDS);
  return Math.min(AGE_UNKNOWN_SECONDS, steps * AGE_STEP_SECONDS);
}

type Partly<T> = { readonly [K in keyof T]?: Partial<T[K]> };
export type ContextChange = Partly<ContextInput>;

export function contextWith(change: ContextChange, base: ContextInput = UNKNOWN_CONTEXT) {
  const parts = Object.entries(base).map(([name, part]) => [
    name,
    { ...part, ...change[name as keyof ContextInput] },
  ]);
  return Object.fromEntries(parts) as ContextInput;
}
