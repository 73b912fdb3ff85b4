/**
 * A site in which everything is real that can take a session away: identity, grants, policies,
 * locks and the session itself on a recorder; only the asset is a memory leg and time a test's.
 */
import { generateKeyPairSync } from "node:crypto";
import type { Access } from "../../broker/access/access.ts";
import { DecisionPoint } from "../../broker/access/decision-point.ts";
import { openAccess } from "../../broker/access/open-access.ts";
import { verifyPermit } from "../../broker/access/permits.ts";
import type { Session } from "../../broker/sessions/live-session.ts";
import { EditedPlant } from "./access.ts";
import { type Somebody, TestIdentity } from "./identity.ts";
import { TestPolicies } from "./policies.ts";
import { type KitSession, SessionKit } from "./session-kit.ts";

const key = generateKeyPairSync("ed25519");
/** Shorter than any time of being idle. */
const GRANT_MS = 300_000;

export class CutSite {
  readonly site: TestIdentity;
  readonly kit: SessionKit;
  readonly plant = new EditedPlant();
  readonly policies = new TestPolicies();
  readonly ada: Somebody;
  readonly ben: Somebody;
  readonly grantId: string;
  readonly access: Access<Session>;

  private constructor(
    parts: Pick<CutSite, "site" | "kit" | "plant" | "policies" | "ada" | "ben" | "access">,
    grantId: string,
  ) {
    this.site = parts.site;
    this.kit = parts.kit;
    this.plant = parts.plant;
    this.policies = parts.policies;
    this.ada = parts.ada;
    this.ben = parts.ben;
    this.access = parts.access;
    this.grantId = grantId;
  }

  static async open(): Promise<CutSite> {
    const site = await TestIdentity.open();
    const kit = await SessionKit.start(site.clock);
    const [plant, policies] = [new EditedPlant(), new TestPolicies()];
    const ada = await site.firstPerson();
    const ben = await site.invited(ada.me, "Ben", ["engineer"]);
    const access = await openAccess<Session>({
      ...{ store: site.store, plant, clock: site.clock, permitKey: key.privateKey },
      people: site.identity.people,
      signIns: site.identity.signIns,
      signedActions: site.identity.signedActions,
      decisions: new DecisionPoint({ policies, plant, clock: site.clock }),
      host: {
        open: async (permit) => {
          const verified = verifyPermit(permit, key.publicKey, site.clock.wallMs());
          if (verified.kind !== "valid") throw new Error(verified.kind);
          const opened = await kit.openWith(verified.claims);
          opens.push(opened);
          return opened.live;
        },
      },
    });
    const opens: KitSession[] = [];
    const nowMs = site.clock.wallMs();
    const grant = await access.createGrant(ada.me.person, {
      ...{ personId: ben.me.person.id, endpoint: "plc/modbus", profile: "everything" },
      ...{ fromMs: nowMs, untilMs: nowMs + GRANT_MS, reason: "service of the pump" },
    });
    const cut = new CutSite({ site, kit, plant, policies, ada, ben, access }, grant.id);
    cut.opens = opens;
    return cut;
  }

  private opens: KitSession[] = [];

  /** Ben's session under the grant, with whatever client the test attaches. */
  async session(): Promise<KitSession> {
    await this.access.openSession(this.ben.me, "plc/modbus", this.grantId);
    const session = this.opens.at(-1);
    if (!session) throw new Error("nothing was opened");
    return session;
  }
}
