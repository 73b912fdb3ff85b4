/** Machines that act for people, and for themselves: the real pages, the real command. Slow: a browser. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askToSignIn } from "../kit/machine-user.ts";
import { runCommand } from "../kit/sallyport-command.ts";
import { type Device, NARROW, openSite, type SiteInBrowser, WIDE } from "../kit/site-in-browser.ts";
import { SpiffeAuthority } from "../kit/spiffe.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";
import { violations } from "../kit/violations.ts";

const SHOTS = process.env.SCENARIO_SHOTS;
const folder = makeFolder();
const home = path.join(folder, "home");
const WORKLOADS = `
trust:
  - { domain: plant.example, bundle: bundle.pem }
workloads:
  - id: historian
    name: Process historian
    owner: somebody@plant.example
    spiffe: spiffe://plant.example/historian
`;
let site: SiteInBrowser;
let ann: Device;

beforeAll(async () => {
  writeFileSync(path.join(folder, "bundle.pem"), (await SpiffeAuthority.make()).pem);
  writeFileSync(path.join(folder, "workloads.yaml"), WORKLOADS);
  site = await openSite({
    SALLYPORT_WORKLOADS: path.join(folder, "workloads.yaml"),
    SALLYPORT_WORKLOAD_PORT: "0",
  });
  ann = await site.device();
  await ann.page.goto(site.enrolmentLink);
  await ann.page.getByRole("button", { name: "Make a passkey" }).click();
  await ann.page.getByText("You are enrolled").first().waitFor();
}, 180_000);

afterAll(async () => {
  await site?.close();
  removeFolder(folder);
});

async function look(name: string): Promise<void> {
  const { page } = ann;
  for (const [size, viewport] of Object.entries({ wide: WIDE, narrow: NARROW })) {
    await page.setViewportSize(viewport);
    if (SHOTS) await page.screenshot({ path: path.join(SHOTS, `${name}-${size}.png`) });
  }
  await page.setViewportSize(WIDE);
  expect(await violations(page)).toEqual([]);
}

test("the number is picked on the page, and the command acts for the person", {
  timeout: 180_000,
}, async () => {
  const { page } = ann;
  const asking = await askToSignIn(home, site.origin);
  await page.goto("/device");
  await page.getByRole("textbox", { name: "Code" }).fill(asking.code.toLowerCase());
  await look("device-code");
  await page.getByRole("button", { name: "Look" }).click();
  await page.getByText("Which number does your command show?").waitFor();
  await look("device");
  await page.getByLabel("The command runs on this computer").check();
  await page.getByRole("button", { name: String(asking.number), exact: true }).click();
  await page.getByText("Your machine is signed in").waitFor();
  expect(await asking.ended).toBe(0);
  expect(await runCommand(home, ["posture"])).toMatchObject({ code: 0, errors: "" });
  expect(await runCommand(home, ["assets"])).toMatchObject({ code: 0 });
  await page.getByRole("link", { name: "Where you are signed in" }).click();
  await page.getByText(/^sallyport on /).waitFor();
  await look("device-account");
  await page.goto(`/device/${asking.code}`);
  await page.getByText("Nothing waits under this code any more").waitFor();
});

test("a browser that lost its key enrols again when it is needed, and one that was revoked when asked", {
  timeout: 180_000,
}, async () => {
  const { page } = ann;
  await page.goto("/account");
  const devices = page.getByRole("table", { name: "Devices" });
  await devices.getByText("(this browser)").waitFor();
  // It runs on the machine of the command, whose report is about it too.
  await devices.getByText(/^browser on /).waitFor();
  await page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const gone = indexedDB.deleteDatabase("sallyport-device");
        gone.onsuccess = resolve;
        gone.onerror = reject;
      }),
  );
  await page.goto("/?asset=plc-treatment");
  await page.getByRole("button", { name: "Open", exact: true }).first().click();
  await page.waitForURL(/\/sessions\/\w+$/);
  await page.goto("/account");
  await devices.getByText("unused").waitFor();
  await look("devices");
  await devices
    .getByRole("row", { name: /this browser/ })
    .getByRole("button", { name: /^Revoke/ })
    .click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke device" }).click();
  await page.waitForURL(/\/sign-in/);
  // The browser may offer the passkey by itself, and be in before the button is pressed.
  const signInAgain = async () => {
    const button = page.getByRole("button", { name: "Sign in with a passkey" });
    if (await button.isVisible()) await button.click({ timeout: 2_000 }).catch(() => undefined);
    return new URL(page.url()).pathname;
  };
  await expect.poll(signInAgain, { timeout: 60_000 }).not.toBe("/sign-in");
  await page.goto("/account");
  await page.getByText("This browser is not enrolled as a device").waitFor();
  await look("devices-revoked");
  await page.getByRole("button", { name: "Enrol this browser" }).click();
  await page.getByText("This browser is not enrolled as a device").waitFor({ state: "detached" });
  await devices.getByText("(this browser)").waitFor();
  await page.goto("/people");
  const everybody = page.getByRole("table", { name: "Devices" });
  await everybody
    .getByRole("button", { name: /^Change/ })
    .first()
    .click();
  await page.getByRole("dialog").getByLabel("Name in Fleet or the MDM").fill("LT-0042");
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await everybody.getByText(/LT-0042/).waitFor();
  await look("devices-people");
});

test("a refusal on the page ends the asking", { timeout: 180_000 }, async () => {
  const { page } = ann;
  const asking = await askToSignIn(path.join(folder, "other"), site.origin);
  await page.goto(`/device/${asking.code}`);
  await page.getByRole("button", { name: /refuse/ }).click();
  await page.getByText("Nobody was let in").waitFor();
  expect(await asking.ended).toBe(4);
});

test("services are listed with what proves them, and one is shut out", {
  timeout: 180_000,
}, async () => {
  const { page } = ann;
  await page.goto("/people");
  const services = page.getByRole("region", { name: "Workloads" });
  await services.getByText("spiffe://plant.example/historian").waitFor();
  await services.getByText("Owner is not active here").waitFor();
  await look("workloads");
  await services.getByRole("button", { name: "Disable the workload Process historian" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Disable", exact: true }).click();
  const enable = services.getByRole("button", { name: "Enable the workload Process historian" });
  await enable.waitFor();
  await services.getByText("Disabled").waitFor();
});
