/**
 * A site in which everything is real that can take a session away: identity, grants, policies,
 * locks, a supervisor who watches, a key switch, and the session itself on a recorder; only the
 * asset is a memory leg and time a test's. The plant asks for all of it from every session.
 */
import { generateKeyPairSync } from "node:crypto";
import { onTestFinished } from "vitest";
import type { Access } from "../../broker/access/access.ts";
import { DecisionPoint } from "../../broker/access/decision-point.ts";
import { Demands } from "../../broker/access/demands.ts";
import { openAccess } from "../../broker/access/open-access.ts";
import { verifyPermit } from "../../broker/access/permits.ts";
import type { Session } from "../../broker/sessions/live-session.ts";
import type { SessionHooks } from "../../broker/sessions/session-hooks.ts";
import type { SignalType } from "../../broker/signals/event-types.ts";
import { Signals } from "../../broker/signals/signals.ts";
import { EditedPlant } from "./access.ts";
import { type Somebody, TestIdentity } from "./identity.ts";
import { TestPolicies } from "./policies.ts";
import { type KitSession, SessionKit } from "./session-kit.ts";
import { AUTHORIZATION, byEmail, SignalSender } from "./signal-sender.ts";

const keys = generateKeyPairSync("ed25519");
/** Ben's account at the identity provider, through which he signed in. */
export const BEN_THERE = "ben-there";
/** Shorter than any time of being idle. */
const GRANT_MS = 300_000;

/** Register 200, the node Held, the right button and /held are for four eyes; everything else passes while a supervisor watches and the key is on. */
const STANDING: Readonly<Record<string, string>> = {
  "units: [1], tags: [] }\n  - id: other":
    "units: [1], tags: [{ name: Key, unit-id: 1, register: 10001 }] }\n      - { id: ssh, protocol: ssh, address: 10.1.2.3:22 }\n      - { id: opcua, protocol: opcua, address: 10.1.2.3:4840, security: None }\n      - { id: screen, protocol: vnc, address: 10.1.2.3:5900 }\n      - { id: web, protocol: web, address: 10.1.2.3:80 }\n  - id: other",
  "rules: [{ permit: [observe, operate, configure, program, transfer] }]":
    'rules: [{ hold: operate, table: holding-registers, addresses: ["200"] }, { hold: operate, opcua: { nodes: ["nsu=http://plant.example/pumps;s=Held"] } }, { hold: operate, buttons: [right] }, { hold: operate, web: { paths: [/held] } }, { permit: observe, web: { does: [request, socket], paths: [/look, /live] } }, { permit: [observe, operate, configure, program, transfer] }]',
  "grants:": `conditions: [{ zone: cell, needs: [supervisor] }]
key-switches:
  - { id: gate, name: Gate, tag: Key, covers: site, when-off: read-only }
grants:`,
};
/** In turns of the event loop: from the clock's tick to what the reading does. */
const READING_TURNS = 20;

export class CutSite {
  readonly site: TestIdentity;
  readonly kit: SessionKit;
  readonly plant = new EditedPlant();
  readonly policies = new TestPolicies();
  readonly ada: Somebody;
  readonly ben: Somebody;
  /** Watches over every session. */
  readonly sue: Somebody;
  readonly grantId: string;
  readonly endpoint: string;
  readonly access: Access<Session>;

  private constructor(
    parts: Pick<CutSite, "site" | "kit" | "plant" | "policies" | "ada" | "ben" | "sue" | "access">,
    grantId: string,
    endpoint: string,
  ) {
    this.site = parts.site;
    this.kit = parts.kit;
    this.plant = parts.plant;
    this.policies = parts.policies;
    this.ada = parts.ada;
    this.ben = parts.ben;
    this.sue = parts.sue;
    this.access = parts.access;
    this.grantId = grantId;
    this.endpoint = endpoint;
  }

