/**
 * A person comes with OpenSSH's own client: a registered key, the number in the browser, a shell;
 * somebody else watches it with the right screen at once and cuts it. Then what a profile of
 * looking only leaves of it.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { DoorsView } from "../../broker/api/shapes/native.ts";
import type { SiteEventView } from "../../broker/api/shapes/sessions.ts";
import { SWITCH_LOGIN } from "../../simulators/assets/ssh-switch.ts";
import { type AskingClient, askAtDoor } from "../kit/native-client.ts";
import { postSigned } from "../kit/signed-in-page.ts";
import { type Device, NARROW, openSite, type SiteInBrowser, WIDE } from "../kit/site-in-browser.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";
import { violations } from "../kit/violations.ts";

// Slow: a broker process, a real console, two people with a browser each, and OpenSSH.
const SLOW = { timeout: 180_000 };
const PATIENCE = { timeout: 30_000 };
const SHOTS = process.env.SCENARIO_SHOTS;
const folder = makeFolder();
const keyFile = path.join(folder, "id_ed25519");

let site: SiteInBrowser;
/** Administrator and engineer. */
let ann: Device;
/** Supervisor. */
let sam: Device;
let port: number;

const LOOK_ON = `
  - id: switch-watch
    description: See the switch's command line and type nothing.
    rules:
      - { name: see the shell, permit: configure, actions: [ssh:shell] }
      - { name: hands off, deny: configure, actions: [ssh:input] }
`;
const GRANT = `  - { id: engineers-watch-switch, subject: "role:engineer", endpoint: switch-works/ssh, profile: switch-watch }
`;

beforeAll(async () => {
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "ann", "-f", keyFile]);
  site = await openSite({ SALLYPORT_SSH_PORT: "0" });
  const text = readFileSync(site.plantFile, "utf8");
  writeFileSync(
    site.plantFile,
    text
      .replace(/^profiles:\n/m, `profiles:${LOOK_ON}`)
      .replace(/^grants:\n/m, `grants:\n${GRANT}`),
  );
  ann = await site.device();
  await enrol(ann.page, site.enrolmentLink);
  const person = { name: "Sam", email: "sam@plant.example", employer: "Plant" };
  const invited = await postSigned(ann.page, "/api/people", { ...person, roles: ["supervisor"] });
  sam = await site.device({ dark: false });
  await enrol(sam.page, (invited as { link: { url: string } }).link.url);
  const credential = { kind: "password", ...SWITCH_LOGIN };
  await postSigned(ann.page, "/api/credentials", { endpoint: "switch-works/ssh", credential });
  const doors = await ann.page.evaluate(async () => (await fetch("/api/native")).json());
  port = (doors as DoorsView).ssh?.port ?? 0;
}, 180_000);

afterAll(async () => {
  await site?.close();
  removeFolder(folder);
});

async function enrol(page: Page, link: string): Promise<void> {
  // Contrast is measured: not of what is still fading in.
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.goto(link);
  await page.getByRole("button", { name: "Make a passkey" }).click();
  await page.getByText("You are enrolled").first().waitFor();
}

