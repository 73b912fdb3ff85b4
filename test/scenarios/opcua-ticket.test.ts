/**
 * A person gets a ticket in the browser and works with their own OPC UA client: the real console
 * and broker, a foreign client and a foreign server. Slow: a browser, a broker, an OPC UA server.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AttributeIds } from "node-opcua";
import { afterAll, beforeAll, expect, test } from "vitest";
import { thumbprintOf } from "../../broker/legs/opcua/identity.ts";
import { NO_SECURITY, SECURE } from "../../broker/legs/opcua/security.ts";
import { type OpcuaServer, startOpcuaServer } from "../../simulators/assets/opcua-server.ts";
import { startingPlant } from "../../simulators/process/water-plant.ts";
import { signInOpcua, signOut } from "../kit/opcua-client.ts";
import { type Device, NARROW, openSite, type SiteInBrowser, WIDE } from "../kit/site-in-browser.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";
import { violations } from "../kit/violations.ts";

const SHOTS = process.env.SCENARIO_SHOTS;
const folder = makeFolder();
let works: OpcuaServer;
let site: SiteInBrowser;
let ann: Device;

beforeAll(async () => {
  works = await startOpcuaServer({ port: 0, folder: join(folder, "works") }, startingPlant(3));
  await works.ready();
  const pem = readFileSync(join(folder, "works", "certificate.pem"), "utf8");
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64");
  const plant = join(folder, "plant.yaml");
  const security = `security: Basic256Sha256/SignAndEncrypt, certificates: ["${thumbprintOf(der)}"]`;
  writeFileSync(
    plant,
    `site: { id: works, name: Works, time-zone: UTC }
zones: [{ id: z, name: Treatment, level: 1, sl-t: 1 }]
assets:
  - id: works
    name: Works
    zone: z
    endpoints:
      - { id: opcua, protocol: opcua, address: "127.0.0.1:${works.port}", allow-local: true, ${security} }
profiles:
  - { id: look, rules: [{ name: read all, permit: observe }] }
grants:
  - { id: all, subject: "role:engineer", endpoint: works/opcua, profile: look }
`,
  );
  site = await openSite({ SALLYPORT_OPCUA_PORT: "0", SALLYPORT_PLANT: plant });
  ann = await site.device();
  await ann.page.goto(site.enrolmentLink);
  await ann.page.getByRole("button", { name: "Make a passkey" }).click();
  await ann.page.getByText("You are enrolled").first().waitFor();
}, 180_000);

afterAll(async () => {
  await site?.close();
  await works?.close();
  removeFolder(folder);
});

test("the ticket on the page lets their own client in", { timeout: 120_000 }, async () => {
  const { page } = ann;
  await page.goto("/?asset=works");
  await page.getByRole("button", { name: "Set it" }).click();
  await page.getByLabel("User on the asset").fill("operator");
  await page.getByRole("textbox", { name: "Password" }).fill("waterworks");
  await page.getByRole("button", { name: "Set", exact: true }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Open a session for it" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("waits for your client").waitFor();
  const text = (name: string) =>
    dialog.locator("dt", { hasText: name }).locator("+ dd code").innerText();
  const url = (await text("Address")).replace("localhost", "127.0.0.1");
  const [user, password] = [await text("User"), await text("Password")];
  await looksRight("wide");
  const security = SECURE[0] ?? NO_SECURITY;
  const tool = await signInOpcua({ url, folder, security, user, password });
  const level = { nodeId: "ns=2;s=T101.Level", attributeId: AttributeIds.Value };
  expect((await tool.session.read(level)).value.value).toBeGreaterThan(0);
  await signOut(tool);
  // On a phone the panel lies over the page.
  await page.setViewportSize(NARROW);
  await page.goto("/?asset=works");
  await page.getByRole("button", { name: "Open a session for it" }).click();
  await page.getByText("waits for your client").waitFor();
  await looksRight("narrow");
  await page.setViewportSize(WIDE);
  expect(ann.complaints).toEqual([]);
});

async function looksRight(named: string): Promise<void> {
  const { page } = ann;
  await page.waitForTimeout(300);
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/ticket-${named}.png` });
  expect(await violations(page)).toEqual([]);
}
