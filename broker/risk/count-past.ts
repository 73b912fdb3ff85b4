/** Counts what was usual from recordings that have ended. */

import type { Operation } from "../../protocols/guard.ts";
import { HEADER_LENGTH } from "../../protocols/modbus/frame.ts";
import { FrameStream } from "../../protocols/modbus/frame-stream.ts";
import { isException } from "../../protocols/modbus/reply.ts";
import type { TapeRecord } from "../../protocols/tape/record.ts";
import type { PastRecording } from "../evidence/past/past-recordings.ts";
import type { Plant } from "../plant/model.ts";
import {
  type Baseline,
  BaselineCount,
  networkOf,
  type SessionCount,
} from "../policy/risk/baseline.ts";
import { type Deed, deedsOf } from "../policy/risk/deeds.ts";

/** Hour of the day at a time, at the site of an asset. */
export type HourAt = (wallMs: number, assetId: string) => number;

/** @throws PastUnreadable */
export async function countPast(
  past: readonly PastRecording[],
  plant: Plant,
  hourAt: HourAt,
): Promise<Baseline> {
  const count = new BaselineCount();
  for (const recording of past) await countOne(count, recording, plant, hourAt);
  const times = past.map(({ header }) => header.startedMs);
  const day = (ms: number | undefined) => new Date(ms ?? 0).toISOString().slice(0, 10);
  return count.result(day(times[0]), day(times.at(-1)));
}

async function countOne(
  count: BaselineCount,
  { header, records }: PastRecording,
  plant: Plant,
  hourAt: HourAt,
): Promise<void> {
  const { subject: person, asset, endpoint, startedMs } = header;
  const deed = deedsOf(tagsOf(plant, asset.id, endpoint.id));
  let session: SessionCount | undefined;
  const brokers = new Set<number>();
  const declined = new Declined();
  for await (const page of records()) {
    const hour = hourAt(startedMs, asset.id);
    session ??= count.begin({ person, asset, hour, network: addressIn(page) });
    for (const record of page) {
      if (record.kind === "channel" && record.by === "broker") brokers.add(record.channel);
      if (record.kind === "verdict" && !brokers.has(record.channel)) {
        countVerdict(session, record, deed);
      }
      declined.hear(record, session);
    }
  }
}

/** Exceptions of Modbus among what the asset answered to the subject. */
class Declined {
  private readonly answers = new Map<number, FrameStream>();

  hear(record: TapeRecord, session: SessionCount): void {
    if (record.kind === "channel" && record.by === "subject" && record.protocol === "modbus") {
      this.answers.set(record.channel, new FrameStream(true));
    }
    if (record.kind !== "bytes" || record.from !== "asset") return;
    const { channel, bytes, wallMs } = record;
    this.answers.get(channel)?.push(bytes, (frames, start) => {
      if (isException(frames, start + HEADER_LENGTH)) session.declined(wallMs);
    });
  }
}

function countVerdict(
  session: SessionCount,
  { items, wallMs }: TapeRecord & { readonly kind: "verdict" },
  deed: (operation: Operation) => Deed,
): void {
  for (const { operation, answer } of items) {
    const looks = operation.class === "observe" && answer.kind === "permit";
    if (looks) session.read(wallMs);
    else session.judged(deed(operation), answer.kind, wallMs);
  }
}

export function tagsOf({ assets }: Plant, assetId: string, endpointId: string) {
  const asset = assets.find(({ id }) => id === assetId);
  const endpoint = asset?.endpoints.find(({ id }) => id === endpointId);
  return endpoint?.protocol === "modbus" ? endpoint.tags : [];
}

/** Where the person came from, as the first decision about the session rests on it. */
function addressIn(page: readonly TapeRecord[]): string {
  const first = page.find((record) => record.kind === "capabilities");
  return networkIn(first?.kind === "capabilities" ? first.basis : undefined);
}

/** @param basis canonical JSON of a decision's input; empty where it says nothing */
export function networkIn(basis: string | undefined): string {
  if (basis === undefined) return "";
  try {
    const read = JSON.parse(basis) as {
      readonly input?: { readonly context?: { readonly network?: { readonly address?: unknown } } };
    };
    const address = read.input?.context?.network?.address;
    return typeof address === "string" ? networkOf(address) : "";
  } catch {
    return "";
  }
}
