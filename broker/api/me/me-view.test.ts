import { expect, test } from "vitest";
import { PROVIDERS, TestIdentity } from "../../../test/kit/identity.ts";
import type { Decisions } from "../../access/decision-point.ts";
import type { SignedIn } from "../../identity/identity.ts";
import type { Plant } from "../../plant/model.ts";
import { meView } from "./me-view.ts";

test("nobody is told to begin a sign-in anew that the passkey does not begin anew", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const plant = { site: { id: "s", name: "S", timeZone: "UTC" }, sites: [] } as unknown as Plant;
  const decisions = { rights: () => new Set() } as unknown as Decisions;
  const mayRenew = (me: SignedIn) =>
    meView(me, plant, { decisions, through: site.identity.through }).mayRenew;
  expect(mayRenew(ada.me)).toBe(true);
  expect(mayRenew({ ...ada.me, scope: {} as NonNullable<SignedIn["scope"]> })).toBe(false);
  await site.restart({}, { ...PROVIDERS, required: true, except: new Set(["ada@plant.example"]) });
  const emergency = site.identity.signIns.get(ada.me.signIn.id);
  expect(emergency && mayRenew(emergency)).toBe(false);
});
