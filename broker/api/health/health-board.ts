/** What works and what does not, kept up to date by the parts themselves. */
import type { Clock } from "../../clock.ts";
import { diskUse, shareUsed } from "../../evidence/volume-watch.ts";
import type { HealthView } from "../shapes/health.ts";
import type { RecentValues } from "./recent-values.ts";

type Part = HealthView["parts"][number];
type State = Part["state"];

/** Asked when somebody looks. */
export interface HealthSources {
  readonly version: string;
  readonly evidenceFolder: string;
  readonly plantDigest: string;
  readonly plantLoadedMs: number;
  readonly plantProblem: string | null;
  readonly liveSessions: number;
  readonly recorderReady: boolean;
  readonly commitMs: RecentValues;
  readonly cutMs: RecentValues;
}

/** Shares of the volume in use at which somebody should act, and at which nothing new begins. */
const DISK_ATTENTION = 0.85;
const DISK_FAILED = 0.95;

export class HealthBoard {
  private readonly clock: Clock;
  private readonly parts = new Map<string, Part>();
  private readonly startedMs: number;

  constructor(clock: Clock) {
    this.clock = clock;
    this.startedMs = clock.wallMs();
  }

  /** @param text one sentence: what it does now, or what is wrong and what to do */
  report(name: string, state: State, text: string): void {
    const before = this.parts.get(name);
    const sinceMs = before?.state === state ? before.sinceMs : this.clock.wallMs();
    this.parts.set(name, { name, state, text, sinceMs });
  }

  /** People can sign in and look. A recorder that is away does not take that from them. */
  isReady(): boolean {
    return this.parts.get("store")?.state !== "failed";
  }

  /** What each part last said of itself. */
  states(): readonly { readonly name: string; readonly state: State }[] {
    return [...this.parts.values()];
  }

  async view(sources: HealthSources): Promise<HealthView> {
    const disk = await diskOf(sources.evidenceFolder);
    this.report("disk", disk.state, disk.text);
    const problem = sources.plantProblem;
    const parts = [...this.parts.values()];
    return {
      state: worst(parts),
      version: sources.version,
      node: process.version,
      startedMs: this.startedMs,
      nowMs: this.clock.wallMs(),
      parts,
      recorder: {
        state: sources.recorderReady ? "recording" : "frozen",
        commitP50Ms: sources.commitMs.quantile(0.5),
        commitP99Ms: sources.commitMs.quantile(0.99),
        freeBytes: disk.freeBytes,
      },
      plantFile: {
        digest: sources.plantDigest,
        loadedMs: sources.plantLoadedMs,
        problem: problem === null ? null : { message: problem, line: lineOf(problem) },
      },
      sessions: { live: sources.liveSessions, cutP99Ms: sources.cutMs.quantile(0.99) },
    };
  }
}

function worst(parts: readonly Part[]): State {
  if (parts.some((part) => part.state === "failed")) return "failed";
  return parts.some((part) => part.state === "attention") ? "attention" : "ok";
}

/** Problems of the plant file begin with `name:line:column`. */
function lineOf(problem: string): number | null {
  const line = /^[^\s:]+:(\d+):\d+ /.exec(problem)?.[1];
  return line === undefined ? null : Number(line);
}

interface Disk {
  readonly state: State;
  readonly text: string;
  readonly freeBytes: number | null;
}

export async function diskOf(folder: string): Promise<Disk> {
  const volume = await diskUse(folder).catch(() => undefined);
  if (!volume) {
    return { state: "failed", text: "The recordings' volume cannot be read.", freeBytes: null };
  }
  const { freeBytes } = volume;
  const used = shareUsed(volume);
  const text = `The recordings' volume is ${Math.round(used * 100)} % full.`;
  if (used >= DISK_FAILED) {
    return { state: "failed", text: `${text} Free space now: recording may stop.`, freeBytes };
  }
  if (used >= DISK_ATTENTION) return { state: "attention", text: `${text} Free space.`, freeBytes };
  return { state: "ok", text, freeBytes };
}
