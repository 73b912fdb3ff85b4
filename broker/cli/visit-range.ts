/** `sallyport export --visit SESSION`: the range that holds all sessions of a visit. */
import { diskVolume } from "../evidence/disk-volume.ts";
import { BundleRefused } from "../evidence/log/write-bundle.ts";
import { RecordingFolder } from "../evidence/recording-folder.ts";
import { isSessionId } from "../evidence/session-id.ts";

export interface VisitRange {
  readonly asset: string;
  readonly person: string;
  readonly since: string;
  readonly until: string;
}

/**
 * Whole seconds around their beginnings: what the same person opened on the same asset meanwhile is
 * in it too.
 * @param recordings the folder
 * @param session any of the visit
 * @throws BundleRefused
 */
export async function visitRange(recordings: string, session: string): Promise<VisitRange> {
  const sessions = (await diskVolume.list(recordings)).filter(isSessionId);
  const headers = await Promise.all(
    sessions.map(async (id) => {
      const folder = new RecordingFolder(diskVolume, recordings, id);
      return (await folder.readManifest())?.header;
    }),
  );
  const asked = headers.find((header) => header?.session === session);
  if (!asked) throw new BundleRefused(`there is no recording of ${session}`);
  const visit = asked.visit ?? asked.session;
  const begins = headers.flatMap((header) =>
    header && (header.visit ?? header.session) === visit ? [header.startedMs] : [],
  );
  const second = (ms: number) => new Date(Math.floor(ms / 1_000) * 1_000).toISOString();
  return {
    ...{ asset: asked.asset.id, person: asked.subject.id },
    ...{ since: second(Math.min(...begins)), until: second(Math.max(...begins) + 1_000) },
  };
}
