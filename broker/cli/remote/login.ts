/** `sallyport login`: a person lets this machine act for them, in the browser, with the passkey. */
import { hostname, userInfo } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { type Answer, type BrokerAddress, BrokerClient } from "./broker-client.ts";
import { CommandFailed } from "./exit-codes.ts";
import { type Account, addressesOf, type Home } from "./home.ts";
import { type Flags, jsonLine, type Output } from "./output.ts";

/** What the broker says while it waits. */
const STILL_WAITING: ReadonlySet<string> = new Set(["authorization_pending", "slow_down"]);

export async function login(
  home: Home,
  address: BrokerAddress,
  flags: Flags & { readonly version: string },
  out: Output,
): Promise<Account> {
  const client = new BrokerClient(address, home.key());
  const asked = await client.ask("POST /api/device/authorization", {
    body: {
      ...{ key: home.key().publicKey, machine: machineName(), tool: `sallyport ${flags.version}` },
    },
  });
  const { verification_uri_complete: url, user_code: code, number, expires_in } = asked;
  if (flags.json) out.write(jsonLine({ kind: "ask", url, code, number, expiresIn: expires_in }));
  else out.write(askWords(WHAT, url, number, expires_in));
  const token = await tokenOf(client, asked);
  const { access_token, person, brokers } = token;
  const place = placeOf(address, brokers);
  const account = { ...place, token: access_token, person };
  home.keep(account);
  const { broker } = account;
  if (flags.json) out.write(jsonLine({ kind: "signed-in", broker, person }));
  else out.write(`Signed in at ${broker} as ${person.name}.\n${othersText(place)}`);
  return account;
}

/** As it is kept: by the address that was named first, whichever of them was active. */
export function placeOf(
  { origin, others = [], ca }: BrokerAddress,
  told: readonly string[] = [],
): Pick<Account, "broker" | "others" | "ca"> {
  const more = addressesOf([origin, ...others], told).others;
  return {
    broker: origin,
    ...(more.length > 0 && { others: more }),
    ...(ca !== undefined && { ca }),
  };
}

export function othersText({ others = [] }: Pick<Account, "others">): string {
  if (others.length === 0) return "";
  return `Where that one is not active, ${others.join(" or ")} is asked.\n`;
}

export async function logout(home: Home, account: Account): Promise<void> {
  try {
    await BrokerClient.of(account, home.key()).ask("POST /api/sign-out", { body: {} });
  } catch (error) {
    if (!(error instanceof CommandFailed) || error.code !== "signed-out") throw error;
  } finally {
    home.forget(account);
  }
}

/** Asks again and again, until it was answered in the browser. */
export async function tokenOf(
  client: BrokerClient,
  { device_code, interval }: Answer<"POST /api/device/authorization">,
) {
  let everyMs = interval * 1_000;
  for (;;) {
    await pause(everyMs);
    try {
      return await client.ask("POST /api/device/token", { body: { device_code } });
    } catch (error) {
      if (!(error instanceof CommandFailed) || !STILL_WAITING.has(error.code)) throw error;
      if (error.code === "slow_down") everyMs += 5_000;
    }
  }
}

const WHAT = "Let this machine act for you";

export function askWords(what: string, url: string, number: number, seconds: number): string {
  return [
    "",
    `${what}, with your passkey:`,
    "",
    `    open    ${url}`,
    `    choose  ${number}`,
    "",
    `It waits ${Math.round(seconds / 60)} minutes.`,
    "",
    "",
  ].join("\n");
}

export function machineName(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    return hostname();
  }
}
