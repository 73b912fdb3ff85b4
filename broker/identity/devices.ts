/**
 * Devices: browsers and machines of people, each known by a key that it cannot give away. A device
 * is enrolled in the act that proves its person by a passkey; what it is allowed later is said by
 * policies, which hear whether it is known, whether it meets what the site asks of a computer, and
 * how old that knowledge is.
 */
import type { Clock } from "../clock.ts";
import type { Device, DeviceReport } from "../store/device.ts";
import { deleteDevice, insertDevice, updateDevice } from "../store/devices.ts";
import { newId } from "../store/ids.ts";
import type { Person, SignIn } from "../store/model.ts";
import { plainText } from "../store/plain-text.ts";
import type { Queries } from "../store/schema.ts";
import type { RecordEvent, Store } from "../store/store.ts";
import type { DeviceBook } from "./device-book.ts";
import {
  DeviceChallenges,
  type DeviceProved,
  type DeviceShown,
  readDeviceProof,
  type Taken,
} from "./device-proof.ts";
import { type Browser, IdentityRefused, type SignedIn } from "./identity.ts";
import { isBad, isCompliant, type PostureRule } from "./posture.ts";
import type { SignInBook } from "./sign-in-book.ts";

export interface DeviceParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly book: SignInBook;
  readonly deviceBook: DeviceBook;
}

/** Somebody who clears a browser again and again makes one each time. */
const DEVICES_MAX = 50;
const NAME_MAX = 80;

/** A key that was shown while its person was proved. */
export interface KeyShown {
  readonly kind: Device["kind"];
  readonly thumbprint: string;
  readonly name: string;
  readonly address: string;
}

/** To be put into memory once the transaction has committed. */
export interface Recognised {
  readonly device: Device | undefined;
  readonly forgotten: readonly string[];
}

/** `stale`: signed in the right way, over a challenge that is too old: it may be done again. */
export type RequestProved = "proved" | "stale" | "refused";

/** The same again only after this long. */
const TELL_EVERY_MS = 60_000;
/** Different ones that are remembered as told. */
const TOLD_MAX = 1_000;

export class Devices {
  readonly challenges: DeviceChallenges;
  private readonly parts: DeviceParts;
  private readonly told = new Map<string, number>();

  constructor(parts: DeviceParts) {
    this.parts = parts;
    this.challenges = new DeviceChallenges(parts.clock);
  }

  /** Newest use first; of everybody where no person is named. */
  list(personId?: string): readonly Device[] {
    const { deviceBook } = this.parts;
    const all = personId === undefined ? deviceBook.all() : deviceBook.ofPerson(personId);
    return all.toSorted((a, b) => b.usedMs - a.usedMs);
  }

  /**
   * Whether a request of this sign-in was signed by its device: over a challenge of its own that
   * nobody has used, for this method, address and body. Anything else that was tried is an event.
   */
  async checkRequest(
    me: SignedIn,
    shown: DeviceShown | undefined,
    body: string,
  ): Promise<RequestProved> {
    const device = this.counting(me.signIn.deviceId);
    const proved = shown && (await readDeviceProof(shown));
    const taken = proved && this.challenges.take(proved.challenge, me.signIn.id);
    const why = whatIsWrong(device, shown, proved, body, taken);
    if (why === undefined) return taken === "good" ? "proved" : "stale";
    await this.tellUnproved(me, why);
    return "refused";
  }

  /** Those on which the person is signed in now. */
  inUse(personId: string): ReadonlySet<string> {
    return new Set(this.parts.book.of(personId).flatMap(({ deviceId }) => deviceId ?? []));
  }

  /** Those that an administrator says are this computer. */
  managedAs(inventory: string): readonly Device[] {
    const wanted = plainText(inventory, NAME_MAX).toLowerCase();
    const all = this.parts.deviceBook.all();
    return all.filter(
      (device) => device.revokedMs === null && device.inventory.toLowerCase() === wanted,
    );
  }

  /** The device, if it still counts. */
  counting(deviceId: string | undefined): Device | undefined {
    const device = deviceId === undefined ? undefined : this.parts.deviceBook.get(deviceId);
    return device?.revokedMs === null ? device : undefined;
  }

  rename(
    by: Person,
    deviceId: string,
    to: { readonly name?: string; readonly inventory?: string },
    own: boolean,
  ): Promise<void> {
    const device = this.found(deviceId, own ? by.id : undefined);
    const name = to.name === undefined ? device.name : nameFrom(to.name);
    const inventory =
      to.inventory === undefined ? device.inventory : plainText(to.inventory, NAME_MAX);
    const text = `${by.name} renamed the device ${device.name} to ${name}`;
    return this.change({ ...device, name, inventory }, by, "device:renamed", text);
  }

