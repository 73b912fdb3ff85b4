/** What a session changed, on one page that prints: values before and after, each write, who allowed it. */
import "./report.css";
import { Button } from "@mantine/core";
import { IconArrowLeft, IconBraces, IconPrinter } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link, useParams } from "react-router";
import type { ReportView } from "../../broker/api/shapes/report.ts";
import { useMe } from "../components/me.ts";
import { Page } from "../components/page.tsx";
import { QueryView } from "../components/query-view.tsx";
import { Empty } from "../components/states.tsx";
import { duration, exactUtc, localTime, localZone } from "../components/time-words.ts";
import { reportQuery } from "../components/viewing.ts";
import { replayText } from "../text/replay.ts";
import { sentence } from "../text/session.ts";
import { viewingText } from "../text/viewing.ts";
import { stateSentence } from "./integrity.tsx";
import { ReportChanges } from "./report-changes.tsx";
import { ReportValues } from "./report-values.tsx";
import { SignedAct } from "./signed-act.tsx";

const words = viewingText.report;

export function ReportPage() {
  const { id = "" } = useParams();
  const query = useQuery(reportQuery(id));
  return (
    <Page title={words.title} actions={<Actions id={id} ready={query.data !== undefined} />}>
      <QueryView query={query} failed={words.failed}>
        {(report) => <Report report={report} />}
      </QueryView>
    </Page>
  );
}

function Actions({ id, ready }: { readonly id: string; readonly ready: boolean }) {
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconArrowLeft size={15} />}
        component={Link}
        to={`/recordings/${id}`}
      >
        {words.back}
      </Button>
      <Button
        variant="default"
        leftSection={<IconBraces size={15} />}
        component="a"
        href={`/api/recordings/${encodeURIComponent(id)}/report`}
        download={`sallyport-${id}.report.json`}
      >
        {words.json}
      </Button>
      <Button
        leftSection={<IconPrinter size={15} />}
        disabled={!ready}
        onClick={() => window.print()}
      >
        {words.print}
      </Button>
    </>
  );
}

function Report({ report }: { readonly report: ReportView }) {
  const { recording, values, changes, changesLeftOut } = report;
  const { site } = useMe();
  return (
    <article className="rr-report">
      <Facts report={report} />
      <h2>{words.values}</h2>
      {values.length === 0 ? (
        <Empty title={words.noTags}>{words.noTagsAdvice}</Empty>
      ) : (
        <ReportValues report={report} />
      )}
      <h2>{words.changes}</h2>
      {changes.length === 0 ? <p>{words.none}</p> : <ReportChanges report={report} />}
      {changesLeftOut > 0 && <p>{words.leftOut(changesLeftOut)}</p>}
      {recording.counts.refused > 0 && <p>{words.refused(recording.counts.refused)}</p>}
      <p className="rr-printed">{words.printed(site.name, localTime(Date.now()), localZone())}</p>
    </article>
  );
}

function Facts({ report }: { readonly report: ReportView }) {
  const { recording, end } = report;
  const { subject, asset, endpoint, startedMs, endedMs, counts, id } = recording;
  const facts: readonly (readonly [string, ReactNode])[] = [
    // The broker itself has no role.
    [words.facts.person, [subject.name, ...subject.roles].join(", ")],
    [words.facts.asset, `${asset.name} · ${endpoint} · ${asset.zone}`],
    [
      words.facts.when,
      `${localTime(startedMs)} (${localZone()}), ${duration(endedMs - startedMs)} · ${exactUtc(startedMs)}`,
    ],
    [words.facts.grant, <Granted key="grant" report={report} />],
    [words.facts.counts, replayText.info.countsOf(counts)],
    ...(end ? [[words.facts.ended, words.endedBy(end.rule, sentence(end.reason))] as const] : []),
    [words.facts.state, stateSentence(recording)],
    [
      words.facts.id,
      <span key="id" className="sp-mono">
        {id}
      </span>,
    ],
  ];
  return (
    <dl className="rr-facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** The grant, and the request that it came from with who agreed. */
function Granted({ report }: { readonly report: ReportView }) {
  const { id, profile, madeBy, reason, request } = report.grant;
  const made = madeBy === null ? words.plantFile : words.madeBy(madeBy);
  return (
    <>
      <div>
        {profile} · <span className="sp-mono">{id}</span> {made}
        {reason !== "" && `: ${reason}`}
      </div>
      {request && (
        <div>
          {words.request(request.askedBy, request.reason)}
          {request.ticket !== "" && ` · ${words.ticket(request.ticket)}`}
        </div>
      )}
      {request?.decisions
        .filter(({ decision }) => decision === "approve")
        .map(({ by, atMs, actionId }) => (
          <div key={actionId}>
            {words.decided(by)}, {localTime(atMs)}{" "}
            <SignedAct recording={report.recording.id} act={actionId} />
          </div>
        ))}
    </>
  );
}
