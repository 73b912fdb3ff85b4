/** The store as it is configured, with the work that is done in it. */
import { readFileSync } from "node:fs";
import { ObjectRoad } from "../../legs/object-road.ts";
import type { PlantPlace } from "../../legs/pinned-address.ts";
import { checkPrivateFile } from "../../store/data-folder.ts";
import type { Volume } from "../volume.ts";
import type { CopyPlace } from "./copy-messages.ts";
import { CopyWork } from "./copy-work.ts";
import type { ObjectStore } from "./object-store.ts";
import { openS3Store, type S3Credentials } from "./s3-store.ts";

/** @throws where a file cannot be read or others can read it; the message is for a person */
export async function openObjectStore(
  place: CopyPlace,
  plant: () => readonly PlantPlace[],
): Promise<ObjectStore> {
  const { endpoint, bucket, region, style, ca, networks, quietMs } = place;
  readCredentials(place.credentials);
  const road = new ObjectRoad({
    ...{ origin: originOf(place), plant, networks },
    ...(ca !== "" && { ca: readFileSync(ca, "utf8") }),
    ...(quietMs !== undefined && { quietMs }),
  });
  return openS3Store({
    ...{ endpoint, bucket, region, style },
    credentials: async () => readCredentials(place.credentials),
    ask: (request, signal) => road.ask(request, signal),
    close: () => road.close(),
  });
}

export async function openCopyWork(
  place: CopyPlace,
  volume: Volume,
  plant: () => readonly PlantPlace[],
): Promise<CopyWork> {
  const { recordings, states, partBytes } = place;
  const store = await openObjectStore(place, plant);
  return new CopyWork({
    ...{ volume, recordings, states, store },
    ...(partBytes !== undefined && { partBytes }),
  });
}

function originOf({ endpoint, bucket, style }: CopyPlace): string {
  return style === "path" ? endpoint : endpoint.replace("://", `://${bucket}.`);
}

/** As the tools of S3 have them in `~/.aws/credentials`; a heading is passed over. */
export function readCredentials(file: string): S3Credentials {
  const text = readFileSync(file, "utf8");
  checkPrivateFile(file);
  const value = (name: string) =>
    new RegExp(`^[ \\t]*${name}[ \\t]*=[ \\t]*(\\S+)[ \\t]*$`, "m").exec(text)?.[1];
  const [accessKeyId, secretAccessKey] = [
    value("aws_access_key_id"),
    value("aws_secret_access_key"),
  ];
  if (accessKeyId && secretAccessKey) return { accessKeyId, secretAccessKey };
  throw new Error(`${file} must have lines aws_access_key_id = … and aws_secret_access_key = …`);
}
