/** The integrations page in a real Chromium: what is reached, what is not and why, a test sent. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import type { Page } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import { AUTHORIZATION, byEmail, SignalSender } from "../kit/signal-sender.ts";
import { type Device, NARROW, openSite, WIDE } from "../kit/site-in-browser.ts";
import { temporaryFolder } from "../kit/temporary.ts";
import { violations } from "../kit/violations.ts";
import { startWebReceiver } from "../kit/web-receiver.ts";

const SHOTS = process.env.SCENARIO_SHOTS;
const OVERFLOWS = "document.documentElement.scrollWidth > document.documentElement.clientWidth";

async function looked({ page }: Device, name: string): Promise<void> {
  for (const viewport of [WIDE, NARROW]) {
    for (const colorScheme of ["dark", "light"] as const) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      await page.waitForTimeout(300);
      const file = `${name}-${viewport.width}-${colorScheme}.png`;
      if (SHOTS) await page.screenshot({ path: path.join(SHOTS, file), fullPage: true });
      expect(await violations(page)).toEqual([]);
      const overflows = await page.evaluate(OVERFLOWS);
      expect(overflows).toBe(false);
    }
  }
  await page.setViewportSize(WIDE);
}

function sendTest(page: Page, name: string): Promise<void> {
  return page.getByRole("button", { name: `Send a test to ${name}` }).click();
}

/** What another system said of the person who looks, and what it led to. */
async function signalsAreShown(admin: Device, file: string, address: string): Promise<void> {
  const { page } = admin;
  const sender = await SignalSender.create("https://sallyport.example");
  writeFileSync(file, sender.yaml());
  await page.getByRole("heading", { name: "Signals and findings" }).waitFor();
  await page.getByText("No signal has come and nothing was unusual yet").waitFor();
  const email = await page.evaluate(
    "fetch('/api/people').then((answer) => answer.json()).then(([one]) => one.email)",
  );
  const subject = byEmail(String(email));
  const said = [
    await sender.set("session-established", { subject }),
    await sender.set("risk-level-change", {
      ...{ subject, event: { principal: "USER", current_level: "HIGH" } },
    }),
    await sender.set("session-revoked", { subject, claims: { aud: "https://other.example" } }),
  ];
  const headers = { "content-type": "application/secevent+jwt", authorization: AUTHORIZATION };
  const answers: number[] = [];
  for (const body of said) {
    answers.push((await fetch(`${address}/api/signals`, { method: "POST", headers, body })).status);
  }
  expect(answers).toEqual([202, 202, 400]);
  await page.getByText("only looking is left", { exact: true }).waitFor();
  await page.getByText("it is meant for somebody else").waitFor();
  await page.getByRole("heading", { name: "Asked of people now" }).waitFor();
  await looked(admin, "signals");
  await page.getByRole("button", { name: /^Lift what is asked of/ }).click();
  await page.getByLabel("Why it is safe").fill("It was a drill");
  await page.getByRole("dialog").getByRole("button", { name: "Lift" }).click();
  await page.getByText("Somebody else lifts what is asked of you.").waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  admin.complaints.length = 0;
}

test("an administrator sees what is reached, sends a test, and reads why another is not", async () => {
  const taking = await startWebReceiver((response, _nth, body) => {
    response
      .writeHead(body.includes("to the integration misplaced") ? 400 : 200)
      .end("not wanted here");
  });
  const file = path.join(temporaryFolder(), "integrations.yaml");
  writeFileSync(file, "siem: []\n");
  const site = await openSite({ SALLYPORT_INTEGRATIONS: file });
  onTestFinished(() => site.close());
  const admin = await site.device();
  const { page } = admin;
  await page.goto(site.enrolmentLink);
  await page.getByRole("button", { name: "Make a passkey" }).click();
  await page.getByText("You are enrolled").first().waitFor();
  await page.goto("/integrations");
  await page.getByText("Nothing goes out yet").waitFor();
  const asset = `127.0.0.1:${site.plant.ports.treatment}`;
  writeFileSync(
    file,
    `notices:
  - { name: shift-room, form: slack, url: "${taking.url}", about: [hold, lock] }
siem:
  - { name: soc, form: webhook, url: "${taking.url}?token=s3cr3t" }
  - { name: misplaced, form: syslog, host: 127.0.0.1, port: ${new URL(`http://${asset}`).port}, security: plain }
`,
  );
  await page.getByText("3 integrations, all of them reached").waitFor();
  await sendTest(page, "soc");
  await page.getByText(/soc took the test in \d+ ms/).waitFor();
  await sendTest(page, "misplaced");
  await page.getByText("misplaced did not take the test").waitFor();
  await page.getByText("127.0.0.1 is an asset of the plant").first().waitFor();
  await page.getByText("3 integrations, 1 not reached").waitFor();
  await page.getByRole("heading", { name: "Given up" }).waitFor();
  expect(await page.content()).not.toContain("s3cr3t");
  await looked(admin, "integrations");
  await signalsAreShown(admin, file, new URL(site.enrolmentLink).origin);
  writeFileSync(file, "siem:\n  - { name: soc, form: pigeon }\n");
  await page.getByText("The file on disk is not in force").waitFor();
  await page.getByText(/integrations\.yaml:2:24 "pigeon" is not taken/).waitFor();
  if (SHOTS) await page.screenshot({ path: path.join(SHOTS, "integrations-problem.png") });
  expect(admin.complaints).toEqual([]);
}, 120_000);