  /** @param endpoint `plc/modbus`, `plc/ssh`, `plc/opcua`, `plc/screen` or `plc/web` */
  static async open(endpoint = "plc/modbus"): Promise<CutSite> {
    const site = await TestIdentity.open();
    const kit = await SessionKit.start(site.clock);
    const [plant, policies] = [new EditedPlant(), new TestPolicies()];
    const ada = await site.firstPerson();
    const enrolled = await site.invited(ada.me, "Ben", ["engineer"]);
    const ben = await site.throughProvider(ada.me, enrolled, BEN_THERE);
    const sue = await site.invited(ada.me, "Sue", ["supervisor"]);
    plant.edit(STANDING);
    const key = { on: true };
    const demands = await Demands.open(site.store.queries, site.clock);
    const hooks: { onJudged?: NonNullable<SessionHooks["onJudged"]> } = {};
    const access = await openAccess<Session>({
      openProbe: async () => ({
        read: async () => [[key.on ? 1 : 0]],
        closed: new Promise(() => {}),
        end: () => {},
      }),
      ...{ store: site.store, plant, clock: site.clock, permitKey: keys.privateKey },
      people: site.identity.people,
      signIns: site.identity.signIns,
      signedActions: site.identity.signedActions,
      decisions: new DecisionPoint({ policies, plant, demands, clock: site.clock }),
      demands,
      host: {
        open: async (permit) => {
          const verified = verifyPermit(permit, keys.publicKey, site.clock.wallMs());
          if (verified.kind !== "valid") throw new Error(verified.kind);
          const opened = await kit.openWith(verified.claims, hooks);
          opens.push(opened);
          return opened.live;
        },
      },
    });
    const opens: KitSession[] = [];
    const nowMs = site.clock.wallMs();
    const grant = await access.createGrant(ada.me.person, {
      ...{ personId: ben.me.person.id, endpoint, profile: "everything" },
      ...{ fromMs: nowMs, untilMs: nowMs + GRANT_MS, reason: "service of the pump" },
    });
    const cut = new CutSite(
      { site, kit, plant, policies, ada, ben, sue, access },
      grant.id,
      endpoint,
    );
    cut.key = key;
    cut.hooks = hooks;
    cut.demands = demands;
    cut.sender = await SignalSender.create("https://sallyport.example", () => site.clock.wallMs());
    cut.signals = new Signals({
      ...{ store: site.store, clock: site.clock, audience: "https://sallyport.example", demands },
      ...site.identity,
      sessions: { list: () => opens.map(({ live }) => live) },
      fetchKeys: () => Promise.reject(new Error("keys are in a file")),
      note: () => {},
    });
    onTestFinished(() => cut.signals?.close());
    await cut.signals.configure([cut.sender.transmitter()]);
    cut.opens = opens;
    return cut;
  }

  /** Of the sessions that are opened from now on. */
  hooks: { onJudged?: NonNullable<SessionHooks["onJudged"]> } = {};
  demands: Demands | undefined;
  private signals: Signals | undefined;
  private sender: SignalSender | undefined;
  private opens: KitSession[] = [];
  private key = { on: true };
  private left = () => {};

  /** Ben's session under the grant, with whatever client the test attaches. */
  async session(): Promise<KitSession> {
    await this.access.openSession(this.ben.me, this.endpoint, this.grantId);
    const session = this.opens.at(-1);
    if (!session) throw new Error("nothing was opened");
    const { session: id } = session.live.claims;
    this.left = this.access.presence.attend(id, this.sue.me.person);
    session.events.length = 0;
    return session;
  }

  /** The plant file asks for something else. */
  changeConditions(changes: Readonly<Record<string, string>>): void {
    this.plant.edit({ ...STANDING, ...changes });
  }

  /** An identity provider says something about Ben, or about this session of his. */
  async signal(
    type: SignalType,
    event: object = {},
    session?: string,
    account?: { readonly iss: string; readonly sub: string },
  ): Promise<void> {
    const user = account ? { format: "iss_sub", ...account } : byEmail(this.ben.me.person.email);
    const subject = session && { format: "complex", session: { format: "opaque", id: session } };
    const token = await this.sender?.set(type, { event, subject: subject || user });
    const taken = await this.signals?.push(token ?? "", AUTHORIZATION);
    if (taken?.kind !== "taken") throw new Error(JSON.stringify(taken));
  }

  /** The supervisor's page is gone. */
  supervisorLeaves(): void {
    this.left();
  }

  /** Somebody at the plant turns the key; the broker reads it within a second. */
  async turnKey(on: boolean): Promise<void> {
    this.key.on = on;
    await this.pass(1);
  }

  /** Time in which the broker goes on reading the key. */
  async pass(seconds: number): Promise<void> {
    for (let n = 0; n < seconds; n++) {
      this.site.clock.advance(1_000);
      for (let turn = 0; turn < READING_TURNS; turn++) await new Promise(setImmediate);
    }
  }
}
