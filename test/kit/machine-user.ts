/** A person at a machine of their own, with the `sallyport` command, and a browser beside it. */

import type { RequestOptions } from "./authenticator.ts";
import type { ConsoleUser } from "./console-user.ts";
import { type RunningCommand, startCommand } from "./sallyport-command.ts";

interface ToSign {
  readonly text: string;
  readonly options: RequestOptions;
}

/** Picks the number and signs, as the page does. Answers the status of the act. */
export async function approveMachine(
  user: ConsoleUser,
  code: string,
  number: number,
): Promise<number> {
  const path = `/api/devices/${code}`;
  const begun = await user.ask<ToSign>("POST", `${path}/options`, { number });
  if (begun.status !== 200) return begun.status;
  const { text, options } = begun.body;
  const response = user.authenticator.assert(options);
  return (await user.ask("POST", path, { text, response })).status;
}

/** Starts `sallyport login` and answers where it asks to be approved. */
export async function askToSignIn(
  home: string,
  broker: string,
): Promise<RunningCommand & { readonly code: string; readonly number: number }> {
  const command = startCommand(home, ["login", broker]);
  const [, code = ""] = await command.says(/\/device\/([A-Z-]+)/);
  const [, number] = await command.says(/choose +(\d+)/);
  return Object.assign(command, { code, number: Number(number) });
}

/** Signs the machine in for the person. */
export async function signInMachine(home: string, user: ConsoleUser): Promise<void> {
  const asking = await askToSignIn(home, user.address);
  const status = await approveMachine(user, asking.code, asking.number);
  if (status !== 204) throw new Error(`the broker answered ${status}`);
  const code = await asking.ended;
  if (code !== 0) throw new Error(`login ended with ${code}: ${asking.errors}`);
}
