/** `sallyport token`: what a program may use the API with, agreed to in the browser. */
import { TOKEN_RIGHTS, type TokenRight } from "../../identity/token-scope.ts";
import type { BrokerClient } from "./broker-client.ts";
import { CommandFailed, EXIT } from "./exit-codes.ts";
import { askWords, machineName, tokenOf } from "./login.ts";
import type { MachineKeyPair } from "./machine-key.ts";
import { type Flags, jsonLine, type Output, show, timeText } from "./output.ts";

export interface TokenAsked extends Flags {
  readonly name: string;
  readonly rights: readonly TokenRight[];
  readonly assets: readonly string[] | undefined;
  readonly lifeMs: number;
  readonly bound: boolean;
}

/** Prints it once; it is kept nowhere. */
export async function createToken(
  client: BrokerClient,
  key: MachineKeyPair,
  { name, rights, assets, lifeMs, bound, ...flags }: TokenAsked,
  out: Output,
): Promise<void> {
  const asked = await client.ask("POST /api/device/authorization", {
    body: {
      ...{ key: key.publicKey, machine: machineName(), tool: "sallyport token" },
      token: { name, rights: [...rights], lifeMs, bound, ...(assets && { assets: [...assets] }) },
    },
  });
  const { verification_uri_complete: url, user_code: code, number, expires_in } = asked;
  if (flags.json) out.write(jsonLine({ kind: "ask", url, code, number, expiresIn: expires_in }));
  else out.write(askWords("Let a program use the API for you", url, number, expires_in));
  const { access_token: token, token_type, expires_in: life } = await tokenOf(client, asked);
  if (flags.json) out.write(jsonLine({ kind: "token", token, type: token_type, expiresIn: life }));
  else out.write(`${token}\n`);
}

/** One's own, or everybody's where the role includes it. */
export async function listTokens(
  client: BrokerClient,
  { all, ...flags }: Flags & { readonly all?: boolean },
  out: Output,
): Promise<void> {
  const tokens = await (all ? client.ask("GET /api/tokens") : client.ask("GET /api/me/tokens"));
  show(out, flags, tokens, {
    titles: ["ID", "NAME", "OF", "RIGHTS", "ASSETS", "KEY", "EXPIRES", "LAST USED", "LOOK AT IT"],
    row: (each) => [
      ...[each.id, each.name, each.personName],
      ...[each.rights.join(" "), each.assets?.join(" ") ?? "all"],
      ...[each.bound ? "bound" : "none", timeText(each.expiresMs), timeText(each.lastUsedMs)],
      each.marks.join(", "),
    ],
    none: all ? "There are no tokens." : "There are no tokens of yours.",
  });
}

export async function revokeToken(
  client: BrokerClient,
  id: string,
  flags: Flags,
  out: Output,
): Promise<void> {
  await client.ask("DELETE /api/me/tokens/{id}", { params: { id } });
  out.write(flags.json ? jsonLine({ revoked: id }) : "It counts no more.\n");
}

/** @throws CommandFailed usage */
export function rightsOf(text: string): readonly TokenRight[] {
  return listOf(text).map((each) => {
    const right = TOKEN_RIGHTS.find((known) => known === each);
    if (right) return right;
    const message = `no token has the right "${each}"; there are ${TOKEN_RIGHTS.join(", ")}`;
    throw new CommandFailed(EXIT.usage, message, "usage");
  });
}

/** `recording:own,session:list` @throws CommandFailed usage */
export function listOf(text: string): readonly string[] {
  const items = text.split(",").map((each) => each.trim());
  if (items.every((each) => each !== "")) return items;
  throw new CommandFailed(EXIT.usage, `"${text}" is not a list with commas`, "usage");
}
