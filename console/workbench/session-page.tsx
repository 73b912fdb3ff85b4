/** A live session of one's own: the bar, what one must know, and the workbench of the protocol. */
import "./workbench.css";
import "./modbus/modbus.css";
import { Button } from "@mantine/core";
import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link, useParams } from "react-router";
import type { EndpointView } from "../../broker/api/shapes/plant.ts";
import type { LiveSessionView } from "../../broker/api/shapes/sessions.ts";
import { api } from "../components/api.ts";
import { ConfirmDialog } from "../components/confirm-dialog.tsx";
import { useRight } from "../components/me.ts";
import { Page } from "../components/page.tsx";
import { isProblem } from "../components/problem.ts";
import { plantQuery, sessionQuery } from "../components/queries.ts";
import { QueryView } from "../components/query-view.tsx";
import { Empty } from "../components/states.tsx";
import { sessionText as words } from "../text/session.ts";
import { text } from "../text.ts";
import { browserClock } from "./clock.ts";
import { ModbusDesk } from "./modbus/desk.ts";
import { ModbusWorkbench } from "./modbus/workbench.tsx";
import { nextPicture } from "./next-picture.ts";
import { SessionBar } from "./session-bar.tsx";
import { SessionEnded } from "./session-ended.tsx";
import { SessionNotices } from "./session-notices.tsx";
import { useSession } from "./use-session.ts";

export function SessionPage() {
  const { id = "" } = useParams();
  const session = useQuery(sessionQuery(id));
  const plant = useQuery(plantQuery);
  if (session.data === undefined && isProblem(session.error, "not-found")) {
    return <SessionGone id={id} />;
  }
  // Once there, the work stays: a session that ends meanwhile is told by its own event.
  if (session.data === undefined) return <Waiting query={session} />;
  if (plant.data === undefined) return <Waiting query={plant} />;
  const { data: view } = session;
  const endpoints = plant.data.assets.flatMap((asset) => asset.endpoints);
  const endpoint = endpoints.find((one) => one.id === view.endpoint);
  return <SessionWork key={view.id} view={view} endpoint={endpoint} />;
}

function Waiting({ query }: { readonly query: UseQueryResult<unknown> }) {
  return (
    <Page title={words.untitled}>
      <QueryView query={query} failed={words.failed}>
        {() => null}
      </QueryView>
    </Page>
  );
}

interface SessionWorkProps {
  readonly view: LiveSessionView;
  /** Undefined when the plant file no longer names it, or names it for others only. */
  readonly endpoint: EndpointView | undefined;
}

/** What a session can still do without its endpoint's description: raw tables. */
const NAMELESS = { units: [1], tags: [], pollMinMs: 1_000, grants: [] } as const;

function SessionWork({ view, endpoint }: SessionWorkProps) {
  // The tags a session began with stay: a table that changes under a hand is dangerous.
  const [known] = useState(() => {
    const described = endpoint ?? namelessEndpoint(view.endpoint);
    return { ...described, tags: view.tags ?? described.tags };
  });
  const [desk] = useState(
    () =>
      new ModbusDesk({
        clock: browserClock,
        tags: known.tags,
        pollMinMs: known.pollMinMs,
        frame: nextPicture,
      }),
  );
  const session = useSession(view, desk);
  const [ending, setEnding] = useState(false);
  const mayReplay = useMayReplay();
  const { state } = session;
  useEffect(() => {
    document.title = `${view.asset.name} · ${text.product}`;
  }, [view.asset.name]);

  if (state.ended) {
    return (
      <SessionEnded
        session={view.id}
        assetName={view.asset.name}
        mayReplay={mayReplay}
        {...state.ended}
      />
    );
  }
  return (
    <div className="wb-page">
      <SessionBar view={view} state={state} onEnd={() => setEnding(true)} />
      <SessionNotices
        state={state}
        onDismissLoss={session.dismissLoss}
        onStay={session.activity}
        onRetry={session.retry}
      />
      <ModbusWorkbench desk={desk} endpoint={known} state={state} profile={view.profile} />
      <ConfirmDialog
        opened={ending}
        onClose={() => setEnding(false)}
        title={words.endTitle}
        action={words.end}
        onConfirm={() => api.endSession(view.id, words.endReason)}
      >
        {words.endBody}
      </ConfirmDialog>
    </div>
  );
}

function SessionGone({ id }: { readonly id: string }) {
  const mayReplay = useMayReplay();
  return (
    <Page title={words.untitled}>
      <Empty
        title={words.goneTitle}
        action={
          <Button component={Link} to={mayReplay ? `/recordings/${id}` : "/"} mt="xs">
            {mayReplay ? words.toRecording : words.toPlant}
          </Button>
        }
      >
        {words.gone}
      </Empty>
    </Page>
  );
}

function useMayReplay(): boolean {
  const own = useRight("recording:own");
  const all = useRight("recording:all");
  return own || all;
}

function namelessEndpoint(id: string): EndpointView {
  return {
    id,
    protocol: "modbus",
    address: null,
    ...NAMELESS,
    units: [...NAMELESS.units],
    tags: [],
    grants: [],
  };
}
