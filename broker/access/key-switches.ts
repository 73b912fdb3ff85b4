/**
 * The key switches of the plant in force: read by the broker as itself, each under a permit of
 * the plant file. One that is off, or that nobody can read, keeps remote access away from what it
 * covers; what that means for live sessions the plant file says.
 */
import type { KeyObject } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { KeySwitch, Plant } from "../plant/model.ts";
import { indexOf } from "../plant/plant-index.ts";
import type { RecordEvent } from "../store/store.ts";
import type { LeaseCause, PlantInForce } from "./access.ts";
import { KeySwitchReader, type KeySwitchReading, type OpenProbe } from "./key-switch-reader.ts";
import type { Locks } from "./locks.ts";
import type { Permit } from "./permit.ts";
import { mintPermit } from "./permits.ts";
import { probeClaims } from "./probe-claims.ts";
import { findEndpoint } from "./reach.ts";

export const KEY_SWITCH_RULE = "key-switch";

export interface KeySwitchState extends KeySwitchReading {
  readonly keySwitch: KeySwitch;
}

/** One key switch as it bears on an asset. */
export interface KeySwitchOver {
  readonly keySwitch: KeySwitch;
  /** Undefined while it is on. */
  readonly cause: LeaseCause | undefined;
}

export interface KeySwitchParts {
  readonly clock: Clock;
  readonly plant: PlantInForce;
  readonly locks: Locks;
  readonly permitKey: KeyObject;
  /** Absent where nothing can be read: then no key switch is ever on. */
  openProbe?(permit: Permit): Promise<OpenProbe>;
  note(event: Parameters<RecordEvent>[0]): void;
}

export class KeySwitches {
  private readonly parts: KeySwitchParts;
  private readonly readers = new Map<string, KeySwitchReader>();
  private readonly listeners = new Set<() => void>();
  private readonly stopLocks: () => void;

  constructor(parts: KeySwitchParts) {
    this.parts = parts;
    this.stopLocks = parts.locks.onChanged(() => {
      for (const reader of this.readers.values()) reader.checkShut();
    });
    this.plantChanged();
  }

  list(): readonly KeySwitchState[] {
    return [...this.readers.values()].map((reader) => ({
      ...reader.now,
      keySwitch: reader.keySwitch,
    }));
  }

  /** Those that cover the asset. */
  over(assetId: string): readonly KeySwitchOver[] {
    const plant = this.parts.plant.current();
    return this.list()
      .filter(({ keySwitch }) => covers(plant, keySwitch, assetId))
      .map((state) => ({ keySwitch: state.keySwitch, cause: causeOf(state) }));
  }

  /** Whether remote access to a site as a whole is switched on. */
  isSiteOpen(site: string): boolean {
    const plant = this.parts.plant.current();
    return this.list().every(
      ({ keySwitch: { covers: scope }, state }) =>
        scope.kind !== "site" || !isOver(plant, scope.id, site) || state === "on",
    );
  }

  /**
   * Reads those over the asset now, before somebody opens a session there.
   * @returns why it may not be opened
   */
  async look(assetId: string): Promise<LeaseCause | undefined> {
    const plant = this.parts.plant.current();
    const here = [...this.readers.values()].filter(({ keySwitch }) =>
      covers(plant, keySwitch, assetId),
    );
    const states = await Promise.all(here.map((reader) => reader.look()));
    for (const [at, reader] of here.entries()) {
      const state = states[at] ?? "unknown";
      const cause = causeOf({ ...reader.now, state, keySwitch: reader.keySwitch });
      if (cause) return cause;
    }
    return undefined;
  }

  onChanged(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Readers of what is gone or means something else end; new ones begin. */
  plantChanged(): void {
    const { keySwitches } = this.parts.plant.current();
    for (const [form, reader] of this.readers) {
      if (keySwitches.some((each) => this.formOf(each) === form)) continue;
      reader.stop({ rule: "plant-changed", reason: "the plant file changed the key switch" });
      this.readers.delete(form);
    }
    for (const keySwitch of keySwitches) {
      const form = this.formOf(keySwitch);
      if (this.readers.has(form)) continue;
      const reader = this.reader(keySwitch);
      this.readers.set(form, reader);
      reader.start();
    }
  }

  close(): void {
    this.stopLocks();
    const cause = { rule: "shutdown", reason: "the broker was stopped" };
    for (const reader of this.readers.values()) reader.stop(cause);
    this.readers.clear();
  }

  private reader(keySwitch: KeySwitch): KeySwitchReader {
    const { clock, locks } = this.parts;
    const assetId = assetOf(keySwitch);
    const reader: KeySwitchReader = new KeySwitchReader(keySwitch, {
      clock,
      open: () => this.open(keySwitch),
      shut: () => locks.causeOver("", assetId),
      changed: () => this.changed({ ...reader.now, keySwitch }),
    });
    return reader;
  }

  private open(keySwitch: KeySwitch): Promise<OpenProbe> {
    const { openProbe, plant, clock, permitKey } = this.parts;
    const found = findEndpoint(plant.current(), keySwitch.input.endpoint);
    if (!openProbe || !found) throw new Error("nothing can be read here");
    const claims = probeClaims(plant.current(), found, keySwitch, clock.wallMs());
    return openProbe(mintPermit(claims, permitKey));
  }

  private changed(state: KeySwitchState): void {
    const { keySwitch, why } = state;
    const text = {
      on: `The key switch ${keySwitch.name} is on: remote access is open`,
      off: `The key switch ${keySwitch.name} is off: remote access is closed`,
      unknown: `The key switch ${keySwitch.name} cannot be read, so it counts as off: ${why}`,
    }[state.state];
    const priority = state.state === "unknown" ? "alarm" : "event";
    this.parts.note({ kind: `key-switch:${state.state}`, priority, text });
    for (const listener of this.listeners) listener();
  }

  /** With the endpoint that it is read at: another address is another switch. */
  private formOf(keySwitch: KeySwitch): string {
    const found = findEndpoint(this.parts.plant.current(), keySwitch.input.endpoint);
    const endpoint = found && { ...found.endpoint, tags: [] };
    return JSON.stringify([keySwitch, endpoint, found?.asset.zone]);
  }
}

function assetOf({ input }: KeySwitch): string {
  return input.endpoint.split("/")[0] ?? "";
}

function covers(plant: Plant, { covers: scope }: KeySwitch, assetId: string): boolean {
  const { assets, zonesAround, siteOfAsset } = indexOf(plant);
  if (scope.kind === "site") return isOver(plant, scope.id, siteOfAsset(assetId).id);
  if (scope.kind === "asset") return scope.id === assetId;
  return zonesAround(assets.get(assetId)?.zone ?? "").some(({ id }) => id === scope.id);
}

/** The whole, by its id or none, is over each site within it. */
function isOver({ site: whole }: Plant, id: string | undefined, site: string): boolean {
  return id === undefined || id === whole.id || id === site;
}

function causeOf({ state, keySwitch, why }: KeySwitchState): LeaseCause | undefined {
  if (state === "on") return undefined;
  const name = `The key switch ${keySwitch.name}`;
  const reason =
    state === "off" ? `${name} is off.` : `${name} cannot be read, so it counts as off: ${why}.`;
  return { rule: KEY_SWITCH_RULE, reason };
}