  /** What was begun on it ends in this turn, live sessions with it. */
  async revoke(by: Person, deviceId: string, own: boolean): Promise<void> {
    const device = this.found(deviceId, own ? by.id : undefined);
    if (device.revokedMs !== null) return;
    const { clock, book, deviceBook } = this.parts;
    const revoked = { ...device, revokedMs: clock.wallMs(), revokedBy: by.id };
    deviceBook.put(revoked);
    const reason = `${by.name} revoked the device ${device.name}.`;
    const bound = book.of(device.personId).filter((signIn) => signIn.deviceId === deviceId);
    const end = { rule: "device-revoked", reason, by: by.id };
    await Promise.all(bound.map((signIn) => book.end(signIn.id, end)));
    await this.change(revoked, by, "device:revoked", reason);
  }

  /**
   * The key that a browser shows while its person is proved: signed over the same challenge, so
   * that both are one act. @throws IdentityRefused response-invalid
   */
  async shownBy(
    { device, address }: Pick<Browser, "device" | "address">,
    challenge: string,
  ): Promise<KeyShown | undefined> {
    if (!device) return undefined;
    const proved = await readDeviceProof(device);
    if (proved?.challenge !== challenge) {
      throw new IdentityRefused("response-invalid", "the device signed something else");
    }
    const { thumbprint, name } = proved;
    return { kind: "browser", thumbprint, name, address };
  }

  /** Within the transaction that proves its person. A revoked key is not taken again. */
  async recognise(
    queries: Queries,
    record: RecordEvent,
    person: Pick<Person, "id" | "name">,
    shown: KeyShown | undefined,
  ): Promise<Recognised> {
    if (!shown) return { device: undefined, forgotten: [] };
    const { deviceBook, clock } = this.parts;
    const known = deviceBook.byKey(person.id, shown.thumbprint);
    if (known?.revokedMs === null) {
      const device = { ...known, usedMs: clock.wallMs() };
      await updateDevice(queries, device);
      return { device, forgotten: [] };
    }
    if (known) {
      await record({
        kind: "device:revoked-used",
        priority: "alarm",
        text: `${person.name} was proved on the revoked device ${known.name} from ${shown.address}: it stays revoked`,
        subject: person.id,
        about: { address: shown.address },
      });
      return { device: undefined, forgotten: [] };
    }
    return this.enrol(queries, record, person, shown);
  }

  /** After the commit, in the same turn. */
  settle({ device, forgotten }: Recognised): void {
    for (const id of forgotten) this.parts.deviceBook.drop(id);
    if (device) this.parts.deviceBook.put(device);
  }

  /**
   * In the turn in which a sign-in begins to count, since its device may have been revoked while
   * it was being kept: what ended those on that device did not find it.
   * @throws IdentityRefused device-revoked
   */
  async stillCounts({ id, deviceId }: SignIn): Promise<void> {
    if (deviceId === undefined || this.counting(deviceId)) return;
    await this.parts.book.end(id, { rule: "device-revoked", reason: "Its device was revoked." });
    throw new IdentityRefused("device-revoked", "revoked meanwhile");
  }

  /** The browser in which a command was approved runs on the machine of that command. */
  async link(browserId: string, machineId: string, person: Person): Promise<void> {
    const browser = this.counting(browserId);
    const machine = this.counting(machineId);
    if (!browser || browser.personId !== person.id || machine?.personId !== person.id) return;
    const text = `${person.name} says that the browser ${browser.name} runs on ${machine.name}: reports of that machine count for it`;
    await this.change({ ...browser, machineId }, person, "device:linked", text);
  }

  /**
   * What was learned of a device now. Of a computer that is managed, what its own command says
   * counts beside it only where it is worse.
   */
  async report(device: Device, report: DeviceReport): Promise<void> {
    const { deviceBook, clock } = this.parts;
    const before = device.report;
    // Late or played again: what the same side has said since then counts.
    const last = report.source === "machine" ? before : managedIn(before);
    if (last && last.observedMs > report.observedMs) return;
    const { rule } = deviceBook;
    const managed = before !== null && before.source !== "machine" && report.source === "machine";
    if (managed && !isBad(report, rule.needs) && isCompliant(before, rule, clock.wallMs())) return;
    const was = deviceBook.postureOf(device).compliant;
    const after = { ...device, report: together(before, report, rule.needs) };
    deviceBook.put(after);
    const is = deviceBook.postureOf(after).compliant;
    if (was === is && JSON.stringify(before?.facts) === JSON.stringify(report.facts)) {
      await updateDevice(this.parts.store.queries, after);
      return;
    }
    await this.keep(after, {
      kind: is ? "device:compliant" : "device:not-compliant",
      text: `${device.name} (${report.source}): ${postureText(report)}`,
    });
  }

