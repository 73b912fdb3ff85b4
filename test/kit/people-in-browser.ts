/** People of a scenario in their browsers: how each is enrolled, invited, asked for and looked at. */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { askSigned } from "./signed-in-page.ts";
import type { Device } from "./site-in-browser.ts";
import { violations } from "./violations.ts";

const SHOTS = process.env.SCENARIO_SHOTS;

/** By a one-time link: a passkey is made and the person is signed in. */
export async function enrolled(device: Device, link: string): Promise<Device> {
  await device.page.goto(link);
  await device.page.getByRole("button", { name: "Make a passkey" }).click();
  await device.page.getByText("You are enrolled").first().waitFor();
  return device;
}

/** @returns the one-time link */
export async function invite(by: Device, name: string, role: string): Promise<string> {
  const email = `${name.toLowerCase()}@plant.example`;
  const person = { name, email, employer: "Waterworks", roles: [role] };
  const answer = await ask<{ link: { url: string } }>(by.page, "POST", "/api/people", person);
  return answer.link.url;
}

/** As the page itself would, with its cookie and its key. */
export async function ask<T>(page: Page, method: string, path: string, body?: unknown): Promise<T> {
  return (await askSigned(page, method, path, body)).body as T;
}

/** A picture, where somebody wants to look: `SCENARIO_SHOTS` names the folder. */
export async function shot(page: Page, name: string, fullPage = false): Promise<void> {
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage });
}

export async function accessible(page: Page): Promise<void> {
  expect(await violations(page)).toEqual([]);
}
