/** How the log is, who has witnessed it, what this browser proved of it, and what keeps recordings. */
import { Button, Title } from "@mantine/core";
import { type ReactNode, useState } from "react";
import type { LogStateView } from "../../../broker/api/shapes/log.ts";
import type { CheckedNote } from "../../../protocols/log/checked-note.ts";
import { Copyable } from "../../components/copyable.tsx";
import { byteSize } from "../../components/sizes.ts";
import { StateBadge } from "../../components/state-badge.tsx";
import { LocalTime, RelativeTime } from "../../components/time.tsx";
import { roughDuration } from "../../components/time-words.ts";
import { auditText as words } from "../../text/audit.ts";
import type { Trust } from "./check-log.ts";
import { PolicyDialog } from "./policy-dialog.tsx";
import { saveFile } from "./save-file.ts";
import type { Continuity } from "./use-log-checks.ts";

/** Characters of the key that are shown: its name tells it from others, and all of it is copied. */
const KEY_SHOWN = 40;

interface LogPanelsProps {
  readonly state: LogStateView;
  readonly trust: Trust | undefined;
  readonly continuity: readonly Continuity[] | undefined;
  readonly onPolicy: (text: string | null) => void;
}

export function LogPanels({ state, trust, continuity, onPolicy }: LogPanelsProps) {
  const now = continuity?.findLast((one) => one.kind !== "broken")?.now;
  return (
    <div className="au-panels">
      <LogPanel state={state} />
      <WitnessPanel state={state} trust={trust} now={now} checking={continuity === undefined} />
      <BrowserPanel state={state} trust={trust} continuity={continuity} onPolicy={onPolicy} />
      <KeepingPanel state={state} />
    </div>
  );
}

function LogPanel({ state }: { readonly state: LogStateView }) {
  const newest = state.logs.at(-1);
  const { log: own } = words;
  return (
    <Panel title={own.title}>
      <Fact name={own.state}>
        {state.failed ? (
          <>
            <StateBadge tone="alarm" word={own.failed} />
            <div>{state.failed.cause}</div>
          </>
        ) : (
          <StateBadge tone="active" word={own.works} />
        )}
      </Fact>
      <Fact name={own.size}>
        {newest?.size.toLocaleString("en-US")}
        {own.waiting(state.waiting)}
      </Fact>
      <Fact name={own.checkpoint}>
        {state.checkpointMs === null ? own.unknown : <RelativeTime atMs={state.checkpointMs} />}
      </Fact>
      <Fact name={own.origin}>
        {newest?.origin}
        {state.logs.length > 1 && (
          <div className="sp-sub">{own.earlier(state.logs.length - 1)}</div>
        )}
      </Fact>
      <Fact name={own.key}>
        {newest?.key && <Copyable value={newest.key} what={own.keyWhat} shown={KEY_SHOWN} />}
      </Fact>
    </Panel>
  );
}

interface WitnessPanelProps {
  readonly state: LogStateView;
  readonly trust: Trust | undefined;
  readonly now: CheckedNote | undefined;
  /** Until it is checked, nothing is said of the quorum: "not reached" would be untrue. */
  readonly checking: boolean;
}

function WitnessPanel({ state, trust, now, checking }: WitnessPanelProps) {
  const { witnesses: own } = words;
  const witnesses = trust?.policy.witnesses ?? [];
  if (witnesses.length === 0) {
    return (
      <Panel title={own.title}>
        <p className="au-line">{own.none}</p>
      </Panel>
    );
  }
  return (
    <Panel title={own.title}>
      <Fact name={own.quorum}>
        {checking ? (
          words.browser.checking
        ) : (
          <StateBadge
            tone={now?.quorum ? "active" : "attention"}
            word={now?.quorum ? own.reached : own.missing}
          />
        )}
        {state.witnessesBehind !== null && <div>{state.witnessesBehind}</div>}
      </Fact>
      {witnesses.map(({ name }) => {
        const seen = now?.cosigned.find(({ witness }) => witness === name);
        return (
          <Fact key={name} name={name}>
            {seen ? (
              <>
                {own.seen} <LocalTime atMs={seen.time * 1_000} />
              </>
            ) : (
              !checking && own.behind
            )}
          </Fact>
        );
      })}
    </Panel>
  );
}

