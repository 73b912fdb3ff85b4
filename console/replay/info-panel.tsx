/** Who, what, under which right, by which build: what an auditor asks first about a recording. */
import { Drawer } from "@mantine/core";
import type { ReactNode } from "react";
import type { Header } from "../../protocols/tape/record.ts";
import { Copyable } from "../components/copyable.tsx";
import { byteSize } from "../components/sizes.ts";
import { LocalTime } from "../components/time.tsx";
import { duration } from "../components/time-words.ts";
import { replayText } from "../text/replay.ts";

const words = replayText.info;

/** Characters of a digest shown; it is copied whole. */
const DIGEST_SHOWN = 20;

export interface Extent {
  readonly endedMs: number;
  readonly records: number;
  /** Undefined while watching: nothing is on disk for this page. */
  readonly bytes: number | undefined;
  readonly counts:
    | {
        readonly observed: number;
        readonly changed: number;
        readonly refused: number;
        readonly held: number;
      }
    | undefined;
  readonly state: string;
}

interface InfoPanelProps {
  readonly header: Header;
  readonly extent: Extent;
  readonly opened: boolean;
  readonly onClose: () => void;
  /** What can be done with it, behind the facts. */
  readonly actions?: ReactNode;
}

export function InfoPanel({ header, extent, opened, onClose, actions }: InfoPanelProps) {
  return (
    <Drawer opened={opened} onClose={onClose} position="right" title={words.title} size="md">
      <dl className="wb-facts">
        {factsOf(header, extent).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {actions}
    </Drawer>
  );
}

function factsOf(header: Header, extent: Extent): [string, ReactNode][] {
  const id = (value: string, what: string) => (
    <Copyable value={value} what={what} shown={DIGEST_SHOWN} />
  );
  return [
    [words.cause, extent.state],
    [words.person, header.subject.name],
    [words.roles, header.subject.roles.join(", ")],
    [words.asset, header.asset.name],
    [words.zone, header.asset.zone],
    [
      words.endpoint,
      <span key="endpoint" className="sp-mono">
        {header.asset.id}/{header.endpoint.id}
      </span>,
    ],
    [words.profile, header.grant.profile],
    [words.grant, id(header.grant.id, words.grant)],
    [words.started, <LocalTime key="started" atMs={header.startedMs} />],
    [words.ended, <LocalTime key="ended" atMs={extent.endedMs} />],
    [words.length, duration(extent.endedMs - header.startedMs)],
    [words.records, extent.records.toLocaleString("en")],
    ...(extent.counts
      ? [[words.counts, words.countsOf(extent.counts)] as [string, ReactNode]]
      : []),
    ...(extent.bytes === undefined
      ? []
      : [[words.size, byteSize(extent.bytes)] as [string, ReactNode]]),
    [words.session, id(header.session, words.session)],
    [words.build, id(header.build, words.build)],
    [words.profileDigest, id(header.digests.profile, words.profileDigest)],
    [words.plantDigest, id(header.digests.plant, words.plantDigest)],
  ];
}
