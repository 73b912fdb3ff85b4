import { expect, test } from "vitest";
import { TestAccess } from "../../test/kit/access.ts";
import type { Somebody } from "../../test/kit/identity.ts";
import type { VendorInvitation } from "./vendors.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const PIA: VendorInvitation = {
  ...{ name: "Pia", email: "pia@pumps.example", employer: "Pump Works" },
  wanted: {
    ...{ endpoints: ["plc/modbus"], profile: "everything", durationMs: HOUR_MS },
    reason: "yearly service of the pump",
  },
};

/** Eva, an engineer, invites; Sam, a supervisor, agrees. */
async function begun() {
  const kit = await TestAccess.open();
  const { site, ada } = kit;
  const eva = await site.invited(ada.me, "Eva", ["engineer"]);
  const sam = await site.invited(ada.me, "Sam", ["supervisor"]);
  return { kit, site, ada, eva, sam };
}

async function approve(kit: TestAccess, who: Somebody, id: string) {
  const { requests } = kit.access;
  const decision = { decision: "approve", reason: "" } as const;
  const { text, options } = await requests.decisionOptions(who.me, id, decision);
  const response = who.authenticator.assert(options);
  return requests.decide(who.me, id, { text, response });
}

async function arrived(withGrant = true) {
  const all = await begun();
  const { kit, site, eva, sam } = all;
  const { link, request, vendor } = await kit.access.vendors.invite(eva.me, PIA);
  const pia = await site.enrol(link, site.authenticator());
  if (withGrant) await approve(kit, sam, request.request.id);
  return { ...all, pia, vendor, request, link };
}

function sees(kit: TestAccess, who: Somebody, assetId: string): boolean {
  const asset = kit.plant.current().assets.find(({ id }) => id === assetId);
  return asset !== undefined && kit.access.mayView(who.me.person, asset);
}

function refusal(code: string) {
  return expect.objectContaining({ code });
}

test("an invitation is an account that can do nothing, a link that works once, and a request", async () => {
  const { kit, site, eva, pia, link, vendor, request } = await arrived(false);
  expect(vendor).toMatchObject({ state: "invited", sponsor: { name: "Eva" } });
  expect(pia.me.person).toMatchObject({ roles: ["vendor"], employer: "Pump Works" });
  expect(request).toMatchObject({ state: "waiting", requestedBy: { name: "Eva" } });
  await expect(site.enrol(link, site.authenticator())).rejects.toEqual(refusal("link-invalid"));
  expect(sees(kit, pia, "plc")).toBe(false);
  expect(await kit.access.vendors.list(eva.me.person)).toMatchObject([{ state: "asleep" }]);
});

test("the sponsor does not agree to it, another one does; then the vendor sees and opens just that", async () => {
  const { kit, sam, eva, pia, request } = await arrived(false);
  const { requests } = kit.access;
  await expect(
    requests.decisionOptions(eva.me, request.request.id, { decision: "approve", reason: "" }),
  ).rejects.toEqual(refusal("not-allowed"));
  await approve(kit, sam, request.request.id);
  expect(sees(kit, pia, "plc")).toBe(true);
  expect(sees(kit, pia, "other")).toBe(false);
  const session = await kit.access.openSession(pia.me, "plc/modbus");
  expect(session.claims.capabilities).toEqual(["observe", "operate", "configure", "program"]);
});

test("who may agree is told of accounts that may be the same person's, nobody else is", async () => {
  const { kit, site, ada, eva, sam, pia } = await arrived(false);
  await site.identity.people.change(ada.me, pia.me.person.id, { disabled: true });
  const again = { ...PIA, name: "PIA", email: "p@elsewhere.example" };
  await kit.access.vendors.invite(eva.me, again);
  const seenBy = async (who: Somebody, name: string) =>
    (await kit.access.requests.seenBy(who.me.person)).find(({ person }) => person.name === name);
  expect(await seenBy(sam, "PIA")).toMatchObject({
    alike: [{ id: pia.me.person.id, state: "disabled" }],
  });
  expect(await seenBy(eva, "PIA")).toMatchObject({ alike: [] });
  await kit.access.vendors.invite(eva.me, { ...PIA, name: "Rob", email: "rob@pumps.example" });
  expect(await seenBy(sam, "Rob")).toMatchObject({ mayDecide: true, alike: [] });
});

