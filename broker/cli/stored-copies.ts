/** Commands on the host read what only the object store has, as the broker does. */
import path from "node:path";
import type { Config } from "../config.ts";
import { diskVolume } from "../evidence/disk-volume.ts";
import type { CopyPlace } from "../evidence/objects/copy-messages.ts";
import type { CopyWork } from "../evidence/objects/copy-work.ts";
import type { ObjectStore } from "../evidence/objects/object-store.ts";
import { openCopyWork, openObjectStore } from "../evidence/objects/open-copy-work.ts";
import { StoredVolume } from "../evidence/objects/stored-volume.ts";
import type { Volume } from "../evidence/volume.ts";
import type { PlantPlace } from "../legs/pinned-address.ts";
import { copyPlace } from "../open-copies.ts";
import type { Finding } from "./doctor.ts";
import { plantOf } from "./integrations.ts";

/** Opened by who needs it alone: most recordings are on this machine. */
export class StoredCopies {
  private readonly config: Config;
  private work: Promise<CopyWork> | undefined;

  constructor(config: Config) {
    this.config = config;
  }

  /** A segment as it was sealed; undefined where no store has it. */
  async read(session: string, name: string): Promise<Uint8Array | undefined> {
    const place = copyPlace(this.config);
    if (place === undefined) return undefined;
    this.work ??= assetsOf(this.config).then((plant) =>
      openCopyWork(place, diskVolume, () => plant),
    );
    return (await this.work).read(session, name);
  }

  /** All recordings as if they were on this machine. */
  volume(): Volume {
    const recordings = path.join(this.config.evidenceFolder, "recordings");
    return new StoredVolume(diskVolume, recordings, {
      // A file that is not here may be there: the copy's own list says so.
      isOnlyThere: () => this.config.objects !== undefined,
      read: (session, name) => this.read(session, name),
    });
  }
}

/** For `sallyport doctor`: asks the store what it offers, and changes nothing. */
export async function objectStore(config: Config, place: CopyPlace): Promise<Finding> {
  const plant = await assetsOf(config);
  const store = await openObjectStore(place, () => plant);
  try {
    return await asked(store, config);
  } finally {
    store.close();
  }
}

async function asked(store: ObjectStore, { objects, objectsLock }: Config): Promise<Finding> {
  const { versions, lock } = await store.features();
  const name = `${objects?.endpoint}/${objects?.bucket}`;
  if (objectsLock !== undefined && !lock) {
    const text = `${name} has no Object Lock, which SALLYPORT_OBJECTS_LOCK asks for: nothing is copied`;
    return { state: "failed", text };
  }
  const kept = lock ? "with Object Lock" : versions ? "with versions" : "without versions or lock";
  const text = `${name} answers, ${kept}`;
  if (lock || versions) return { state: "ok", text };
  return { state: "attention", text: `${text}: who has its credentials can overwrite copies` };
}

/** Where no plant file is yet, nothing of it can be in the way. */
async function assetsOf(config: Config): Promise<readonly PlantPlace[]> {
  const plant = await plantOf(config);
  return (plant?.assets ?? []).flatMap(({ endpoints }) => endpoints);
}