function BrowserPanel({ state, trust, continuity, onPolicy }: LogPanelsProps) {
  const [asking, setAsking] = useState(false);
  const { browser: own } = words;
  const newest = state.logs.at(-1);
  return (
    <Panel title={own.title}>
      <Fact name={own.trust}>{trust?.from === "own" ? own.trustOwn : own.trustFirst}</Fact>
      <div className="au-line" role="status">
        <Compared continuity={continuity} known={trust !== undefined} />
      </div>
      <div className="au-buttons">
        <Button size="compact-sm" variant="default" onClick={() => setAsking(true)}>
          {own.own}
        </Button>
        {newest && (
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => saveFile(`checkpoint-${newest.size}`, newest.note)}
          >
            {own.checkpoint}
          </Button>
        )}
      </div>
      {asking && <PolicyDialog onClose={() => setAsking(false)} onPolicy={onPolicy} />}
    </Panel>
  );
}

interface ComparedProps {
  readonly continuity: readonly Continuity[] | undefined;
  readonly known: boolean;
}

function Compared({ continuity, known }: ComparedProps) {
  const { browser: own } = words;
  if (!known) return <StateBadge tone="alarm" word={own.noKey} />;
  const broken = continuity?.find((one) => one.kind === "broken");
  const newest = continuity?.at(-1);
  if (!newest) return own.checking;
  if (broken?.kind === "broken")
    return <StateBadge tone="alarm" word={own.faults[broken.reason]} />;
  if (newest.kind !== "continued") return own.first;
  return (
    <>
      <StateBadge tone="active" word={own.continued} />
      <div>{own.continuedLine(newest.before, newest.now.checkpoint.size)}</div>
    </>
  );
}

function KeepingPanel({ state }: { readonly state: LogStateView }) {
  const { keeping: own } = words;
  const { recorder, volume, retentionMs, copies } = state;
  const percent = volume && Math.round((1 - volume.freeBytes / volume.totalBytes) * 100);
  const reached = volume?.thresholds.filter((each) => (percent ?? 0) >= each).length ?? 0;
  const tone =
    reached === 0 ? "active" : reached === volume?.thresholds.length ? "alarm" : "attention";
  return (
    <Panel title={own.title}>
      <Fact name={own.recorder}>
        <StateBadge
          tone={recorder.ready ? "active" : "alarm"}
          word={recorder.ready ? own.ready : own.failed(recorder.cause)}
        />
      </Fact>
      <Fact name={own.volume}>
        {volume ? (
          <>
            <StateBadge tone={tone} word={own.used(percent ?? 0)} />
            <div className="sp-sub">
              {own.free} {byteSize(volume.freeBytes)}, {own.thresholds(volume.thresholds)}
            </div>
          </>
        ) : (
          own.unknown
        )}
      </Fact>
      <Fact name={own.retention}>
        {retentionMs === null ? own.forEver : roughDuration(retentionMs)}
      </Fact>
      {copies !== null && (
        <Fact name={own.copies}>
          <StateBadge
            tone={copies.isWell ? "active" : "attention"}
            word={copies.isWell ? own.copiesWell : own.copiesBehind}
          />
          <div className="sp-sub">{copies.text}</div>
        </Fact>
      )}
    </Panel>
  );
}

function Panel({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="sp-panel au-panel">
      <Title order={2} size="h5">
        {title}
      </Title>
      <div className="au-facts">{children}</div>
    </section>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className="au-fact">
      <span className="sp-dim">{name}</span>
      <div>{children}</div>
    </div>
  );
}
