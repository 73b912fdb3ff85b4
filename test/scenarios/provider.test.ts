/** Signing in through a real identity provider, in a real browser with a passkey. Slow: a browser. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CLIENT_SECRET, OidcSite } from "../kit/oidc-site.ts";
import { accessible, enrolled, invite, shot } from "../kit/people-in-browser.ts";
import { type Device, NARROW, openSite, type SiteInBrowser, WIDE } from "../kit/site-in-browser.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";

const folder = makeFolder();
let provider: OidcSite;
let site: SiteInBrowser;
let ada: Device;
let ben: Device;

beforeAll(async () => {
  provider = await OidcSite.start();
  const file = path.join(folder, "providers.yaml");
  writeFileSync(file, provider.yaml());
  site = await openSite({ SALLYPORT_PROVIDERS: file, OIDC_SITE_SECRET: CLIENT_SECRET });
  provider.serve(site.origin);
  ada = await enrolled(await site.device(), site.enrolmentLink);
  ben = await enrolled(await site.device({ dark: false }), await invite(ada, "Ben", "engineer"));
}, 180_000);

afterAll(async () => {
  await site?.close();
  await provider?.close();
  removeFolder(folder);
});

async function look(page: Page, name: string): Promise<void> {
  for (const [size, viewport] of Object.entries({ wide: WIDE, narrow: NARROW })) {
    await page.setViewportSize(viewport);
    await shot(page, `${name}-${size}`);
  }
  await page.setViewportSize(WIDE);
  await accessible(page);
}

async function signOut({ context }: Device): Promise<void> {
  const headers = { origin: site.origin };
  const answer = await context.request.post("/api/sign-out", { headers, data: {} });
  expect(answer.status()).toBe(204);
}

/** On the provider's own page. */
async function asThere(page: Page, login: string): Promise<void> {
  await page.waitForURL(/\/interaction\//);
  await page.getByLabel("Name").fill(login);
  await page.getByRole("button", { name: "Sign in" }).click();
}

test("an account is linked, begun with, confirmed by the passkey, and leads where one came for", {
  timeout: 180_000,
}, async () => {
  const { page, context, complaints } = ben;
  // As in a browser that does not offer passkeys by itself: the authenticator here takes any offer.
  await context.addInitScript(() => {
    PublicKeyCredential.isConditionalMediationAvailable = async () => false;
  });
  await page.goto("/account");
  await page.getByRole("button", { name: "Link your account at Works account" }).click();
  await asThere(page, "ben-at-works");
  await page.getByText("Your account at Works account is linked").waitFor();
  await page.getByRole("link", { name: "Back to your account" }).click();
  await page.getByText("ben-at-works").first().waitFor();
  await look(page, "provider-account");

  await signOut(ben);
  // The page is told, and leaves by itself.
  await page.waitForURL(/\/sign-in/);
  await page.goto("/account#elsewhere");
  await page.getByRole("button", { name: "Begin with Works account" }).waitFor();
  await look(page, "provider-sign-in");
  await page.getByRole("button", { name: "Begin with Works account" }).click();
  await page.getByText("Works account says that you are Ben.").waitFor();
  // What the provider sent is not in the address, and nobody is signed in by it.
  expect(new URL(page.url()).search).toBe("");
  expect(await page.evaluate(async () => (await fetch("/api/me")).status)).toBe(401);
  await look(page, "provider-expected");
  await page.getByRole("button", { name: "Confirm with your passkey" }).click();
  await page.getByRole("heading", { name: "Account", exact: true }).waitFor();
  expect(new URL(page.url()).hash).toBe("#elsewhere");
  await page.getByText("through Works account").waitFor();
  // The one that this test asked for itself.
  expect(complaints.filter((line) => !line.includes("401"))).toEqual([]);
});

test("an administrator links and unlinks somebody's account by a touch, and a stale return says so", {
  timeout: 180_000,
}, async () => {
  const { page } = ada;
  await page.setViewportSize(NARROW);
  await page.goto("/people");
  await page.getByRole("button", { name: "Actions for First administrator" }).click();
  await page.getByRole("menuitem", { name: "Accounts elsewhere" }).click();
  await page.getByLabel("Id at the provider (sub)").fill("ada-at-works");
  await page.getByRole("button", { name: "Link", exact: true }).click();
  await page.getByText("ada-at-works").first().waitFor();
  await shot(page, "provider-people-narrow");
  await accessible(page);
  await page.getByRole("button", { name: "Unlink the account at Works account" }).click();
  await page.getByText("None is linked.").waitFor();

  await page.setViewportSize(WIDE);
  await page.goto("/sign-in/through/works?state=made-up&code=x");
  await page.getByText("begun in another browser, too long ago").waitFor();
  await look(page, "provider-stale");
});
