/**
 * The devices that people have, in memory so that every decision can ask, and in the store for the
 * next start. A revoked one counts no more in the turn in which it is revoked.
 */
import type { Clock } from "../clock.ts";
import { AGE_UNKNOWN_SECONDS, ageSeconds, UNKNOWN_CONTEXT } from "../policy/access-input.ts";
import type { Device, DeviceReport } from "../store/device.ts";
import { listDevices } from "../store/devices.ts";
import type { SignIn } from "../store/model.ts";
import type { Queries } from "../store/schema.ts";
import type { DeviceFacts } from "./device-facts.ts";
import { failingNeeds, isBad, isCompliant, type PostureNeed, type PostureRule } from "./posture.ts";

/** What is known of one device now, its own reports and those of the machine it runs on. */
export interface Posture {
  readonly compliant: boolean;
  readonly failing: readonly PostureNeed[];
  /** The newest. */
  readonly report: DeviceReport | null;
}

export class DeviceBook implements DeviceFacts {
  readonly rule: PostureRule;
  private readonly clock: Clock;
  private readonly byId: Map<string, Device>;
  private readonly listeners = new Set<(deviceIds: ReadonlySet<string>) => void>();

  private constructor(clock: Clock, rule: PostureRule, devices: readonly Device[]) {
    this.clock = clock;
    this.rule = rule;
    this.byId = new Map(devices.map((device) => [device.id, device]));
  }

  static async open(queries: Queries, clock: Clock, rule: PostureRule): Promise<DeviceBook> {
    return new DeviceBook(clock, rule, await listDevices(queries));
  }

  get(id: string): Device | undefined {
    return this.byId.get(id);
  }

  all(): readonly Device[] {
    return [...this.byId.values()];
  }

  ofPerson(personId: string): readonly Device[] {
    return this.all().filter((device) => device.personId === personId);
  }

  byKey(personId: string, keyThumbprint: string): Device | undefined {
    return this.ofPerson(personId).find((device) => device.keyThumbprint === keyThumbprint);
  }

  /** What was revoked stays so, also where this was made of what was known before that. */
  put(device: Device): void {
    const before = this.byId.get(device.id);
    const { revokedMs, revokedBy } = before && before.revokedMs !== null ? before : device;
    this.byId.set(device.id, { ...device, revokedMs, revokedBy });
    this.tell(device.id);
  }

  drop(id: string): void {
    this.byId.delete(id);
    this.tell(id);
  }

  of({ deviceId }: SignIn): ReturnType<DeviceFacts["of"]> {
    const device = deviceId === undefined ? undefined : this.byId.get(deviceId);
    if (!device || device.revokedMs !== null) return UNKNOWN_CONTEXT.device;
    const { compliant, report } = this.postureOf(device);
    const ageMs = report && this.clock.wallMs() - report.observedMs;
    return {
      ...{ self: device.id, known: true, compliant },
      reportAgeSeconds: ageMs === null ? AGE_UNKNOWN_SECONDS : ageSeconds(ageMs),
    };
  }

  /** One that fails and is not too old outweighs any other. */
  postureOf(device: Device): Posture {
    const machine = device.machineId === null ? undefined : this.byId.get(device.machineId);
    const counting = machine?.revokedMs === null ? machine.report : null;
    const reports = [device.report, counting].flatMap((report) =>
      report?.managed ? [report, report.managed] : (report ?? []),
    );
    const nowMs = this.clock.wallMs();
    const { needs, ageMaxMs } = this.rule;
    const young = reports.filter(({ observedMs }) => nowMs - observedMs <= ageMaxMs);
    const failing = [...new Set(young.flatMap((report) => failingNeeds(report, needs)))];
    return {
      compliant:
        young.some((report) => isCompliant(report, this.rule, nowMs)) &&
        !young.some((report) => isBad(report, needs)),
      failing,
      report: reports.toSorted((a, b) => b.observedMs - a.observedMs)[0] ?? null,
    };
  }

  onChanged(listener: (deviceIds: ReadonlySet<string>) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** A machine's report is about the browsers on it too. */
  private tell(id: string): void {
    const linked = this.all().filter(({ machineId }) => machineId === id);
    const ids = new Set([id, ...linked.map((device) => device.id)]);
    for (const listener of this.listeners) listener(ids);
  }
}