test("when the last grant ends the account sleeps, and wakes with the next one", async () => {
  const { kit, site, eva, sam, pia } = await arrived();
  site.clock.advance(HOUR_MS);
  const again = await site.signIn(pia.authenticator);
  await expect(kit.access.openSession(again, "plc/modbus")).rejects.toEqual(refusal("not-found"));
  const evaNow = { ...eva, me: await site.signIn(eva.authenticator) };
  const samNow = { ...sam, me: await site.signIn(sam.authenticator) };
  const { vendors } = kit.access;
  expect(await vendors.list(evaNow.me.person)).toMatchObject([{ state: "asleep" }]);
  const next = await vendors.ask(evaNow.me.person, again.person.id, PIA.wanted);
  await approve(kit, samNow, next.request.id);
  expect(await vendors.list(evaNow.me.person)).toMatchObject([{ state: "active" }]);
  await kit.access.openSession(again, "plc/modbus");
});

test("a sponsor who is disabled suspends their vendors: sessions end in that turn, none opens", async () => {
  const { kit, site, ada, eva, pia } = await arrived();
  const session = await kit.access.openSession(pia.me, "plc/modbus");
  await site.identity.people.change(ada.me, eva.me.person.id, { disabled: true });
  expect(session.told).toEqual(["end sponsor-left"]);
  await expect(kit.access.openSession(pia.me, "plc/modbus")).rejects.toEqual(refusal("suspended"));
  expect(kit.access.grantsOf(pia.me.person)).toEqual([]);
  expect(await kit.access.vendors.list(ada.me.person)).toMatchObject([{ state: "suspended" }]);
  await kit.restart();
  await expect(kit.access.openSession(pia.me, "plc/modbus")).rejects.toEqual(refusal("suspended"));
});

test("so does one who may invite nobody any more; an administrator who answers for them lifts it", async () => {
  const { kit, site, ada, eva, pia } = await arrived();
  await site.identity.people.change(ada.me, eva.me.person.id, { roles: ["auditor"] });
  await expect(kit.access.openSession(pia.me, "plc/modbus")).rejects.toEqual(refusal("suspended"));
  await kit.access.vendors.adopt(ada.me.person, pia.me.person.id, "Eva changed her job");
  await kit.access.openSession(pia.me, "plc/modbus");
  expect(await kit.access.vendors.list(ada.me.person)).toMatchObject([
    { state: "active", sponsor: { name: "Ada" } },
  ]);
});

test("nobody asks for, or makes links for, vendors of another sponsor", async () => {
  const { kit, site, ada, pia } = await arrived();
  const other = await site.invited(ada.me, "Otto", ["engineer"]);
  const { vendors } = kit.access;
  const id = pia.me.person.id;
  expect(await vendors.list(other.me.person)).toEqual([]);
  await expect(vendors.ask(other.me.person, id, PIA.wanted)).rejects.toEqual(refusal("not-found"));
  await expect(vendors.newLink(other.me, id)).rejects.toEqual(refusal("not-found"));
  await expect(vendors.ask(other.me.person, other.me.person.id, PIA.wanted)).rejects.toEqual(
    refusal("not-found"),
  );
});

test("an invitation that asks for what cannot be leaves no account behind", async () => {
  const { kit, site, eva } = await begun();
  const wanted = { ...PIA.wanted, profile: "none" };
  await expect(kit.access.vendors.invite(eva.me, { ...PIA, wanted })).rejects.toEqual(
    refusal("not-found"),
  );
  await expect(
    kit.access.vendors.invite(eva.me, { ...PIA, wanted: { ...PIA.wanted, reason: "" } }),
  ).rejects.toEqual(refusal("input-invalid"));
  for (let n = 0; n < 20; n++) await kit.access.requests.ask(eva.me.person, PIA.wanted);
  await expect(kit.access.vendors.invite(eva.me, PIA)).rejects.toEqual(refusal("too-many"));
  expect((await site.identity.people.list()).map(({ name }) => name)).not.toContain("Pia");
});

test("one address is invited once", async () => {
  const { kit, eva } = await begun();
  await kit.access.vendors.invite(eva.me, PIA);
  await expect(kit.access.vendors.invite(eva.me, PIA)).rejects.toEqual(refusal("email-taken"));
});

test("the review lists each right that stands, its last use, and flags what a quarter did not need", async () => {
  const { kit, site, ada, eva } = await begun();
  await kit.access.openSession(eva.me, "plc/modbus");
  const until = { untilMs: site.clock.wallMs() + 200 * DAY_MS };
  await kit.access.createGrant(ada.me.person, kit.grantTo(eva, until));
  await expect.poll(async () => (await kit.access.review())[0]?.lastUsedBy).toBe("Eva");
  expect(await kit.access.review()).toMatchObject([
    { grant: { id: "engineers" }, unused: false },
    { grant: { source: "console" }, lastUsedMs: null, unused: false },
  ]);
  site.clock.advance(90 * DAY_MS);
  const later = await kit.access.review();
  expect(later.map(({ unused }) => unused)).toEqual([true, true]);
});
