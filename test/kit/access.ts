/** Access on a real store and identity, over a plant that a test edits. */
import { generateKeyPairSync } from "node:crypto";
import type {
  Access,
  ControlledSession,
  LeaseCause,
  NewGrant,
  PlantInForce,
} from "../../broker/access/access.ts";
import { DecisionPoint } from "../../broker/access/decision-point.ts";
import { openAccess } from "../../broker/access/open-access.ts";
import type { Permit, PermitClaims } from "../../broker/access/permit.ts";
import { verifyPermit } from "../../broker/access/permits.ts";
import type { TicketGate } from "../../broker/access/ticket-gate.ts";
import type { Plant } from "../../broker/plant/model.ts";
import { parsePlant } from "../../broker/plant/parse-plant.ts";
import { comparePlants, type PlantChange } from "../../broker/plant/plant-change.ts";
import { type Somebody, TestIdentity } from "./identity.ts";
import { TestPolicies } from "./policies.ts";

const HOUR_MS = 3_600_000;
const key = generateKeyPairSync("ed25519");

export class TestAccess {
  readonly site: TestIdentity;
  readonly plant: EditedPlant;
  readonly policies: TestPolicies;
  /** Administrator and engineer. */
  readonly ada: Somebody;
  access: Access<Opened>;
  /** What happens between the permit and the session. */
  meanwhile: () => Promise<void> = async () => {};

  private constructor(
    site: TestIdentity,
    plant: EditedPlant,
    policies: TestPolicies,
    ada: Somebody,
    access: Access<Opened>,
  ) {
    this.site = site;
    this.plant = plant;
    this.policies = policies;
    this.ada = ada;
    this.access = access;
  }

  /** @param tickets whether work under a ticket may begin; nobody is asked without it */
  static async open(tickets?: TicketGate): Promise<TestAccess> {
    const site = await TestIdentity.open();
    const plant = new EditedPlant();
    const policies = new TestPolicies();
    const ada = await site.firstPerson();
    let kit: TestAccess | undefined;
    const access = await openOn(site, plant, policies, async () => kit?.meanwhile(), tickets);
    kit = new TestAccess(site, plant, policies, ada, access);
    return kit;
  }

  /** As a restart of the broker would. */
  async restart(): Promise<void> {
    this.access.close();
    await this.site.restart();
    this.access = await openOn(this.site, this.plant, this.policies, () => this.meanwhile());
  }

  /** An hour of everything on `plc/modbus`, unless said otherwise. */
  grantTo(who: Somebody, more: Partial<NewGrant> = {}): NewGrant {
    return {
      personId: who.me.person.id,
      endpoint: "plc/modbus",
      profile: "everything",
      fromMs: this.site.clock.wallMs(),
      untilMs: this.site.clock.wallMs() + HOUR_MS,
      reason: "service of the pump",
      ...more,
    };
  }
}

function openOn(
  site: TestIdentity,
  plant: EditedPlant,
  policies: TestPolicies,
  meanwhile: () => Promise<void>,
  tickets?: TicketGate,
): Promise<Access<Opened>> {
  return openAccess<Opened>({
    ...(tickets && { tickets }),
    store: site.store,
    plant,
    people: site.identity.people,
    signIns: site.identity.signIns,
    signedActions: site.identity.signedActions,
    decisions: new DecisionPoint({ policies, plant, clock: site.clock }),
    permitKey: key.privateKey,
    clock: site.clock,
    host: {
      async open(permit: Permit): Promise<Opened> {
        const verified = verifyPermit(permit, key.publicKey, site.clock.wallMs());
        if (verified.kind !== "valid") throw new Error(verified.kind);
        await meanwhile();
        return new Opened(verified.claims);
      },
    },
  });
}

function plantText(changes: { readonly [from: string]: string } = {}): string {
  const text = `site: { id: nord, name: Nord, time-zone: Europe/Vienna }
zones:
  - { id: cell, name: Cell, level: 1, sl-t: 2 }
conduits: []
assets:
  - id: plc
    name: PLC
    zone: cell
    vendor: Test
    model: Test
    description: The device.
    endpoints:
      - { id: modbus, protocol: modbus, address: 10.1.2.3:502, units: [1], tags: [] }
  - id: other
    name: Other
    zone: cell
    vendor: Test
    model: Test
    description: Another device.
    endpoints:
      - { id: modbus, protocol: modbus, address: 10.1.2.4:502, units: [1], tags: [] }
profiles:
  - id: read
    description: Look.
    rules: [{ permit: observe }]
  - id: everything
    description: All.
    rules: [{ permit: [observe, operate, configure, program, transfer] }]
grants:
  - { id: engineers, subject: "role:engineer", endpoint: plc/modbus, profile: read }
`;
  return Object.entries(changes).reduce((all, [from, to]) => all.replace(from, to), text);
}

/** A plant in force that a test edits. */
export class EditedPlant implements PlantInForce {
  private plant = parse(plantText());
  private readonly listeners = new Set<(plant: Plant, change: PlantChange) => void>();

  current(): Plant {
    return this.plant;
  }

  onChanged(listener: (plant: Plant, change: PlantChange) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  edit(changes: { readonly [from: string]: string }): void {
    const before = this.plant;
    this.plant = parse(plantText(changes));
    for (const listener of this.listeners) listener(this.plant, comparePlants(before, this.plant));
  }
}

function parse(text: string): Plant {
  const parsed = parsePlant(text, "plant.yaml");
  if (parsed.kind !== "plant") throw new Error(JSON.stringify(parsed.problems));
  return parsed.plant;
}

/** A live session reduced to what access does to it. */
export class Opened implements ControlledSession {
  readonly claims: PermitClaims;
  readonly told: string[] = [];
  renewals = 0;
  readonly closed: Promise<void>;
  private close = () => {};

  constructor(claims: PermitClaims) {
    this.claims = claims;
    this.closed = new Promise((resolve) => {
      this.close = resolve;
    });
  }

  lease(classes: readonly string[], cause: LeaseCause): void {
    this.told.push(`${cause.rule}: ${classes.join(" ")}`);
  }

  renew(): void {
    this.renewals += 1;
  }

  lapse(condition: string, cause: LeaseCause): void {
    this.told.push(`lapse ${condition}: ${cause.rule}`);
  }

  meet(condition: string): void {
    this.told.push(`meet ${condition}`);
  }

  freeze(cause: LeaseCause): void {
    this.told.push(`freeze ${cause.rule}`);
  }

  moveEnd(untilMs: number, cause: LeaseCause): void {
    this.told.push(`moved ${cause.rule} ${untilMs}`);
  }

  end(cause: LeaseCause): void {
    this.told.push(`end ${cause.rule}`);
    this.close();
  }
}
