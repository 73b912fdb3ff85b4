/** Every cause that takes a session or a right away, by its rule. */
import { writeProvisioned } from "../../broker/store/provisioning.ts";
import { BEN_THERE, type CutSite } from "../kit/cut-site.ts";
import { PROVIDER } from "../kit/identity.ts";
import type { KitSession } from "../kit/session-kit.ts";

const GRANT_MS = 300_000;

export type Cause = (site: CutSite, session: KitSession) => unknown;

export type NamedCause = readonly [name: string, rule: string, cause: Cause];

const lock =
  (kind: "person" | "asset" | "zone" | "site", of: (site: CutSite) => string): Cause =>
  (site) =>
    site.access.locks.lock(site.ada.me.person, { kind, target: of(site), reason: "gas alarm" });

/** By its rule: what causes it. Those that end it. */
export const ENDS: readonly NamedCause[] = [
  ["a person cuts it", "cut", (_, { live }) => live.end({ rule: "cut", reason: "stop" })],
  ["its owner ends it", "owner-ended", (_, s) => s.live.end({ rule: "owner-ended", reason: "x" })],
  [
    "its grant is revoked",
    "grant-revoked",
    (s) => s.access.revokeGrant(s.ada.me.person, s.grantId),
  ],
  ["its grant ends", "grant-end", (s) => s.site.clock.advance(GRANT_MS)],
  [
    "its person is disabled",
    "person-disabled",
    (s) => s.site.identity.people.change(s.ada.me, s.ben.me.person.id, { disabled: true }),
  ],
  [
    "the identity provider says that its person has left",
    "person-disabled",
    async ({ site, ben }) => {
      const one = { personId: ben.me.person.id, userName: "ben", externalId: null, names: {} };
      const kept = { ...one, active: true, version: 1, createdMs: 0, changedMs: 0 };
      await writeProvisioned(site.store.queries, kept);
      await site.identity.provisioned.people.remove(ben.me.person.id, undefined);
    },
  ],
  [
    "its person loses the role",
    "role-changed",
    (s) => s.site.identity.people.change(s.ada.me, s.ben.me.person.id, { roles: ["supervisor"] }),
  ],
  [
    "the identity provider says that its person signed out there",
    "sign-in-ended",
    ({ site }) =>
      site.identity.through.loggedOut({
        ...{ issuer: PROVIDER, subject: BEN_THERE, sid: undefined, jti: "logout-1" },
        issuedS: Math.ceil(site.clock.wallMs() / 1_000),
      }),
  ],
  [
    "its person's account at the identity provider is unlinked",
    "sign-in-ended",
    ({ site, ada, ben }) => {
      const account = { issuer: PROVIDER, subject: BEN_THERE };
      return site.identity.through.unlink(ada.me, ben.me.person.id, account);
    },
  ],
  [
    "another system revokes the sessions of an account at the identity provider",
    "sign-in-ended",
    (s) => s.signal("session-revoked", {}, undefined, { iss: PROVIDER, sub: BEN_THERE }),
  ],
  ["its sign-in ends", "sign-in-ended", (s) => s.site.identity.signIns.signOut(s.ben.me)],
  [
    "the plant file changes the endpoint",
    "plant-changed",
    (s) =>
      s.changeConditions({
        ...{ "10.1.2.3:502": "10.1.2.9:502", "10.1.2.3:22": "10.1.2.9:22" },
        ...{ "10.1.2.3:4840": "10.1.2.9:4840", "10.1.2.3:5900": "10.1.2.9:5900" },
        "10.1.2.3:80": "10.1.2.9:80",
      }),
  ],
  ["its person is locked", "lockdown", lock("person", (s) => s.ben.me.person.id)],
  ["its asset is locked", "lockdown", lock("asset", () => "plc")],
  ["its zone is locked", "lockdown", lock("zone", () => "cell")],
  ["the site is locked", "lockdown", lock("site", () => "nord")],
  [
    "the key switch is off, and the plant file ends what it covers",
    "key-switch",
    (s) => {
      s.changeConditions({ "when-off: read-only": "when-off: end" });
      return s.turnKey(false);
    },
  ],
  [
    "another system says that its person's sessions are revoked",
    "sign-in-ended",
    (s) => s.signal("session-revoked"),
  ],
  [
    "another system says that this session is revoked",
    "signal",
    (s, { live }) => s.signal("session-revoked", {}, live.claims.session),
  ],
  [
    "its supervisor left and stays away, and the plant file ends what is left alone",
    "supervisor-absent",
    (s) => {
      s.changeConditions({ "needs: [supervisor]": "needs: [supervisor], when-alone: end" });
      s.supervisorLeaves();
      s.site.clock.advance(60_000);
    },
  ],
];

/** Those that leave it reading: `classes` are what the policies take. */
export function degrades(classes: readonly string[]): readonly NamedCause[] {
  const actions = `action in [${classes.map((name) => `Action::"${name}"`).join(", ")}]`;
  return [
    ["a person freezes it", "frozen", (_, s) => s.live.freeze({ rule: "frozen", reason: "wait" })],
    [
      "the policies take the right",
      "added-0",
      (s) => s.policies.add(`forbid (principal, ${actions}, resource);`),
    ],
    [
      "its last assertion has grown too old",
      "added-0",
      (s) => {
        s.policies.add(
          `forbid (principal, ${actions}, resource) when { context.authentication.ageSeconds > 60 };`,
        );
        // No single event: an age passes, and the next decision notices.
        return s.pass(90);
      },
    ],
    [
      "another system says that the risk is high",
      "signal-view-only",
      (s) => s.signal("risk-level-change", { principal: "USER", current_level: "HIGH" }),
    ],
    [
      "another system says that a credential changed",
      "signal-proof",
      (s) => {
        // After the passkey that opened it.
        s.site.clock.advance(10);
        return s.signal("credential-change", { credential_type: "pin", change_type: "update" });
      },
    ],
    ["its supervisor leaves", "supervisor-absent", (s) => s.supervisorLeaves()],
    ["the key switch is turned off", "key-switch", (s) => s.turnKey(false)],
  ];
}
