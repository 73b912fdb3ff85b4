/** The gateways page in a real Chromium: a machine is let in by its line, works, and is shut out. */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { RecordingView } from "../../broker/api/shapes/sessions.ts";
import { examine } from "../../broker/cli/doctor.ts";
import { readConfig } from "../../broker/config.ts";
import { ENDPOINT_LINES } from "../kit/behind-gateway.ts";
import { joinByLine, startGateway } from "../kit/gateway-child.ts";
import { ask, shot } from "../kit/people-in-browser.ts";
import { type Device, NARROW, openSite, type SiteInBrowser, WIDE } from "../kit/site-in-browser.ts";
import { temporaryFolder } from "../kit/temporary.ts";
import { violations } from "../kit/violations.ts";

const TOKEN = "the-token-of-the-scraper";
const UNTIL = { timeout: 60_000, interval: 100 };
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

/** On the gateway's own machine. */
async function foundByDoctor(dataFolder: string): Promise<void> {
  const found = await examine(readConfig({ SALLYPORT_DATA: dataFolder }), false);
  const of = (name: string) => found.find((each) => each.name === name);
  expect(found.filter(({ state }) => state === "failed")).toEqual([]);
  expect(of("gateway")).toMatchObject({
    state: "ok",
    text: expect.stringMatching(/^dmz-a of .*, its certificate until \d{4}-\d\d-\d\dT/),
  });
  expect(of("control")?.text).toMatch(/^127\.0\.0\.1:\d+ answers/);
  expect(of("plant file")).toBeUndefined();
}

/** Its asset says who carries it; who watches and who plays it back sees what is read there. */
async function worksThrough(site: SiteInBrowser, admin: Device): Promise<void> {
  const { page } = admin;
  const text = readFileSync(site.plantFile, "utf8");
  const line = ENDPOINT_LINES["plc-treatment/modbus"];
  expect(text).toContain(line);
  writeFileSync(site.plantFile, text.replace(line, `${line}\n        gateways: [dmz-a]`));
  await page.goto("/?asset=plc-treatment");
  const facts = page.getByRole("complementary", { name: "Treatment PLC" });
  await facts.getByText(/^(Connected|Carries 1 session)$/).waitFor();
  await expect.poll(() => violations(page)).toEqual([]);
  await shot(page, "plant-gateway");

  const asked = { endpoint: "plc-treatment/modbus" };
  const { id } = await ask<{ id: string }>(page, "POST", "/api/sessions", asked);
  await page.goto(`/sessions/${id}`);
  await page.getByText("P101.SpeedSetpoint").first().waitFor();
  const watching = await admin.context.newPage();
  await watching.goto(`/live/${id}`);
  await watching.getByText("P101.SpeedSetpoint").first().waitFor();
  await shot(watching, "gateway-watched");
  await page.goto("/?asset=plc-treatment");
  await facts.getByText("Carries", { exact: false }).waitFor();
  const headers = { authorization: `Bearer ${TOKEN}` };
  const metrics = await (await fetch(`${site.origin}/metrics`, { headers })).text();
  expect(metrics).toMatch(/^sallyport_gateway_connected\{gateway="dmz-a"\} 1$/m);
  expect(metrics).toMatch(/^sallyport_gateway_sessions\{gateway="dmz-a"\} [1-9]/m);
  expect(metrics).toMatch(
    /^sallyport_gateway_certificate_end_seconds\{gateway="dmz-a"\} 1\.\d+e9$|^sallyport_gateway_certificate_end_seconds\{gateway="dmz-a"\} \d{10}/m,
  );

  await ask(page, "POST", `/api/sessions/${id}/end`, { reason: "done" });
  await watching.close();
  await expect
    .poll(async () => (await ask<RecordingView>(page, "GET", `/api/recordings/${id}`)).state, UNTIL)
    .toBe("sealed");
  await page.goto(`/recordings/${id}`);
  await page.getByText("P101.SpeedSetpoint").first().waitFor();
  await shot(page, "gateway-played");
  await page.goto("/gateways");
}

test("an administrator lets a machine in by a line, sees it connected, and shuts it out", {
  timeout: 240_000,
}, async () => {
  const site = await openSite({ SALLYPORT_GATEWAY_PORT: "0", SALLYPORT_METRICS_TOKEN: TOKEN });
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
  await foundByDoctor(path.join(folder, "data"));
  await worksThrough(site, admin);

  await page.getByRole("button", { name: "Revoke dmz-a" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke", exact: true }).click();
  await page.getByText("This broker reaches every asset itself").waitFor();
  await expect.poll(() => gateway.output, { timeout: 60_000 }).toMatch(/was revoked/);
});
