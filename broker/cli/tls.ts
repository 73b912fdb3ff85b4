/** `sallyport tls …`: what proves to browsers that this is the console. */
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import { servedNames, siteAuthority } from "../open-tls.ts";
import { prepareDataFolder } from "../store/data-folder.ts";
import { CertificateRefused, readPair } from "../tls/certificate-pair.ts";
import { authorityFiles, shownFingerprint } from "../tls/site-authority.ts";
import { TRUST_STEPS, WHY_TRUST } from "../tls/trust-page.ts";

/**
 * Makes the site's authority where there is none, and says how to trust it.
 * @throws CertificateRefused where the site has no use for one
 */
export async function trustText(config: Config, clock: Clock): Promise<string> {
  if (config.tls !== "site-ca") {
    throw new CertificateRefused(
      "the console is not certified by an authority of its own: set SALLYPORT_TLS=site-ca and SALLYPORT_ORIGINS",
    );
  }
  prepareDataFolder(config.dataFolder);
  const authority = await siteAuthority(config, clock);
  const until = new Date(authority.notAfterMs).toISOString().slice(0, 10);
  const page = config.httpPort
    ? [`   People find it at http://${servedNames(config)[0]}${portOf(config)}/trust as well.`]
    : [];
  return [
    WHY_TRUST,
    "",
    `1. Copy ${authorityFiles(config.dataFolder).certificate} to the devices, as site-authority.crt.`,
    ...page,
    "2. Compare its fingerprint on each device (SHA-256); read it out over another road:",
    `   ${shownFingerprint(authority.fingerprint)}`,
    "3. Trust it:",
    ...TRUST_STEPS.map(([system, step]) => `   ${system}: ${step}`),
    "",
    `It is for ${servedNames(config).join(", ")} and ends on ${until}. Its key never leaves this machine.`,
  ].join("\n");
}

function portOf({ httpPort }: Config): string {
  return httpPort === 80 ? "" : `:${httpPort}`;
}

/**
 * Whether the files of the console's certificate can be used, before they count.
 * @throws CertificateRefused
 */
export function checkedText(config: Config, certificate: string, key: string): string {
  const names = servedNames(config);
  const pair = readPair(certificate, key, names);
  const until = new Date(pair.notAfterMs).toISOString();
  const begun = pair.notBeforeMs <= Date.now() ? "" : ", and is not valid yet";
  const ended = pair.notAfterMs <= Date.now() ? ", which is over" : "";
  return [
    `certificate and key belong together, for ${names.join(", ")}`,
    `valid until ${until}${ended}${begun}`,
    `SHA-256 ${shownFingerprint(pair.fingerprint)}`,
  ].join("\n");
}
