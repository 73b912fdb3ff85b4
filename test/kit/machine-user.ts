/** A person at a machine of their own, with the `sallyport` command, and a browser beside it. */

import { BrokerClient } from "../../broker/cli/remote/broker-client.ts";
import { MachineKeyPair } from "../../broker/cli/remote/machine-key.ts";
import type { RequestOptions } from "./authenticator.ts";
import type { ConsoleUser } from "./console-user.ts";
import { type RunningCommand, startCommand } from "./sallyport-command.ts";

interface ToSign {
  readonly text: string;
  readonly options: RequestOptions;
}

/**
 * Picks the number and signs, as the page does. Answers the status of the act.
 * @param here the command runs on the computer of the browser
 */
export async function approveMachine(
  user: ConsoleUser,
  code: string,
  number: number,
  here = false,
): Promise<number> {
  const path = `/api/devices/${code}`;
  const begun = await user.ask<ToSign>("POST", `${path}/options`, {
    ...{ number, ...(here && { here }) },
  });
  if (begun.status !== 200) return begun.status;
  const { text, options } = begun.body;
  const response = user.authenticator.assert(options);
  return (await user.ask("POST", path, { text, response })).status;
}

/** Starts `sallyport login` and answers where it asks to be approved. */
export async function askToSignIn(
  home: string,
  broker: string,
  more: readonly string[] = [],
): Promise<RunningCommand & { readonly code: string; readonly number: number }> {
  const command = startCommand(home, ["login", broker, ...more]);
  const [, code = ""] = await command.says(/\/device\/([A-Z-]+)/);
  const [, number] = await command.says(/choose +(\d+)/);
  return Object.assign(command, { code, number: Number(number) });
}

/** Signs the machine in for the person. @param more what follows `login BROKER` */
export async function signInMachine(
  home: string,
  user: ConsoleUser,
  more: readonly string[] = [],
): Promise<void> {
  const asking = await askToSignIn(home, user.address, more);
  const status = await approveMachine(user, asking.code, asking.number);
  if (status !== 204) throw new Error(`the broker answered ${status}`);
  const code = await asking.ended;
  if (code !== 0) throw new Error(`login ended with ${code}: ${asking.errors}`);
}

/** The same without a process of its own: a client of the command's, signed in for the person. */
export async function machineClient(user: ConsoleUser): Promise<BrokerClient> {
  const address = { origin: user.address };
  const key = MachineKeyPair.create();
  const stranger = new BrokerClient(address, key);
  const asked = await stranger.ask("POST /api/device/authorization", {
    body: { key: key.publicKey, machine: "test", tool: "test" },
  });
  const status = await approveMachine(user, asked.user_code, asked.number);
  if (status !== 204) throw new Error(`the broker answered ${status}`);
  const { device_code } = asked;
  const token = await stranger.ask("POST /api/device/token", { body: { device_code } });
  return new BrokerClient(address, key, token.access_token);
}
