/** `sallyport posture`: what this computer is like, signed by the key of this machine. */
import { POSTURE_TYPE } from "../../identity/posture-report.ts";
import type { PostureFacts } from "../../store/device.ts";
import type { Answer, BrokerClient } from "./broker-client.ts";
import { machineFacts } from "./machine-facts.ts";
import { type Flags, jsonLine, type Output } from "./output.ts";

export async function showPosture(flags: Flags, out: Output): Promise<void> {
  const facts = await machineFacts();
  out.write(flags.json ? jsonLine(facts) : factLines(facts));
}

export async function sendPosture(client: BrokerClient, flags: Flags, out: Output): Promise<void> {
  const facts = await machineFacts();
  // Sets the clock right by the broker's: a report of another time does not count.
  await client.ask("GET /api/me");
  const report = await client.stated(POSTURE_TYPE, { facts });
  const device = await client.ask("POST /api/posture", { body: { report } });
  if (flags.json) out.write(jsonLine(device));
  else out.write(`${factLines(facts)}${verdict(device)}`);
}

function factLines({ os, diskEncryption, screenLock, endpointProtection }: PostureFacts): string {
  return [
    `system               ${os.name} ${os.version}`,
    `disk encryption      ${diskEncryption}`,
    `screen lock          ${screenLock}`,
    `endpoint protection  ${endpointProtection}`,
    "",
  ].join("\n");
}

function verdict({ compliant, failing }: Answer<"POST /api/posture">): string {
  if (compliant) return "The site has what it asks for.\n";
  return `The site asks for more: ${failing.join(", ") || "a newer report"}.\n`;
}