  private async enrol(
    queries: Queries,
    record: RecordEvent,
    person: Pick<Person, "id" | "name">,
    { kind, thumbprint: keyThumbprint, name: said, address }: KeyShown,
  ): Promise<Recognised> {
    const nowMs = this.parts.clock.wallMs();
    const forgotten = this.surplus(person.id);
    for (const id of forgotten) await deleteDevice(queries, id);
    const name = plainText(said, NAME_MAX) || (kind === "browser" ? "Browser" : "Machine");
    const device: Device = {
      ...{ id: newId(), personId: person.id, kind, name, keyThumbprint },
      address: plainText(address, NAME_MAX),
      ...{ enrolledMs: nowMs, usedMs: nowMs, revokedMs: null, revokedBy: null },
      ...{ machineId: null, inventory: "", report: null },
    };
    await insertDevice(queries, device);
    await record({
      kind: "device:enrolled",
      priority: "event",
      text: `${person.name} enrolled the ${kind} ${name} as a device from ${address}`,
      subject: person.id,
      about: { address },
    });
    return { device, forgotten };
  }

  /** Those longest unused make room; revoked ones stay, so that their keys stay out. */
  private surplus(personId: string): readonly string[] {
    const { deviceBook } = this.parts;
    const own = deviceBook.ofPerson(personId);
    const inUse = this.inUse(personId);
    const idle = own.filter(({ id, revokedMs }) => revokedMs === null && !inUse.has(id));
    const count = own.length - DEVICES_MAX + 1;
    if (count > idle.length) throw new IdentityRefused("too-many", "too many devices");
    if (count <= 0) return [];
    const oldest = idle.toSorted((a, b) => a.usedMs - b.usedMs);
    return oldest.slice(0, count).map(({ id }) => id);
  }

  private found(deviceId: string, personId: string | undefined): Device {
    const device = this.parts.deviceBook.get(deviceId);
    if (device && device.personId === (personId ?? device.personId)) return device;
    throw new IdentityRefused("not-found", "no such device");
  }

  private async change(device: Device, by: Person, kind: string, text: string): Promise<void> {
    this.parts.deviceBook.put(device);
    await this.keep(device, { kind, text }, by);
  }

  private async keep(
    device: Device,
    { kind, text }: { readonly kind: string; readonly text: string },
    by?: Person,
  ): Promise<void> {
    await this.parts.store.act(async (queries, record) => {
      await updateDevice(queries, device);
      const about = { device: device.id };
      await record({ kind, priority: "event", text, subject: by?.id ?? device.personId, about });
    });
  }

  /** An attempt to work in a session from elsewhere. */
  noteUnproved(me: SignedIn): Promise<void> {
    return this.tellUnproved(me, "without the device's signature");
  }

  /** Said once in a while: who tries again and again must not fill the log. */
  private async tellUnproved({ person, signIn }: SignedIn, why: string): Promise<void> {
    const nowMs = this.parts.clock.monotonicMs();
    const name = `${signIn.id} ${why}`;
    if ((this.told.get(name) ?? Number.NEGATIVE_INFINITY) + TELL_EVERY_MS > nowMs) return;
    if (this.told.size >= TOLD_MAX) this.told.clear();
    this.told.set(name, nowMs);
    await this.parts.store.log.record({
      kind: "device:unproved",
      priority: "alarm",
      text: `What only ${person.name}'s own device may ask was asked with their sign-in ${why}: refused. The sign-in may have been copied`,
      subject: person.id,
      about: { address: signIn.address },
    });
  }
}

/** Undefined where nothing is, but perhaps the age of the challenge. */
function whatIsWrong(
  device: Device | undefined,
  shown: DeviceShown | undefined,
  proved: DeviceProved | undefined,
  body: string,
  taken: Taken | undefined,
): string | undefined {
  if (!device) return "on a device that does not count";
  if (!shown) return "without the device's signature";
  if (!proved) return "with a signature for something else";
  if (proved.thumbprint !== device.keyThumbprint) return "signed by another device";
  if (proved.body !== body) return "with another content than was signed";
  if (taken === "used") return "with a signature that was used before";
  return taken === "of-another" ? "with a challenge of another sign-in" : undefined;
}

function managedIn(report: DeviceReport | null): DeviceReport | undefined {
  return (report?.source === "machine" ? report.managed : report) ?? undefined;
}

/** What a machine says of itself never takes the place of what is said by who manages it. */
function together(
  before: DeviceReport | null,
  report: DeviceReport,
  needs: PostureRule["needs"],
): DeviceReport {
  if (report.source === "machine") {
    const managed = managedIn(before);
    return managed ? { ...report, managed } : report;
  }
  const isWorse =
    before?.source === "machine" && before.observedMs > report.observedMs && isBad(before, needs);
  return isWorse ? { ...before, managed: report } : report;
}

function postureText({ facts, verdict }: DeviceReport): string {
  if (verdict) return verdict;
  const { os, diskEncryption, screenLock, endpointProtection } = facts;
  return `${os.name} ${os.version}, disk encryption ${diskEncryption}, screen lock ${screenLock}, endpoint protection ${endpointProtection}`;
}

function nameFrom(text: string): string {
  const name = plainText(text, NAME_MAX);
  if (name === "") throw new IdentityRefused("input-invalid", "a device needs a name");
  return name;
}
