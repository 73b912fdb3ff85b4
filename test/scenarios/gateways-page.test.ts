/** The gateways page in a real Chromium: a machine is let in by its line, works, and is shut out. */
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { joinByLine, startGateway } from "../kit/gateway-child.ts";
import { type Device, NARROW, openSite, WIDE } from "../kit/site-in-browser.ts";
import { temporaryFolder } from "../kit/temporary.ts";
import { violations } from "../kit/violations.ts";

const SHOTS = process.env.SCENARIO_SHOTS;
const OVERFLOWS = "document.documentElement.scrollWidth > document.documentElement.clientWidth";

async function looked({ page }: Device, name: string): Promise<void> {
  for (const viewport of [WIDE, NARROW]) {
    for (const colorScheme of ["dark", "light"] as const) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      const file = `${name}-${viewport.width}-${colorScheme}.png`;
      if (SHOTS) await page.screenshot({ path: path.join(SHOTS, file), fullPage: true });
      await expect.poll(() => violations(page)).toEqual([]);
      expect(await page.evaluate(OVERFLOWS)).toBe(false);
    }
  }
  await page.setViewportSize(WIDE);
}

test("an administrator lets a machine in by a line, sees it connected, and shuts it out", {
  timeout: 240_000,
}, async () => {
  const site = await openSite({ SALLYPORT_GATEWAY_PORT: "0" });
  onTestFinished(() => site.close());
  const admin = await site.device();
  const { page } = admin;
  await page.goto(site.enrolmentLink);
  await page.getByRole("button", { name: "Make a passkey" }).click();
  await page.getByText("You are enrolled").first().waitFor();
  await page.goto("/gateways");
  await page.getByText("This broker reaches every asset itself").waitFor();

  await page.getByRole("button", { name: "Let a machine in" }).click();
  await page.getByLabel("Name of the gateway").fill("dmz-a");
  await page.getByRole("button", { name: "Show its line" }).click();
  const command = await page.getByTitle(/^sallyport gateway join/).getAttribute("title");
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByText("Waits for its machine").waitFor();

  const folder = temporaryFolder();
  await joinByLine(/'(.+)'/.exec(command ?? "")?.[1] ?? "", folder);
  const gateway = await startGateway(folder);
  onTestFinished(async () => {
    await gateway.stop("SIGKILL");
  });
  await page.getByText("Connected", { exact: true }).waitFor();
  await looked(admin, "gateways");

  await page.getByRole("button", { name: "Revoke dmz-a" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke", exact: true }).click();
  await page.getByText("This broker reaches every asset itself").waitFor();
  await expect.poll(() => gateway.output, { timeout: 60_000 }).toMatch(/was revoked/);
});