async function accessible(page: Page, name: string): Promise<void> {
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/native-${name}.png` });
  expect(await violations(page), name).toEqual([]);
}

const shown = (page: Page) => page.locator(".xterm-rows").innerText();

const withKey = [
  ...["-tt", "-i", keyFile, "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none"],
  ...["-o", "PreferredAuthentications=publickey,keyboard-interactive"],
];

async function asking(options: readonly string[] = ["-tt"]): Promise<AskingClient> {
  const tool = await askAtDoor(port, "switch-works", [], options);
  onTestFinished(() => tool.stop());
  return tool;
}

/** As the person does it: opens the address that the tool shows, picks rights and number. */
async function approve(page: Page, { id, number }: AskingClient, profile: string): Promise<void> {
  await page.goto(`/native/${id}`);
  await page.getByRole("radio", { name: profile, exact: true }).check();
  await page.getByRole("button", { name: String(number), exact: true }).click();
  await page.getByText("It is open in your tool").waitFor();
}

async function events(page: Page): Promise<readonly SiteEventView[]> {
  return (await page.evaluate(async () => (await fetch("/api/events")).json())) as SiteEventView[];
}

test(
  "a key of one's own client is registered by one touch; a private one never leaves the page",
  SLOW,
  async () => {
    const { page } = ann;
    await page.goto("/account");
    await page.getByLabel("Name of this key").fill("Ann's laptop");
    await page.getByLabel("Public key").fill(readFileSync(keyFile, "utf8"));
    await page.getByRole("button", { name: "Add with passkey" }).click();
    await page.getByText("That is a private key. It was not sent anywhere").waitFor();
    await page.getByLabel("Public key").fill(readFileSync(`${keyFile}.pub`, "utf8"));
    await page.getByRole("button", { name: "Add with passkey" }).click();
    const row = page.getByRole("row").filter({ hasText: "Ann's laptop" });
    await row.waitFor();
    await row.scrollIntoViewIfNeeded();
    await accessible(page, "keys");
    await page.setViewportSize(NARROW);
    await page.getByText("Ann's laptop").scrollIntoViewIfNeeded();
    await accessible(page, "keys-narrow");
    await page.setViewportSize(WIDE);
    await page.goto("/?asset=switch-works");
    await page.getByText("Line for known_hosts").waitFor();
  },
);

test("ssh asks, the browser approves by number, somebody else watches and cuts", SLOW, async () => {
  const { page } = ann;
  const tool = await asking(withKey);
  await page.goto(`/native/${tool.id}`);
  await page.getByText('your key "Ann\'s laptop"').waitFor();
  await accessible(page, "approve");
  await approve(page, tool, "switch-maintenance");
  await tool.says(/sw-works[>#]/);
  tool.type("show version\r");
  await tool.says(/Simulated Industrial Switch/);

  await sam.page.goto("/live");
  await sam.page.getByRole("link", { name: /Watch/ }).first().click();
  await expect.poll(() => shown(sam.page), PATIENCE).toContain("Simulated Industrial Switch");
  tool.type("show interfaces\r");
  await expect.poll(() => shown(sam.page), PATIENCE).toContain("Historian");
  await accessible(sam.page, "watched");
  // What was cut is looked for once more, and is not there: complaints count until here.
  expect(sam.complaints).toEqual([]);
  expect(ann.complaints).toEqual([]);
  await sam.page.getByRole("button", { name: /^End/ }).first().click();
  const dialog = sam.page.getByRole("dialog");
  await dialog.getByRole("textbox").fill("not now");
  await dialog.getByRole("button", { name: /^End/ }).click();
  await tool.ended;
  await expect
    .poll(async () => (await events(sam.page)).map(({ kind }) => kind), PATIENCE)
    .toContain("session:ended");
});

test("a terminal to look at shows what the asset prints and takes no key", SLOW, async () => {
  const { page } = ann;
  const plant = (await page.evaluate(async () => (await fetch("/api/plant")).json())) as {
    assets: { endpoints: { id: string; grants: { id: string; profile: string }[] }[] }[];
  };
  const grants = plant.assets.flatMap(({ endpoints }) => endpoints.flatMap((each) => each.grants));
  const grant = grants.find(({ profile }) => profile === "switch-watch")?.id;
  const opened = await postSigned(page, "/api/sessions", { endpoint: "switch-works/ssh", grant });
  await page.goto(`/sessions/${(opened as { id: string }).id}`);
  await expect.poll(() => shown(page), PATIENCE).toContain("sw-works#");
  await page.locator(".xterm-helper-textarea").focus();
  await page.keyboard.type("reload");
  await page
    .getByText(/hands off/)
    .first()
    .waitFor();
  expect(await shown(page)).not.toContain("reload");
  await accessible(page, "view-only");
  await postSigned(page, `/api/sessions/${(opened as { id: string }).id}/end`, { reason: "" });
});

test("under a profile of named commands a shell is refused, in its rule's name", SLOW, async () => {
  const { page } = ann;
  // As the client of most systems sends it on its own: no reason for an alarm.
  const tool = await asking(["-tt", "-o", "SetEnv=LC_ALL=C.UTF-8"]);
  await approve(page, tool, "switch-look");
  await tool.says(/shell is not permitted in this session \(rule default-deny\)/);
  await tool.ended;
  expect(tool.output).not.toMatch(/sw-works[>#]/);
  const told = async () =>
    (await events(sam.page)).filter(({ kind }) => kind === "operation:refused").map((e) => e.text);
  await expect.poll(told, PATIENCE).toContainEqual(expect.stringMatching(/last ssh:shell/));
  expect(await told()).not.toContainEqual(expect.stringMatching(/last ssh:env/));
});
