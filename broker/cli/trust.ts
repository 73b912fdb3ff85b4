/**
 * `sallyport trust …`: which keys and certificates of assets count, seen and decided on this
 * machine while the broker is stopped: for a first set-up by a script, and for a site whose
 * administrators are gone. Accepting or withdrawing is noted as an alarm.
 */
import { userInfo } from "node:os";
import { systemClock } from "../clock.ts";
import type { Config } from "../config.ts";
import type { Plant } from "../plant/model.ts";
import { type IdentityKind, identityKindOf, pinnedInFile } from "../plant/shown-identity.ts";
import { openSiteStore } from "../site-store.ts";
import { prepareDataFolder } from "../store/data-folder.ts";
import { StoreInUse } from "../store/store-failed.ts";
import { TrustedBook, WORDS } from "../trust/trusted-book.ts";

/** Cannot be done, with what to do instead. */
export class TrustRefused extends Error {
  override readonly name = "TrustRefused";
}

const HERE = `${userInfo().username} on this machine`;

/** Everything that assets showed, and what counts. */
export async function listTrust(config: Config): Promise<string> {
  const all = await withBook(config, async (book) => book.list());
  if (all.length === 0)
    return "No asset has shown a key or certificate that is not in the plant file.";
  return all
    .map(({ endpoint, shown, trusted, lastMs }) => {
      const state = trusted ? `trusted by ${trusted.name}` : "not trusted";
      return `${endpoint}  ${shown.fingerprint}  ${shown.algorithm}  ${state}, shown ${new Date(lastMs).toISOString()}`;
    })
    .join("\n");
}

/**
 * Instead of whatever was trusted before. It need not have been shown: who works on the host read
 * it at the asset.
 */
export async function trustOnHost(
  config: Config,
  plant: Plant,
  endpoint: string,
  written: string,
): Promise<string> {
  const kind = kindIn(plant, endpoint);
  const fingerprint = asFingerprint(kind, written);
  await withBook(config, async (book) => {
    const before = book.find(endpoint, kind, fingerprint);
    const nowMs = systemClock.wallMs();
    const unseen = {
      ...{ endpoint, firstMs: nowMs, lastMs: nowMs },
      shown: { kind, fingerprint, algorithm: "not shown yet", address: "", alsoWritten: [] },
    };
    const trusted = { by: "", name: HERE, atMs: nowMs, actionId: null };
    const others = book
      .list(endpoint)
      .filter((each) => each.trusted && each.shown.kind === kind && each !== before)
      .map((each) => ({ ...each, trusted: null, proposed: null }));
    await book.put([{ ...(before ?? unseen), trusted, proposed: null }, ...others], {
      ...{ kind: "asset:trusted", priority: "alarm" },
      text: `${HERE} trusts the ${WORDS[kind]} ${fingerprint} of ${endpoint}`,
      about: { asset: endpoint.split("/")[0] ?? "", endpoint },
    });
  });
  return `Trusted for ${endpoint}: ${fingerprint}. It counts from the next connection; this was noted as an alarm.`;
}

export async function withdrawOnHost(config: Config, endpoint: string): Promise<string> {
  const count = await withBook(config, async (book) => {
    const rows = book.list(endpoint).filter(({ trusted }) => trusted);
    for (const row of rows) {
      await book.distrust(row, {
        ...{ kind: "asset:trust-withdrawn", priority: "alarm" },
        text: `${HERE} withdrew the trust in ${row.shown.fingerprint} of ${endpoint}`,
        about: { asset: endpoint.split("/")[0] ?? "", endpoint },
      });
    }
    return rows.length;
  });
  if (count === 0) throw new TrustRefused(`nothing is trusted for ${endpoint}`);
  return `Withdrawn for ${endpoint}. This was noted as an alarm.`;
}

async function withBook<T>(config: Config, act: (book: TrustedBook) => Promise<T>): Promise<T> {
  prepareDataFolder(config.dataFolder);
  const store = await openSiteStore(config).catch((error) => {
    if (!(error instanceof StoreInUse)) throw error;
    throw new TrustRefused(
      "the broker is running: use the asset's panel, or stop the broker first",
    );
  });
  try {
    const failed = (error: unknown) => {
      throw error;
    };
    return await act(
      await TrustedBook.open({ store, clock: systemClock, changed: () => undefined, failed }),
    );
  } finally {
    await store.close();
  }
}

function kindIn({ assets }: Plant, name: string): IdentityKind {
  for (const asset of assets) {
    for (const endpoint of asset.endpoints) {
      if (`${asset.id}/${endpoint.id}` !== name) continue;
      const kind = identityKindOf(endpoint);
      if (kind === undefined)
        throw new TrustRefused(`${name} shows no key or certificate to trust`);
      if (pinnedInFile(endpoint).length === 0) return kind;
      throw new TrustRefused(`the plant file pins what ${name} may show: change it there`);
    }
  }
  throw new TrustRefused(`the plant file has no ${name}`);
}

function asFingerprint(kind: IdentityKind, written: string): string {
  if (kind === "ssh-host-key") {
    if (/^SHA256:[A-Za-z0-9+/]{43}$/.test(written)) return written;
    throw new TrustRefused("write it as ssh-keygen -l prints it: SHA256: and 43 characters");
  }
  const plain = written.replaceAll(":", "").toLowerCase();
  if (/^[0-9a-f]{64}$/.test(plain)) return plain;
  throw new TrustRefused("write the SHA-256 of the certificate: 64 hexadecimal digits");
}
